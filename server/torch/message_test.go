package torch

import (
	"errors"
	"strings"
	"testing"
)

const goodbye = `{"irum": 1, "type": "done", "result": "result.f32", "epochs": 1, "best_epoch": 0, "reason": "epochs"}`

// FuzzMessages: whatever a trainer prints is noise, an error, or a message that makes sense, and nothing panics.
func FuzzMessages(f *testing.F) {
	for _, line := range []string{
		"", "Epoch 1/3", goodbye, `{"irum": 1}`, `{"irum": 1, "type": "hello", "torch": "2.1", "device": "CPU", "processes": 1, "precision": "float32"}`,
		`{"irum": 1, "type": "progress", "epoch": 0, "epochs": 2, "step": 1, "steps": 9, "images_per_second": 10.5}`,
		`{"irum": 1, "type": "epoch", "epoch": 0, "epochs": 2, "train_loss": 1, "loss": 1e9, "accuracy": 1, "best": true, "images_per_second": 1, "rate": 0}`,
		`{"irum": 1, "type": "checkpoint", "file": "a/b", "epoch": 0, "step": 1}`, `{"irum": 1, "type": "error", "code": "x", "message": "y"}`,
		`{"irum": 1, "type": "alive", "phase": "x"} {}`, `{"irum": 1e0, "type": "cancelled"}`, strings.Repeat("[", 1000), `{"irum":` + strings.Repeat("[", 5000),
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		m, err := parse(line)
		if err != nil {
			if errors.Is(err, errNoise) && strings.HasPrefix(strings.TrimSpace(string(line)), `{"irum"`) {
				t.Errorf("%q counts as noise", line)
			}
			return
		}
		switch m := m.(type) {
		case *Progress:
			if m.Epoch < 0 || m.Epoch >= m.Epochs || m.Step > m.Steps {
				t.Errorf("%q gives %+v", line, m)
			}
		case *Checkpoint:
			if strings.ContainsAny(m.File, "/\x00") && !plainName(m.File) || m.File == ".." || m.File == "" {
				t.Errorf("%q names the file %q", line, m.File)
			}
		case *Hello, *Epoch, *alive, *done, *cancelled, *TrainerError:
		default:
			t.Errorf("%q gives a %T", line, m)
		}
	})
}
