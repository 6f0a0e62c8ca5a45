package api

import (
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"example.com/rotonda/conf"
	"example.com/rotonda/ingress"
	"example.com/rotonda/routecore/inet"
)

// Router is a BMP router or an MRT file.
type Router struct {
	ID          ingress.ID `json:"id"`
	Unit        string     `json:"unit"`
	Type        string     `json:"type"`
	State       string     `json:"state"`
	Name        string     `json:"name"` // sysName, or name of the file
	Address     string     `json:"address,omitempty"`
	Description string     `json:"description,omitempty"`
	Peers       int        `json:"peers"`   // known
	PeersUp     int        `json:"peersUp"` // connected
	Routes      int64      `json:"routes"`  // in the default RIB
	Since       *time.Time `json:"since"`
}

// Peer is a BGP session, or a peer of a router or file in one view.
type Peer struct {
	ID      ingress.ID `json:"id"`
	Unit    string     `json:"unit"`
	Type    string     `json:"type"`
	State   string     `json:"state"`
	ASN     inet.ASN   `json:"asn"`
	Address string     `json:"address"`
	View    string     `json:"view,omitempty"`
	VRF     string     `json:"vrf,omitempty"`
	Name    string     `json:"name,omitempty"`
	Router  ingress.ID `json:"router,omitempty"`
	// RouterName is the sysName of the router or the name of the file.
	RouterName string     `json:"routerName,omitempty"`
	Routes     int64      `json:"routes"` // in the default RIB
	Since      *time.Time `json:"since"`
}

func since(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func isPeer(i *ingress.Info) bool {
	switch i.Kind {
	case ingress.KindBGP, ingress.KindBGPInBMP, ingress.KindBGPOut:
		return true
	case ingress.KindMRT:
		return i.Addr.IsValid()
	}
	return false
}

func addrText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// Routers lists the BMP routers and the files, by id.
func (a *API) Routers() []Router {
	counts := a.routesByIngress()
	list := []Router{}
	at := map[ingress.ID]int{}
	for i := range a.opt.Ingress.All() {
		if i.Kind != ingress.KindBMP && (i.Kind != ingress.KindMRT || isPeer(i)) {
			continue
		}
		name := i.Name
		if name == "" {
			name = i.Filename
		}
		at[i.ID] = len(list)
		list = append(list, Router{
			ID: i.ID, Unit: i.Unit, Type: i.Kind.String(), State: i.State.String(), Name: name, Address: addrText(i.Addr),
			Description: i.Desc, Since: since(i.Since), Routes: counts[i.ID],
		})
	}
	for i := range a.opt.Ingress.All() {
		n, ok := at[i.Parent]
		if !ok || i.Parent == 0 || !isPeer(i) {
			continue
		}
		list[n].Peers++
		list[n].Routes += counts[i.ID]
		if i.State != ingress.Disconnected {
			list[n].PeersUp++
		}
	}
	return list
}

// Peers lists all peers, by id.
func (a *API) Peers() []Peer {
	counts := a.routesByIngress()
	list := []Peer{}
	for i := range a.opt.Ingress.All() {
		if !isPeer(i) {
			continue
		}
		p := Peer{
			ID: i.ID, Unit: i.Unit, Type: i.Kind.String(), State: i.State.String(), ASN: i.ASN, Address: addrText(i.Addr),
			View: i.View.String(), VRF: i.VRF, Name: i.Desc, Router: i.Parent, Routes: counts[i.ID], Since: since(i.Since),
		}
		if r := a.opt.Ingress.Info(i.Parent); r != nil {
			if p.RouterName = r.Name; p.RouterName == "" {
				p.RouterName = r.Filename
			}
		}
		list = append(list, p)
	}
	return list
}

func (a *API) routers(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, struct {
		Data []Router `json:"data"`
	}{a.Routers()})
}

func (a *API) peers(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, struct {
		Data []Peer `json:"data"`
	}{a.Peers()})
}

// ingressParams are upstream's, under its names and ours.
var ingressParams = []param{
	{name: "type", alias: "filter[type]", kind: "string", about: "kind of ingress", enum: []string{"bmp", "bgpViaBmp", "bgp", "mrt", "rtr", "bgpOut"}},
	{name: "state", alias: "filter[state]", kind: "string", about: "state of the session", enum: []string{"Connected", "Disconnected", "NonNetwork"}},
	{name: "view", alias: "filter[ribType]", kind: "string", about: "table of the router", enum: []string{"inPre", "inPost", "loc", "outPre", "outPost"}},
	{name: "peerAddress", alias: "filter[peerAddress]", kind: "string", about: "address of the other side"},
	{name: "peerAsn", alias: "filter[peerAsn]", kind: "string", about: "AS of the other side"},
}

// ingressFilter makes the condition of a request for ingresses.
func ingressFilter(vals values) (func(*ingress.Info) bool, error) {
	var addr netip.Addr
	var asn inet.ASN
	var err error
	if text, ok := vals["peerAddress"]; ok {
		if addr, err = netip.ParseAddr(text); err != nil {
			return nil, wrong("peerAddress", "write an IPv4 or IPv6 address", "%q is no address", text)
		}
	}
	asnText, byASN := vals["peerAsn"]
	if byASN {
		if asn, err = inet.ParseASN(asnText); err != nil {
			return nil, wrong("peerAsn", "write a number", "%v", err)
		}
	}
	same := func(name, value string) bool { return vals[name] == "" || vals[name] == value }
	return func(i *ingress.Info) bool {
		return same("type", i.Kind.String()) && same("state", i.State.String()) && same("view", i.View.String()) &&
			(!addr.IsValid() || i.Addr == addr) && (!byASN || i.ASN == asn)
	}, nil
}

func (a *API) ingresses(w http.ResponseWriter, r *http.Request) {
	vals, bad := parameters(ingressParams, r)
	if bad != nil {
		bad.write(w)
		return
	}
	wanted, err := ingressFilter(vals)
	if err != nil {
		fail(w, err)
		return
	}
	out := a.open(w, "application/json")
	out.buf = append(out.buf, `{"data":[`...)
	comma := ""
	for i := range a.opt.Ingress.All() {
		if !wanted(i) {
			continue
		}
		out.buf = i.AppendJSON(append(append(out.buf, comma...), '\n'))
		comma = ","
		if out.full() {
			if err := out.flush(); err != nil {
				return
			}
		}
	}
	out.buf = append(out.buf, "\n]}\n"...)
	_ = out.flush() // the client is gone
}

// ingress answers null for an id that is not known, as upstream does.
func (a *API) ingress(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseUint(r.PathValue("id"), 10, 32)
	if err != nil {
		known := []string{"routers", "peers"}
		right := "write the number of an ingress"
		if near, ok := conf.Nearest(r.PathValue("id"), known); ok {
			right = fmt.Sprintf("did you mean /api/v1/%s?", near)
		}
		fail(w, wrong("id", right, "%q is not an id", r.PathValue("id")))
		return
	}
	writeJSON(w, struct {
		Data *ingress.Info `json:"data"`
	}{a.opt.Ingress.Info(ingress.ID(id))})
}
