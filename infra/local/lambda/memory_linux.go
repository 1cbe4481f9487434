package lambda

import (
	"bytes"
	"os"
	"strconv"
)

// peakMemory is the most memory in bytes that a process ever had resident (VmHWM of proc_pid_status(5)), and 0 when it
// has ended.
func peakMemory(pid int) int64 {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(b, []byte("\nVmHWM:"))
	line, _, _ := bytes.Cut(rest, []byte(" kB\n"))
	kb, _ := strconv.ParseInt(string(bytes.TrimSpace(line)), 10, 64) // a process that ends has no such line
	return kb << 10
}
