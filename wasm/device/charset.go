//go:build js

package device

import (
	"syscall/js"
	"unicode/utf8"

	"github.com/irum-app/irum/server/transfer"
	"github.com/irum-app/irum/wasm/glue"
)

// useBrowserCharset has the browser decode Korean text and compose letters: its tables need not be sent.
func useBrowserCharset() {
	decoder := js.Global().Get("TextDecoder").New("euc-kr", map[string]any{"fatal": true}) // WHATWG's euc-kr is CP949
	transfer.Charset.Korean = func(text string) (string, bool) {
		v, err := glue.Try(func() js.Value { return decoder.Call("decode", glue.Array([]byte(text))) })
		if err != nil {
			return "", false
		}
		return v.String(), true
	}
	normalize := js.Global().Get("String").Get("prototype").Get("normalize")
	transfer.Charset.Compose = func(text string) string {
		if !utf8.ValidString(text) { // JavaScript's strings cannot hold it
			return text
		}
		return normalize.Call("call", text, "NFC").String()
	}
}
