//go:build !linux

package storetest

import "syscall"

// unprivileged gives the attributes of Postgres' processes. Tests do not run as root here.
func unprivileged(string) (*syscall.SysProcAttr, error) { return nil, nil }
