// Package shrink makes a WebAssembly module that Go has linked smaller to send. What the program does stays the same; a stack
// trace tells functions, of a library only the runtime's, without files, lines and arguments.
package shrink

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// gap is how many zeros in a row part two data segments. Go's linker parts them at 8, into a hundred thousand of them, whose
// heads compress worse than the zeros that they spare.
const gap = 1024

const (
	headBytes      = 8 // magic and version
	sectionTypes   = 1
	sectionImports = 2
	sectionFuncs   = 3
	sectionExports = 7
	sectionStart   = 8
	sectionCode    = 10
	sectionData    = 11
	maxMemoryImage = 1 << 26
)

var errModule = errors.New("the module is not as Go links it")

// Module returns the module with shorter code, with its data in few segments and, unless lines is set, without the tables that tell
// lines of source and without the names of libraries' functions, and with those of functions as differences, which a start function of the module adds up. It refuses a module
// whose tables are laid out in another way than those of the Go versions that it knows.
func Module(module []byte, lines bool) ([]byte, error) {
	sections, err := readSections(module)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(sections, func(s section) bool { return s.id == sectionData })
	if at < 0 {
		return nil, fmt.Errorf("%w: it has no data", errModule)
	}
	base, image, err := readData(sections[at].body)
	if err != nil {
		return nil, err
	}
	t, err := findTables(image)
	if err != nil {
		return nil, err
	}
	if sections, err = rewrite(sections, t.functionNames()); err != nil {
		return nil, err
	}
	if !lines {
		buckets, err := t.findBuckets(image)
		if err != nil {
			return nil, err
		}
		t.dropLines()
		t.dropNames()
		t.subtract()
		clear(image[buckets:][:t.bucketsBytes()])
		if sections, err = withStart(sections, t.restore(base+t.at, base+buckets)); err != nil {
			return nil, err
		}
	}
	at = slices.IndexFunc(sections, func(s section) bool { return s.id == sectionData })
	sections[at].body = writeData(base, image)
	out := slices.Clone(module[:headBytes])
	for _, s := range sections {
		out = append(out, s.id)
		out = binary.AppendUvarint(out, uint64(len(s.body)))
		out = append(out, s.body...)
	}
	return out, nil
}

// section is a part of a module, without its head.
type section struct {
	id   byte
	body []byte
}

func readSections(module []byte) ([]section, error) {
	if len(module) < headBytes || string(module[:4]) != "\x00asm" {
		return nil, fmt.Errorf("%w: it has no head", errModule)
	}
	var out []section
	for rest := module[headBytes:]; len(rest) > 0; {
		size, n := binary.Uvarint(rest[1:])
		if n <= 0 || size > uint64(len(rest)-1-n) {
			return nil, fmt.Errorf("%w: section %d is cut short", errModule, rest[0])
		}
		end := 1 + n + int(size)
		out = append(out, section{rest[0], rest[1+n : end]})
		rest = rest[end:]
	}
	return out, nil
}

// segment is data and the address where it goes.
type segment struct {
	address int
	data    []byte
}

// readData lays all segments of a data section out as memory, from the address base on.
func readData(section []byte) (base int, image []byte, err error) {
	count, n := binary.Uvarint(section)
	if n <= 0 || count == 0 {
		return 0, nil, fmt.Errorf("%w: its data has no segments", errModule)
	}
	section = section[n:]
	var segments []segment
	for range count {
		s, rest, err := readSegment(section)
		if err != nil {
			return 0, nil, err
		}
		segments, section = append(segments, s), rest
	}
	slices.SortFunc(segments, func(a, b segment) int { return a.address - b.address })
	last := segments[len(segments)-1]
	base = segments[0].address
	image = make([]byte, last.address+len(last.data)-base)
	filled := base
	for _, s := range segments {
		if s.address < filled {
			return 0, nil, fmt.Errorf("%w: segments overlap at %#x", errModule, s.address)
		}
		filled = s.address + copy(image[s.address-base:], s.data)
	}
	return base, image, nil
}

func readSegment(section []byte) (segment, []byte, error) {
	if len(section) < 2 || section[0] != 0 || section[1] != opI32Const {
		return segment{}, nil, fmt.Errorf("%w: a segment is not of memory 0 at a constant address", errModule)
	}
	address, n := readSigned(section[2:])
	section = section[2+n:]
	if n == 0 || len(section) < 2 || section[0] != opEnd || address < 0 || address > maxMemoryImage {
		return segment{}, nil, fmt.Errorf("%w: a segment has no good address", errModule)
	}
	size, n := binary.Uvarint(section[1:])
	section = section[1+max(n, 0):]
	if n <= 0 || size > uint64(len(section)) {
		return segment{}, nil, fmt.Errorf("%w: the segment at %#x is cut short", errModule, address)
	}
	return segment{address, section[:size]}, section[size:], nil
}

// writeData writes the memory as a data section, without its long runs of zeros.
func writeData(base int, image []byte) []byte {
	var out []byte
	count := 0
	for at := 0; at < len(image); {
		if image[at] == 0 {
			at++
			continue
		}
		end, next := at, at // end follows the last byte that is not zero
		for next < len(image) && next-end < gap {
			if image[next] != 0 {
				end = next + 1
			}
			next++
		}
		out = append(out, 0, opI32Const)
		out = appendSigned(out, base+at)
		out = append(out, opEnd)
		out = binary.AppendUvarint(out, uint64(end-at))
		out = append(out, image[at:end]...)
		at = next
		count++
	}
	return append(binary.AppendUvarint(nil, uint64(count)), out...)
}

// readSigned reads a signed LEB128, and how many bytes it took: none where it is cut short.
func readSigned(b []byte) (v, n int) {
	for shift := 0; n < len(b) && n < 5; shift += 7 {
		c := b[n]
		n++
		v |= int(c&0x7f) << shift
		if c&0x80 == 0 {
			if c&0x40 != 0 {
				v |= -1 << (shift + 7)
			}
			return v, n
		}
	}
	return 0, 0
}

func appendSigned(out []byte, v int) []byte {
	for {
		c := byte(v & 0x7f)
		v >>= 7
		if v == 0 && c&0x40 == 0 || v == -1 && c&0x40 != 0 {
			return append(out, c)
		}
		out = append(out, c|0x80)
	}
}
