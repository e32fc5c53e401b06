//go:build js

package device

import (
	"syscall/js"
	"testing"

	"github.com/irum-app/irum/server/transfer"
)

// TestBrowserCharset is run in Chromium by web/e2e: Node's decoder is not WHATWG's.
func TestBrowserCharset(t *testing.T) {
	if !js.Global().Get("WorkerGlobalScope").Truthy() {
		t.Skip("not in a browser's worker: web/e2e runs this test")
	}
	useBrowserCharset()
	for text, want := range map[string]string{
		"\xb0\xed\xbe\xe7\xc0\xcc": "고양이", "a\x81\x41b": "a갂b", // the second is of CP949 alone
		"\xb0": "", "\xff\xff": "", "": "", "a": "a",
	} {
		got, ok := transfer.Charset.Korean(text)
		if got != want || ok != (want != "" || text == "") {
			t.Errorf("%q became %q, %v", text, got, ok)
		}
	}
	for text, want := range map[string]string{
		"e\u0301": "é", "\u1100\u1161\u11a8": "각", "\uac00\u11a8": "각", "é": "é", "\xb0e\u0301": "\xb0e\u0301", "": "",
	} {
		if got := transfer.Charset.Compose(text); got != want {
			t.Errorf("%q became %q", text, got)
		}
	}
}
