//go:build linux || darwin

package serve

import "golang.org/x/sys/unix"

// diskSpace tells how many bytes of the disk that dir is on are free to this process, and of how many.
func diskSpace(dir string) (free, size uint64, ok bool) {
	var s unix.Statfs_t
	if unix.Statfs(dir, &s) != nil {
		return 0, 0, false
	}
	block := uint64(s.Bsize) //nolint:gosec // a size is not negative
	return s.Bavail * block, s.Blocks * block, true
}
