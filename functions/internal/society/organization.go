package society

import (
	"crypto/rand"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"
)

const (
	maxOrganizationName        = 100
	maxOrganizationDescription = 2000
	minSlug, maxSlug           = 2, 63
)

// Organization is a tenant, as one of its members sees it.
type Organization struct {
	ID          uuid.UUID
	Name        string
	Slug        string
	Description string
	// Role is the role of the person who asked.
	Role      Role
	CreatedAt time.Time
	UpdatedAt time.Time
}

// NewOrganization is what a person gives to make an organization.
type NewOrganization struct {
	Name string
	// Slug is the name in addresses, unique over all organizations; empty to derive it from the name.
	Slug        string
	Description string
}

// Normalize trims the texts and checks them. The error is a *ValidationError.
func (o NewOrganization) Normalize() (NewOrganization, error) {
	var c checker
	o.Name = c.line("name", o.Name, maxOrganizationName)
	o.Description = c.text("description", o.Description, maxOrganizationDescription)
	if o.Slug != "" {
		c.slug("slug", o.Slug)
	}
	return o, c.err()
}

// OrganizationChange is what a person changes in an organization; nil leaves a field as it is.
type OrganizationChange struct {
	Name        *string
	Description *string
}

// Normalize trims the texts and checks them. The error is a *ValidationError.
func (o OrganizationChange) Normalize() (OrganizationChange, error) {
	var c checker
	if o.Name != nil {
		name := c.line("name", *o.Name, maxOrganizationName)
		o.Name = &name
	}
	if o.Description != nil {
		c.text("description", *o.Description, maxOrganizationDescription)
	}
	return o, c.err()
}

var slugForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// ValidSlug tells whether a text can be a slug.
func ValidSlug(s string) bool {
	return len(s) >= minSlug && len(s) <= maxSlug && slugForm.MatchString(s)
}

// suffixLength is the length of the random end of a slug, in characters of 5 bits.
const suffixLength = 6

// DeriveSlug makes a slug from a name: its ASCII letters and digits in lower case, anything between them one hyphen. A
// name without enough of them, such as a Japanese one, gives org-<random>.
func DeriveSlug(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	slug := strings.Join(words, "-")
	if len(slug) > maxSlug {
		slug = strings.TrimRight(slug[:maxSlug], "-")
	}
	if len(slug) < minSlug {
		return "org-" + randomSuffix()
	}
	return slug
}

// VarySlug gives another slug for the same name, after the derived one proved taken.
func VarySlug(slug string) string {
	if room := maxSlug - suffixLength - 1; len(slug) > room {
		slug = strings.TrimRight(slug[:room], "-")
	}
	return slug + "-" + randomSuffix()
}

func randomSuffix() string { return strings.ToLower(rand.Text()[:suffixLength]) }
