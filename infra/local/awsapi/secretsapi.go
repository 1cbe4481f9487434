package awsapi

import (
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/miyabi-society/platform/infra/local/jsonfile"
)

// secretRequest has the members of all requests that are served.
type secretRequest struct {
	SecretID      string `json:"SecretId"`
	VersionID     string `json:"VersionId"`
	VersionStage  string
	Token         string `json:"ClientRequestToken"`
	SecretString  string
	VersionStages []string
}

func (s *Secrets) operations() map[string]operation {
	on := func(do func(*secret, secretRequest) (any, error)) operation {
		return decode(func(in secretRequest) (any, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			sec, err := s.find(in.SecretID)
			if err != nil {
				return nil, err
			}
			return do(sec, in)
		})
	}
	return map[string]operation{
		"secretsmanager.DescribeSecret": on((*secret).describe),
		"secretsmanager.GetSecretValue": on((*secret).get),
		"secretsmanager.PutSecretValue": on(func(sec *secret, in secretRequest) (any, error) {
			out, err := sec.putValue(in)
			if err != nil {
				return nil, err
			}
			return out, jsonfile.Write(s.file, s.all)
		}),
	}
}

func (s *secret) describe(secretRequest) (any, error) {
	return struct {
		ARN, Name                    string
		Description                  string `json:",omitempty"`
		CreatedDate, LastChangedDate float64
		VersionIDsToStages           map[string][]string `json:"VersionIdsToStages"`
	}{s.ARN, s.Name, s.Description, seconds(s.Created), seconds(s.Changed), s.labels()}, nil
}

// get reads the version with an id or a label, else the current one.
func (s *secret) get(in secretRequest) (any, error) {
	label := in.VersionStage
	if in.VersionID != "" {
		labels := s.labels()[in.VersionID]
		switch {
		case labels == nil:
			return nil, notFound(" value for VersionId: " + in.VersionID)
		case label != "" && !slices.Contains(labels, label):
			return nil, failed(http.StatusBadRequest, "InvalidRequestException", "You provided a VersionStage that is not associated to the provided VersionId.")
		}
		label = labels[0]
	}
	if label == "" {
		label = current
	}
	v, ok := s.Versions[label]
	if !ok {
		return nil, notFound(" value for staging label: " + label)
	}
	return map[string]any{
		"ARN": s.ARN, "Name": s.Name, "CreatedDate": seconds(v.Created), "SecretString": v.Value, "VersionId": v.ID, "VersionStages": s.labels()[v.ID],
	}, nil
}

// putValue stores a new version, the current one unless other labels are given. The same token with the same value is the
// same call again; with another value it is refused.
func (s *secret) putValue(in secretRequest) (any, error) {
	if in.SecretString == "" {
		return nil, failed(http.StatusBadRequest, "InvalidParameterException", "give a SecretString: other values are not served locally")
	}
	if in.Token == "" {
		in.Token = uuid.NewString()
	}
	if len(in.VersionStages) == 0 {
		in.VersionStages = []string{current}
	}
	if labels := s.labels()[in.Token]; labels == nil {
		s.put(in.SecretString, in.Token, in.VersionStages...)
	} else if s.Versions[labels[0]].Value != in.SecretString {
		return nil, failed(http.StatusBadRequest, "ResourceExistsException",
			"You can't use ClientRequestToken %s because that value is already in use for a version of secret %s.", in.Token, s.ARN)
	}
	return map[string]any{"ARN": s.ARN, "Name": s.Name, "VersionId": in.Token, "VersionStages": s.labels()[in.Token]}, nil
}

// seconds since 1970, with three decimals.
func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
