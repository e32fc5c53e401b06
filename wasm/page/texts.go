//go:build js

package page

import (
	"encoding/json"
	"fmt"
	"syscall/js"
)

// texts gives all texts of a language by key, of those that boot.js has fetched.
func texts(language string) (map[string]string, error) {
	fetched := js.Global().Get("irum").Get("texts").Get(language)
	if !fetched.Truthy() {
		return nil, fmt.Errorf("no texts for language %q", language)
	}
	all := map[string]string{}
	err := json.Unmarshal([]byte(js.Global().Get("JSON").Call("stringify", fetched).String()), &all)
	return all, err
}
