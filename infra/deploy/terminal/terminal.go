// Package terminal tells whether a person sits at the other end of a file.
package terminal

import "os"

// Is tells whether a file is a terminal. The null device, which is a character device too, is none.
func Is(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err != nil || !os.SameFile(info, null)
}
