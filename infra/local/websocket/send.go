package websocket

import (
	"context"
	"errors"
	"slices"

	ws "github.com/coder/websocket"
)

var (
	errGone = errors.New("the connection is gone")
	errFull = errors.New("the client does not read what is sent to it")
)

// send queues a message for the client. It never waits: the error is errGone, or errFull for a client that does not
// read. A message that the client does not take within the write limit closes the connection.
func (c *connection) send(message []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.end.Code != 0:
		return errGone
	case c.queued+len(message) > c.server.api.Limits.Queue:
		return errFull
	}
	c.queued += len(message)
	c.outbox = append(c.outbox, message)
	if len(c.outbox) == 1 {
		c.server.connections.running.Go(c.writeAll)
	}
	return nil
}

// writeAll writes what is queued. A message leaves the queue when it is written, so that one goroutine at most writes.
func (c *connection) writeAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.outbox) > 0 {
		message := c.outbox[0]
		c.mu.Unlock()
		err := c.write(message)
		c.mu.Lock()
		if err != nil {
			_ = c.socket.Close() // the reader ends and calls $disconnect
			return
		}
		c.touch()
		c.outbox, c.queued = c.outbox[1:], c.queued-len(message)
	}
}

// write sends text, in frames within the limit.
func (c *connection) write(message []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), c.server.api.Limits.Write)
	defer cancel()
	if len(message) <= maxFrame {
		return c.ws.Write(ctx, ws.MessageText, message)
	}
	w, err := c.ws.Writer(ctx, ws.MessageText)
	if err != nil {
		return err
	}
	for frame := range slices.Chunk(message, maxFrame) {
		if _, err := w.Write(frame); err != nil {
			return err
		}
	}
	return w.Close()
}
