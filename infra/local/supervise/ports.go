package supervise

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// portTries is how many ports above the wanted one are tried.
const portTries = 50

// openPort opens the port of the last run, if the same was wanted, else the wanted one, else the next free one above; 0 wants
// any. The note says when it is not the wanted one.
func openPort(wanted, last int) (opened []net.Listener, port int, note string, err error) {
	tries := []int{last}
	for i := 0; wanted > 0 && i <= portTries && wanted+i <= 65535; i++ {
		tries = append(tries, wanted+i)
	}
	if wanted == 0 {
		tries = append(tries, 0)
	}
	for _, port = range tries {
		if opened, err = listen(port); !errors.Is(err, syscall.EADDRINUSE) && !errors.Is(err, syscall.EACCES) {
			break
		}
	}
	switch {
	case errors.Is(err, syscall.EADDRINUSE), errors.Is(err, syscall.EACCES):
		return nil, 0, "", fmt.Errorf("the ports %d to %d are all taken; choose another with --port", wanted, port)
	case err != nil:
		return nil, 0, "", fmt.Errorf("listen: %w", err)
	case wanted == 0:
		port = portOf(opened[0])
	case port == wanted:
	case port == last:
		note = fmt.Sprintf("Port %d again, as before: port %d was taken then.\n", port, wanted)
	default:
		note = fmt.Sprintf("Port %d is taken; using %d.\n", wanted, port)
	}
	return opened, port, note, nil
}

// listen opens a port on 127.0.0.1 and, where there is IPv6, on ::1.
func listen(port int) ([]net.Listener, error) {
	four, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	six, err := net.Listen("tcp6", net.JoinHostPort("::1", strconv.Itoa(portOf(four))))
	switch {
	case err == nil:
		return []net.Listener{four, six}, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, errors.Join(err, four.Close())
	}
	return []net.Listener{four}, nil // without IPv6 there is no ::1 to listen on
}

func portOf(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }

func closeAll(listeners []net.Listener) error {
	var failed []error
	for _, l := range listeners {
		failed = append(failed, l.Close())
	}
	return errors.Join(failed...)
}
