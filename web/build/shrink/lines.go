package shrink

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"iter"
	"slices"
)

// Go's tables of functions, "pclntab": a head, names, files, the tables that pc values are looked up in ("pctab"), then
// for each function where it starts ("ftab") and a record. See runtime/symtab.go and runtime2.go of Go 1.20 to 1.26.
var tablesMagic = []byte{0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8} // of Go 1.20 and later, instructions of 1 byte, words of 8

// Words of the head, in words after the magic.
const (
	headFuncs = iota
	headFiles
	_
	headNames
	headUnits
	headFileNames
	headValues // pctab
	headRecords
	headWords
)

// Offsets in a function's record, in bytes.
const (
	recordEntry      = 0
	recordName       = 4
	recordStack      = 16 // pcsp
	recordFile       = 20
	recordLine       = 24
	recordTables     = 28 // how many tables follow the record
	recordUnit       = 32
	recordStartLine  = 36
	recordPointers   = 43 // how many offsets of other data follow the tables
	recordBytes      = 44
	functionBytes    = 1 << 16 // of the program counter for each function
	noData           = 0xffffffff
	maxTables        = 5
	maxPointers      = 8
	tableUnsafePoint = 0 // where a goroutine cannot be stopped by a signal; there are none here
	tableLiveArgs    = 3 // for traces
	dataArgs         = 5 // for traces
	dataLiveArgs     = 6
)

// tables is pclntab in memory.
type tables struct {
	at      int    // of ftab and the records, in memory
	values  []byte // pctab
	records []byte // ftab and the records
	count   int
	names   []byte
	files   []byte // their names, and by which numbers a unit of compilation knows them
}

// dropLines clears from pclntab what only tells lines of source and arguments, which is a tenth of what a program weighs
// after Brotli. The runtime takes a missing table as "?:0". What stays of pctab is put in the order of its contents.
func (t *tables) dropLines() {
	clear(t.files)
	var kept []int
	for r := range t.all() {
		clear32(r, recordFile, recordLine, recordUnit, recordStartLine)
		count, pointers := int(binary.LittleEndian.Uint32(r[recordTables:])), int(r[recordPointers])
		for i := range count {
			if i == tableUnsafePoint || i == tableLiveArgs {
				clear32(r, recordBytes+4*i)
			}
		}
		for _, i := range []int{dataArgs, dataLiveArgs} {
			if i < pointers {
				binary.LittleEndian.PutUint32(r[recordBytes+4*count+4*i:], noData)
			}
		}
		for _, at := range valueOffsets(count) {
			if offset := int(binary.LittleEndian.Uint32(r[at:])); offset != 0 {
				kept = append(kept, offset)
			}
		}
	}
	moved := t.compact(kept)
	for r := range t.all() {
		for _, at := range valueOffsets(int(binary.LittleEndian.Uint32(r[recordTables:]))) {
			binary.LittleEndian.PutUint32(r[at:], uint32(moved[int(binary.LittleEndian.Uint32(r[at:]))]))
		}
	}
}

// valueOffsets is where a record with count tables holds offsets in pctab.
func valueOffsets(count int) []int {
	at := []int{recordStack, recordFile, recordLine}
	for i := range count {
		at = append(at, recordBytes+4*i)
	}
	return at
}

func clear32(b []byte, at ...int) {
	for _, i := range at {
		binary.LittleEndian.PutUint32(b[i:], 0)
	}
}

// findTables finds pclntab, and checks that all of it is laid out as this package knows it.
func findTables(image []byte) (*tables, error) {
	at := bytes.Index(image, tablesMagic)
	if at < 0 || len(image) < at+8+8*headWords {
		return nil, fmt.Errorf("%w: there is no pclntab", errModule)
	}
	all := image[at:]
	var head [headWords]int
	for i := range head {
		v := binary.LittleEndian.Uint64(all[8+8*i:])
		if v > uint64(len(all)) {
			return nil, fmt.Errorf("%w: the head of pclntab points outside", errModule)
		}
		head[i] = int(v)
	}
	if !slices.IsSorted(head[headNames:]) || head[headFuncs] == 0 || head[headRecords]+8*head[headFuncs] > len(all) {
		return nil, fmt.Errorf("%w: the parts of pclntab have another order", errModule)
	}
	t := &tables{
		at: at + head[headRecords], names: all[head[headNames]:head[headUnits]], values: all[head[headValues]:head[headRecords]],
		records: all[head[headRecords]:], count: head[headFuncs], files: all[head[headUnits]:head[headValues]],
	}
	end := 0 // of the record before
	return t, t.visitAll(func(r []byte) error {
		if start := len(t.records) - cap(r); end != 0 && start != (end+7)&^7 && start != (end+3)&^3 {
			return fmt.Errorf("%w: there is a hole before the record at %d", errModule, start)
		} else {
			end = start + len(r)
		}
		return t.check(r)
	})
}

// all are the records of all functions, with what follows them, of tables that have been checked.
func (t *tables) all() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for i := range t.count {
			r := t.records[binary.LittleEndian.Uint32(t.records[8*i+4:]):]
			if !yield(r[:recordBytes+4*int(binary.LittleEndian.Uint32(r[recordTables:]))+4*int(r[recordPointers])]) {
				return
			}
		}
	}
}

// functionNames are the names of all functions, in their order.
func (t *tables) functionNames() []string {
	out := make([]string, 0, t.count)
	for r := range t.all() {
		name, _, _ := bytes.Cut(t.names[binary.LittleEndian.Uint32(r[recordName:]):], []byte{0})
		out = append(out, string(name))
	}
	return out
}

// visitAll is all for tables that may be of another form. A record's capacity reaches to the end of the records.
func (t *tables) visitAll(visit func(record []byte) error) error {
	for i := range t.count {
		entry, at := binary.LittleEndian.Uint32(t.records[8*i:]), int(binary.LittleEndian.Uint32(t.records[8*i+4:]))
		if at+recordBytes > len(t.records) {
			return fmt.Errorf("%w: the record of function %d is outside", errModule, i)
		}
		r := t.records[at:]
		count, pointers := int(binary.LittleEndian.Uint32(r[recordTables:])), int(r[recordPointers])
		size := recordBytes + 4*count + 4*pointers
		if count > maxTables || pointers > maxPointers || size > len(r) || binary.LittleEndian.Uint32(r[recordEntry:]) != entry {
			return fmt.Errorf("%w: the record of function %d is of another form", errModule, i)
		}
		if err := visit(r[:size]); err != nil {
			return err
		}
	}
	return nil
}

// check follows the offsets of a record.
func (t *tables) check(r []byte) error {
	name := int(binary.LittleEndian.Uint32(r[recordName:]))
	if name >= len(t.names) || bytes.IndexByte(t.names[name:], 0) < 1 {
		return fmt.Errorf("%w: a function has no name", errModule)
	}
	for _, at := range valueOffsets(int(binary.LittleEndian.Uint32(r[recordTables:]))) {
		if offset := int(binary.LittleEndian.Uint32(r[at:])); offset != 0 && t.table(offset) == nil {
			return fmt.Errorf("%w: a table of %s has no end", errModule, bytes.SplitN(t.names[name:], []byte{0}, 2)[0])
		}
	}
	return nil
}

// table is the table at an offset in pctab: pairs of varints, a change of the value and a change of the program counter, to
// a change of the value by nothing. It is nil where there is no end, or where the counter leaves the function.
func (t *tables) table(offset int) []byte {
	if offset >= len(t.values) {
		return nil
	}
	pc := uint64(0)
	for at, first := offset, true; ; first = false {
		change, n := binary.Uvarint(t.values[at:])
		if n <= 0 {
			return nil
		}
		at += n
		if change == 0 && !first {
			return t.values[offset:at]
		}
		step, n := binary.Uvarint(t.values[at:])
		if n <= 0 || pc+step > functionBytes {
			return nil
		}
		at, pc = at+n, pc+step
	}
}

// compact leaves in pctab the tables at the offsets alone, and tells where each went.
func (t *tables) compact(offsets []int) map[int]int {
	slices.Sort(offsets)
	offsets = slices.Compact(offsets)
	slices.SortFunc(offsets, func(a, b int) int { return bytes.Compare(t.table(a), t.table(b)) })
	out := []byte{0} // the offset 0 stands for no table
	moved := map[int]int{0: 0}
	for _, offset := range offsets {
		moved[offset] = len(out)
		out = append(out, t.table(offset)...)
	}
	clear(t.values[copy(t.values, out):])
	return moved
}
