package transfer

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
)

// jsonWriter writes an object, or a list, of any length without holding it.
type jsonWriter struct {
	w     io.Writer
	close string
	some  bool // an element was written where it is now
	err   error
}

// newJSONWriter begins an object.
func newJSONWriter(w io.Writer) *jsonWriter { return &jsonWriter{w: w, close: "}\n"} }

// newJSONList begins a list.
func newJSONList(w io.Writer) *jsonWriter {
	j := &jsonWriter{w: w, close: "]\n"}
	j.text("[")
	j.some = false
	return j
}

func (j *jsonWriter) text(s string) {
	if j.err == nil {
		_, j.err = io.WriteString(j.w, s)
	}
}

func (j *jsonWriter) comma(first string) {
	if j.some {
		first = ","
	}
	j.text(first)
	j.some = true
}

// key writes a member of the object.
func (j *jsonWriter) key(name string, v any) {
	j.comma("{")
	j.text(quoted(name) + ":")
	j.value(v)
}

func (j *jsonWriter) value(v any) {
	if j.err != nil {
		return
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if j.err = e.Encode(v); j.err == nil {
		_, j.err = j.w.Write(bytes.TrimRight(out.Bytes(), "\n"))
	}
}

// list writes a member that is a list; fill gives its elements.
func (j *jsonWriter) list(name string, fill func() error) error {
	j.comma("{")
	j.text(quoted(name) + ":[")
	j.some = false
	err := fill()
	j.text("]")
	j.some = true
	return errors.Join(err, j.err)
}

// element writes the next element of a list.
func (j *jsonWriter) element(v any) error {
	j.comma("")
	j.value(v)
	return j.err
}

// end closes the object or list.
func (j *jsonWriter) end() error {
	j.text(j.close)
	return j.err
}

// field gives the member k of an object that was read, the zero value where it is absent or of another type.
func field[T any](object map[string]json.RawMessage, k string) (v T) {
	if raw := object[k]; len(raw) > 0 && json.Unmarshal(raw, &v) != nil {
		var none T
		return none
	}
	return v
}

// mustJSON encodes what was read as JSON.
func mustJSON(object map[string]json.RawMessage) []byte {
	text, err := json.Marshal(object)
	if err != nil {
		return []byte("{}")
	}
	return text
}

func sortedKeys(object map[string]json.RawMessage) []string { return slices.Sorted(maps.Keys(object)) }
