package environment

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// directConcurrency bounds the api function's processes when an override takes the proxy away and names no bound itself.
const directConcurrency = 20

// override sets one setting from its text.
type override func(s *Settings, value string) error

// overrides are the settings that one synthesis may change, by their short names.
var overrides = map[string]override{
	"region":                 text(func(s *Settings) *string { return &s.Region }),
	"egress":                 text(func(s *Settings) *Egress { return &s.Network.Egress }),
	"proxy":                  flag(func(s *Settings) *bool { return &s.Database.Proxy }),
	"multiAZ":                flag(func(s *Settings) *bool { return &s.Database.MultiAZ }),
	"instanceClass":          text(func(s *Settings) *string { return &s.Database.InstanceClass }),
	"storageGiB":             number(func(s *Settings) *int { return &s.Database.StorageGiB }),
	"backupDays":             number(func(s *Settings) *int { return &s.Database.BackupDays }),
	"poolSize":               number(func(s *Settings) *int { return &s.Database.PoolSize }),
	"memoryMiB":              number(func(s *Settings) *int { return &s.Functions.MemoryMiB }),
	"reservedConcurrency":    number(func(s *Settings) *int { return &s.Functions.ReservedConcurrency }),
	"provisionedConcurrency": number(func(s *Settings) *int { return &s.Functions.ProvisionedConcurrency }),
	"deployment":             text(func(s *Settings) *string { return &s.Deployment.Config }),
	"logRetentionDays":       number(func(s *Settings) *int { return &s.Logs.RetentionDays }),
	"domain":                 text(func(s *Settings) *string { return &s.Site.Domain.Name }),
	"certificate":            text(func(s *Settings) *string { return &s.Site.Domain.CertificateARN }),
}

// With returns the settings with the assignments, each key=value, carried out and everything validated again. The
// keys are those that Overridable lists. proxy=false bounds the api function's processes where nothing else does.
func (s Settings) With(assignments ...string) (Settings, error) {
	for _, assignment := range assignments {
		key, value, found := strings.Cut(assignment, "=")
		set, known := overrides[key]
		if !known {
			return Settings{}, fmt.Errorf("setting %q is unknown: use %s", key, strings.Join(Overridable(), ", "))
		}
		if !found {
			return Settings{}, fmt.Errorf("setting %s has no value: write %s=value", key, key)
		}
		if err := set(&s, value); err != nil {
			return Settings{}, fmt.Errorf("setting %s=%s: %w", key, value, err)
		}
	}
	if !s.Database.Proxy && s.Functions.ReservedConcurrency == 0 {
		s.Functions.ReservedConcurrency = directConcurrency
	}
	if err := s.Validate(); err != nil {
		return Settings{}, fmt.Errorf("settings of environment %s with %s: %w", s.Name, strings.Join(assignments, ","), err)
	}
	return s, nil
}

// Overridable lists the keys that With knows.
func Overridable() []string { return slices.Sorted(maps.Keys(overrides)) }

// Assignments splits key=value,key=value as it comes from a command line; nothing gives none.
func Assignments(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

func text[T ~string](field func(*Settings) *T) override {
	return func(s *Settings, value string) error {
		*field(s) = T(value)
		return nil
	}
}

func number(field func(*Settings) *int) override {
	return func(s *Settings, value string) error {
		n, err := strconv.Atoi(value)
		if err != nil {
			return fmt.Errorf("%q is not a whole number", value)
		}
		*field(s) = n
		return nil
	}
}

func flag(field func(*Settings) *bool) override {
	return func(s *Settings, value string) error {
		switch value {
		case "true", "on":
			*field(s) = true
		case "false", "off":
			*field(s) = false
		default:
			return fmt.Errorf("%q is neither true nor false", value)
		}
		return nil
	}
}
