// Package bgp reads and writes the messages of BGP-4: pure functions and small
// values over bytes, without state, goroutines, clocks or I/O.
//
// It is not a speaker. The state machine lives in bgp/fsm, sockets in the units,
// and what a route does to a table in the store.
//
// # A tour
//
// [ReadMessage] cuts one message out of a stream. By its type the body goes to
// [ParseOpen], [ParseUpdate], [ParseNotification] or [ParseRouteRefresh]. Two
// OPENs meet in [Negotiate] and give a [Ctx] for each direction: whatever an
// UPDATE needs to know about its session to be read without doubt.
//
// [ParseUpdate] fills an [Update], which the caller keeps and reuses: a view
// over the body with an index of its attributes and a [Verdict] by RFC 7606. It
// never fails. [Update.Routes] yields what is announced and withdrawn after the
// verdict as [NLRI], runs of wire bytes that are iterated; attributes come out of [Update.AppendAttrs] as [Attrs]. Start reading
// there: the example of ParseUpdate is the read loop of a session.
//
// Values that are a choice of a session are typed: [Open] has a getter and a
// constructor for every capability of one table ([Capabilities]), [Notification]
// for what its data says, [RouteRefresh] for filters ([ORF]).
//
// [Attrs] is the form in which attributes live everywhere behind the parser:
// sorted, pointer-free, equal bytes for equal sets, with the next hop of its
// family inside (docs/formats/attributes.md). [NewAttrs] and [NewNLRI] make routes
// of values. Typed getters read attributes, [Attrs.With], [AppendSet] and
// [AppendUnset] make a changed copy, [Attrs.AppendJSON] shows them to people,
// [Attrs.AppendWire], [AppendUpdates] and [Packer] bring it back onto the wire.
//
// What a speaker does with routes stands beside it as pure functions: [Ingress]
// judges and marks what comes in, [Selection] chooses the best of several, and
// [Export] makes of a route what one peer is told.
//
// Every path attribute has a file of its own (attr_origin.go) and a row in one
// table, [AttrInfo], that drives flag checks, syntax checks, error policy,
// order and JSON. Capabilities and NOTIFICATION codes have tables of their own.
//
// Sources: RFC 4271 (BGP-4), RFC 4760 (multiprotocol), RFC 5492 and RFC 9072
// (OPEN parameters), RFC 6793 (4-octet AS numbers), RFC 7606 (error handling),
// RFC 7607 (AS 0), RFC 7911 (ADD-PATH), RFC 8654 (extended messages), RFC 8950
// (IPv6 next hop for IPv4), RFC 2918 and RFC 7313 (route refresh), RFC 9003
// (shutdown communication), RFC 4724 (End-of-RIB), RFC 5291 and RFC 5292 (outbound
// route filters), RFC 9234 (roles). The file of an attribute names its own.
package bgp
