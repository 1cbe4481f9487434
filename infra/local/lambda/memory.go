package lambda

import "time"

// memoryPoll is how often the memory of each process is looked at. What counts is its high-water mark, so that no peak
// is missed while the process lives.
const memoryPoll = 100 * time.Millisecond

// limitMemory ends every process that used more than its function declares, until the registry is closed. It works
// where peakMemory does. Memory of processes that the function forked is not counted.
//
// Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
func (r *Registry) limitMemory() {
	tick := time.NewTicker(memoryPoll)
	defer tick.Stop()
	for {
		select {
		case <-r.closing:
			return
		case <-tick.C:
		}
		for _, in := range r.running() {
			if in.peakMB() > in.memoryMB && in.outOfMemory.CompareAndSwap(false, true) {
				in.log.printf("Runtime.OutOfMemory: the process used %d MB of its %d MB and is ended", in.peakMB(), in.memoryMB)
				in.child.KillGroup()
			}
		}
	}
}

// peakMB keeps the last figure of a process that has ended.
func (in *instance) peakMB() int {
	if mb := int((peakMemory(in.child.PID()) + 1<<20 - 1) >> 20); mb > 0 {
		in.peak.Store(int64(mb))
	}
	return int(in.peak.Load())
}
