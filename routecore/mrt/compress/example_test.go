package compress_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"

	"example.com/rotonda/routecore/mrt/compress"
)

// The content says how it is compressed; the caller need not know.
func ExampleNewReader() {
	var file bytes.Buffer
	z := gzip.NewWriter(&file)
	_, _ = z.Write([]byte("records"))
	_ = z.Close()

	r, err := compress.NewReader(&file)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	fmt.Printf("%v: %q %v\n", r.Format, content, err)
	// Output:
	// gzip: "records" <nil>
}
