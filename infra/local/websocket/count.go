package websocket

// Open counts the connections of every API.
func (m *Management) Open() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, s := range m.servers {
		s.mu.Lock()
		n += len(s.connections)
		s.mu.Unlock()
	}
	return n
}
