package process

import "syscall"

func signalOnParentDeath(a *syscall.SysProcAttr, s syscall.Signal) { a.Pdeathsig = s }
