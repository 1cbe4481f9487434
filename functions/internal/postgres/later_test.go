package postgres

import (
	"testing"

	"github.com/google/uuid"
)

// The release before runs on the schema of the next one: a column that it does not know is no change.
func TestColumnsOfALaterReleaseAreNoChange(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		for _, table := range column(t, f.db, "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')") {
			arrange(t, f.db, "ALTER TABLE "+table+" ADD COLUMN later integer DEFAULT 1")
		}
		for name, o := range operationsOnPeople {
			owner := f.roomy(t)
			as := owner
			if name == "Leave" {
				continue
			}
			if _, err := o.do(t.Context(), as, &things{fixture: f, t: t, owner: owner}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		for name, op := range f.audited(t) {
			owner := f.roomy(t)
			on := f.workThings(t, owner, uuid.Nil)
			f.ready(t, owner, name, on)
			if _, err := op.do(owner, on); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, row := range column(t, f.db, "SELECT concat_ws(' ', action, before, after) FROM audit_log WHERE before IS NOT NULL AND after IS NOT NULL AND (before ? 'later' OR after ? 'later')") {
			t.Errorf("the audit log tells of a column that nobody changed: %s", row)
		}
	})
}
