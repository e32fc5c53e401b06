package transfer

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// A TFRecord file is a row of records: length (uint64), its CRC, the bytes, their CRC, all little endian. A CRC is CRC-32C,
// turned by 15 bits and moved by a constant, so that one over data that holds CRCs stays useful.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func maskedCRC(data []byte) uint32 {
	sum := crc32.Checksum(data, castagnoli)
	return (sum>>15 | sum<<17) + 0xa282ead8
}

// isTFRecords tells a file of records by its first length and the CRC of it.
func isTFRecords(head []byte) bool {
	return len(head) >= 12 && maskedCRC(head[:8]) == binary.LittleEndian.Uint32(head[8:])
}

// writeTFRecord writes one record.
func writeTFRecord(w io.Writer, data []byte) error {
	head := binary.LittleEndian.AppendUint64(nil, uint64(len(data)))
	head = binary.LittleEndian.AppendUint32(head, maskedCRC(head))
	for _, part := range [][]byte{head, data, binary.LittleEndian.AppendUint32(nil, maskedCRC(data))} {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}

// errTFRecord is a file that is not what it should be.
type errTFRecord struct{ reason string }

func (e errTFRecord) Error() string { return e.reason }

// readTFRecords calls visit for each record of r, none longer than limit bytes. An errTFRecord says what is wrong with the file.
func readTFRecords(r io.Reader, limit int64, visit func(n int, data []byte) error) error {
	in := bufio.NewReader(r)
	var data bytes.Buffer
	for n := 1; ; n++ {
		var head [12]byte
		if _, err := io.ReadFull(in, head[:]); errors.Is(err, io.EOF) {
			return nil
		} else if errors.Is(err, io.ErrUnexpectedEOF) {
			return errTFRecord{fmt.Sprintf("Record %d is cut off. Copy the file again from where it came.", n)}
		} else if err != nil {
			return err
		}
		length := binary.LittleEndian.Uint64(head[:8])
		switch {
		case maskedCRC(head[:8]) != binary.LittleEndian.Uint32(head[8:]):
			return errTFRecord{fmt.Sprintf("The checksum of the length of record %d is wrong: the file is damaged, or compressed as a whole.", n)}
		case length > uint64(limit):
			return errTFRecord{fmt.Sprintf("Record %d has %d bytes, more than %d.", n, length, limit)}
		}
		data.Reset() // it grows as bytes come, whatever the length says
		if got, err := io.CopyN(&data, in, int64(length)+4); errors.Is(err, io.EOF) {
			return errTFRecord{fmt.Sprintf("Record %d is cut off after %d bytes. Copy the file again from where it came.", n, got)}
		} else if err != nil {
			return err
		}
		all := data.Bytes()
		if maskedCRC(all[:length]) != binary.LittleEndian.Uint32(all[length:]) {
			return errTFRecord{fmt.Sprintf("The checksum of record %d is wrong: the file is damaged.", n)}
		}
		if err := visit(n, all[:length]); err != nil {
			return err
		}
	}
}

// tfFeature is one value of a tf.Example: a list of bytes, floats or integers.
type tfFeature struct {
	bytes  [][]byte
	floats []float32
	ints   []int64
}

func (f tfFeature) text(i int) string {
	if i >= len(f.bytes) {
		return ""
	}
	return strings.ToValidUTF8(string(f.bytes[i]), "\uFFFD")
}

func (f tfFeature) number(i int) float64 {
	switch {
	case i < len(f.floats):
		return float64(f.floats[i])
	case i < len(f.ints):
		return float64(f.ints[i])
	}
	return 0
}

// tfExample is a tf.Example by the names of its features.
type tfExample map[string]tfFeature

var errWire = errors.New("it is no tf.Example")

// parseExample reads the protocol buffer. Bytes are parts of data.
func parseExample(data []byte) (tfExample, error) {
	out := tfExample{}
	err := eachField(data, func(num protowire.Number, _ protowire.Type, features []byte) error {
		if num != 1 {
			return nil
		}
		return eachField(features, func(num protowire.Number, _ protowire.Type, entry []byte) error {
			if num != 1 {
				return nil
			}
			var name string
			var f tfFeature
			err := eachField(entry, func(num protowire.Number, _ protowire.Type, v []byte) (err error) {
				switch num {
				case 1:
					name = string(v)
				case 2:
					f, err = parseFeature(v)
				}
				return err
			})
			out[name] = f
			return err
		})
	})
	return out, err
}

// eachField visits the fields of a message. v is what a length-delimited one holds, else its bytes.
func eachField(b []byte, visit func(num protowire.Number, typ protowire.Type, v []byte) error) error {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return errWire
		}
		b = b[n:]
		n = protowire.ConsumeFieldValue(num, typ, b)
		if n < 0 {
			return errWire
		}
		v := b[:n]
		if typ == protowire.BytesType {
			v, _ = protowire.ConsumeBytes(b)
		}
		if err := visit(num, typ, v); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

func parseFeature(b []byte) (f tfFeature, err error) {
	err = eachField(b, func(kind protowire.Number, _ protowire.Type, list []byte) error {
		return eachField(list, func(num protowire.Number, typ protowire.Type, v []byte) error {
			if num != 1 {
				return nil
			}
			switch {
			case kind == 1 && typ == protowire.BytesType:
				f.bytes = append(f.bytes, v)
			case kind == 2 && (typ == protowire.BytesType || typ == protowire.Fixed32Type):
				if len(v)%4 != 0 {
					return errWire
				}
				for ; len(v) > 0; v = v[4:] {
					f.floats = append(f.floats, math.Float32frombits(binary.LittleEndian.Uint32(v)))
				}
			case kind == 3 && (typ == protowire.BytesType || typ == protowire.VarintType):
				for len(v) > 0 {
					n, size := protowire.ConsumeVarint(v)
					if size < 0 {
						return errWire
					}
					f.ints, v = append(f.ints, int64(n)), v[size:]
				}
			}
			return nil
		})
	})
	return f, err
}

// exampleWriter makes a tf.Example; features are written in the order in which they are added.
type exampleWriter struct{ features []byte }

func (w *exampleWriter) add(name string, kind protowire.Number, list []byte) {
	feature := protowire.AppendBytes(protowire.AppendTag(nil, kind, protowire.BytesType), list)
	entry := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), name)
	entry = protowire.AppendBytes(protowire.AppendTag(entry, 2, protowire.BytesType), feature)
	w.features = protowire.AppendBytes(protowire.AppendTag(w.features, 1, protowire.BytesType), entry)
}

func (w *exampleWriter) bytes(name string, values ...[]byte) {
	var list []byte
	for _, v := range values {
		list = protowire.AppendBytes(protowire.AppendTag(list, 1, protowire.BytesType), v)
	}
	w.add(name, 1, list)
}

func (w *exampleWriter) strings(name string, values ...string) {
	list := make([][]byte, len(values))
	for i, v := range values {
		list[i] = []byte(v)
	}
	w.bytes(name, list...)
}

func (w *exampleWriter) floats(name string, values ...float64) {
	var packed []byte
	for _, v := range values {
		packed = protowire.AppendFixed32(packed, math.Float32bits(float32(v)))
	}
	w.add(name, 2, protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), packed))
}

func (w *exampleWriter) ints(name string, values ...int) {
	var packed []byte
	for _, v := range values {
		packed = protowire.AppendVarint(packed, uint64(v))
	}
	w.add(name, 3, protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), packed))
}

// example gives the message.
func (w *exampleWriter) example() []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), w.features)
}
