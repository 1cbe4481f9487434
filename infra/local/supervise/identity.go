package supervise

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"

	"github.com/miyabi-society/platform/infra/local/awsapi"
	"github.com/miyabi-society/platform/infra/local/jsonfile"
)

// identitySecret holds the OAuth pair that a person fills in once on AWS. Here the stand-in's pair goes in.
const identitySecret = "/miyabi/local/identity" //nolint:gosec // a name

// oauthPair is what the GitHub stand-in registered this local run with.
type oauthPair struct {
	ID     string `json:"github_client_id"`
	Secret string `json:"github_client_secret"`
}

// gitHubPair is made once for a state folder.
func (s state) gitHubPair() (oauthPair, error) {
	file := s.path("github.json")
	var p oauthPair
	err := jsonfile.Read(file, &p)
	if err == nil || !errors.Is(err, os.ErrNotExist) {
		return p, err
	}
	p = oauthPair{ID: "local-" + rand.Text(), Secret: rand.Text() + rand.Text()}
	return p, jsonfile.Write(file, p)
}

// putPair writes the pair into the identity secret and keeps its other keys. An assembly without that secret needs no
// pair.
func putPair(secrets *awsapi.Secrets, p oauthPair) error {
	text, err := secrets.Value(identitySecret)
	if errors.Is(err, awsapi.ErrNoSecret) {
		return nil
	}
	if err != nil {
		return err
	}
	before := map[string]string{}
	if err := json.Unmarshal([]byte(text), &before); err != nil {
		return fmt.Errorf("secret %s is not a JSON object of strings: %w", identitySecret, err)
	}
	after := maps.Clone(before)
	after["github_client_id"], after["github_client_secret"] = p.ID, p.Secret
	if maps.Equal(before, after) {
		return nil
	}
	b, err := json.Marshal(after)
	if err != nil {
		return fmt.Errorf("write secret %s: %w", identitySecret, err)
	}
	return secrets.Put(identitySecret, string(b))
}
