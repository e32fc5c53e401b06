package domain

import (
	"strconv"
	"strings"
	"time"
)

// MaxList is how many of a list (projects, exports, models, clusterings) are given at once.
const MaxList = 500

// ListCursor is the place behind what was made at a time and has an id, in a list that begins with the newest.
func ListCursor(at time.Time, id string) string {
	return strconv.FormatInt(at.UnixMicro(), 10) + "-" + id
}

// ParseListCursor reads what ListCursor gave: microseconds since 1970, and the id. CodeInvalid for anything else.
func ParseListCursor(cursor string) (at int64, id string, err error) {
	text, id, _ := strings.Cut(cursor, "-")
	at, err = strconv.ParseInt(text, 10, 64)
	if err != nil || id == "" {
		return 0, "", Errorf(CodeInvalid, "The cursor %q is not one that a list was answered with. Begin with the first page.", cursor).In("cursor")
	}
	return at, id, nil
}
