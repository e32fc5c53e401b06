package transfer

// Charset is what needs large tables of letters. golang.org/x/text has them; a browser has them too, so there this package
// is built without x/text's, and wasm/device sets both functions.
var Charset = struct {
	// Korean decodes text of Korean Windows (CP949, EUC-KR). For what is none it answers false.
	Korean func(text string) (decoded string, ok bool)
	// Compose gives UTF-8 in Unicode's composed form, NFC.
	Compose func(text string) string
}{
	Korean:  func(string) (string, bool) { return "", false },
	Compose: func(s string) string { return s },
}

// compose gives s in NFC. Text of Latin letters, Chinese characters and whole Hangul syllables is composed already.
func compose(s string) string {
	for _, c := range s {
		if c >= 0x300 && (c < 0x4e00 || c > 0x9fff) && (c < 0xac00 || c > 0xd7a3) {
			return Charset.Compose(s)
		}
	}
	return s
}
