package websocket

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
)

// socketWriter keeps the socket of a connection that is taken over.
type socketWriter struct {
	http.ResponseWriter
	socket socket // set by Hijack
}

// Hijack takes over the connection.
func (w *socketWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffers, err := http.NewResponseController(w.ResponseWriter).Hijack()
	w.socket = socket{conn}
	return w.socket, buffers, err
}

// socket tells the WebSocket library that a connection broke off: io.EOF between two frames of a message would end the
// message.
type socket struct{ net.Conn }

// Read reads from the connection. Its end is io.ErrUnexpectedEOF.
func (s socket) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}
