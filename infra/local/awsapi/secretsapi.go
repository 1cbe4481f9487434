package awsapi

import (
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/miyabi-society/platform/infra/local/jsonfile"
)

// Version stages (secretsmanager/latest/userguide/whats-in-a-secret).
const (
	stageCurrent  = "AWSCURRENT"
	stagePrevious = "AWSPREVIOUS"
)

func (s *Secrets) operations() map[string]operation {
	return map[string]operation{
		"secretsmanager.DescribeSecret": decode(s.describe),
		"secretsmanager.GetSecretValue": decode(s.get),
		"secretsmanager.PutSecretValue": decode(func(in putInput) (any, error) { return s.put(in) }),
	}
}

func notFound() *apiError {
	return failed(http.StatusBadRequest, "ResourceNotFoundException", "%v.", ErrNoSecret)
}

type getInput struct {
	SecretID     string `json:"SecretId"`
	VersionID    string `json:"VersionId"`
	VersionStage string
}

type getOutput struct {
	ARN           string
	Name          string
	CreatedDate   epoch
	SecretString  string
	VersionID     string `json:"VersionId"`
	VersionStages []string
}

func (s *Secrets) get(in getInput) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sec := s.find(in.SecretID)
	if sec == nil {
		return nil, notFound()
	}
	for stage, v := range sec.versions() {
		wanted := in.VersionStage == stage || in.VersionStage == "" && (in.VersionID != "" || stage == stageCurrent)
		if wanted && (in.VersionID == "" || in.VersionID == v.ID) {
			return getOutput{sec.ARN, sec.Name, epoch(v.Created), v.Value, v.ID, []string{stage}}, nil
		}
	}
	wanted := in.VersionStage
	if wanted == "" {
		wanted = stageCurrent
	}
	return nil, failed(http.StatusBadRequest, "ResourceNotFoundException", "Secrets Manager can't find the specified secret value for staging label: %s", wanted)
}

func (s *secret) versions() map[string]*version {
	all := map[string]*version{}
	if s.Current != nil {
		all[stageCurrent] = s.Current
	}
	if s.Previous != nil {
		all[stagePrevious] = s.Previous
	}
	return all
}

type putInput struct {
	SecretID      string `json:"SecretId"`
	Token         string `json:"ClientRequestToken"`
	SecretString  *string
	VersionStages []string
}

type putOutput struct {
	ARN           string
	Name          string
	VersionID     string `json:"VersionId"`
	VersionStages []string
}

// put stores a new current version. The same token with the same value is the same call again; with another value it
// is refused.
func (s *Secrets) put(in putInput) (putOutput, error) {
	if in.SecretString == nil || *in.SecretString == "" {
		return putOutput{}, failed(http.StatusBadRequest, "InvalidParameterException", "give a SecretString: other values are not served locally")
	}
	if len(in.VersionStages) > 1 || len(in.VersionStages) == 1 && in.VersionStages[0] != stageCurrent {
		return putOutput{}, failed(http.StatusBadRequest, "InvalidParameterException", "version stages %v: only %s is served locally", in.VersionStages, stageCurrent)
	}
	if in.Token == "" {
		in.Token = uuid.NewString()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sec := s.find(in.SecretID)
	if sec == nil {
		return putOutput{}, notFound()
	}
	for stage, v := range sec.versions() {
		if v.ID == in.Token && v.Value == *in.SecretString {
			return putOutput{sec.ARN, sec.Name, v.ID, []string{stage}}, nil
		}
		if v.ID == in.Token {
			return putOutput{}, failed(http.StatusBadRequest, "ResourceExistsException", "a version with the token %s has another value", in.Token)
		}
	}
	sec.put(*in.SecretString, in.Token, time.Now().UTC())
	return putOutput{sec.ARN, sec.Name, in.Token, []string{stageCurrent}}, jsonfile.Write(s.file, s.all)
}

type describeInput struct {
	SecretID string `json:"SecretId"`
}

type describeOutput struct {
	ARN                string
	Name               string
	Description        string `json:",omitempty"`
	CreatedDate        epoch
	LastChangedDate    epoch
	VersionIDsToStages map[string][]string `json:"VersionIdsToStages"`
}

func (s *Secrets) describe(in describeInput) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sec := s.find(in.SecretID)
	if sec == nil {
		return nil, notFound()
	}
	out := describeOutput{sec.ARN, sec.Name, sec.Description, epoch(sec.Created), epoch(sec.Changed), map[string][]string{}}
	for stage, v := range sec.versions() {
		out.VersionIDsToStages[v.ID] = []string{stage}
	}
	return out, nil
}

// epoch is a time that JSON carries as seconds since 1970.
type epoch time.Time

// MarshalJSON writes seconds with three decimals.
func (e epoch) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, "%.3f", float64(time.Time(e).UnixMilli())/1000), nil
}
