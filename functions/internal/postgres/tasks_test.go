package postgres

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/miyabi-society/platform/functions/internal/society"
)

func TestATaskIsStoredWhole(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		made, err := f.CreateTask(t.Context(), as, society.NewTask{Name: " 書く ", Description: "a\nb", Priority: society.P0, AgentType: "codegen-agent"})
		if err != nil {
			t.Fatal(err)
		}
		want := society.Task{
			ID: made.ID, Organization: as.Organization, Name: "書く", Description: "a\nb", Status: society.Pending, Priority: society.P0,
			AgentType: "codegen-agent", MaxRetries: society.DefaultRetries, Timeout: society.DefaultTimeout,
			CreatedBy: as.Person, CreatedAt: made.CreatedAt, UpdatedAt: made.CreatedAt,
		}
		if made != want {
			t.Errorf("made %+v, want %+v", made, want)
		}
		if read, err := f.Task(t.Context(), as, made.ID); err != nil || read != made {
			t.Errorf("read %+v (%v), want %+v", read, err, made)
		}
	})
}

func TestTasksComeNewestFirstPageByPage(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		var want []string
		for i := range 7 {
			want = append([]string{f.task(t, as, fmt.Sprintf("task %d", i)).Name}, want...)
		}
		var got []string
		var pages int
		for cursor := ""; pages == 0 || cursor != ""; pages++ {
			page, err := f.Tasks(t.Context(), as, society.TaskFilter{}, society.PageRequest{Limit: 3, Cursor: cursor})
			if err != nil {
				t.Fatal(err)
			}
			for _, one := range page.Items {
				got = append(got, one.Name)
			}
			cursor = page.Next
		}
		if fmt.Sprint(got) != fmt.Sprint(want) || pages != 3 {
			t.Errorf("got %v in %d pages, want %v in 3", got, pages, want)
		}
	})
}

func TestTasksOfSomeStates(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		for _, status := range []society.TaskStatus{society.Pending, society.Running, society.Failed, society.Running} {
			f.taskIn(t, as, status)
		}
		filter := society.TaskFilter{Status: []society.TaskStatus{society.Running, society.Failed}}
		var got []string
		for cursor, first := "", true; first || cursor != ""; first = false {
			page, err := f.Tasks(t.Context(), as, filter, society.PageRequest{Limit: 2, Cursor: cursor})
			if err != nil {
				t.Fatal(err)
			}
			for _, one := range page.Items {
				got = append(got, one.Name)
			}
			cursor = page.Next
		}
		if fmt.Sprint(got) != "[running failed running]" {
			t.Errorf("got %v", got)
		}
	})
}

func TestABadCursorIsRefused(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		for _, cursor := range []string{"!", "AAAA", encodeCursor(uuid.Nil, []byte("short")), encodeCursor(uuid.Nil, []byte{0x7f, 1, 1, 1, 1, 1, 1, 1})} {
			_, err := f.Tasks(t.Context(), as, society.TaskFilter{}, society.PageRequest{Limit: 3, Cursor: cursor})
			wantInvalid(t, err, "cursor")
		}
		for _, cursor := range []string{"!", "AAAA", encodeCursor(uuid.Nil, []byte{0}), encodeCursor(uuid.Nil, []byte{0xff})} {
			_, err := f.Organizations(t.Context(), as.Person, society.PageRequest{Limit: 3, Cursor: cursor})
			wantInvalid(t, err, "cursor")
		}
	})
}

func TestAMissingTaskIsNotFound(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		_, err := f.Task(t.Context(), as, uuid.New())
		wantError(t, err, society.ErrNotFound)
	})
}

func TestAnInvalidTaskIsRefused(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		as := f.organization(t)
		_, err := f.CreateTask(t.Context(), as, society.NewTask{Name: " "})
		wantInvalid(t, err, "name")
	})
}
