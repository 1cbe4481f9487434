package lambda

import (
	"bytes"
	"fmt"
	"io"
	"sync"
)

// maxLine is the longest line in bytes that is kept together: CloudWatch Logs cuts events at 256 KB, a terminal long
// before.
const maxLine = 64 * 1024

// syncWriter lets many processes share one log: each Write is one whole line.
type syncWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (s *syncWriter) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(p)
}

// lineWriter cuts a process's output into lines and holds at most one in memory: a longer one is cut.
type lineWriter struct {
	emit func(line string)
	line []byte
}

func (l *lineWriter) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		part, after, whole := bytes.Cut(rest, []byte{'\n'})
		if room := maxLine - len(l.line); len(part) > room {
			part, after, whole = rest[:room], rest[room:], true
		}
		l.line = append(l.line, part...)
		if whole {
			l.flush()
		}
		rest = after
	}
	return len(p), nil
}

// flush writes the line that has no end yet. A log that cannot be written never stops a function.
func (l *lineWriter) flush() {
	if len(l.line) > 0 {
		l.emit(string(l.line))
	}
	l.line = l.line[:0]
}

// printf adds a line of Lambda's own to the function's output.
func (l *lineWriter) printf(format string, args ...any) { l.emit(fmt.Sprintf(format, args...)) }
