package postgres

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/miyabi-society/platform/functions/internal/society"
)

// Whatever one organization writes and whatever another one then does, with its own ids or the first one's: nothing of
// what was written comes back, and a name that is taken there is free here.
func TestNoSequenceOfWorkRevealsAByteOfAnotherOrganization(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		victim, attacker := f.organization(t), f.organization(t)
		foreign, own := f.workThings(t, victim, uuid.Nil), f.workThings(t, attacker, uuid.Nil)
		operations := f.work(t.Context())
		names := slices.Sorted(maps.Keys(operations))
		rapid.Check(t, func(r *rapid.T) {
			word := rapid.StringMatching(`[a-z]{16}`).Draw(r, "word")
			task, err := f.CreateTask(t.Context(), victim, society.NewTask{Name: word, Description: "about " + word, AgentType: word})
			if err != nil {
				r.Fatal(err)
			}
			foreign.task, foreign.other = task.ID, foreign.task
			sameNameIsFree(t, r, f, victim, attacker, rapid.StringMatching(`worker-[a-z]{9}`).Draw(r, "worker"))
			for _, name := range rapid.SliceOfN(rapid.SampledFrom(names), 1, 4).Draw(r, "operations") {
				shown, err := operations[name].do(attacker, foreign)
				again, errAgain := operations[name].do(attacker, own)
				seen := fmt.Sprintf("%+v %v %+v %v", shown, err, again, errAgain)
				for _, secret := range []string{word, task.ID.String(), victim.Organization.String(), victim.Person.String()} {
					if strings.Contains(seen, secret) {
						r.Fatalf("%s shows %q of the other organization: %s", name, secret, seen)
					}
				}
			}
		})
	})
}

// sameNameIsFree registers a worker of one name in both organizations, and takes both away again.
func sameNameIsFree(t *testing.T, r *rapid.T, f fixture, victim, attacker society.Actor, name string) {
	for _, as := range []society.Actor{victim, attacker} {
		worker, err := f.RegisterWorker(t.Context(), as, society.NewWorker{Name: name}, healthy)
		if err != nil {
			r.Fatalf("a name that only the other organization uses: %v", err)
		}
		defer func() { _ = f.RemoveWorker(t.Context(), as, worker.ID) }()
	}
}
