package supervise

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/miyabi-society/platform/infra/local/awsapi"
	"github.com/miyabi-society/platform/infra/local/github"
)

// identitySecret holds the OAuth pair that a person fills in once on AWS. Here the stand-in's pair goes in.
const identitySecret = "/miyabi/local/identity" //nolint:gosec // a name

// newApp is what the GitHub stand-in of a run at url registers; its pair is another one in each run.
func newApp(url string) github.Config {
	return github.Config{
		URL: url + gitHubPath, ClientID: "local-" + rand.Text(), ClientSecret: rand.Text() + rand.Text(),
		CallbackURL: url + "/auth/callback", People: github.DemoPeople(),
	}
}

// register writes the app's pair into the identity secret and keeps its other keys. An assembly without that secret
// needs no pair.
func register(secrets *awsapi.Secrets, app github.Config) error {
	text, err := secrets.Value(identitySecret)
	if errors.Is(err, awsapi.ErrNoSecret) {
		return nil
	}
	if err != nil {
		return err
	}
	values := map[string]string{}
	if err := json.Unmarshal([]byte(text), &values); err != nil {
		return fmt.Errorf("secret %s is not a JSON object of strings: %w", identitySecret, err)
	}
	values["github_client_id"], values["github_client_secret"] = app.ClientID, app.ClientSecret
	b, err := json.Marshal(values)
	if err != nil {
		return fmt.Errorf("write secret %s: %w", identitySecret, err)
	}
	return secrets.Put(identitySecret, string(b))
}
