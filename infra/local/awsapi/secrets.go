package awsapi

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/miyabi-society/platform/infra/local/jsonfile"
)

// Secrets is a Secrets Manager store. Each secret keeps its current and its previous version.
type Secrets struct {
	file string
	mu   sync.Mutex
	all  map[string]*secret // by name
}

// SecretSpec is an AWS::SecretsManager::Secret. Without SecretString and Generate the secret has no value.
type SecretSpec struct {
	Name         string
	Description  string
	Region       string // for the ARN
	Account      string // for the ARN
	SecretString string
	Generate     *Generate
}

type secret struct {
	ARN         string    `json:"arn"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	Created     time.Time `json:"created"`
	Changed     time.Time `json:"changed"`
	Source      string    `json:"source"` // hash of what the template says about the value
	Current     *version  `json:"current"`
	Previous    *version  `json:"previous"`
}

type version struct {
	ID      string    `json:"id"`
	Value   string    `json:"value"`
	Created time.Time `json:"created"`
}

// ErrNoSecret says that no secret has the name, ARN or partial ARN, or that it has no value of that version.
var ErrNoSecret = errors.New("Secrets Manager can't find the specified secret")

// OpenSecrets opens the store in dir, which is created with the first secret. Its file is readable by the owner alone.
func OpenSecrets(dir string) (*Secrets, error) {
	s := &Secrets{file: filepath.Join(dir, "secrets.json"), all: map[string]*secret{}}
	if err := jsonfile.Read(s.file, &s.all); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return s, nil
}

// secretName follows API_CreateSecret.
var secretName = regexp.MustCompile(`^[A-Za-z0-9/_+=.@-]{1,512}$`)

// Ensure makes the secret exist as a stack creation or update does, and returns its ARN. A value is set or generated
// when the secret is new or the template's words about it changed; a value put meanwhile stays otherwise.
func (s *Secrets) Ensure(spec SecretSpec) (string, error) {
	if !secretName.MatchString(spec.Name) {
		return "", fmt.Errorf("secret name %q: use up to 512 letters, digits and /_+=.@-", spec.Name)
	}
	source, err := spec.source()
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now().UTC()
	sec, ok := s.all[spec.Name]
	if !ok {
		arn := fmt.Sprintf("arn:aws:secretsmanager:%s:%s:secret:%s-%s", spec.Region, spec.Account, spec.Name, randomText(letters+digits, 6))
		sec = &secret{ARN: arn, Name: spec.Name, Created: now, Changed: now}
		s.all[spec.Name] = sec
	}
	sec.Description = spec.Description
	if value, given, err := spec.value(); err != nil {
		return "", fmt.Errorf("secret %s: %w", spec.Name, err)
	} else if given && sec.Source != source {
		sec.put(value, uuid.NewString(), now)
	}
	sec.Source = source
	return sec.ARN, jsonfile.Write(s.file, s.all)
}

func (spec SecretSpec) source() (string, error) {
	text, err := json.Marshal([]any{spec.SecretString, spec.Generate})
	if err != nil {
		return "", fmt.Errorf("secret %s: %w", spec.Name, err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

func (spec SecretSpec) value() (value string, given bool, err error) {
	if spec.Generate != nil {
		value, err = spec.Generate.String()
		return value, true, err
	}
	return spec.SecretString, spec.SecretString != "", nil
}

func (s *secret) put(value, id string, now time.Time) {
	s.Previous, s.Current, s.Changed = s.Current, &version{id, value, now}, now
}

// Value returns the current value of the secret with this name, ARN or partial ARN.
func (s *Secrets) Value(id string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sec := s.find(id)
	if sec == nil || sec.Current == nil {
		return "", fmt.Errorf("secret %s: %w", id, ErrNoSecret)
	}
	return sec.Current.Value, nil
}

// Put makes value the current one and keeps the one before it as AWSPREVIOUS.
func (s *Secrets) Put(id, value string) error {
	_, err := s.put(putInput{SecretID: id, SecretString: &value})
	return err
}

// find accepts a name, an ARN, or an ARN without its random ending (secretsmanager/latest/userguide/troubleshoot, ARN
// search).
func (s *Secrets) find(id string) *secret {
	if sec, ok := s.all[id]; ok {
		return sec
	}
	for _, sec := range s.all {
		if id == sec.ARN || strings.HasPrefix(id, "arn:") && len(sec.ARN) == len(id)+7 && strings.HasPrefix(sec.ARN, id+"-") {
			return sec
		}
	}
	return nil
}
