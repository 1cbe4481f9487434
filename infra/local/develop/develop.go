// Package develop keeps a running local cloud up to date with the sources: it builds what changed, gives the functions
// their new code and serves the pages from their development server.
package develop

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/miyabi-society/platform/infra/local/lambda"
)

// Config says what to watch and how to build it. Commands are run by the shell. The tags are the command line's.
type Config struct {
	Watch    []string `placeholder:"PATH" help:"Files and folders that functions are made of."`
	Restart  []string `placeholder:"PATH" help:"Files and folders that need a new start."`
	Build    string   `required:"" placeholder:"COMMAND" help:"Writes the binary of each function into the binaries' folder, under the function's name."`
	Binaries string   `required:"" placeholder:"DIR" help:"The binaries' folder."`
	Deployed string   `required:"" placeholder:"DIR" help:"Folder with NAME/bootstrap of each function as it was when the assembly was made, which tells the names."`
	Pages    string   `placeholder:"COMMAND" help:"Serves the pages on 127.0.0.1:$PORT, for the local cloud at $LOCAL_URL; without it the assembly's are served."`
	// Out gets a line for a person about each change.
	Out io.Writer `kong:"-"`
}

// Cloud is what runs; *cloud.Cloud is one.
type Cloud interface {
	Functions() []lambda.State
	CodeOf(function string) (string, error)
	ReplaceCode(ctx context.Context, function, dir string) error
}

// Follow keeps the cloud up to date with the sources, and runs the pages' server, until the returned function is called.
// The handler serves the pages before the site of the cloud, whose address is url. The pages' output goes to log.
func (c Config) Follow(ctx context.Context, cloud Cloud, site http.Handler, url string, log io.Writer) (http.Handler, func(), error) {
	stopPages := func() {}
	if c.Pages != "" && site != nil {
		var err error
		if site, stopPages, err = servePages(c.Pages, url, site, log); err != nil {
			return nil, nil, err
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	var following sync.WaitGroup
	following.Go(func() {
		if err := run(ctx, c, cloud); err != nil {
			c.say("The sources are not followed: %v", err)
		}
	})
	return site, func() {
		cancel()
		following.Wait()
		stopPages()
	}, nil
}

// builder knows which function each binary belongs to and what it was.
type builder struct {
	Config
	cloud Cloud
	// names are the functions' names by those of their binaries, prints the hashes of the binaries.
	names, prints map[string]string
}

// poll is how often the sources are looked at.
const poll = 250 * time.Millisecond

// run follows the sources until ctx ends.
func run(ctx context.Context, config Config, c Cloud) error {
	b := &builder{Config: config, cloud: c, names: map[string]string{}, prints: map[string]string{}}
	if err := b.match(); err != nil {
		return err
	}
	sources, restart := scan(b.Watch), scan(b.Restart)
	if err := b.build(ctx); err != nil { // fills the build cache, so that the first change is as fast as the others
		b.say("%v", err)
	} else if _, err := b.changed(); err != nil {
		return err
	}
	if scan(b.Watch).differs(sources) != "" {
		clear(b.prints) // what was built may be newer than what runs
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(poll):
		}
		if now := scan(b.Restart); now.differs(restart) != "" {
			b.say("%s changed: it takes effect with the next `make dev`", now.differs(restart))
			restart = now
		}
		now := scan(b.Watch)
		if name := now.differs(sources); name != "" {
			sources = now
			b.update(ctx, name)
		}
	}
}

// match finds the function of each binary by its content.
func (b *builder) match() error {
	functions := map[string]string{}
	for _, f := range b.cloud.Functions() {
		dir, err := b.cloud.CodeOf(f.Name)
		if err != nil {
			return err
		}
		sum, err := hash(filepath.Join(dir, "bootstrap"))
		if err != nil {
			return err
		}
		functions[sum] = f.Name
	}
	built, err := filepath.Glob(filepath.Join(b.Deployed, "*", "bootstrap"))
	if err != nil {
		return fmt.Errorf("look for the functions: %w", err)
	}
	for _, file := range built {
		sum, err := hash(file)
		if err != nil {
			return err
		}
		if f, ok := functions[sum]; ok {
			b.names[filepath.Base(filepath.Dir(file))] = f
		}
	}
	if len(b.names) == 0 {
		return fmt.Errorf("no function of the assembly is in %s; build the functions and the assembly first", b.Deployed)
	}
	return nil
}

// update builds and gives each function whose binary changed its new code.
func (b *builder) update(ctx context.Context, source string) {
	begun := time.Now()
	if err := b.build(ctx); err != nil {
		if ctx.Err() == nil {
			b.say("%s changed: %v", source, err)
		}
		return
	}
	names, err := b.changed()
	if err != nil {
		b.say("%v", err)
		return
	}
	for _, name := range names {
		if err := b.replace(ctx, name); err != nil {
			b.say("%s changed: %s keeps its old code: %v", source, name, err)
			continue
		}
		b.say("%s changed: %s restarted after %.1f s", source, name, time.Since(begun).Seconds())
	}
}

func (b *builder) build(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "sh", "-c", b.Build) //nolint:gosec // the project's own build command
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("the build failed\n%s", strings.TrimSpace(output.String()))
	}
	return nil
}

// changed gives the binaries that differ from those of the call before.
func (b *builder) changed() ([]string, error) {
	var names []string
	for name := range b.names {
		sum, err := hash(filepath.Join(b.Binaries, name))
		if err != nil {
			return nil, err
		}
		if b.prints[name] != sum {
			names = append(names, name)
		}
		b.prints[name] = sum
	}
	return names, nil
}

func (b *builder) replace(ctx context.Context, name string) error {
	dir, err := os.MkdirTemp(b.Binaries, "swap-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	err = os.Link(filepath.Join(b.Binaries, name), filepath.Join(dir, "bootstrap"))
	if err == nil {
		err = b.cloud.ReplaceCode(ctx, b.names[name], dir)
	}
	return errors.Join(err, os.RemoveAll(dir))
}

func (c Config) say(format string, args ...any) {
	_, _ = fmt.Fprintf(c.Out, time.Now().Format("15:04:05 ")+format+"\n", args...)
}

func hash(file string) (string, error) {
	b, err := os.ReadFile(file) //nolint:gosec // a binary of this project
	if err != nil {
		return "", fmt.Errorf("read a binary: %w", err)
	}
	sum := sha256.Sum256(b)
	return string(sum[:]), nil
}
