package simd

import (
	"encoding/binary"
	"math"
)

// valueType is a WebAssembly value type as it is encoded.
type valueType byte

const (
	typeI32  valueType = 0x7f
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

// encode writes a module that imports a memory of at least pages pages of 64 KiB and exports the last of functions as run.
// All functions take i32 parameters and give nothing.
func encode(functions []*function, pages int) []byte {
	var types, decls, code, names []byte
	count := 0
	byParams := map[int]int{}
	for _, f := range functions {
		if _, ok := byParams[f.params]; ok {
			continue
		}
		byParams[f.params] = count
		count++
		types = appendUnsigned(append(types, 0x60), uint64(f.params))
		for range f.params {
			types = append(types, byte(typeI32))
		}
		types = append(types, 0)
	}
	for i, f := range functions {
		decls = appendUnsigned(decls, uint64(byParams[f.params]))
		body := f.body()
		code = append(appendUnsigned(code, uint64(len(body))), body...)
		names = appendName(appendUnsigned(names, uint64(i)), f.name)
	}
	memory := appendName(appendName([]byte{1}, MemoryModule), MemoryName)
	memory = appendUnsigned(append(memory, kindMemory, 0), uint64(pages))
	export := append(appendName([]byte{1}, RunName), kindFunction)
	export = appendUnsigned(export, uint64(len(functions)-1))

	m := append([]byte(nil), header...)
	m = section(m, sectionType, append(appendUnsigned(nil, uint64(count)), types...))
	m = section(m, sectionImport, memory)
	m = section(m, sectionFunction, append(appendUnsigned(nil, uint64(len(functions))), decls...))
	m = section(m, sectionExport, export)
	m = section(m, sectionCode, append(appendUnsigned(nil, uint64(len(functions))), code...))
	// The name section: profilers show kernels under their specifications.
	list := append(appendUnsigned(nil, uint64(len(functions))), names...)
	sub := append(appendUnsigned([]byte{1}, uint64(len(list))), list...)
	return section(m, sectionCustom, append(appendName(nil, "name"), sub...))
}

// MemoryOnly is a module that only has and exports a memory of pages pages, for hosts in which a memory cannot be made
// in any other way.
func MemoryOnly(pages int) []byte {
	m := append([]byte(nil), header...)
	m = section(m, sectionMemory, appendUnsigned([]byte{1, 0}, uint64(pages)))
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
	return encode([]*function{f}, 1)
}
