// Package emulated runs the emulated AWS account of the environment local: the emulator, and real PostgreSQL for its
// database instances, in one process in the background for each state folder. All that it holds ends with it.
package emulated

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/miyabi-society/platform/infra/background"
	"github.com/miyabi-society/platform/infra/local/jsonfile"
)

// State is the folder of one emulated account: its record, locks, logs and data.
type State struct{ Dir string }

// Record describes the running account.
type Record struct {
	background.Process
	// Emulator is its address, http://localhost:PORT.
	Emulator string `json:"emulator"`
	// Since is when it began, empty.
	Since time.Time `json:"since"`
}

const (
	recordFile  = "deploy.json"
	serveLock   = "serve.lock"   // held by the process that runs the account
	commandLock = "command.lock" // held by a command that works on it
	logFile     = "log"
)

// Open names the folder. It is made when a command locks it.
func Open(dir string) (State, error) {
	if dir == "" {
		return State{}, errors.New("name the state folder with --state")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return State{}, fmt.Errorf("find the state folder: %w", err)
	}
	return State{dir}, nil
}

// Path is a file or folder of the state.
func (s State) Path(name string) string { return filepath.Join(s.Dir, name) }

// Log is the file with the log of the account.
func (s State) Log() string { return s.Path(logFile) }

// Running gives the record of the account that runs with this state.
func (s State) Running() (Record, bool) {
	r, err := s.read()
	return r, err == nil && r.Emulator != "" && r.Alive()
}

// Ended tells whether an account of this state ran and has ended without being asked to.
func (s State) Ended() bool {
	r, err := s.read()
	return err == nil && !r.Alive()
}

// Answers tells whether the account can be reached.
func (s State) Answers() bool {
	r, running := s.Running()
	if !running {
		return false
	}
	connection, err := net.DialTimeout("tcp", strings.TrimPrefix(r.Emulator, "http://"), answerLimit)
	if err != nil {
		return false
	}
	_ = connection.Close()
	return true
}

// answerLimit is how long the account may take to accept a connection.
const answerLimit = 5 * time.Second

func (s State) read() (Record, error) {
	var r Record
	if err := jsonfile.Read(s.Path(recordFile), &r); err != nil {
		return Record{}, fmt.Errorf("the record of the emulated account: %w", err)
	}
	return r, nil
}

// write replaces the record in one step.
func (s State) write(r Record) error {
	if err := jsonfile.Write(s.Path(recordFile), r); err != nil {
		return fmt.Errorf("the record of the emulated account: %w", err)
	}
	return nil
}

// clear removes everything but the locks and the log.
func (s State) clear() error {
	entries, err := os.ReadDir(s.Dir)
	if err != nil {
		return fmt.Errorf("clear the state: %w", err)
	}
	for _, e := range entries {
		switch e.Name() {
		case serveLock, commandLock, logFile, logFile + ".1":
			continue
		}
		if err := os.RemoveAll(s.Path(e.Name())); err != nil {
			return fmt.Errorf("clear the state: %w", err)
		}
	}
	return nil
}
