package cluster_test

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/irum-app/irum/engine/cluster"
)

// debianPython is the interpreter that Debian's package python3-sklearn is for; another may come first in PATH.
const debianPython = "/usr/bin/python3"

// scikit is a running scikit-learn, on one thread.
type scikit struct {
	tb    testing.TB
	dir   string
	files int
	to    io.Writer
	from  *bufio.Reader
}

// asked is a request to testdata/beside.py, and answer what it says.
type asked struct {
	Ask        string  `json:"ask"`
	Points     string  `json:"points,omitempty"`
	D          int     `json:"d,omitempty"`
	K          int     `json:"k,omitempty"`
	Start      string  `json:"start,omitempty"`
	Iterations int     `json:"iterations,omitempty"`
	Threshold  float64 `json:"threshold,omitempty"`
	Branching  int     `json:"branching,omitempty"`
	Double     bool    `json:"double,omitempty"`
	Labels     []int   `json:"labels,omitempty"`
}

type answer struct {
	Version             string
	Labels              []int
	Seconds             float64
	Inertia, Silhouette float64
	Iterations          int
	Subclusters         int
}

// newScikit starts it. Where it is not installed the test is skipped.
func newScikit(tb testing.TB) *scikit {
	tb.Helper()
	if out, err := exec.CommandContext(tb.Context(), debianPython, "-c", "import sklearn").CombinedOutput(); err != nil {
		tb.Skipf("Debian's package python3-sklearn is not there, which results are compared with: %v\n%s", err, out)
	}
	c := exec.Command(debianPython, "testdata/beside.py") //nolint:noctx // it ends with its input
	c.Env = append(os.Environ(), "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1")
	c.Stderr = os.Stderr
	to, err := c.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	from, err := c.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := c.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = to.Close()
		if err := c.Wait(); err != nil {
			tb.Errorf("scikit-learn: %v", err)
		}
	})
	return &scikit{tb: tb, dir: tb.TempDir(), to: to, from: bufio.NewReader(from)}
}

// file writes numbers for scikit-learn to read.
func (s *scikit) file(x []float32) string {
	s.tb.Helper()
	data, err := binary.Append(nil, binary.LittleEndian, x)
	if err != nil {
		s.tb.Fatal(err)
	}
	s.files++
	path := filepath.Join(s.dir, fmt.Sprint(s.files))
	if err := os.WriteFile(path, data, 0o600); err != nil {
		s.tb.Fatal(err)
	}
	return path
}

func (s *scikit) ask(r asked) (a answer) {
	s.tb.Helper()
	data, err := json.Marshal(r)
	if err == nil {
		_, err = fmt.Fprintf(s.to, "%s\n", data)
	}
	var line []byte
	if err == nil {
		line, err = s.from.ReadBytes('\n')
	}
	if err == nil {
		err = json.Unmarshal(line, &a)
	}
	if err != nil {
		s.tb.Fatalf("scikit-learn, asked for %s: %v", r.Ask, err)
	}
	return a
}

func agreement(tb testing.TB, a, b []int) float64 {
	tb.Helper()
	v, err := cluster.AdjustedRand(a, b)
	if err != nil {
		tb.Fatal(err)
	}
	return v
}
