package postgres

import (
	"errors"
	"sync"
	"testing"

	"github.com/miyabi-society/platform/functions/internal/society"
)

func account(id int64) society.GitHubAccount {
	return society.GitHubAccount{ID: id, Login: "hana", Name: "花", Email: "hana@example.com", AvatarURL: "https://avatars.example/2"}
}

func TestSigningInAgainKeepsThePersonAndTakesTheNewProfile(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		first, err := f.SignIn(t.Context(), account(-1), token(t))
		if err != nil {
			t.Fatal(err)
		}
		changed := society.GitHubAccount{ID: -1, Login: "hana2", Name: "はな", AvatarURL: ""}
		second, err := f.SignIn(t.Context(), changed, token(t))
		if err != nil || second.User != first.User || second.Session == first.Session {
			t.Fatalf("first %v, then %v (%v)", first, second, err)
		}
		me, err := f.Me(t.Context(), first.User)
		if want := (society.User{ID: first.User, Login: "hana2", Name: "はな"}); err != nil || me.User != want {
			t.Errorf("me is %+v (%v), want %+v", me.User, err, want)
		}
	})
}

func TestATokenRotatesOnceAndItsReuseRevokesTheFamily(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		first, second, third := token(t), token(t), token(t)
		in, err := f.SignIn(t.Context(), account(-2), first)
		if err != nil {
			t.Fatal(err)
		}
		if rotated, err := f.Rotate(t.Context(), first, second); err != nil || rotated != in {
			t.Fatalf("rotated to %v (%v), want %v", rotated, err, in)
		}
		_, err = f.Rotate(t.Context(), first, third)
		wantError(t, err, society.ErrUnauthenticated)
		_, err = f.Rotate(t.Context(), second, third)
		wantError(t, err, society.ErrUnauthenticated)
		var reason string
		if err := f.db.Superuser(t).QueryRow(t.Context(), "SELECT revoked_for FROM sessions WHERE id = $1", in.Session).Scan(&reason); err != nil || reason != "reuse" {
			t.Errorf("revoked for %q (%v)", reason, err)
		}
	})
}

func TestReuseLeavesOtherFamiliesAlone(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		phone, laptop := token(t), token(t)
		for _, one := range []society.TokenHash{phone, laptop} {
			if _, err := f.SignIn(t.Context(), account(-3), one); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			_, _ = f.Rotate(t.Context(), phone, token(t))
		}
		if _, err := f.Rotate(t.Context(), laptop, token(t)); err != nil {
			t.Errorf("the other session: %v", err)
		}
	})
}

func TestSigningOutRevokesTheFamily(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		first, second := token(t), token(t)
		if _, err := f.SignIn(t.Context(), account(-4), first); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Rotate(t.Context(), first, second); err != nil {
			t.Fatal(err)
		}
		if err := f.SignOut(t.Context(), first); err != nil {
			t.Fatal(err)
		}
		_, err := f.Rotate(t.Context(), second, token(t))
		wantError(t, err, society.ErrUnauthenticated)
		if err := f.SignOut(t.Context(), token(t)); err != nil {
			t.Errorf("signing out with an unknown token: %v", err)
		}
	})
}

func TestAnExpiredOrUnknownTokenIsRefused(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		first := token(t)
		if _, err := f.SignIn(t.Context(), account(-5), first); err != nil {
			t.Fatal(err)
		}
		if _, err := f.db.Superuser(t).Exec(t.Context(), "UPDATE refresh_tokens SET expires_at = now() - interval '1 second'"); err != nil {
			t.Fatal(err)
		}
		_, err := f.Rotate(t.Context(), first, token(t))
		wantError(t, err, society.ErrUnauthenticated)
		_, err = f.Rotate(t.Context(), token(t), token(t))
		wantError(t, err, society.ErrUnauthenticated)
	})
}

func TestOfTwoRotationsAtOnceOneWins(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		first := token(t)
		if _, err := f.SignIn(t.Context(), account(-6), first); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var won, lost int
		var all sync.WaitGroup
		for range 4 {
			next := token(t)
			all.Go(func() {
				_, err := f.Rotate(t.Context(), first, next)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					won++
				case errors.Is(err, society.ErrUnauthenticated):
					lost++
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if won != 1 || lost != 3 {
			t.Errorf("%d won and %d lost", won, lost)
		}
	})
}

func TestSigningInForgetsDeadFamilies(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		if _, err := f.SignIn(t.Context(), account(-7), token(t)); err != nil {
			t.Fatal(err)
		}
		admin := f.db.Superuser(t)
		if _, err := admin.Exec(t.Context(), "UPDATE refresh_tokens SET expires_at = now()"); err != nil {
			t.Fatal(err)
		}
		if _, err := f.SignIn(t.Context(), account(-7), token(t)); err != nil {
			t.Fatal(err)
		}
		var sessions, tokens int
		if err := admin.QueryRow(t.Context(), "SELECT (SELECT count(*) FROM sessions), (SELECT count(*) FROM refresh_tokens)").Scan(&sessions, &tokens); err != nil || sessions != 1 || tokens != 1 {
			t.Errorf("%d sessions and %d tokens are kept (%v)", sessions, tokens, err)
		}
	})
}

func TestOnlyHashesAreKept(t *testing.T) {
	inBothModes(t, func(t *testing.T, f fixture) {
		var columns int
		err := f.db.Superuser(t).QueryRow(t.Context(), `SELECT count(*) FROM information_schema.columns
			WHERE table_schema = 'public' AND column_name ~ 'token|secret|password'`).Scan(&columns)
		if err != nil || columns != 0 {
			t.Errorf("%d columns are named for a secret (%v)", columns, err)
		}
	})
}
