package supervise

import (
	"fmt"
	"os"
	"sync"
	"time"
)

// maxLog is the size in bytes at which the log becomes log.1 and a new one begins.
const maxLog = 32 << 20

// runLog is the run's log. Each write is one or more whole lines, and gets the time of day.
type runLog struct {
	mu   sync.Mutex
	file *os.File
}

func openLog(path string) (*runLog, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	return &runLog{file: f}, nil
}

// Write never fails: a full disk must not end what is logged.
func (l *runLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if info, err := l.file.Stat(); err == nil && info.Size() > maxLog {
		l.rotate()
	}
	_, _ = l.file.Write(append(time.Now().AppendFormat(nil, "15:04:05.000 "), p...))
	return len(p), nil
}

// rotate begins a new log. When that cannot be done, the old one grows.
func (l *runLog) rotate() {
	path := l.file.Name()
	if err := os.Rename(path, path+".1"); err != nil {
		return
	}
	if fresh, err := openLog(path); err == nil {
		_ = l.file.Close()
		l.file = fresh.file
	}
}

// Close ends the log, which nobody writes any more.
func (l *runLog) Close() error { return l.file.Close() }
