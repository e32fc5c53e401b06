//go:build unix

package grad

import (
	"syscall"
	"time"
)

// processorTime is what this process has used of processors, all threads together. Unlike a clock it does not count the time in
// which others had them.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
