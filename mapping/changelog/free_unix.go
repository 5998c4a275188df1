//go:build linux || darwin

package changelog

import "syscall"

// freeSpace returns how many bytes the process may still write to the file system of a path; false
// if that is not known.
func freeSpace(path string) (int64, bool) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(path, &fs); err != nil || fs.Blocks == 0 {
		return 0, false
	}
	return int64(fs.Bavail) * int64(fs.Bsize), true //nolint:unconvert // the types differ between systems
}
