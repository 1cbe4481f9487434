package process

import (
	"fmt"
	"net"
	"strconv"
)

// FreePort gives a TCP port of 127.0.0.1 for a child that cannot choose one itself: the wanted one when nobody has it,
// else any other. Wanted 0 is any.
func FreePort(wanted int) (int, error) {
	l, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(wanted)))
	if err != nil && wanted != 0 {
		return FreePort(0)
	}
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}
