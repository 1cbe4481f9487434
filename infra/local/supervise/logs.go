package supervise

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// shownLog is how much of the log's end Logs prints, in bytes.
const shownLog = 64 << 10

// Logs prints the end of the log, and with follow what is added until ctx ends.
func Logs(ctx context.Context, dir string, follow bool, out io.Writer) error {
	f, err := os.Open(LogFile(dir))
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("there is no log in %s; start the local cloud with `make up`", dir)
	}
	if err != nil {
		return fmt.Errorf("open the log: %w", err)
	}
	defer func() { _ = f.Close() }()
	if err := printEnd(f, out); err != nil {
		return err
	}
	for follow {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(200 * time.Millisecond):
		}
		if _, err := io.Copy(out, f); err != nil {
			return fmt.Errorf("follow the log: %w", err)
		}
	}
	return nil
}

func printEnd(f *os.File, out io.Writer) error {
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	start := max(0, info.Size()-shownLog)
	b := make([]byte, info.Size()-start)
	if _, err := f.ReadAt(b, start); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the log: %w", err)
	}
	if _, err := f.Seek(info.Size(), io.SeekStart); err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	if start > 0 { // begin with a whole line
		_, b, _ = bytes.Cut(b, []byte{'\n'})
	}
	_, err = out.Write(b)
	return err
}
