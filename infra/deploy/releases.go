package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/miyabi-society/platform/infra/deploy/bundle"
	"github.com/miyabi-society/platform/infra/deploy/phase"
	"github.com/miyabi-society/platform/infra/deploy/release"
	"github.com/miyabi-society/platform/infra/deploy/stack"
)

// store keeps the releases of a phase.
func (s *session) store(p phase.Phase) release.Store {
	return release.Store{
		S3: s.target.S3(), SSM: s.target.SSM(), Bucket: s.target.Bucket(),
		Prefix:    "miyabi/" + s.settings.Name + "/" + p.Name + "/",
		Parameter: p.ReleaseParameter(s.settings),
	}
}

// cache is where this machine unpacks the releases of a phase.
func (s *session) cache(p phase.Phase) string {
	if s.settings.IsLocal() {
		return s.state.Path(filepath.Join("releases", p.Name))
	}
	return filepath.Join(".build", "releases", s.target.Account, s.settings.Name, p.Name)
}

// keep stores what was deployed as the phase's release, unless the current release is the same.
func (s *session) keep(ctx context.Context, p phase.Phase, a bundle.Assembly) (release.ID, error) {
	stacks := p.Stacks(s.settings)
	hash, err := a.Hash(stacks)
	if err != nil {
		return "", err
	}
	store := s.store(p)
	current, err := store.Current(ctx)
	if err != nil || current.Hash() == hash {
		return current, err
	}
	id := release.NewID(time.Now(), hash)
	archive, err := s.archive(a, p, id)
	if err != nil {
		return "", err
	}
	if err := store.Keep(ctx, id, archive); err != nil {
		return "", err
	}
	return id, store.Point(ctx, id)
}

func (s *session) archive(a bundle.Assembly, p phase.Phase, id release.ID) (string, error) {
	// Only the newest is kept on this machine.
	if err := errors.Join(os.RemoveAll(s.cache(p)), os.MkdirAll(s.cache(p), 0o755)); err != nil {
		return "", fmt.Errorf("make the folder of the release: %w", err)
	}
	name := filepath.Join(s.cache(p), string(id)+".zip")
	f, err := os.Create(name)
	if err != nil {
		return "", fmt.Errorf("write the release: %w", err)
	}
	return name, errors.Join(a.Archive(f, p.Stacks(s.settings)), f.Close())
}

// unpacked is the assembly of a stored release.
func (s *session) unpacked(ctx context.Context, p phase.Phase, id release.ID) (bundle.Assembly, error) {
	dir := filepath.Join(s.cache(p), string(id))
	if a, err := bundle.Open(dir); err == nil {
		return a, nil
	}
	if err := os.MkdirAll(s.cache(p), 0o755); err != nil {
		return bundle.Assembly{}, fmt.Errorf("make the folder of the release: %w", err)
	}
	archive := dir + ".zip"
	if _, err := os.Stat(archive); err != nil {
		if err := s.store(p).Fetch(ctx, id, archive+".new"); err != nil {
			return bundle.Assembly{}, err
		}
		if err := os.Rename(archive+".new", archive); err != nil {
			return bundle.Assembly{}, fmt.Errorf("keep the release: %w", err)
		}
	}
	return bundle.Extract(archive, dir)
}

// deployed composes what is deployed now: the stored releases of all phases, with the templates that CloudFormation
// holds. found is false when nothing is deployed.
func (s *session) deployed(ctx context.Context, dir string) (a bundle.Assembly, found bool, err error) {
	var parts []bundle.Assembly
	var stacks []string
	for _, p := range phase.All() {
		id, err := s.store(p).Current(ctx)
		if err != nil {
			return a, false, err
		}
		states, err := s.states(ctx, p)
		if err != nil {
			return a, false, err
		}
		if id == "" {
			continue
		}
		part, err := s.unpacked(ctx, p, id)
		if err != nil {
			return a, false, err
		}
		parts = append(parts, part)
		for _, name := range p.Stacks(s.settings) {
			if states[name].Deployed() {
				stacks = append(stacks, name)
			}
		}
	}
	if len(stacks) == 0 {
		return a, false, nil
	}
	if a, err = bundle.Compose(dir, stacks, parts...); err != nil {
		return a, false, err
	}
	return a, true, s.holdTemplates(ctx, a, stacks)
}

// holdTemplates replaces templates by those that CloudFormation holds: a stack that a rollback left alone is newer
// than its phase's release.
func (s *session) holdTemplates(ctx context.Context, a bundle.Assembly, stacks []string) error {
	for _, name := range stacks {
		template, err := stack.Template(ctx, s.stacks, name)
		if err != nil {
			return err
		}
		if err := a.SetTemplate(name, template); err != nil {
			return err
		}
	}
	return nil
}
