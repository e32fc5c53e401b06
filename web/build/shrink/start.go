package shrink

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Instructions of WebAssembly.
const (
	opLoop     = 0x03
	opEnd      = 0x0b
	opBrIf     = 0x0d
	opGet      = 0x20
	opSet      = 0x21
	opTee      = 0x22
	opLoad     = 0x28 // of 32 bits
	opStore    = 0x36
	opI32Const = 0x41
	opLess     = 0x49 // without signs
	opAdd      = 0x6a
	opShift    = 0x76 // to the right, without signs
	typeI32    = 0x7f
	typeI64    = 0x7e
	typeFunc   = 0x60
	noType     = 0x40
	wordAlign  = 2
)

// The runtime finds a function's record by its program counter in buckets: which function is the first in 4096 bytes of the
// counter, which has 65536 for each. So the table counts to 16 over and over, and need not be sent.
const (
	bucketBytes   = 20 // a number of 4 bytes, then 16 numbers to be added, which are 0
	bucketsShift  = 4  // 16 buckets for a function
	bucketsOfEach = 1 << bucketsShift
)

// buckets is how many there are, without those of the last function, which are as many as it needs.
func (t *tables) buckets() int { return bucketsOfEach * (t.count - 1) }

func (t *tables) bucketsBytes() int { return bucketBytes * t.buckets() }

// findBuckets tells where in memory the buckets are, all of them as they should be.
func (t *tables) findBuckets(image []byte) (int, error) {
	want := make([]byte, t.bucketsBytes())
	for i := range t.buckets() {
		binary.LittleEndian.PutUint32(want[bucketBytes*i:], uint32(i>>bucketsShift))
	}
	at := bytes.Index(image, want)
	if at < 0 || t.count < 2 {
		return 0, fmt.Errorf("%w: the buckets of functions are not there", errModule)
	}
	return at, nil
}

// subtract leaves in ftab, for each function, how much its program counter and the place of its record are more than those of
// the one before, and in the record the same of its name.
func (t *tables) subtract() {
	var entry, at, name uint32
	less := func(b []byte, before uint32) uint32 {
		v := binary.LittleEndian.Uint32(b)
		binary.LittleEndian.PutUint32(b, v-before)
		return v
	}
	for i := range t.count {
		entry, at = less(t.records[8*i:], entry), less(t.records[8*i+4:], at)
		r := t.records[at:]
		clear32(r, recordEntry)
		name = less(r[recordName:], name)
	}
}

// restore is the body of a function that undoes subtract, with ftab at the address records, and writes the buckets.
func (t *tables) restore(records, buckets int) []byte {
	const (
		p = iota
		entry
		at
		name
		record
		i
		locals
	)
	b := []byte{1, locals, typeI32}
	number := func(v int) { b = appendSigned(append(b, opI32Const), v) }
	// add adds the word at an offset from the address in local from to the sum in another local, and puts the sum there.
	add := func(from, offset, sum byte) {
		b = append(b, opGet, from, opGet, sum, opGet, from, opLoad, wordAlign, offset, opAdd, opTee, sum, opStore, wordAlign, offset)
	}
	// again goes on with the loop after adding step to a local that stays below the end.
	again := func(local byte, step, end int) {
		b = append(b, opGet, local)
		number(step)
		b = append(b, opAdd, opTee, local)
		number(end)
		b = append(b, opLess, opBrIf, 0, opEnd)
	}
	number(records)
	b = append(b, opSet, p, opLoop, noType)
	add(p, 0, entry)
	add(p, 4, at)
	b = append(b, opGet, at)
	number(records)
	b = append(b, opAdd, opTee, record, opGet, entry, opStore, wordAlign, recordEntry)
	add(record, recordName, name)
	again(p, 8, records+8*t.count)
	number(buckets)
	b = append(b, opSet, p, opLoop, noType, opGet, p, opGet, i)
	number(bucketsShift)
	b = append(b, opShift, opStore, wordAlign, 0, opGet, p)
	number(bucketBytes)
	b = append(b, opAdd, opSet, p)
	again(i, 1, t.buckets())
	return append(b, opEnd)
}

// withStart gives the module a start function, which hosts run before anything else, after the data is in memory.
func withStart(sections []section, body []byte) ([]section, error) {
	by := map[byte]uint64{} // how many entries a section has
	for _, s := range sections {
		n, k := binary.Uvarint(s.body)
		if s.id != 0 && k <= 0 {
			return nil, fmt.Errorf("%w: section %d is empty", errModule, s.id)
		}
		by[s.id] = n
		if s.id == sectionImports && !onlyFunctions(s.body) {
			return nil, fmt.Errorf("%w: it imports more than functions", errModule)
		}
	}
	if _, ok := by[sectionStart]; ok || by[sectionTypes] == 0 || by[sectionExports] == 0 || by[sectionFuncs] == 0 || by[sectionFuncs] != by[sectionCode] {
		return nil, fmt.Errorf("%w: its sections are others", errModule)
	}
	var out []section
	for _, s := range sections {
		switch s.id {
		case sectionTypes:
			s.body = withEntry(s.body, []byte{typeFunc, 0, 0})
		case sectionFuncs:
			s.body = withEntry(s.body, binary.AppendUvarint(nil, by[sectionTypes]))
		case sectionCode:
			s.body = withEntry(s.body, append(binary.AppendUvarint(nil, uint64(len(body))), body...))
		}
		out = append(out, s)
		if s.id == sectionExports {
			out = append(out, section{sectionStart, binary.AppendUvarint(nil, by[sectionImports]+by[sectionFuncs])})
		}
	}
	return out, nil
}

// withEntry puts an entry at the end of a section.
func withEntry(body, entry []byte) []byte {
	count, n := binary.Uvarint(body)
	return append(append(binary.AppendUvarint(nil, count+1), body[n:]...), entry...)
}

// onlyFunctions tells whether all imports of a section are functions, of a module and a name each.
func onlyFunctions(body []byte) bool {
	count, n := binary.Uvarint(body)
	body = body[max(n, 0):]
	for range count {
		for range 2 {
			size, n := binary.Uvarint(body)
			if n <= 0 || size >= uint64(len(body)-n) {
				return false
			}
			body = body[n+int(size):]
		}
		kind := body[0]
		_, n := binary.Uvarint(body[1:])
		if kind != 0 || n <= 0 {
			return false
		}
		body = body[1+n:]
	}
	return true
}
