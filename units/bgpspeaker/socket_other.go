//go:build !linux

package bgpspeaker

import (
	"errors"
	"net"
	"net/netip"
	"syscall"
)

// maxMD5 is the longest password that Linux takes.
const maxMD5 = 80

var errLinux = errors.New("md5_password, ttl and ttl_security need Linux")

func control(_ netip.Addr, p Peer) func(network, address string, c syscall.RawConn) error {
	return func(_, _ string, _ syscall.RawConn) error { return refuse(p) }
}

func secure(_ net.Conn, _ netip.Addr, p Peer) error { return refuse(p) }

func refuse(p Peer) error {
	if p.MD5Password != "" || p.TTL > 0 || p.TTLSecurity > 0 {
		return errLinux
	}
	return nil
}

func hops(_ syscall.RawConn, _ bool, send, lowest uint8) error {
	if send > 0 || lowest > 0 {
		return errLinux
	}
	return nil
}

func sign(_ syscall.RawConn, _ netip.Prefix, password string) error {
	if password != "" {
		return errLinux
	}
	return nil
}
