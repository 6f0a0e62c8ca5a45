package ingress

import (
	"context"
	"errors"
	"fmt"
)

// Claim says what to do where another session holds the id.
type Claim uint8

// The claims.
const (
	Replace Claim = iota // cancel the holder and take over at once
	Wait                 // until the holder lets go
	Refuse               // return ErrHeld
)

// The errors of leases that callers test for.
var (
	ErrHeld     = errors.New("ingress: another session holds the id")
	ErrReplaced = errors.New("ingress: a newer session took the id over")
	ErrClosed   = errors.New("ingress: the register is closed")
	ErrFull     = errors.New("ingress: there are as many ids as the register may have")
)

// Lease is the right of one session to speak for an id. Its methods may be
// called from any goroutine.
type Lease struct {
	register *Register
	entry    *entry
	id       ID
	session  Session
	ctx      context.Context
	cancel   context.CancelCauseFunc
}

// Lease finds or makes the id of a key and leases it, in one step. ctx bounds
// the waiting and is the parent of the lease's context. The error is ErrHeld,
// ErrFull, ErrClosed or that of ctx.
func (r *Register) Lease(ctx context.Context, k Key, c Claim) (*Lease, error) {
	for {
		l, busy, err := r.claim(ctx, k, c)
		if busy == nil {
			return l, err
		}
		select {
		case <-busy:
		case <-ctx.Done():
			return nil, fmt.Errorf("ingress: waiting for the holder of id %d: %w", r.Find(k).id(), context.Cause(ctx))
		}
	}
}

func (i *Info) id() ID {
	if i == nil {
		return 0
	}
	return i.ID
}

// claim tries once. It returns a channel to wait for where the id is busy.
func (r *Register) claim(ctx context.Context, k Key, c Claim) (*Lease, <-chan struct{}, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, nil, ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, context.Cause(ctx)
	}
	e := r.byKey[k]
	switch {
	case e == nil && !r.room():
		return nil, nil, ErrFull
	case e == nil:
		e = r.add(&Info{ID: r.next, Key: k})
		r.next++
		r.signal()
	case e.holder != nil && c == Refuse:
		return nil, nil, ErrHeld
	case e.holder != nil && c == Wait:
		if e.free == nil {
			e.free = make(chan struct{})
		}
		return nil, e.free, nil
	case e.holder != nil:
		e.holder.cancel(ErrReplaced)
	}
	return r.grant(ctx, e), nil, nil
}

// grant starts the next session of an entry. The caller holds the lock.
func (r *Register) grant(ctx context.Context, e *entry) *Lease {
	i := *e.info.Load()
	i.Session++
	i.Since, i.Seen = r.now(), r.now()
	i.State = Connected
	if i.Kind == KindMRT {
		i.State = NonNetwork
	}
	l := &Lease{register: r, entry: e, id: i.ID, session: i.Session}
	l.ctx, l.cancel = context.WithCancelCause(ctx)
	e.holder = l
	e.info.Store(&i)
	e.session.Store(uint32(i.Session))
	return l
}

// ID returns the id leased.
func (l *Lease) ID() ID { return l.id }

// Session returns the number of this session of the id.
func (l *Lease) Session() Session { return l.session }

// Context is cancelled when a newer session replaced this one, with the cause
// ErrReplaced, when the lease was released, and with the context it was made
// from.
func (l *Lease) Context() context.Context { return l.ctx }

// Update publishes a changed description. f changes a copy; the id, the key and
// the session stay what they are. It does nothing once the lease is gone.
func (l *Lease) Update(f func(*Info)) {
	l.register.mu.Lock()
	defer l.register.mu.Unlock()
	if l.entry.holder == l {
		l.publish(f)
	}
}

func (l *Lease) publish(f func(*Info)) {
	old := l.entry.info.Load()
	i := *old
	f(&i)
	i.ID, i.Key, i.Session = old.ID, old.Key, old.Session
	if i.State != old.State {
		i.Since = l.register.now()
	}
	l.entry.info.Store(&i)
}

// Release ends the session: the ingress is disconnected, unless a newer session
// has it. Calling it again does nothing.
func (l *Lease) Release() {
	r := l.register
	r.mu.Lock()
	defer r.mu.Unlock()
	l.cancel(context.Canceled)
	e := l.entry
	if e.holder != l {
		return
	}
	l.publish(func(i *Info) {
		i.Seen = r.now()
		if i.State == Connected {
			i.State = Disconnected
		}
	})
	e.holder = nil
	if e.free != nil {
		close(e.free)
		e.free = nil
	}
}
