package sqlite

import (
	"bytes"
	"database/sql/driver"
	"math"
	"testing"
	"time"
)

func TestValuesCrossUnchanged(t *testing.T) {
	at := time.Date(2026, 11, 24, 3, 4, 5, 678, time.UTC)
	cases := []struct{ in, out driver.Value }{
		{nil, nil},
		{int64(math.MinInt64), int64(math.MinInt64)},
		{int64(1<<53 + 1), int64(1<<53 + 1)},
		{true, int64(1)},
		{false, int64(0)},
		{-0.5, -0.5},
		{math.Inf(1), math.Inf(1)},
		{"이름\x00!", "이름\x00!"},
		{"", ""},
		{[]byte{0, 255}, []byte{0, 255}},
		{[]byte{}, []byte{}},
		{[]byte(nil), nil},
		{at, "2026-11-24T03:04:05.000000678Z"},
	}
	var wire []byte
	var err error
	for _, c := range cases {
		if wire, err = appendValue(wire, c.in); err != nil {
			t.Fatal(err)
		}
	}
	for i, c := range cases {
		var got driver.Value
		if got, wire, err = takeValue(wire); err != nil {
			t.Fatalf("value %d: %v", i, err)
		}
		want, isBytes := c.out.([]byte)
		if isBytes {
			if b, ok := got.([]byte); !ok || b == nil || !bytes.Equal(b, want) {
				t.Errorf("value %d: %#v, want %#v", i, got, want)
			}
		} else if got != c.out {
			t.Errorf("value %d: %#v, want %#v", i, got, c.out)
		}
	}
	if len(wire) != 0 {
		t.Errorf("%d bytes are left over", len(wire))
	}
}

func TestCutRowsAreErrors(t *testing.T) {
	whole, err := appendValue(nil, "text")
	if err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if _, _, err := takeValue(whole[:n]); err == nil {
			t.Errorf("%d of %d bytes are taken", n, len(whole))
		}
	}
	if _, _, err := takeValue([]byte{9}); err == nil {
		t.Error("an unknown tag is taken")
	}
	if _, err := appendValue(nil, struct{}{}); err == nil {
		t.Error("a struct is taken")
	}
}
