package simd

import (
	"encoding/binary"
	"math"
)

// valueType is a WebAssembly value type as it is encoded.
type valueType byte

const (
	typeI32  valueType = 0x7f
	typeI64  valueType = 0x7e
	typeF32  valueType = 0x7d
	typeV128 valueType = 0x7b
)

// appendUnsigned appends v in unsigned LEB128.
//
//go:noinline
func appendUnsigned(b []byte, v uint64) []byte { return binary.AppendUvarint(b, v) }

// appendSigned appends v in signed LEB128.
func appendSigned(b []byte, v int64) []byte {
	for {
		c := byte(v & 0x7f)
		v >>= 7
		if (v == 0 && c&0x40 == 0) || (v == -1 && c&0x40 != 0) {
			return append(b, c)
		}
		b = append(b, c|0x80)
	}
}

func appendName(b []byte, s string) []byte {
	return append(appendUnsigned(b, uint64(len(s))), s...)
}

func appendFloat(b []byte, v float32) []byte {
	return binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
}

// section appends a section: its id, its size and its content.
func section(b []byte, id byte, content []byte) []byte {
	b = appendUnsigned(append(b, id), uint64(len(content)))
	return append(b, content...)
}

var header = []byte{0, 'a', 's', 'm', 1, 0, 0, 0}

const (
	sectionCustom   = 0
	sectionType     = 1
	sectionImport   = 2
	sectionFunction = 3
	sectionMemory   = 5
	sectionExport   = 7
	sectionCode     = 10

	kindFunction = 0
	kindMemory   = 2
)

// Names by which a module and its host find each other.
const (
	MemoryModule = "env"    // the memory is imported from here
	MemoryName   = "memory" // under this name
	RunName      = "run"    // the exported run(from, to)
)

// encode writes a module that imports a memory of pages pages of 64 KiB and exports what of functions is exported.
func encode(functions []*function, pages int, shared bool) []byte {
	var types, decls, code, names, exports []byte
	known := map[signature]int{}
	exported := 0
	for i, f := range functions {
		s := signature{f.params, f.gives}
		if _, ok := known[s]; !ok {
			known[s] = len(known)
			types = s.append(types)
		}
		decls = appendUnsigned(decls, uint64(known[s]))
		body := f.body()
		code = append(appendUnsigned(code, uint64(len(body))), body...)
		names = appendName(appendUnsigned(names, uint64(i)), f.name)
		if f.exported {
			exports = appendUnsigned(append(appendName(exports, f.name), kindFunction), uint64(i))
			exported++
		}
	}
	memory := append(appendName(appendName([]byte{1}, MemoryModule), MemoryName), kindMemory)

	m := append([]byte(nil), header...)
	m = section(m, sectionType, append(appendUnsigned(nil, uint64(len(known))), types...))
	m = section(m, sectionImport, appendLimits(memory, pages, shared))
	m = section(m, sectionFunction, append(appendUnsigned(nil, uint64(len(functions))), decls...))
	m = section(m, sectionExport, append(appendUnsigned(nil, uint64(exported)), exports...))
	m = section(m, sectionCode, append(appendUnsigned(nil, uint64(len(functions))), code...))
	// The name section: profilers show kernels under their specifications.
	list := append(appendUnsigned(nil, uint64(len(functions))), names...)
	sub := append(appendUnsigned([]byte{1}, uint64(len(list))), list...)
	return section(m, sectionCustom, append(appendName(nil, "name"), sub...))
}

// signature is a function's type: i32 parameters, and an i32 or nothing.
type signature struct {
	params int
	gives  bool
}

func (s signature) append(b []byte) []byte {
	b = appendUnsigned(append(b, 0x60), uint64(s.params))
	for range s.params {
		b = append(b, byte(typeI32))
	}
	if s.gives {
		return append(b, 1, byte(typeI32))
	}
	return append(b, 0)
}

// appendLimits appends the size of a memory; a shared one needs a greatest size, and never grows.
func appendLimits(b []byte, pages int, shared bool) []byte {
	if shared {
		return appendUnsigned(appendUnsigned(append(b, 3), uint64(pages)), uint64(pages))
	}
	return appendUnsigned(append(b, 0), uint64(pages))
}

// MemoryOnly is a module that only has and exports a memory of pages pages, which several threads may use if it is shared,
// for hosts in which a memory cannot be made in any other way.
func MemoryOnly(pages int, shared bool) []byte {
	m := append([]byte(nil), header...)
	m = section(m, sectionMemory, appendLimits([]byte{1}, pages, shared))
	return section(m, sectionExport, append(appendName([]byte{1}, MemoryName), kindMemory, 0))
}

// Probe is the smallest module that uses relaxed_madd (or else only plain SIMD), for a host's validate.
func Probe(relaxed bool) []byte {
	f := newFunction("probe", 1)
	cfg := Config{Relaxed: relaxed}
	v := f.local(typeV128)
	f.get(v)
	f.get(v)
	f.get(v)
	cfg.multiplyAdd(f)
	f.set(v)
	return encode([]*function{f}, 1, false)
}
