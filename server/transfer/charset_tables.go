//go:build !js

package transfer

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/unicode/norm"
)

func init() {
	Charset.Korean = func(s string) (string, bool) {
		out, err := korean.EUCKR.NewDecoder().String(s)
		return out, err == nil && !strings.ContainsRune(out, utf8.RuneError)
	}
	Charset.Compose = norm.NFC.String
}
