package rtr

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/rotonda/routecore/inet"
)

// TestAnAnswerIsInTheOrderOfTheDraft has one pair for each comparison of 8210bis
// §11.2, in the order that it wants, and gives the cache all of them shuffled.
func TestAnAnswerIsInTheOrderOfTheDraft(t *testing.T) {
	vrp := func(prefix string, maxLen uint8, asn inet.ASN) VRP {
		return VRP{Prefix: netip.MustParsePrefix(prefix), MaxLen: maxLen, ASN: asn}
	}
	key := func(first byte, spki string, asn inet.ASN) Key {
		return Key{SKI: [20]byte{first}, SPKI: spki, ASN: asn}
	}
	want := Records{
		VRPs: []VRP{
			vrp("192.0.2.128/25", 25, 1), vrp("192.0.2.0/24", 26, 1), vrp("192.0.2.0/25", 25, 1), vrp("192.0.2.0/24", 25, 2),
			vrp("192.0.2.0/24", 25, 0), vrp("10.0.0.0/8", 32, 9), vrp("0.0.0.0/0", 0, 1),
			vrp("2001:db8:1::/48", 48, 1), vrp("2001:db8::/48", 48, 1), vrp("2001:db8::/32", 48, 2), vrp("2001:db8::/32", 48, 0),
		},
		Keys: []Key{key(1, "zz", 9), key(1, "aaa", 9), key(1, "aab", 1), key(1, "aab", 2), key(2, "a", 1)},
		VAPs: []VAP{{Customer: 1, Providers: []inet.ASN{7}}, {Customer: 2, Providers: []inet.ASN{7}}},
	}
	rng := rand.New(rand.NewPCG(1, 2))
	shuffled := func(r Records) Records {
		r = Records{slices.Clone(r.VRPs), slices.Clone(r.Keys), slices.Clone(r.VAPs)}
		rng.Shuffle(len(r.VRPs), func(i, j int) { r.VRPs[i], r.VRPs[j] = r.VRPs[j], r.VRPs[i] })
		rng.Shuffle(len(r.Keys), func(i, j int) { r.Keys[i], r.Keys[j] = r.Keys[j], r.Keys[i] })
		rng.Shuffle(len(r.VAPs), func(i, j int) { r.VAPs[i], r.VAPs[j] = r.VAPs[j], r.VAPs[i] })
		return r
	}
	show := func(r Records) (out []string) {
		for _, v := range r.VRPs {
			out = append(out, fmt.Sprint(v.Prefix, v.MaxLen, v.ASN, v.Announce))
		}
		for _, k := range r.Keys {
			out = append(out, fmt.Sprint(k.SKI[0], k.SPKI, k.ASN, k.Announce))
		}
		for _, v := range r.VAPs {
			out = append(out, fmt.Sprint(v.Customer, v.Announce))
		}
		return out
	}
	read := func(b []byte) (r Records) {
		for last := IPv4Prefix; len(b) > 0; {
			p, n, err := ReadPDU(b)
			if err != nil || n == 0 {
				t.Fatal(err)
			}
			b = b[n:]
			m, err := p.Parse()
			if err != nil {
				t.Fatal(err)
			}
			switch m.Type {
			case CacheResponse, EndOfData:
				continue
			case RouterKey:
				r.Keys = append(r.Keys, m.Key)
			case ASPA:
				r.VAPs = append(r.VAPs, m.VAP)
			default:
				r.VRPs = append(r.VRPs, m.VRP)
			}
			if m.Type < last {
				t.Errorf("%s after %s", m.Type, last)
			}
			last = m.Type
		}
		return r
	}
	other := Records{
		VRPs: []VRP{vrp("198.51.100.0/24", 24, 1), vrp("2001:db8:ffff::/48", 48, 1)},
		Keys: []Key{key(9, "z", 9)}, VAPs: []VAP{{Customer: 9, Providers: []inet.ASN{7}}},
	}
	for range 20 {
		cache := &Cache{Session: 1, Keep: 5}
		cache.Set(0, shuffled(want))
		got, _ := NewServer(cache, 2).Handle(nil, PDU(AppendResetQuery(nil, 2)))
		all := want.announced(true)
		if d := cmp.Diff(show(all), show(read(got))); d != "" {
			t.Fatalf("full answer: %s", d)
		}
		cache.Set(0, shuffled(other))
		got, _ = NewServer(cache, 2).Handle(nil, PDU(AppendSerialQuery(nil, 2, 1|2<<14, 0)))
		// Withdrawn prefixes go the other way round, keys and customers do not.
		gone, come := want.announced(false), other.announced(true)
		slices.Reverse(gone.VRPs[:7])
		slices.Reverse(gone.VRPs[7:])
		change := Records{
			VRPs: slices.Concat(come.VRPs[:1], gone.VRPs[:7], come.VRPs[1:], gone.VRPs[7:]),
			Keys: slices.Concat(come.Keys, gone.Keys), VAPs: slices.Concat(come.VAPs, gone.VAPs),
		}
		if d := cmp.Diff(show(change), show(read(got))); d != "" {
			t.Fatalf("change: %s", d)
		}
	}
}

// announced is a copy of records of which all are, or are not.
func (r Records) announced(yes bool) Records {
	r = Records{slices.Clone(r.VRPs), slices.Clone(r.Keys), slices.Clone(r.VAPs)}
	for i := range r.VRPs {
		r.VRPs[i].Announce = yes
	}
	for i := range r.Keys {
		r.Keys[i].Announce = yes
	}
	for i := range r.VAPs {
		r.VAPs[i].Announce = yes
	}
	return r
}
