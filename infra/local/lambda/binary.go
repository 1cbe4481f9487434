package lambda

import (
	"debug/elf"
	"debug/macho"
	"errors"
	"fmt"
	"os"
	"runtime"
)

// checkBinary refuses a bootstrap that is missing, is not executable or was built for another machine. A file that is
// neither ELF nor Mach-O, such as a script, is left to the kernel.
func checkBinary(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("there is no %s; build the functions first", path)
	case err != nil:
		return fmt.Errorf("look at the binary: %w", err)
	case info.IsDir() || info.Mode()&0o111 == 0:
		return fmt.Errorf("%s is not an executable file", path)
	}
	built := platformOf(path)
	if here := runtime.GOOS + "/" + runtime.GOARCH; built != "" && built != here {
		return fmt.Errorf("%s is built for %s and this machine is %s; synthesize the environment local, which builds for this machine", path, built, here)
	}
	return nil
}

// platformOf is the GOOS/GOARCH that an executable was built for, or "" for a file of another format.
func platformOf(path string) string {
	if f, err := elf.Open(path); err == nil {
		defer func() { _ = f.Close() }()
		return "linux/" + archOf(map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64"}, f.Machine)
	}
	if f, err := macho.Open(path); err == nil {
		defer func() { _ = f.Close() }()
		return "darwin/" + archOf(map[macho.Cpu]string{macho.CpuAmd64: "amd64", macho.CpuArm64: "arm64"}, f.Cpu)
	}
	return ""
}

func archOf[K interface {
	comparable
	fmt.Stringer
}](known map[K]string, k K) string {
	if a, ok := known[k]; ok {
		return a
	}
	return k.String()
}
