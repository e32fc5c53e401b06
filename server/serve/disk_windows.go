package serve

import "golang.org/x/sys/windows"

// diskSpace tells how many bytes of the disk that dir is on are free to this process, and of how many.
func diskSpace(dir string) (free, size uint64, ok bool) {
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil || windows.GetDiskFreeSpaceEx(path, &free, &size, nil) != nil {
		return 0, 0, false
	}
	return free, size, true
}
