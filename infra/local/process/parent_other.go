//go:build !linux

package process

import "syscall"

// signalOnParentDeath does nothing: only Linux tells a child that its parent died.
func signalOnParentDeath(*syscall.SysProcAttr, syscall.Signal) {}
