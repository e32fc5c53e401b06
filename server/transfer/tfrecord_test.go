package transfer

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/irum-app/irum/server/blob"
	"github.com/irum-app/irum/server/domain"
)

func recordsOf(all ...[]byte) []byte {
	var out bytes.Buffer
	for _, data := range all {
		if err := writeTFRecord(&out, data); err != nil {
			panic(err)
		}
	}
	return out.Bytes()
}

// The checksum of RFC 3720 for 32 zero bytes is 8a9136aa; the mask turns and moves it.
func TestMaskedCRC(t *testing.T) {
	sum := uint32(0x8a9136aa)
	if got := maskedCRC(make([]byte, 32)); got != (sum>>15|sum<<17)+0xa282ead8 {
		t.Errorf("%x", got)
	}
	if !isTFRecords(recordsOf([]byte("x"))) || isTFRecords([]byte("short")) || isTFRecords(make([]byte, 12)) {
		t.Error("records are not told from others")
	}
}

// TestExampleReadsWhatTensorFlowWrites has one tf.Example as its own serialiser makes it: "a" is int64 1 and 2, packed, "b" is
// float 0.5, unpacked.
func TestExampleReadsWhatTensorFlowWrites(t *testing.T) {
	data, _ := hex.DecodeString(strings.ReplaceAll("0a 1b 0a 0b 0a 01 61 12 06 1a 04 0a 02 01 02 0a 0c 0a 01 62 12 07 12 05 0d 00 00 00 3f", " ", ""))
	e, err := parseExample(data)
	if err != nil || len(e["a"].ints) != 2 || e["a"].ints[1] != 2 || len(e["b"].floats) != 1 || e["b"].floats[0] != 0.5 {
		t.Errorf("%+v %v", e, err)
	}
}

// tfRecord is an example about a.png that fill adds to.
func tfRecord(fill func(e *exampleWriter)) []byte {
	e := &exampleWriter{}
	e.strings(tfFile, "a.png")
	e.bytes(tfEncoded, pngOf(8, 6, 1))
	fill(e)
	return e.example()
}

func tfBox(e *exampleWriter, x0, y0, x1, y1 float64) {
	for i, name := range []string{"xmin", "ymin", "xmax", "ymax"} {
		e.floats(tfBoxes+name, []float64{x0, y0, x1, y1}[i])
	}
}

func TestTFRecord(t *testing.T) {
	labels := text("label_map.pbtxt", "item {\n  id: 1\n  name: 'dog'\n}\nitem {\n  name: \"n1\"\n  id: 2 # the item { of\n  display_name: \"cat \\\"item\\\"\"\n}\n")
	damaged := recordsOf(tfRecord(func(e *exampleWriter) { e.strings(tfClass, "cat") }), tfRecord(func(e *exampleWriter) { e.strings(tfClass, "dog") }))
	damaged[len(damaged)-10] ^= 1
	for name, c := range map[string]struct {
		task    domain.Task
		file    []byte
		with    []part
		want    string
		refused []string
	}{
		"text":        {"single", recordsOf(tfRecord(func(e *exampleWriter) { e.strings(tfClass, "cat") })), nil, "cat", nil},
		"numbers":     {"single", recordsOf(tfRecord(func(e *exampleWriter) { e.ints(tfClassNum, 1) })), []part{labels}, "dog", nil},
		"several":     {"multi", recordsOf(tfRecord(func(e *exampleWriter) { e.ints(tfClassNum, 2, 1) })), []part{labels}, `cat "item",dog`, nil},
		"no map":      {"single", recordsOf(tfRecord(func(e *exampleWriter) { e.ints(tfClassNum, 1) })), nil, "-", []string{"x.tfrecord tfrecord_example"}},
		"unnamed":     {"single", recordsOf(tfRecord(func(e *exampleWriter) { e.ints(tfClassNum, 9) })), []part{labels}, "-", []string{"x.tfrecord tfrecord_example"}},
		"box":         {"boxes", recordsOf(tfRecord(func(e *exampleWriter) { tfBox(e, .25, .5, .75, 1); e.strings(tfText, "cat") })), nil, "cat@2,3,4,3", nil},
		"box, number": {"boxes", recordsOf(tfRecord(func(e *exampleWriter) { tfBox(e, .25, .5, .75, 1); e.ints(tfLabel, 1) })), []part{labels}, "dog@2,3,4,3", nil},
		"0 is no one": {"boxes", recordsOf(tfRecord(func(e *exampleWriter) { tfBox(e, .25, .5, .75, 1); e.ints(tfLabel, 0) })), []part{labels}, "-", []string{"x.tfrecord tfrecord_example"}},
		"no label":    {"single", recordsOf(tfRecord(func(*exampleWriter) {})), nil, "-", nil},
		"damaged":     {"single", damaged, nil, "cat", []string{"x.tfrecord tfrecord"}},
		"cut":         {"single", damaged[:len(damaged)-30], nil, "cat", []string{"x.tfrecord tfrecord"}},
		"no example":  {"single", recordsOf(tfRecord(func(e *exampleWriter) { e.strings(tfClass, "cat") }), []byte("hello")), nil, "cat", []string{"x.tfrecord tfrecord_example"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, c.task)
			rep := b.run("auto", append(c.with, part{"x.tfrecord", c.file})...)
			b.wantLines("refused", rep.Refused, c.refused...)
			if got := b.short("a.png"); got != c.want || rep.Imported != 1 {
				t.Errorf("got %s, want %s; %+v", got, c.want, rep)
			}
			zipped := newBench(t, c.task)
			zipped.run("auto", part{"x.zip", zipOf(append(c.with, part{"x.tfrecord", c.file})...)})
			if got := zipped.short("a.png"); got != c.want {
				t.Errorf("in an archive: got %s, want %s", got, c.want)
			}
		})
	}
	b := newBench(t, domain.TaskSingle)
	b.run("auto", part{"set-validation.tfrecord-00000-of-00002", recordsOf(tfRecord(func(e *exampleWriter) { e.strings(tfClass, "cat") }))})
	a := b.assets(b.project)[0]
	if data, err := blob.Bytes(b.ctx, b.Blobs, a.SHA256, 0); err != nil || a.Split != "val" || !bytes.Equal(data, pngOf(8, 6, 1)) {
		t.Errorf("%+v %v, or the image's bytes have changed", a, err)
	}
	if rep := newBench(t, domain.TaskSingle).run("auto", part{"x.tfrecord", recordsOf(tfRecord(func(e *exampleWriter) { e.strings(tfFile, "../../etc/a.png") }))}); rep.Imported != 0 || len(rep.Refused) != 1 || rep.Refused[0].Code != "unsafe_path" {
		t.Errorf("%+v", rep)
	}
	if rep := newBench(t, domain.TaskSingle).run("none", part{"x.tfrecord", recordsOf(tfRecord(func(e *exampleWriter) { e.strings(tfClass, "cat") }))}); rep.Imported != 1 || rep.Labelled != 0 || len(rep.Refused) != 0 {
		t.Errorf("%+v", rep)
	}
}
