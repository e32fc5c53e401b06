package tune

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/irum-app/irum/engine/grad"
)

// checkpointMagic begins a checkpoint; the last character is the version of the layout: magic, length of the header, header in
// JSON, all arrays as little-endian float32, SHA-256 of everything before.
const checkpointMagic = "IRUMTUN1"

// maxHeader bounds the header of a checkpoint, in bytes.
const maxHeader = 16 << 20

// header describes a checkpoint. What of it is not the position has to fit the training that goes on.
type header struct {
	Seed      int64
	Epochs    int
	Batch     int
	Optimiser Optimiser
	Learn     int // images
	Held      int
	Moments   int // steps that the optimiser has seen
	Names     []string
	Lengths   []int
	Position  position
}

// arrays are all numbers of a training, in the order of a checkpoint.
func (t *trainer) arrays() (names []string, values [][]float32) {
	add := func(kind string, of []*grad.Parameter, lists [][]float32) {
		for i, list := range lists {
			names, values = append(names, kind+of[i].Name), append(values, list)
		}
	}
	var now [][]float32
	for _, p := range t.all {
		now = append(now, p.Value)
	}
	add("now/", t.all, now)
	add("best/", t.all, t.best)
	add("first/", t.moments.of, t.moments.first)
	add("second/", t.moments.of, t.moments.second)
	if t.average != nil {
		add("average/", t.average.of, t.average.mean)
	}
	for k, list := range t.kept {
		names, values = append(names, fmt.Sprintf("logits/%d", k)), append(values, list)
	}
	return names, values
}

func (t *trainer) header() (header, [][]float32) {
	names, values := t.arrays()
	h := header{
		Seed: t.o.Seed, Epochs: t.o.Epochs, Batch: t.o.Batch, Optimiser: t.o.Optimiser, Learn: len(t.learn), Held: len(t.held),
		Moments: t.moments.steps, Names: names, Position: t.at,
	}
	for _, v := range values {
		h.Lengths = append(h.Lengths, len(v))
	}
	return h, values
}

// checkpoint encodes the training as it stands.
func (t *trainer) checkpoint() ([]byte, error) {
	h, values := t.header()
	text, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("encode checkpoint: %w", err)
	}
	size := len(checkpointMagic) + 8 + len(text) + sha256.Size
	for _, v := range values {
		size += 4 * len(v)
	}
	out := append(make([]byte, 0, size), checkpointMagic...)
	out = append(binary.LittleEndian.AppendUint64(out, uint64(len(text))), text...)
	for _, list := range values {
		for _, v := range list {
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
		}
	}
	sum := sha256.Sum256(out)
	return append(out, sum[:]...), nil
}

// ErrCheckpoint is why a checkpoint cannot be gone on from: it is damaged, or of another training.
var ErrCheckpoint = errors.New("the checkpoint cannot be used")

// restore goes on from a checkpoint. Nothing is changed when it does not fit.
func (t *trainer) restore(data []byte) error {
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrCheckpoint, fmt.Sprintf(format, args...))
	}
	const fixed = len(checkpointMagic) + 8
	if len(data) < fixed+sha256.Size || string(data[:len(checkpointMagic)]) != checkpointMagic {
		return wrong("these bytes are none, or of another version")
	}
	body := data[:len(data)-sha256.Size]
	if sum := sha256.Sum256(body); !bytes.Equal(sum[:], data[len(body):]) {
		return wrong("its bytes are damaged")
	}
	n := binary.LittleEndian.Uint64(data[len(checkpointMagic):])
	if n > maxHeader || n > uint64(len(body)-fixed) {
		return wrong("its header of %d bytes is too long", n)
	}
	var h header
	if err := json.Unmarshal(body[fixed:][:n], &h); err != nil {
		return wrong("%v", err)
	}
	want, values := t.header()
	want.Position, want.Moments = h.Position, h.Moments
	if err := sameTraining(want, h); err != nil {
		return wrong("%v", err)
	}
	if err := h.Position.check(t); err != nil {
		return wrong("%v", err)
	}
	numbers, total := body[fixed+int(n):], 0
	for _, list := range values {
		total += 4 * len(list)
	}
	if len(numbers) != total {
		return wrong("it has %d bytes of numbers instead of %d", len(numbers), total)
	}
	for _, list := range values {
		for i := range list {
			list[i] = math.Float32frombits(binary.LittleEndian.Uint32(numbers[4*i:]))
		}
		numbers = numbers[4*len(list):]
	}
	t.at, t.moments.steps = h.Position, h.Moments
	return nil
}

// sameTraining compares two headers by their text.
func sameTraining(want, got header) error {
	a, err := json.Marshal(want)
	if err != nil {
		return err
	}
	b, err := json.Marshal(got)
	if err != nil {
		return err
	}
	if !bytes.Equal(a, b) {
		return errors.New("it is of another network, other images or other options")
	}
	return nil
}

// check refuses a position that no training comes to.
func (p *position) check(t *trainer) error {
	if p.Epoch < 0 || p.Epoch > t.o.Epochs || p.Step < 0 || p.Step > t.steps || p.Steps != p.Epoch*t.steps+p.Step ||
		len(p.History) != p.Epoch+1 || p.Best < 0 || p.Best > p.Epoch {
		return errors.New("it says that it is where no training comes to")
	}
	return nil
}
