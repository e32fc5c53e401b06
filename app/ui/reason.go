package ui

import (
	"fmt"
	"slices"

	"github.com/irum-app/irum/app/i18n"
	"github.com/irum-app/irum/server/domain"
)

// plain are the codes whose text in the user's language says all that the reason says.
var plain = []string{"truncated", "empty", "heic", "avif", "svg", "encrypted", "symlink", "nested_archive", "not_file", "labels_off", "not_asked", "no_folder", "animated", "depth", "cmyk"}

// Reason says why a file was not taken, in the user's language where there is a text for the code. Reasons that name details are kept in
// English beside it.
func Reason(r domain.Refusal) string {
	key := "gallery.why." + r.Code
	if i18n.Language() == "en" || !i18n.Has(key) {
		return r.Reason
	}
	if slices.Contains(plain, r.Code) {
		return i18n.T(key)
	}
	return fmt.Sprintf("%s (%s)", i18n.T(key), r.Reason)
}
