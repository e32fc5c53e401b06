package torch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
)

// protocolVersion is in every message. A trainer of another version is refused.
const protocolVersion = 1

// maxLine bounds a message, in bytes.
const maxLine = 64 << 10

// errNoise is a line that is no message: what a library printed.
var errNoise = errors.New("no message")

// start is the first message to the trainer.
type start struct {
	Irum int    `json:"irum"`
	Type string `json:"type"`
	Run  run    `json:"run"`
}

// run is one training. Files lie in Folder.
type run struct {
	Folder     string `json:"folder"`
	Network    string `json:"network"`
	Weights    string `json:"weights"`
	Images     string `json:"images"`
	Labels     string `json:"labels"`
	Result     string `json:"result"`
	Checkpoint string `json:"checkpoint"`
	Resume     bool   `json:"resume"`
	Device     string `json:"device"`
	Processes  int    `json:"processes"`
	Train      int    `json:"train"` // the first images teach
	Tune       int    `json:"tune"`  // the others say when to stop
	Classes    int    `json:"classes"`
	Multi      bool   `json:"multi"`
	Recipe     Recipe `json:"recipe"`
}

// Hello is what the trainer runs on. Precision is that of activations.
type Hello struct {
	Torch     string `json:"torch"`
	Device    string `json:"device"`
	Processes int    `json:"processes"`
	Precision string `json:"precision"`
}

// Progress is told about once a second.
type Progress struct {
	Epoch           int     `json:"epoch"` // from 0
	Epochs          int     `json:"epochs"`
	Step            int     `json:"step"` // steps of the epoch that are done
	Steps           int     `json:"steps"`
	ImagesPerSecond float64 `json:"images_per_second"`
}

// Epoch is told after every epoch. Loss and Accuracy are on the images that say when to stop. A training that goes on tells those again
// that were before.
type Epoch struct {
	Epoch           int     `json:"epoch"` // from 1; 0 is the network as it was, with a head
	Epochs          int     `json:"epochs"`
	TrainLoss       float64 `json:"train_loss"`
	Loss            float64 `json:"loss"`
	Accuracy        float64 `json:"accuracy"`
	Best            bool    `json:"best"` // so far
	ImagesPerSecond float64 `json:"images_per_second"`
	Rate            float64 `json:"rate"`
}

// Checkpoint is told when one is whole on the disk.
type Checkpoint struct {
	File  string `json:"file"`
	Epoch int    `json:"epoch"`
	Step  int    `json:"step"`
}

// alive is told where there is nothing else to tell, so that a trainer that hangs is noticed.
type alive struct {
	Phase string `json:"phase"`
}

// done ends a training well.
type done struct {
	Result    string `json:"result"`
	Epochs    int    `json:"epochs"`
	BestEpoch int    `json:"best_epoch"`
	Reason    string `json:"reason"` // epochs, or early: it stood still
}

// cancelled ends a training that was asked to stop.
type cancelled struct{}

// TrainerError ends a training badly. Code is stable: protocol, files, unsupported, device, memory, diverged, checkpoint, internal.
type TrainerError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Error implements error.
func (e *TrainerError) Error() string { return "the trainer failed: " + e.Message }

// parse reads a line of the trainer's. errNoise is for lines that do not look like a message; others must be one in full.
func parse(line []byte) (any, error) {
	line = bytes.TrimSpace(line)
	if !bytes.HasPrefix(line, []byte(`{"irum"`)) {
		return nil, errNoise
	}
	if len(line) > maxLine {
		return nil, fmt.Errorf("a message has %d bytes, more than %d", len(line), maxLine)
	}
	var head struct {
		Irum int    `json:"irum"`
		Type string `json:"type"`
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return nil, fmt.Errorf("a message cannot be read: %w", err)
	}
	if head.Irum != protocolVersion {
		return nil, fmt.Errorf("the trainer speaks version %d of the protocol instead of %d", head.Irum, protocolVersion)
	}
	var m any
	switch head.Type {
	case "hello":
		m = &Hello{}
	case "progress":
		m = &Progress{}
	case "epoch":
		m = &Epoch{}
	case "checkpoint":
		m = &Checkpoint{}
	case "alive":
		m = &alive{}
	case "done":
		m = &done{}
	case "cancelled":
		m = &cancelled{}
	case "error":
		m = &TrainerError{}
	default:
		return nil, fmt.Errorf("the message %q is not known", head.Type)
	}
	if err := strict(line, m); err != nil {
		return nil, fmt.Errorf("the message %q cannot be read: %w", head.Type, err)
	}
	return m, sound(m)
}

// strict decodes a message's fields into m; unknown ones are refused.
func strict(line []byte, m any) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(line, &fields); err != nil {
		return err
	}
	delete(fields, "irum")
	delete(fields, "type")
	rest, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(rest))
	d.DisallowUnknownFields()
	if err := d.Decode(m); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows it")
	}
	return nil
}

// sound checks what types alone do not say.
func sound(m any) error {
	fine := true
	switch m := m.(type) {
	case *Progress:
		fine = m.Epoch >= 0 && m.Epoch < m.Epochs && m.Step >= 0 && m.Step <= m.Steps && m.ImagesPerSecond >= 0
	case *Epoch:
		fine = m.Epoch >= 0 && m.Epoch <= m.Epochs && m.Accuracy >= 0 && m.Accuracy <= 1 && m.ImagesPerSecond >= 0
	case *Checkpoint:
		fine = plainName(m.File)
	case *done:
		fine = plainName(m.Result) && m.Epochs >= 0
	}
	if !fine {
		return fmt.Errorf("the message %+v makes no sense", m)
	}
	return nil
}

// plainName tells whether name is a file of the folder itself.
func plainName(name string) bool {
	return name != "" && name == filepath.Base(name) && filepath.IsLocal(name)
}
