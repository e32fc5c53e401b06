package transfer

import (
	"path"
	"strings"
	"unicode/utf8"
)

const (
	maxPath  = 1024 // bytes of an asset's name
	maxClass = 200  // characters of a class's name
)

// entryName checks the name of a file as it came and gives it as a clean, slash-separated, relative path. reason, when not
// "", says why it is not taken: a name that points outside must never get as far as a path.
func entryName(name string) (clean, reason string) {
	switch {
	case name == "":
		return "", "The file has no name."
	case len(name) > maxPath:
		return "", "The name is longer than 1,024 bytes. Shorten it."
	case strings.ContainsRune(name, 0):
		return "", "The name holds a NUL character."
	case strings.ContainsRune(name, '\\'):
		return "", `The name holds a backslash. Pack the archive again with "/" between folders.`
	case strings.HasPrefix(name, "/"):
		return "", "The name is an absolute path. Pack the archive again with relative names."
	case len(name) >= 2 && name[1] == ':' && isLetter(name[0]):
		return "", "The name starts with a drive letter. Pack the archive again with relative names."
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return "", `The name leads outside by "..". Pack the archive again.`
		}
	}
	clean = path.Clean(name)
	if clean == "." {
		return "", "The file has no name."
	}
	return clean, ""
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// isJunk tells files that systems leave behind and that nobody means to import.
func isJunk(name string) bool {
	for part := range strings.SplitSeq(strings.ToLower(name), "/") {
		switch {
		case part == ".ds_store", part == "thumbs.db", part == "desktop.ini", part == "__macosx", part == "ehthumbs.db",
			part == ".spotlight-v100", part == ".trashes", part == ".git", part == ".ipynb_checkpoints", part == "@eadir",
			strings.HasPrefix(part, "._"):
			return true
		}
	}
	return false
}

// toUTF8 gives bytes of text as UTF-8. Text of Korean Windows (CP949) is told by not being UTF-8 and decoded; what is
// neither keeps a replacement character in place of each bad byte.
func toUTF8(s string) (text string, changed bool) {
	if utf8.ValidString(s) {
		return s, false
	}
	if out, ok := Charset.Korean(s); ok {
		return out, true
	}
	return strings.ToValidUTF8(s, "\uFFFD"), true
}

// key is the form in which names are compared: macOS writes decomposed letters, others composed ones.
func key(name string) string { return compose(strings.TrimSpace(name)) }

// stem is name without its extension.
func stem(name string) string {
	ext := path.Ext(name)
	if strings.Contains(ext, " ") { // "Dr. Kim" has no extension
		return name
	}
	return strings.TrimSuffix(name, ext)
}

// ext is the extension of name in lower case, without its dot.
func ext(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
}

var imageTypes = map[string]string{
	"jpg": "jpeg", "jpeg": "jpeg", "jpe": "jpeg", "jfif": "jpeg", "png": "png", "gif": "gif", "webp": "webp", "bmp": "bmp",
	"dib": "bmp", "tif": "tiff", "tiff": "tiff",
}

// looksLikeImageName tells whether name ends as images do.
func looksLikeImageName(name string) bool {
	e := ext(strings.TrimSpace(name))
	return imageTypes[e] != "" || e == "heic" || e == "heif" || e == "avif" || e == "svg"
}

var splits = map[string]string{
	"train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "dev": "val",
	"test": "test", "testing": "test",
}

// splitName gives train, val or test for what a folder or a cell of that meaning says, else "".
func splitName(s string) string { return splits[strings.ToLower(strings.TrimSpace(s))] }

// pathSplit gives the split that one of the folders of name says. Of several the outermost counts.
func pathSplit(name string) string {
	parts := strings.Split(name, "/")
	for _, part := range parts[:len(parts)-1] {
		if s := splitName(part); s != "" {
			return s
		}
	}
	return ""
}

// cleanText makes a name fit for a report: it may hold anything when it comes from an archive.
func cleanText(s string) string {
	if r := []rune(s); len(r) > 300 {
		s = string(r[:300]) + "…"
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
