package awsapi

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// Generate is a GenerateSecretString (AWSCloudFormation/latest/TemplateReference/aws-properties-secretsmanager-secret-generatesecretstring).
type Generate struct {
	ExcludeCharacters       string
	ExcludeLowercase        bool
	ExcludeNumbers          bool
	ExcludePunctuation      bool
	ExcludeUppercase        bool
	IncludeSpace            bool
	RequireEachIncludedType bool
	PasswordLength          int    // characters, 1 to 4096
	GenerateStringKey       string // field of the template that takes the password
	SecretStringTemplate    string // JSON object
}

// Character sets of generated passwords.
const (
	lowercase   = "abcdefghijklmnopqrstuvwxyz"
	uppercase   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	letters     = lowercase + uppercase
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
	if g.PasswordLength < 1 || g.PasswordLength > 4096 {
		return "", fmt.Errorf("a PasswordLength of %d: use 1 to 4096", g.PasswordLength)
	}
	sets := g.sets()
	all := strings.Join(sets, "")
	if all == "" {
		return "", errors.New("every character is excluded")
	}
	if !g.RequireEachIncludedType {
		return randomText(all, g.PasswordLength), nil
	}
	if len(sets) > g.PasswordLength {
		return "", fmt.Errorf("a PasswordLength of %d cannot hold one character of each of %d types", g.PasswordLength, len(sets))
	}
	password := []byte(randomText(all, g.PasswordLength-len(sets)))
	for _, set := range sets {
		password = append(password, randomText(set, 1)...)
	}
	for i := len(password) - 1; i > 0; i-- { // so that the required ones stand anywhere
		j := randomIndex(i + 1)
		password[i], password[j] = password[j], password[i]
	}
	return string(password), nil
}

// sets returns the included character types without excluded characters; a type that has none left drops out.
func (g *Generate) sets() []string {
	candidates := []struct {
		out   bool
		chars string
	}{
		{g.ExcludeLowercase, lowercase},
		{g.ExcludeUppercase, uppercase},
		{g.ExcludeNumbers, digits},
		{g.ExcludePunctuation, punctuation},
		{!g.IncludeSpace, " "},
	}
	var sets []string
	for _, c := range candidates {
		kept := strings.Map(func(r rune) rune {
			if strings.ContainsRune(g.ExcludeCharacters, r) {
				return -1
			}
			return r
		}, c.chars)
		if !c.out && kept != "" {
			sets = append(sets, kept)
		}
	}
	return sets
}

func randomText(alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[randomIndex(len(alphabet))]
	}
	return string(b)
}

func randomIndex(n int) int {
	i, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil { // crypto/rand.Reader never fails
		panic(err)
	}
	return int(i.Int64())
}
