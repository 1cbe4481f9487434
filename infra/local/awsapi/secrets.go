package awsapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/miyabi-society/platform/infra/local/jsonfile"
)

// Secrets is a Secrets Manager store.
type Secrets struct {
	file string
	mu   sync.Mutex
	all  map[string]*secret // by name
}

// SecretSpec is an AWS::SecretsManager::Secret. Without SecretString and Generate the secret has no value.
type SecretSpec struct {
	Name         string
	ARN          string // without the random ending
	Description  string
	SecretString string
	Generate     *Generate
}

// secret keeps the versions that have a staging label (secretsmanager/latest/userguide/whats-in-a-secret).
type secret struct {
	ARN         string             `json:"arn"`
	Name        string             `json:"name"`
	Description string             `json:"description"`
	Created     time.Time          `json:"created"`
	Changed     time.Time          `json:"changed"`
	Source      string             `json:"source"`   // what the template says about the value
	Versions    map[string]version `json:"versions"` // by label
}

type version struct {
	ID      string    `json:"id"`
	Value   string    `json:"value"`
	Created time.Time `json:"created"`
}

// Labels that the service itself moves.
const (
	current  = "AWSCURRENT"
	previous = "AWSPREVIOUS"
)

// ErrNoSecret says that no secret has the name, ARN or partial ARN, or that it has no value.
var ErrNoSecret error = notFound(".")

func notFound(what string) *apiError {
	return failed(http.StatusBadRequest, "ResourceNotFoundException", "Secrets Manager can't find the specified secret%s", what)
}

// OpenSecrets opens the store in dir, which is created with the first secret. Its file is readable by the owner alone.
func OpenSecrets(dir string) (*Secrets, error) {
	s := &Secrets{file: filepath.Join(dir, "secrets.json"), all: map[string]*secret{}}
	if err := jsonfile.Read(s.file, &s.all); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return s, nil
}

// secretName follows API_CreateSecret.
var secretName = regexp.MustCompile(`^[A-Za-z0-9/_+=.@!-]{1,512}$`)

// Ensure makes the secret exist as a stack creation or update does, and returns its ARN. A value is set or generated
// when the secret is new or the template's words about it changed; a value put meanwhile stays otherwise.
func (s *Secrets) Ensure(spec SecretSpec) (string, error) {
	if !secretName.MatchString(spec.Name) {
		return "", fmt.Errorf("secret name %q: use letters, digits and -/_+=.@! only, up to 512 of them", spec.Name)
	}
	source, err := json.Marshal([]any{spec.SecretString, spec.Generate})
	value := spec.SecretString
	if err == nil && spec.Generate != nil {
		value, err = spec.Generate.String()
	}
	if err != nil {
		return "", fmt.Errorf("secret %s: %w", spec.Name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sec, ok := s.all[spec.Name]
	if !ok {
		now := time.Now().UTC()
		sec = &secret{ARN: spec.ARN + "-" + randomText(lowercase+uppercase+digits, 6), Name: spec.Name, Created: now, Changed: now}
		s.all[spec.Name] = sec
	}
	if value != "" && sec.Source != string(source) {
		sec.put(value, uuid.NewString(), current)
	}
	sec.Description, sec.Source = spec.Description, string(source)
	return sec.ARN, jsonfile.Write(s.file, s.all)
}

// Value returns the current value of the secret with this name, ARN or partial ARN.
func (s *Secrets) Value(id string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sec, err := s.find(id)
	if err == nil && sec.Versions[current].ID == "" {
		err = ErrNoSecret
	}
	if err != nil {
		return "", fmt.Errorf("secret %s: %w", id, err)
	}
	return sec.Versions[current].Value, nil
}

// Put makes value the current one and keeps the one before it as AWSPREVIOUS.
func (s *Secrets) Put(id, value string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	sec, err := s.find(id)
	if err != nil {
		return fmt.Errorf("secret %s: %w", id, err)
	}
	sec.put(value, uuid.NewString(), current)
	return jsonfile.Write(s.file, s.all)
}

// completeARN is one with its random ending, or with a name that ends as if it had one.
var completeARN = regexp.MustCompile(`^arn:.*-[A-Za-z0-9]{6}$`)

// find accepts a name, an ARN, or an ARN without its random ending (secretsmanager/latest/userguide/troubleshoot, ARN
// search).
func (s *Secrets) find(id string) (*secret, error) {
	for _, sec := range s.all {
		if id == sec.Name || id == sec.ARN || id == sec.ARN[:len(sec.ARN)-7] && !completeARN.MatchString(id) {
			return sec, nil
		}
	}
	return nil, ErrNoSecret
}

// put moves labels to a new version. What was current becomes the previous one.
func (s *secret) put(value, id string, labels ...string) {
	if s.Versions == nil {
		s.Versions = map[string]version{}
	}
	s.Changed = time.Now().UTC()
	for _, label := range labels {
		if before, ok := s.Versions[current]; ok && label == current {
			s.Versions[previous] = before
		}
		s.Versions[label] = version{id, value, s.Changed}
	}
}

// labels lists those of each version, by its id.
func (s *secret) labels() map[string][]string {
	all := map[string][]string{}
	for _, label := range slices.Sorted(maps.Keys(s.Versions)) {
		id := s.Versions[label].ID
		all[id] = append(all[id], label)
	}
	return all
}
