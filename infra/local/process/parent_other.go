//go:build !linux

package process

import "syscall"

// signalOnParentDeath does nothing: only Linux tells a child that its parent died.
func signalOnParentDeath(*syscall.SysProcAttr, syscall.Signal) {}

// KillMarked does nothing: only Linux tells the environment of another process.
func KillMarked(string) {}
