package lambda

import (
	"context"
	"testing"
)

// BenchmarkInvoke measures warm invocations of a trivial function, one after the other and at once.
func BenchmarkInvoke(b *testing.B) {
	r, err := NewRegistry(Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	if err := r.Add(Function{Name: "f", ARN: testARN, Dir: codeDir}); err != nil {
		b.Fatal(err)
	}
	call := func(b *testing.B) {
		if _, err := r.Invoke(context.Background(), "f", []byte(`{"do":"echo","text":"x"}`)); err != nil {
			b.Error(err)
		}
	}
	b.Run("one", func(b *testing.B) {
		for b.Loop() {
			call(b)
		}
	})
	b.Run("many", func(b *testing.B) {
		b.SetParallelism(8)
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				call(b)
			}
		})
	})
}
