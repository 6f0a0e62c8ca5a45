package bgpspeaker

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// maxMD5 is the longest password that the system takes.
const maxMD5 = unix.TCP_MD5SIG_MAXKEYLEN

// control prepares a socket that is going to dial.
func control(to netip.Addr, p Peer) func(network, address string, c syscall.RawConn) error {
	return func(_, _ string, c syscall.RawConn) error {
		if p.MD5Password != "" {
			if err := sign(c, netip.PrefixFrom(to.WithZone(""), to.BitLen()), p.MD5Password); err != nil {
				return err
			}
		}
		return hops(c, to.Is4(), p.sendTTL(), p.lowestTTL())
	}
}

// secure gives an accepted connection the TTLs of its peer.
func secure(conn net.Conn, remote netip.Addr, p Peer) error {
	s, ok := conn.(syscall.Conn)
	if !ok {
		return nil // a test's
	}
	c, err := s.SyscallConn()
	if err != nil {
		return err
	}
	return hops(c, remote.Is4(), p.sendTTL(), p.lowestTTL())
}

// on runs f with the descriptor of a socket.
func on(c syscall.RawConn, f func(fd int) error) error {
	var err error
	if ctl := c.Control(func(fd uintptr) { err = f(int(fd)) }); ctl != nil {
		return ctl
	}
	return err
}

// hops sets the TTL that is sent, where it is not 0, and the lowest that is taken
// (RFC 5082).
func hops(c syscall.RawConn, v4 bool, send, lowest uint8) error {
	level, ttl, least := unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS, unix.IPV6_MINHOPCOUNT
	if v4 {
		level, ttl, least = unix.IPPROTO_IP, unix.IP_TTL, unix.IP_MINTTL
	}
	return on(c, func(fd int) error {
		if send > 0 {
			if err := unix.SetsockoptInt(fd, level, ttl, int(send)); err != nil {
				return fmt.Errorf("setting the TTL: %w", err)
			}
		}
		if err := unix.SetsockoptInt(fd, level, least, int(lowest)); err != nil && lowest > 0 {
			return fmt.Errorf("setting the lowest TTL: %w", err)
		}
		return nil
	})
}

// sign sets the password for all addresses in a prefix (RFC 2385); an empty one
// removes it.
func sign(c syscall.RawConn, p netip.Prefix, password string) error {
	err := on(c, func(fd int) error {
		domain, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
		if err != nil {
			return err
		}
		sig := unix.TCPMD5Sig{Prefixlen: uint8(p.Bits()), Keylen: uint16(len(password))}
		copy(sig.Key[:], password)
		addr := p.Masked().Addr()
		switch {
		case domain == unix.AF_INET6:
			// An IPv4 address goes in mapped, with the length that it has as such.
			sig.Addr.Family = unix.AF_INET6
			sixteen := addr.As16()
			copy(sig.Addr.Data[6:], sixteen[:]) // behind port and flow label
		case addr.Is4():
			sig.Addr.Family = unix.AF_INET
			four := addr.As4()
			copy(sig.Addr.Data[2:], four[:]) // behind the port
		default:
			return nil // the socket takes no such peer
		}
		if p.IsSingleIP() {
			return unix.SetsockoptTCPMD5Sig(fd, unix.IPPROTO_TCP, unix.TCP_MD5SIG, &sig)
		}
		sig.Flags = unix.TCP_MD5SIG_FLAG_PREFIX
		return unix.SetsockoptTCPMD5Sig(fd, unix.IPPROTO_TCP, unix.TCP_MD5SIG_EXT, &sig)
	})
	if password == "" && errors.Is(err, unix.ENOENT) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("setting the TCP-MD5 password of %s: %w", p, err)
	}
	return nil
}
