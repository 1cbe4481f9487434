package postgres

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/miyabi-society/platform/functions/internal/society"
)

// secrets are what an organization's rows hold that names it or its things: ids, names, logins, prefixes of keys.
const secrets = `SELECT unnest(ARRAY[o.id::text, o.name, o.slug]) FROM organizations AS o WHERE o.id = $1
	UNION SELECT unnest(ARRAY[u.id::text, u.login]) FROM organization_members AS m INNER JOIN users AS u ON m.user_id = u.id WHERE m.organization_id = $1
	UNION SELECT unnest(ARRAY[id::text, name]) FROM teams WHERE organization_id = $1
	UNION SELECT unnest(ARRAY[id::text, login]) FROM invitations WHERE organization_id = $1
	UNION SELECT unnest(ARRAY[id::text, prefix]) FROM api_keys WHERE organization_id = $1
	UNION SELECT id::text FROM direct_grants WHERE organization_id = $1
	UNION SELECT id::text FROM audit_log WHERE organization_id = $1`

func TestNoOperationRevealsAByteOfAnotherOrganization(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		names := make([]string, 0, len(operationsOnPeople))
		for name := range operationsOnPeople {
			if name != "Leave" {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		victim, attacker := f.roomy(t), f.roomy(t)
		arrange(t, f.db, "UPDATE organizations SET name = 'the victim' WHERE id = $1", victim.Organization)
		own, foreign := &things{fixture: f, t: t, owner: attacker}, &things{fixture: f, t: t, owner: victim}
		rapid.Check(t, func(r *rapid.T) {
			var seen strings.Builder
			do := func(as society.Actor, of *things, name string) error {
				got, err := operationsOnPeople[name].do(t.Context(), as, of)
				_, _ = fmt.Fprintf(&seen, "%s: %+v %v\n", name, got, err)
				return err
			}
			into := society.Actor{Organization: victim.Organization, Person: attacker.Person}
			for _, name := range rapid.SliceOfN(rapid.SampledFrom(names), 1, 2).Draw(r, "operations") {
				if err := do(victim, foreign, name); err != nil && name != "TransferOwnership" {
					r.Fatalf("the victim's own %s: %v", name, err)
				}
				seen.Reset()
				if err := do(into, foreign, name); err == nil {
					r.Fatalf("%s in the other organization succeeded", name)
				}
				_ = do(attacker, foreign, name)
				_ = do(attacker, own, name)
				arrange(t, f.db, "UPDATE organization_members SET role = 'owner' WHERE user_id IN ($1, $2)", victim.Person, attacker.Person)
				for _, secret := range column(t, f.db, secrets, victim.Organization) {
					if strings.Contains(seen.String(), secret) {
						r.Fatalf("%q of the other organization is in %s", secret, seen.String())
					}
				}
			}
		})
		for _, table := range []string{"teams", "team_members", "direct_grants", "invitations", "api_keys", "audit_log"} {
			crossed := column(t, f.db, fmt.Sprintf("SELECT organization_id::text FROM %s WHERE organization_id = $1 AND to_jsonb(%s)::text LIKE '%%' || $2 || '%%'", table, table),
				victim.Organization, attacker.Person.String())
			if len(crossed) != 0 {
				t.Errorf("%d rows of %s of the victim name the attacker", len(crossed), table)
			}
		}
	})
}
