package main

import (
	"archive/zip"
	"compress/flate"
	"io"
	"os"
	"path/filepath"
)

// startTime runs the functions' own benchmark, which starts the real binary against a Lambda Runtime API.
func startTime() (float64, error) {
	out, err := benchmarks("1x", "./functions/api")
	if err != nil {
		return 0, err
	}
	return readMetric(out, "Start", "ms/start")
}

// apiZip is the size of the zip that a deploy uploads, in millions of bytes.
func apiZip() (float64, error) {
	binary, err := os.Open(filepath.Join(".build", "functions", "linux-arm64", "api", "bootstrap"))
	if err != nil {
		return 0, err
	}
	defer func() { _ = binary.Close() }()
	var size counter
	archive := zip.NewWriter(&size)
	archive.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	entry, err := archive.Create("bootstrap")
	if err != nil {
		return 0, err
	}
	if _, err := io.Copy(entry, binary); err != nil {
		return 0, err
	}
	if err := archive.Close(); err != nil {
		return 0, err
	}
	return float64(size) / 1e6, nil
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
