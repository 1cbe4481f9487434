package websocket

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
)

// errFrameTooLarge ends the reading of a connection whose client sent a frame over the limit.
var errFrameTooLarge = errors.New("frame over 32 KB")

// guardedWriter puts a frameGuard between the network and the WebSocket library, which limits messages only.
type guardedWriter struct {
	http.ResponseWriter
	guard *frameGuard // set by Hijack
}

// Hijack takes over the connection.
func (w *guardedWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffers, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	early, _ := buffers.Peek(buffers.Reader.Buffered()) // what is buffered can be looked at
	w.guard = &frameGuard{Conn: conn, early: append([]byte(nil), early...)}
	buffers.Reader.Reset(w.guard)
	return w.guard, buffers, nil
}

// frameGuard reads frame headers (RFC 6455, section 5.2) as they pass. After a frame over the limit it gives an error
// once and then swallows what comes until the client closes, so that the client gets to read the close frame.
type frameGuard struct {
	net.Conn
	early   []byte
	header  [14]byte
	have    int
	payload uint64 // bytes of the current frame still to come
	refused bool
}

// Read passes bytes on.
func (g *frameGuard) Read(p []byte) (int, error) {
	if g.refused {
		_, err := io.Copy(io.Discard, g.Conn)
		return 0, errors.Join(err, io.EOF)
	}
	n, err := g.next(p)
	if !g.scan(p[:n]) {
		g.refused = true
		return 0, errFrameTooLarge
	}
	return n, err
}

func (g *frameGuard) next(p []byte) (int, error) {
	if len(g.early) > 0 {
		n := copy(p, g.early)
		g.early = g.early[n:]
		return n, nil
	}
	return g.Conn.Read(p)
}

// scan reports whether every data frame that begins in p is within the limit.
func (g *frameGuard) scan(p []byte) bool {
	for len(p) > 0 {
		if g.payload > 0 {
			n := min(g.payload, uint64(len(p)))
			g.payload -= n
			p = p[n:]
			continue
		}
		g.header[g.have] = p[0]
		g.have++
		p = p[1:]
		length, complete := g.length()
		if !complete {
			continue
		}
		isControl := g.header[0]&0x08 != 0
		g.have, g.payload = 0, length
		if length > maxFrame && !isControl {
			return false
		}
	}
	return true
}

// length is the payload's length when the header, mask included, is complete.
func (g *frameGuard) length() (uint64, bool) {
	if g.have < 2 {
		return 0, false
	}
	size, length := 2, uint64(g.header[1]&0x7f)
	switch length {
	case 126:
		size += 2
	case 127:
		size += 8
	}
	if g.header[1]&0x80 != 0 {
		size += 4
	}
	if g.have < size {
		return 0, false
	}
	switch length {
	case 126:
		length = uint64(binary.BigEndian.Uint16(g.header[2:]))
	case 127:
		length = binary.BigEndian.Uint64(g.header[2:])
	}
	return length, true
}
