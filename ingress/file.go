package ingress

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"example.com/rotonda/routecore/inet"
)

// fileFormat and fileVersion stand in the first line of a saved register.
const (
	fileFormat  = "rotonda-ingress"
	fileVersion = 1
)

// reserve is how many ids a save of a running register sets aside for those
// that are made before the next save, in case the process dies in between.
const reserve = 1024

// FileError says why a saved register was not loaded.
type FileError struct {
	Path  string
	Line  int    // from 1; 0 where it is about the whole file
	What  string // what is wrong
	Aside string // where the file was moved to; empty if it was left in place
	err   error
}

// Error returns FILE:LINE: what is wrong, and where the file is now.
func (e *FileError) Error() string {
	s := e.Path + ":"
	if e.Line > 0 {
		s += fmt.Sprintf("%d:", e.Line)
	}
	s += " " + e.What
	if e.Aside != "" {
		s += "; the file was kept as " + e.Aside
	}
	return s
}

// Unwrap returns the underlying error, if any.
func (e *FileError) Unwrap() error { return e.err }

type fileHeader struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	Next    ID     `json:"next"`
	Entries int    `json:"entries"`
}

type fileTrailer struct {
	End int    `json:"end"`
	CRC string `json:"crc32"`
}

// fileEntry is one line of the file.
type fileEntry struct {
	ID         ID         `json:"id"`
	Unit       string     `json:"unit"`
	Kind       string     `json:"kind,omitempty"`
	Parent     ID         `json:"parent,omitempty"`
	Addr       netip.Addr `json:"addr,omitzero"`
	ASN        inet.ASN   `json:"asn,omitempty"`
	RD         []byte     `json:"rd,omitempty"`
	VRF        string     `json:"vrf,omitempty"`
	View       string     `json:"view,omitempty"`
	Name       string     `json:"name,omitempty"`
	PeerType   uint8      `json:"peerType,omitempty"`
	File       bool       `json:"file,omitempty"`
	Session    Session    `json:"session"`
	Desc       string     `json:"desc,omitempty"`
	Filename   string     `json:"filename,omitempty"`
	LocalASN   inet.ASN   `json:"localAsn,omitempty"`
	LocalAddr  netip.Addr `json:"localAddr,omitzero"`
	Port       uint16     `json:"port,omitempty"`
	LocalCaps  []byte     `json:"localCaps,omitempty"`
	RemoteCaps []byte     `json:"remoteCaps,omitempty"`
	Since      time.Time  `json:"since,omitzero"`
	Seen       time.Time  `json:"seen,omitzero"`
}

func entryOf(i *Info) fileEntry {
	e := fileEntry{ID: i.ID, Unit: i.Unit, Kind: i.Kind.String(), Parent: i.Parent, Addr: i.Addr, ASN: i.ASN, VRF: i.VRF,
		View: i.View.String(), Name: i.Name, PeerType: i.PeerType, File: i.State == NonNetwork, Session: i.Session,
		Desc: i.Desc, Filename: i.Filename, LocalASN: i.LocalASN, LocalAddr: i.LocalAddr, Port: i.Port,
		LocalCaps: i.LocalCaps, RemoteCaps: i.RemoteCaps, Since: i.Since.UTC(), Seen: i.Seen.UTC()}
	if i.RD != [8]byte{} {
		e.RD = i.RD[:]
	}
	return e
}

// info checks a line and converts it. Nobody is connected after a restart.
func (e fileEntry) info() (*Info, error) {
	kind, okKind := ParseKind(e.Kind)
	view, okView := ParseView(e.View)
	switch {
	case e.ID == 0:
		return nil, errors.New("id 0 is reserved")
	case !okKind && e.Kind != "":
		return nil, fmt.Errorf("kind %q is not known", e.Kind)
	case !okView && e.View != "":
		return nil, fmt.Errorf("view %q is not known", e.View)
	case len(e.RD) != 0 && len(e.RD) != 8:
		return nil, fmt.Errorf("rd has %d bytes, want 8", len(e.RD))
	}
	i := &Info{ID: e.ID, Key: Key{Unit: e.Unit, Kind: kind, Parent: e.Parent, Addr: e.Addr, ASN: e.ASN, VRF: e.VRF, View: view, Name: e.Name, PeerType: e.PeerType},
		Session: e.Session, Desc: e.Desc, Filename: e.Filename, LocalASN: e.LocalASN, LocalAddr: e.LocalAddr, Port: e.Port,
		LocalCaps: e.LocalCaps, RemoteCaps: e.RemoteCaps, Since: e.Since, Seen: e.Seen}
	copy(i.RD[:], e.RD)
	if e.File {
		i.State = NonNetwork
	}
	return i, nil
}

// Save writes the register to a file that is replaced as a whole. A file that
// this register neither loaded nor wrote is not overwritten, which is an error.
func (r *Register) Save(path string) error { return r.save(path, reserve) }

// Close saves the register for the last time, without setting ids aside. No id
// is leased after it.
func (r *Register) Close(path string) error {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	return r.save(path, 0)
}

func (r *Register) save(path string, ahead ID) error {
	r.saving.Lock()
	defer r.saving.Unlock()
	r.mu.Lock()
	next, mine := r.next+ahead, r.files[path]
	var list []*Info
	for i := range r.All() {
		list = append(list, i)
	}
	r.mu.Unlock()
	if _, err := os.Lstat(path); err == nil && !mine {
		return fmt.Errorf("ingress: save: %s exists and is not the file of this register; move it away", path)
	}
	text, err := encode(list, next)
	if err != nil {
		return fmt.Errorf("ingress: save: %w", err)
	}
	if err := replace(path, text); err != nil {
		return fmt.Errorf("ingress: save: %w", err)
	}
	r.mu.Lock()
	r.files[path] = true
	r.mu.Unlock()
	return nil
}

func encode(list []*Info, next ID) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	if err := enc.Encode(fileHeader{fileFormat, fileVersion, next, len(list)}); err != nil {
		return nil, err
	}
	for _, i := range list {
		if err := enc.Encode(entryOf(i)); err != nil {
			return nil, err
		}
	}
	sum := crc32.ChecksumIEEE(b.Bytes())
	err := enc.Encode(fileTrailer{len(list), fmt.Sprintf("%08x", sum)})
	return b.Bytes(), err
}

// replace writes a file so that after a crash either the old or the new one is
// there, whole.
func replace(path string, text []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".tmp*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(text)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Load fills an empty register from a file. No file is no error. One that is
// torn, damaged or not ours is moved aside and reported as a [*FileError]; the
// register then stays empty, but goes on after the ids that the file had given
// out, where its first line still tells.
func (r *Register) Load(path string) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return &FileError{Path: path, What: "cannot be read: " + err.Error(), err: err}
	}
	list, next, bad := decode(text)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next = max(r.next, next)
	if bad != nil {
		bad.Path = path
		bad.Aside, bad.err = setAside(path)
		return bad
	}
	for _, i := range list {
		r.add(i)
	}
	r.files[path] = true
	return nil
}

// decode reads and checks a whole file.
func decode(text []byte) ([]*Info, ID, *FileError) {
	var lines [][]byte
	s := bufio.NewScanner(bytes.NewReader(text))
	s.Buffer(nil, 1<<24)
	for s.Scan() {
		lines = append(lines, bytes.Clone(s.Bytes()))
	}
	var head fileHeader
	if len(lines) == 0 || json.Unmarshal(lines[0], &head) != nil || head.Format != fileFormat {
		return nil, 0, &FileError{Line: 1, What: "is not a saved ingress register"}
	}
	if head.Version != fileVersion {
		return nil, head.Next, &FileError{Line: 1, What: fmt.Sprintf("has version %d, this program reads %d", head.Version, fileVersion)}
	}
	var end fileTrailer
	last := len(lines) - 1
	if last < 1 || json.Unmarshal(lines[last], &end) != nil || end.CRC == "" || end.End != last-1 || end.End != head.Entries {
		return nil, head.Next, &FileError{Line: len(lines), What: fmt.Sprintf("is cut short: %d entries were written", head.Entries)}
	}
	body := bytes.TrimSuffix(text, append(lines[last], '\n'))
	if sum := fmt.Sprintf("%08x", crc32.ChecksumIEEE(body)); sum != end.CRC {
		return nil, head.Next, &FileError{What: fmt.Sprintf("is damaged: its checksum is %s, %s was written", sum, end.CRC)}
	}
	return entries(lines[1:last], head.Next)
}

func entries(lines [][]byte, next ID) ([]*Info, ID, *FileError) {
	var list []*Info
	ids, keys := map[ID]bool{}, map[Key]bool{}
	for n, line := range lines {
		var e fileEntry
		err := json.Unmarshal(line, &e)
		var i *Info
		if err == nil {
			i, err = e.info()
		}
		switch {
		case err != nil:
			return nil, next, &FileError{Line: n + 2, What: err.Error()}
		case ids[i.ID] || keys[i.Key]:
			return nil, next, &FileError{Line: n + 2, What: fmt.Sprintf("id %d or its key is there a second time", i.ID)}
		case i.ID >= next:
			return nil, next, &FileError{Line: n + 2, What: fmt.Sprintf("id %d is not below the next one, %d", i.ID, next)}
		}
		ids[i.ID], keys[i.Key] = true, true
		list = append(list, i)
	}
	return list, next, nil
}

// setAside renames a file to a name that is free.
func setAside(path string) (string, error) {
	for n := 1; ; n++ {
		aside := fmt.Sprintf("%s.bad%d", path, n)
		if _, err := os.Lstat(aside); err == nil {
			continue
		}
		if err := os.Rename(path, aside); err != nil {
			return "", err
		}
		return aside, nil
	}
}
