package torch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Device is a GPU. Memory is in bytes.
type Device struct {
	Name   string `json:"name"`
	Memory int64  `json:"memory"`
}

// Host is a Python with PyTorch that was found.
type Host struct {
	Python  string   `json:"-"` // path
	Version string   `json:"python"`
	Torch   string   `json:"torch"`
	NumPy   string   `json:"numpy"`
	Devices []Device `json:"devices"` // GPUs; empty where there are none
}

// install is how every error of Find ends.
const install = "Install Python 3.9 or newer with PyTorch 1.13 or newer and NumPy (on Debian: apt-get install python3-torch; elsewhere: " +
	"python3 -m pip install torch numpy), or name the Python that has them"

// probe prints what of PyTorch there is, as one line of JSON behind a mark: libraries print too.
const probe = `
import json, sys
out = {"python": "%d.%d.%d" % sys.version_info[:3], "torch": "", "numpy": "", "devices": [], "missing": ""}
try:
    import numpy
    out["numpy"] = numpy.__version__
    import torch
    out["torch"] = str(torch.__version__)
    for i in range(torch.cuda.device_count()):
        p = torch.cuda.get_device_properties(i)
        out["devices"].append({"name": p.name, "memory": p.total_memory})
except Exception as error:
    out["missing"] = "%s: %s" % (type(error).__name__, error)
print("\nirum-probe " + json.dumps(out))
`

// Find looks for a Python with PyTorch: the one that python names, or else the first of the usual ones that has it. The error says
// what is missing and how to install it.
func Find(ctx context.Context, python string) (Host, error) {
	candidates := []string{python}
	if python == "" {
		candidates = []string{"python3", "/usr/bin/python3", "/usr/local/bin/python3", "python"}
	}
	var reasons []string
	for _, c := range candidates {
		path, err := exec.LookPath(c)
		if err != nil {
			continue
		}
		h, err := ask(ctx, path)
		if err == nil {
			return h, nil
		}
		if ctx.Err() != nil {
			return Host{}, ctx.Err()
		}
		reasons = append(reasons, fmt.Sprintf("%s: %v", path, err))
	}
	if len(reasons) == 0 {
		return Host{}, fmt.Errorf("full training needs PyTorch, and there is no %s here. %s", strings.Join(candidates, ", "), install)
	}
	return Host{}, fmt.Errorf("full training needs PyTorch, which was not found (%s). %s", strings.Join(reasons, "; "), install)
}

// ask runs the probe.
func ask(ctx context.Context, path string) (Host, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "-c", probe)
	cmd.Env = environment(os.Environ(), nil)
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return Host{}, fmt.Errorf("it cannot be run: %w: %s", err, lastLine(exit.Stderr))
		}
		return Host{}, fmt.Errorf("it cannot be run: %w", err)
	}
	return readProbe(path, string(out))
}

func readProbe(path, out string) (Host, error) {
	_, text, found := strings.Cut(out, "\nirum-probe ")
	var got struct {
		Host
		Missing string `json:"missing"`
	}
	text, _, _ = strings.Cut(text, "\n")
	if !found || json.Unmarshal([]byte(text), &got) != nil {
		return Host{}, errors.New("it gave no answer: is it Python 3?")
	}
	got.Python = path
	if got.Missing != "" {
		return Host{}, errors.New(got.Missing)
	}
	var major, minor, third int
	if n, _ := fmt.Sscanf(got.Version, "%d.%d.%d", &major, &minor, &third); n != 3 || major < 3 || (major == 3 && minor < 9) {
		return Host{}, fmt.Errorf("it is Python %s, which is too old", got.Version)
	}
	if n, _ := fmt.Sscanf(got.Torch, "%d.%d", &major, &minor); n != 2 || major < 1 || (major == 1 && minor < 13) {
		return Host{}, fmt.Errorf("it has PyTorch %s, which is too old", got.Torch)
	}
	return got.Host, nil
}

// passed are the variables that the trainer gets, and prefixes of others. Everything else stays out: a worker's environment holds
// passwords and tokens, which a program that reads foreign images has no need of.
var (
	passed = []string{
		"PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LD_LIBRARY_PATH", "PYTHONPATH",
		"PYTHONHOME", "VIRTUAL_ENV", "CONDA_PREFIX", "XDG_CACHE_HOME",
	}
	passedPrefixes = []string{"LC_", "CUDA_", "CUDNN_", "NVIDIA_", "NCCL_", "GLOO_", "OMP_", "MKL_", "OPENBLAS_", "TORCH_", "TORCHINDUCTOR_", "TRITON_", "PYTORCH_", "HIP_", "HSA_", "ROCR_", "PYENV_"}
	secretWords    = []string{"TOKEN", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL", "KEY"}
)

// environment keeps of env what a trainer needs and adds more.
func environment(env, more []string) []string {
	var out []string
	for _, entry := range env {
		name, _, _ := strings.Cut(entry, "=")
		if passes(strings.ToUpper(name)) {
			out = append(out, entry)
		}
	}
	return append(out, more...)
}

func passes(name string) bool {
	for _, word := range secretWords {
		if strings.Contains(name, word) {
			return false
		}
	}
	for _, p := range passed {
		if name == p {
			return true
		}
	}
	for _, p := range passedPrefixes {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// lastLine gives the end of what a program printed.
func lastLine(text []byte) string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	line := lines[len(lines)-1]
	if len(line) > 300 {
		line = line[:300]
	}
	return strings.ToValidUTF8(line, "?")
}
