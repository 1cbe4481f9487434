package supervise

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"

	"github.com/miyabi-society/platform/infra/local/jsonfile"
)

// The ports that are tried first.
const (
	// DefaultPort serves the site.
	DefaultPort       = 8080
	defaultGitHubPort = 8090
)

// portTries is how many ports above the wanted one are tried.
const portTries = 50

// ports remembers what was wanted and what was taken, so that the address of a checkout stays the same.
type ports struct{ Wanted, Site, GitHub int }

// opened is a port of this machine, open on 127.0.0.1 and, where there is IPv6, on ::1.
type opened struct {
	port      int
	listeners []net.Listener
}

func (o opened) close() error {
	var failed []error
	for _, l := range o.listeners {
		failed = append(failed, l.Close())
	}
	return errors.Join(failed...)
}

// openPort opens last if it was chosen before, else wanted, else the next free port above.
func openPort(last, wanted int) (opened, error) {
	tries := []int{wanted}
	if last != 0 {
		tries = []int{last, wanted}
	}
	for i := 1; i <= portTries && wanted+i <= 65535; i++ {
		tries = append(tries, wanted+i)
	}
	for _, port := range tries {
		o, err := listenLoopback(port)
		if err == nil {
			return o, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) && !errors.Is(err, syscall.EACCES) {
			return opened{}, fmt.Errorf("listen: %w", err)
		}
	}
	return opened{}, fmt.Errorf("the ports %d to %d are all taken; choose another with --port", wanted, wanted+portTries)
}

func listenLoopback(port int) (opened, error) {
	four, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return opened{}, err
	}
	port = four.Addr().(*net.TCPAddr).Port
	o := opened{port: port, listeners: []net.Listener{four}}
	six, err := net.Listen("tcp6", net.JoinHostPort("::1", strconv.Itoa(port)))
	switch {
	case err == nil:
		o.listeners = append(o.listeners, six)
	case errors.Is(err, syscall.EADDRINUSE):
		return opened{}, errors.Join(err, o.close())
	}
	return o, nil // without IPv6 there is no ::1 to listen on
}

// openPorts opens the site's and the GitHub stand-in's port. The note says when the wanted port was taken.
func (s state) openPorts(wanted int) (site, gitHub opened, note string, err error) {
	var last ports
	if err := jsonfile.Read(s.path(portsFile), &last); err != nil && !errors.Is(err, os.ErrNotExist) {
		return opened{}, opened{}, "", err
	}
	if wanted == 0 {
		wanted = DefaultPort
	}
	if last.Wanted != wanted {
		last.Site = 0
	}
	if site, err = openPort(last.Site, wanted); err != nil {
		return opened{}, opened{}, "", err
	}
	if gitHub, err = openPort(last.GitHub, defaultGitHubPort); err != nil {
		return opened{}, opened{}, "", errors.Join(err, site.close())
	}
	switch site.port {
	case wanted:
	case last.Site:
		note = fmt.Sprintf("Port %d again, as before: port %d was taken then.", site.port, wanted)
	default:
		note = fmt.Sprintf("Port %d is taken; using %d.", wanted, site.port)
	}
	if err := jsonfile.Write(s.path(portsFile), ports{wanted, site.port, gitHub.port}); err != nil {
		return opened{}, opened{}, "", errors.Join(err, site.close(), gitHub.close())
	}
	return site, gitHub, note, nil
}
