package main

import (
	"log/slog"

	"github.com/irum-app/irum/server/autolabel"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/torch"
)

// gpuFlags let a process train whole networks.
type gpuFlags struct {
	GPU    bool   `name:"gpu" help:"Train whole networks too (level full), on the GPUs of this machine, by its PyTorch." env:"IRUM_GPU"`
	CPU    bool   `name:"torch-cpu" help:"As --gpu, but on the processor: takes long, and shows that all is in place."`
	Python string `help:"Python that has PyTorch; by default one is looked for." env:"IRUM_PYTHON" placeholder:"FILE"`
}

// trainer finds PyTorch; nil where nobody asked for it.
func (g gpuFlags) trainer(a *app, log *slog.Logger) (autolabel.Trainer, error) {
	if !g.GPU && !g.CPU {
		return nil, nil
	}
	o := torch.Options{Python: g.Python, Log: log}
	if g.CPU {
		o.Device = "cpu"
	}
	t, err := torch.New(a, o)
	if err != nil {
		return nil, domain.Errorf(domain.CodeUnavailable, "%v.", err).In("gpu")
	}
	h := t.Host()
	log.InfoContext(a, "trains whole networks", "torch", h.Torch, "python", h.Python, "gpus", len(h.Devices))
	return t, nil
}
