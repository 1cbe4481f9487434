package process

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// KillMarked ends every process that has a variable, NAME=VALUE, in its environment, and so each that inherited it and left
// its process group. Only Linux tells the environment of another process.
func KillMarked(variable string) {
	killed := map[string]bool{}
	for before := -1; before < len(killed); { // one of them may have forked meanwhile
		before = len(killed)
		files, _ := filepath.Glob("/proc/[0-9]*/environ") // the pattern is valid
		for _, file := range files {
			environ, err := os.ReadFile(file) //nolint:gosec // of /proc
			if err != nil || !bytes.Contains(environ, []byte(variable)) {
				continue // another user's, or gone
			}
			pid, _ := strconv.Atoi(strings.Split(file, "/")[2]) // the pattern has digits only
			_ = syscall.Kill(pid, syscall.SIGKILL)
			killed[file] = true
		}
	}
}
