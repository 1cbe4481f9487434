package awsapi

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// Generate is a GenerateSecretString, each of its values a JSON string.
//
// Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-secretsmanager-secret-generatesecretstring.html
type Generate struct {
	ExcludeCharacters       string
	ExcludeLowercase        bool   `json:",string"`
	ExcludeNumbers          bool   `json:",string"`
	ExcludePunctuation      bool   `json:",string"`
	ExcludeUppercase        bool   `json:",string"`
	IncludeSpace            bool   `json:",string"`
	RequireEachIncludedType bool   `json:",string"`
	PasswordLength          int    `json:",string"` // characters, 1 to 4096
	GenerateStringKey       string // field of the template that takes the password
	SecretStringTemplate    string // JSON object
}

// Character sets of generated passwords.
const (
	lowercase   = "abcdefghijklmnopqrstuvwxyz"
	uppercase   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits      = "0123456789"
	punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
)

// String generates a value: the password, or the template with the password as one more field.
func (g *Generate) String() (string, error) {
	password, err := g.password()
	if err != nil {
		return "", err
	}
	if (g.GenerateStringKey == "") != (g.SecretStringTemplate == "") {
		return "", errors.New("give both SecretStringTemplate and GenerateStringKey, or neither")
	}
	if g.GenerateStringKey == "" {
		return password, nil
	}
	fields := map[string]any{}
	if err := json.Unmarshal([]byte(g.SecretStringTemplate), &fields); err != nil {
		return "", fmt.Errorf("reading SecretStringTemplate as a JSON object: %w", err)
	}
	fields[g.GenerateStringKey] = password
	value, err := json.Marshal(fields)
	return string(value), err
}

func (g *Generate) password() (string, error) {
	sets := g.sets()
	switch {
	case g.PasswordLength < 1 || g.PasswordLength > 4096:
		return "", fmt.Errorf("a PasswordLength of %d: use 1 to 4096", g.PasswordLength)
	case len(sets) == 0:
		return "", errors.New("every character is excluded")
	case g.RequireEachIncludedType && len(sets) > g.PasswordLength:
		return "", fmt.Errorf("a PasswordLength of %d cannot hold one character of each of %d types", g.PasswordLength, len(sets))
	}
	for {
		password := randomText(strings.Join(sets, ""), g.PasswordLength)
		lacks := func(set string) bool { return !strings.ContainsAny(password, set) }
		if !g.RequireEachIncludedType || !slices.ContainsFunc(sets, lacks) {
			return password, nil
		}
	}
}

// sets returns the included character types without excluded characters; a type that has none left drops out.
func (g *Generate) sets() []string {
	included := map[string]bool{
		lowercase: !g.ExcludeLowercase, uppercase: !g.ExcludeUppercase, digits: !g.ExcludeNumbers, punctuation: !g.ExcludePunctuation, " ": g.IncludeSpace,
	}
	excluded := func(r rune) bool { return strings.ContainsRune(g.ExcludeCharacters, r) }
	var sets []string
	for set, in := range included {
		if kept := strings.Join(strings.FieldsFunc(set, excluded), ""); in && kept != "" {
			sets = append(sets, kept)
		}
	}
	return sets
}

func randomText(alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		j, err := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet))))
		if err != nil { // crypto/rand.Reader never fails
			panic(err)
		}
		b[i] = alphabet[j.Int64()]
	}
	return string(b)
}
