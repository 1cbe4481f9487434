//go:build !linux

package background

import (
	"os/exec"
	"strconv"
	"strings"
)

// startTime is when a process started, as ps prints it, or "" when there is no such process.
func startTime(pid int) string {
	out, err := exec.Command("ps", "-o", "lstart=", "-p", strconv.Itoa(pid)).Output() //nolint:gosec // pid is a number
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
