//go:build !unix

package torch

import "os/exec"

// ownGroup does nothing where processes have no groups.
func ownGroup(*exec.Cmd) {}

// killGroup ends the trainer's first process; the others end when they no longer hear from it.
func killGroup(cmd *exec.Cmd) { _ = cmd.Process.Kill() }
