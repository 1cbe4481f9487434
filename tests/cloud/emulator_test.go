package cloud

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

const (
	region  = "us-east-1"
	account = "123456789012"
	// codeBucket holds the zips of the functions that the tests deploy.
	codeBucket = "code-of-the-tests"
)

// emulator is a running one.
type emulator struct {
	// url is its address by number, for the SDK, and name that by name, for the CDK CLI.
	url, name string
	command   *exec.Cmd
	log       string
	stdin     io.Closer
	once      sync.Once
	shared    aws.Config
}

// shared is the emulator of all tests of this package but those that need one of their own.
var shared = sync.OnceValues(func() (*emulator, error) { return start("") })

func TestMain(m *testing.M) {
	code := m.Run()
	if started {
		if e, err := shared(); err == nil {
			e.explainEnd()
			e.stop()
		}
	}
	os.Exit(code)
}

// started says whether a test has asked for the shared emulator.
var started bool

var startedLock sync.Mutex

// use returns the shared emulator. The test is skipped when there is no Python with the pinned packages.
func use(t *testing.T) *emulator {
	t.Helper()
	startedLock.Lock()
	started = true
	startedLock.Unlock()
	e, err := shared()
	if errors.Is(err, errLacking) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// errLacking says that there is no Python, or not the pinned packages.
var errLacking = errors.New("not run")

// lacking is the exit status with which serve.py says that packages are missing.
const lacking = 3

// python is the interpreter with the pinned packages: the installed one, or that of the project's virtual environment.
func python() (string, error) {
	var told error
	for _, candidate := range []string{filepath.Join(root(), ".build/python/bin/python"), "python3"} {
		found, err := exec.LookPath(candidate)
		if err != nil {
			told = fmt.Errorf("%w: the emulator needs Python 3: %w", errLacking, err)
			continue
		}
		out, err := exec.Command(found, "serve.py", "--check").CombinedOutput()
		if err == nil {
			return found, nil
		}
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != lacking {
			return "", fmt.Errorf("the emulator does not run with %s: %w: %s", found, err, out)
		}
		told = fmt.Errorf("%w: %s", errLacking, bytes.TrimSpace(out))
	}
	return "", told
}

// start runs an emulator on a free port. It ends with this process, whatever becomes of that.
func start(instances string) (*emulator, error) {
	interpreter, err := python()
	if err != nil {
		return nil, err
	}
	log, err := os.CreateTemp("", "emulator-*.log")
	if err != nil {
		return nil, err
	}
	e := &emulator{log: log.Name()}
	e.command = exec.Command(interpreter, "serve.py", "--stdin", "--log", log.Name(), "--instances", instances)
	e.command.Stderr = os.Stderr
	if e.stdin, err = e.command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := e.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := e.command.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("the emulator ended at its start: %w", e.command.Wait())
	}
	e.name = strings.TrimSpace(strings.TrimPrefix(line, "ready "))
	e.url = strings.Replace(e.name, "localhost", "127.0.0.1", 1)
	return e, e.store(codeBucket)
}

// explainEnd prints the end of the log of an emulator that has ended by itself.
func (e *emulator) explainEnd() {
	if e.command.Process.Signal(syscall.Signal(0)) == nil && !zombie(e.command.Process.Pid) {
		return
	}
	log, _ := os.ReadFile(e.log)
	fmt.Printf("the emulator has ended by itself: %v\n%s\n", e.command.Wait(), log[max(0, len(log)-4000):])
}

// stop ends the emulator and waits until it is gone.
func (e *emulator) stop() time.Duration {
	began := time.Now()
	_ = e.command.Process.Signal(syscall.SIGTERM)
	_ = e.command.Wait()
	_ = os.Remove(e.log)
	return time.Since(began)
}

// config is that of the SDK clients of this emulator, which share their connections.
func (e *emulator) config() aws.Config {
	e.once.Do(e.configure)
	return e.shared
}

func (e *emulator) configure() {
	c, err := config.LoadDefaultConfig(
		context.Background(), config.WithRegion(region), config.WithBaseEndpoint(e.url),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("test", "test", "")),
		config.WithRetryMaxAttempts(1), config.WithSharedConfigFiles([]string{}), config.WithSharedCredentialsFiles([]string{}),
	)
	if err != nil {
		panic(err)
	}
	e.shared = c
}

func (e *emulator) s3() *s3.Client { return s3.NewFromConfig(e.config()) }

// store makes a bucket with the actor's zip in it.
func (e *emulator) store(bucket string) error {
	ctx := context.Background()
	if _, err := e.s3().CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(bucket)}); err != nil {
		return err
	}
	code, err := actor()
	if err != nil {
		return err
	}
	return e.put(bucket, "actor.zip", code)
}

func (e *emulator) put(bucket, key string, content []byte) error {
	_, err := e.s3().PutObject(context.Background(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String(key), Body: bytes.NewReader(content)})
	return err
}

// actor is the zip of testdata/actor.
var actor = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "actor-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "bootstrap")
	build := exec.Command("go", "build", "-o", program, "./testdata/actor")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the actor: %w: %s", err, out)
	}
	content, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	return zipped(map[string]string{"bootstrap": string(content)})
})

// zipped returns a zip of files.
func zipped(files map[string]string) ([]byte, error) {
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for name, content := range files {
		file, err := archive.Create(name)
		if err != nil {
			return nil, err
		}
		if _, err := io.WriteString(file, content); err != nil {
			return nil, err
		}
	}
	err := archive.Close()
	return out.Bytes(), err
}

// zombie says whether a process has ended and nobody has asked for its status yet.
func zombie(pid int) bool {
	out, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err != nil || strings.HasPrefix(strings.TrimSpace(string(out)), "Z")
}

// root is the checkout's folder.
func root() string {
	dir, err := filepath.Abs("../..")
	if err != nil {
		panic(err)
	}
	return dir
}
