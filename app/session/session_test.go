package session

import (
	"net/url"
	"reflect"
	"testing"

	"github.com/irum-app/irum/app/platform"
)

func TestAddresses(t *testing.T) {
	for _, r := range []Route{
		{},
		{Place: platform.Device, Project: "p1", Screen: "images"},
		{Place: platform.Server, Project: "a/b ?%", Screen: "annotate", Item: "이미지/1"},
		{Place: platform.Device, Project: "p1", Screen: "images", Query: url.Values{"ids": {"a", "b"}, "text": {"x&y"}}},
	} {
		u, err := url.Parse(r.Path())
		if err != nil {
			t.Fatal(err)
		}
		got, ok := Parse(u)
		if r.Query == nil {
			r.Query = url.Values{}
		}
		if !ok || !reflect.DeepEqual(got, r) {
			t.Errorf("%s: %+v, %v, want %+v", r.Path(), got, ok, r)
		}
	}
	for _, nowhere := range []string{"/x", "/p", "/p/z/1/images", "/p/d", "/p/d/1/images/2/3"} {
		u, err := url.Parse(nowhere)
		if err != nil {
			t.Fatal(err)
		}
		if r, ok := Parse(u); ok {
			t.Errorf("%s leads to %+v", nowhere, r)
		}
	}
}
