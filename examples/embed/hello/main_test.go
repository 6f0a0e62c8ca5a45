package main

import (
	"strings"
	"testing"
)

func TestHello(t *testing.T) {
	var out strings.Builder
	if err := run("Léa", &out); err != nil {
		t.Fatal(err)
	}
	if want := "hello Léa!\nhello Léa!!\nhello Léa!!!\n9 characters\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}
