// Command packets filters packets that are Go structs: types, methods, constants
// and a module for scripts, limits of a call, and what a filter tells of itself
// before it is called.
package main

import (
	_ "embed"
	"fmt"
	"io"
	"net/netip"
	"os"

	"example.com/rotonda/roto"
)

//go:embed packets.roto
var script string

// packet is what the filter judges. Scripts see its methods, never its fields.
type packet struct {
	source, target netip.Addr
	protocol       protocol
	port           uint16
	size           uint32
}

// protocol is a number of IANA's; a named Go type is a type of its own for scripts.
type protocol uint8

const (
	tcp protocol = 6
	udp protocol = 17
)

func (p *packet) Source() netip.Addr { return p.source }
func (p *packet) Target() netip.Addr { return p.target }
func (p *packet) Protocol() protocol { return p.protocol }
func (p *packet) Size() uint32       { return p.size }

// Port is none for protocols without ports.
func (p *packet) Port() roto.Option[uint16] {
	if p.protocol != tcp && p.protocol != udp {
		return roto.None[uint16]()
	}
	return roto.Some(p.port)
}

// stats is the context: variables that each call sees.
type stats struct {
	Seen  *counter `roto:"seen" doc:"Counts packets by a name."`
	Limit uint32   `roto:"size_limit" doc:"The largest packet of this link, in bytes."`
}

type counter map[string]uint64

// runtime binds what scripts of this host can use.
func runtime() (*roto.Runtime, error) {
	rt := roto.New()
	roto.Type[protocol](rt, "Protocol", "What follows the IP header.").
		Const("TCP", "Number 6.", tcp).
		Const("UDP", "Number 17.", udp)
	roto.Type[*packet](rt, "Packet", "One packet.").
		Method("source", "Where it comes from.", roto.Fn1((*packet).Source), roto.Pure()).
		Method("target", "Where it goes.", roto.Fn1((*packet).Target), roto.Pure()).
		Method("protocol", "What it carries.", roto.Fn1((*packet).Protocol), roto.Pure()).
		Method("port", "The port it goes to.", roto.Fn1((*packet).Port), roto.Pure(), roto.Touches("payload")).
		Method("size", "Its size in bytes.", roto.Fn1((*packet).Size), roto.Pure())
	roto.Type[*counter](rt, "Counter", "Counts by name.").
		Method("add", "Counts one more.", roto.Proc2(func(c *counter, name string) { (*c)[name]++ }), roto.Names("name"))
	rt.Module("ports").
		Func("is_privileged", "Whether only an administrator may listen there.", roto.Fn1(func(port uint16) bool { return port < 1024 }), roto.Pure(), roto.Names("port"))
	roto.Context[stats](rt)
	return rt, rt.Err()
}

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(out io.Writer) error {
	rt, err := runtime()
	if err != nil {
		return err
	}
	pkg, err := rt.Compile(roto.Text("packets.roto", script))
	if err != nil {
		return err
	}
	keep, err := roto.Get1[func(*packet) roto.Verdict](pkg, "keep")
	if err != nil {
		return err
	}
	explain(out, keep)

	counts := counter{}
	w := pkg.Worker(roto.Limits{Fuel: 10_000, Stack: 1024, Memory: 64 << 10})
	if err := roto.SetContext(w, &stats{Seen: &counts, Limit: 1500}); err != nil {
		return err
	}
	for _, p := range traffic() {
		verdict, fault := keep.Call1(w, p)
		switch {
		case fault != nil:
			fmt.Fprintln(out, p.source, "dropped:", fault)
		case verdict == roto.Reject:
			fmt.Fprintln(out, p.source, "dropped")
		default:
			fmt.Fprintln(out, p.source, "kept")
		}
	}
	_, err = fmt.Fprintln(out, "tcp", counts["tcp"], "udp", counts["udp"], "other", counts["other"])
	return err
}

// explain writes what the filter demands of a packet: a host with an index, or
// with hardware, need not ask the script for others.
func explain(out io.Writer, keep *roto.Func1[*packet, roto.Verdict]) {
	terms, exact := keep.Conjuncts()
	for _, c := range terms {
		fmt.Fprintln(out, "wants", c.Path, c.Args, c.Op, c.Value)
	}
	fmt.Fprintln(out, "and no more:", exact, "- reads the payload:", keep.Uses("payload"))
}

func traffic() []*packet {
	addr := netip.MustParseAddr
	return []*packet{
		{addr("192.0.2.1"), addr("198.51.100.1"), tcp, 443, 1400},
		{addr("192.0.2.2"), addr("198.51.100.1"), tcp, 23, 60},
		{addr("10.0.0.9"), addr("198.51.100.1"), udp, 53, 80},
		{addr("2001:db8::1"), addr("2001:db8::2"), 58, 0, 64},
		{addr("192.0.2.3"), addr("198.51.100.1"), udp, 4500, 9000},
		{addr("192.0.2.4"), addr("198.51.100.1"), udp, 53, 0},
	}
}
