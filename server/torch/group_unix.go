//go:build unix

package torch

import (
	"os/exec"
	"syscall"
)

// ownGroup makes the trainer and what it starts one group, which can be killed as a whole.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup ends the trainer and all that it started; where nothing is left it does nothing. What has left the group, as some of
// PyTorch's compilers do, is found by its parents.
func killGroup(cmd *exec.Cmd) {
	children := descendants(cmd.Process.Pid)
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	for _, pid := range children {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}
