package mrtin

import (
	"context"
	"net/netip"

	"example.com/rotonda/ingress"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/unit"
)

// archive is what outlives a file: the way into the graph, the batch, and the peers.
type archive struct {
	ctx    context.Context
	env    unit.Env
	out    unit.Outlet
	batch  unit.Batch
	runs   runs
	update bgp.Update
	peers  map[peerKey]*peer
	order  []*peer
	leases []*ingress.Lease // of files
}

// peerKey is who sent a route, in whatever record.
type peerKey struct {
	addr netip.Addr
	asn  inet.ASN
}

// peer is one peer and its ingress.
type peer struct {
	key      peerKey
	lease    *ingress.Lease // nil while the peer is down
	id       unit.Peer
	families bgp.FamilySet // that its RIB in the current file has
}

func newArchive(ctx context.Context, env unit.Env, out unit.Outlet) *archive {
	a := &archive{ctx: ctx, env: env, out: out, peers: map[peerKey]*peer{}}
	a.runs.batch = &a.batch
	return a
}

// find returns the peer of a key, up or not.
func (a *archive) find(addr netip.Addr, asn inet.ASN) *peer {
	key := peerKey{addr, asn}
	p := a.peers[key]
	if p == nil {
		p = &peer{key: key}
		a.peers[key] = p
		a.order = append(a.order, p)
	}
	return p
}

// up makes sure that the peer has a session. OPENs are given where the log has them.
func (a *archive) up(p *peer, parent ingress.ID, name string, at int64, sent, received []byte) error {
	if p.lease != nil {
		return nil
	}
	// A batch that still holds the end of the last session goes first.
	if err := a.send(); err != nil {
		return err
	}
	key := ingress.Key{Unit: a.env.Name(), Kind: ingress.KindMRT, Parent: parent, Addr: p.key.addr, ASN: p.key.asn}
	if old := a.env.Ingress().Info(p.id.Ingress); old != nil {
		key = old.Key // the file in which the peer turned up first is its parent for good
	}
	lease, err := a.env.Ingress().Lease(a.ctx, key, ingress.Replace)
	if err != nil {
		return err
	}
	lease.Update(func(i *ingress.Info) { i.Filename = name })
	p.lease = lease
	p.id = unit.Peer{Ingress: lease.ID(), Session: lease.Session()}
	a.batch.Add(&unit.PeerUp{Peer: p.id, Time: at, Sent: sent, Received: received})
	return nil
}

// down ends the peer's session with all its routes.
func (a *archive) down(p *peer, at int64, reason string) {
	if p.lease == nil {
		return
	}
	a.runs.close()
	a.batch.Add(&unit.PeerDown{Peer: p.id, Time: at, Reason: reason})
	p.lease.Release()
	p.lease = nil
}

// fileID returns the ingress of a file, which is the parent of peers found in it.
func (a *archive) fileID(name string) (ingress.ID, error) {
	lease, err := a.env.Ingress().Lease(a.ctx, ingress.Key{Unit: a.env.Name(), Kind: ingress.KindMRT, Name: name}, ingress.Replace)
	if err != nil {
		return 0, err
	}
	lease.Update(func(i *ingress.Info) { i.Filename = name })
	a.leases = append(a.leases, lease)
	return lease.ID(), nil
}

// send hands on what was collected.
func (a *archive) send() error {
	a.runs.close()
	if len(a.batch.Events) == 0 {
		return nil
	}
	err := a.out.Send(&a.batch)
	a.batch.Reset()
	return err
}

// release gives all ingresses back. The outlet has said PeerDown by then, or will.
func (a *archive) release() {
	for _, p := range a.order {
		if p.lease != nil {
			p.lease.Release()
		}
	}
	for _, l := range a.leases {
		l.Release()
	}
}

// endOfRIB tells that the RIB of a file is complete, for each peer and family in it.
func (a *archive) endOfRIB(at int64) {
	a.runs.close()
	for _, p := range a.order {
		if p.lease == nil {
			continue
		}
		for f := range p.families.All() {
			a.batch.Add(&unit.EndOfRIB{Peer: p.id, Family: f, Time: at})
		}
		p.families = 0
	}
}
