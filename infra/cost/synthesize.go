package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/miyabi-society/platform/infra/assembly"
	"github.com/miyabi-society/platform/infra/environment"
	"github.com/miyabi-society/platform/infra/policy/bill"
)

// synthesizer makes assemblies only to price them.
type synthesizer struct {
	folders environment.Folders
	// root is the project's folder, assemblies where the assemblies lie while they are priced.
	root, assemblies string
	// known are the bills of settings that were synthesized before.
	known map[string]bill.Bill
}

// bill is that of an assembly that is made for it and removed afterwards; the same settings are synthesized once.
func (s synthesizer) bill(settings environment.Settings) (bill.Bill, error) {
	key := fmt.Sprintf("%+v", settings)
	if b, ok := s.known[key]; ok {
		return b, nil
	}
	b, err := s.synthesize(settings)
	if err == nil {
		s.known[key] = b
	}
	return b, err
}

func (s synthesizer) synthesize(settings environment.Settings) (bill.Bill, error) {
	context, err := environment.CDKContext(filepath.Join(s.root, "cdk.json"))
	if err != nil {
		return bill.Bill{}, fmt.Errorf("run cost from the project's root: %w", err)
	}
	if err := os.MkdirAll(s.assemblies, 0o755); err != nil {
		return bill.Bill{}, fmt.Errorf("make a folder for assemblies: %w", err)
	}
	folder, err := os.MkdirTemp(s.assemblies, settings.Name+"-")
	if err != nil {
		return bill.Bill{}, fmt.Errorf("make a folder for an assembly: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	err = assembly.Synthesize(assembly.Options{Settings: settings, Folders: s.folders, Output: folder, Context: context, Unjudged: true})
	if err != nil {
		return bill.Bill{}, err
	}
	return bill.Compute(folder, settings)
}
