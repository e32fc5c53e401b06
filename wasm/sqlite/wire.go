// Package sqlite is a database/sql driver over the official SQLite WebAssembly build, which web/shell/sqlite.js opens in the
// same worker on OPFS. There is one connection: the file has one owner, which is the worker.
package sqlite

import (
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"
)

// Values cross between Go and web/shell/sqlite.js in bytes, many in one copy: a tag, then for integers and floats 8 bytes,
// for text and blobs the length in 4 bytes and the bytes themselves. Everything is little-endian. Integers stay exact.
const (
	tagNull byte = iota
	tagInt
	tagFloat
	tagText
	tagBlob
)

// appendValue encodes one argument.
func appendValue(b []byte, v driver.Value) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, tagNull), nil
	case int64:
		return binary.LittleEndian.AppendUint64(append(b, tagInt), uint64(v)), nil
	case bool:
		n := uint64(0)
		if v {
			n = 1
		}
		return binary.LittleEndian.AppendUint64(append(b, tagInt), n), nil
	case float64:
		return binary.LittleEndian.AppendUint64(append(b, tagFloat), math.Float64bits(v)), nil
	case string:
		b = binary.LittleEndian.AppendUint32(append(b, tagText), uint32(len(v)))
		return append(b, v...), nil
	case []byte:
		if v == nil {
			return append(b, tagNull), nil
		}
		b = binary.LittleEndian.AppendUint32(append(b, tagBlob), uint32(len(v)))
		return append(b, v...), nil
	case time.Time:
		return appendValue(b, v.UTC().Format(time.RFC3339Nano))
	}
	return nil, fmt.Errorf("sqlite: an argument of type %T cannot be stored", v)
}

var errShort = errors.New("sqlite: the row is cut short")

// takeValue decodes the first value of b and gives the rest.
func takeValue(b []byte) (driver.Value, []byte, error) {
	if len(b) == 0 {
		return nil, nil, errShort
	}
	tag := b[0]
	b = b[1:]
	switch tag {
	case tagNull:
		return nil, b, nil
	case tagInt, tagFloat:
		if len(b) < 8 {
			return nil, nil, errShort
		}
		n := binary.LittleEndian.Uint64(b)
		if tag == tagInt {
			return int64(n), b[8:], nil
		}
		return math.Float64frombits(n), b[8:], nil
	case tagText, tagBlob:
		if len(b) < 4 {
			return nil, nil, errShort
		}
		n := int(binary.LittleEndian.Uint32(b))
		if len(b)-4 < n {
			return nil, nil, errShort
		}
		data, rest := b[4:4+n], b[4+n:]
		if tag == tagText {
			return string(data), rest, nil
		}
		return append(make([]byte, 0, n), data...), rest, nil
	}
	return nil, nil, fmt.Errorf("sqlite: unknown tag %d in a row", tag)
}
