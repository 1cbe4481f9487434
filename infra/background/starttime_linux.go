package background

import (
	"os"
	"strconv"
	"strings"
)

// startTime is when a process started, in clock ticks of this boot, or "" when there is no such process. It is field
// 22 of /proc/PID/stat, counted after the command name, which may hold spaces and parentheses (proc_pid_stat(5)).
func startTime(pid int) string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return ""
	}
	fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	if len(fields) < 20 || fields[0] == "Z" {
		return ""
	}
	return fields[19]
}
