// Package demo fills an organization with people, a fleet and two weeks of work, so that there is something to see. All
// of it goes through the store, by the rules that hold for everybody.
package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/miyabi-society/platform/functions/internal/postgres"
	"github.com/miyabi-society/platform/functions/internal/society"
)

// Slug is the demo organization's name in addresses.
const Slug = "miyabi-demo"

// ErrThere means that the demo organization was made before.
var ErrThere = errors.New("the demo organization " + Slug + " is there already")

// Made says what was made.
type Made struct {
	People, Teams, Repositories, Coordinators, Workers, Tasks int
	// Since is when the history begins.
	Since time.Time
}

// member is a person of the demo: one of the accounts that the GitHub of a local run knows, so that whoever signs in
// there is in the organization.
type member struct {
	account society.GitHubAccount
	role    society.Role
}

func members() []member {
	return []member{
		{society.GitHubAccount{ID: 9_000_001, Login: "hanako-sato", Name: "佐藤 花子", Email: "hanako.sato@example.com"}, society.Owner},
		{society.GitHubAccount{ID: 9_000_002, Login: "taro-suzuki", Name: "鈴木 太郎", Email: "taro.suzuki@example.com"}, society.Admin},
		{society.GitHubAccount{ID: 9_000_003, Login: "yui-takahashi", Name: "高橋 結衣", Email: "yui.takahashi@example.com"}, society.Member},
		{society.GitHubAccount{ID: 9_000_004, Login: "ren-tanaka", Name: "田中 蓮", Email: "ren.tanaka@example.com"}, society.Viewer},
	}
}

// story is the demo while it is told.
type story struct {
	timeline
	store *postgres.Store
	made  Made

	// owner, lead and hand are the first three members: they found, assign, and carry out.
	owner, lead, hand society.Actor
	repositories      []society.Repository
	teams             []society.Team
	coordinators      []society.Coordinator
	workers           []society.Worker
}

// Fill makes the demo organization with a history that ends now. The same now gives the same history. The error is
// ErrThere when the organization exists.
func Fill(ctx context.Context, store *postgres.Store, now time.Time) (Made, error) {
	s := &story{timeline: timeline{now: now.Add(-history)}}
	s.store = store.At(func() time.Time { return s.now })
	s.made.Since = s.now
	for _, step := range []func(context.Context) error{s.found, s.invite, s.equip} {
		if err := step(ctx); err != nil {
			return s.made, fmt.Errorf("make the demo organization: %w", err)
		}
	}
	s.planWork(now)
	s.planHeartbeats(now)
	if err := s.run(ctx); err != nil {
		return s.made, fmt.Errorf("tell the demo's history: %w", err)
	}
	return s.made, nil
}

// found signs the first member in and lets them found the organization.
func (s *story) found(ctx context.Context) error {
	owner, err := s.signIn(ctx, members()[0].account)
	if err != nil {
		return err
	}
	o, err := s.store.CreateOrganization(ctx, owner, society.NewOrganization{
		Name: "雅ソサエティ", Slug: Slug, Description: "人とエージェントが一緒に働く、デモの組織です。\nA demo organization where people and agents work together.",
	})
	if _, taken := errors.AsType[*society.ConflictError](err); taken {
		return ErrThere
	}
	s.owner = society.Actor{Organization: o.ID, Person: owner}
	return err
}

// signIn makes a person known, as their first sign-in does, and ends that session.
func (s *story) signIn(ctx context.Context, account society.GitHubAccount) (uuid.UUID, error) {
	var token society.TokenHash
	_, _ = rand.Read(token[:]) // never fails: https://pkg.go.dev/crypto/rand#Read
	in, err := s.store.SignIn(ctx, account, token)
	if err != nil {
		return uuid.Nil, err
	}
	s.made.People++
	return in.User, s.store.SignOut(ctx, token)
}

// invite brings the other members in.
func (s *story) invite(ctx context.Context) error {
	for i, one := range members()[1:] {
		person, err := s.signIn(ctx, one.account)
		if err != nil {
			return err
		}
		invitation, err := s.store.Invite(ctx, s.owner, society.NewInvitation{Login: one.account.Login, Role: one.role})
		if err != nil {
			return err
		}
		if err := s.store.AcceptInvitation(ctx, person, s.owner.Organization, invitation.ID); err != nil {
			return err
		}
		switch actor := (society.Actor{Organization: s.owner.Organization, Person: person}); i {
		case 0:
			s.lead = actor
		case 1:
			s.hand = actor
		}
	}
	return nil
}

// equip makes teams, repositories, coordinators and workers.
func (s *story) equip(ctx context.Context) error {
	for _, name := range []string{"開発チーム", "ビジネスチーム"} {
		team, err := s.store.CreateTeam(ctx, s.lead, society.NewTeam{Name: name, Slug: map[string]string{"開発チーム": "development", "ビジネスチーム": "business"}[name]})
		if err != nil {
			return err
		}
		if _, err := s.store.SetTeamMember(ctx, s.owner, team.ID, s.hand.Person, society.TeamMember); err != nil {
			return err
		}
		s.teams = append(s.teams, team)
	}
	for _, name := range []string{"miyabi-society/platform", "miyabi-society/dashboard", "miyabi-society/handbook"} {
		r, err := s.store.AddRepository(ctx, s.owner, society.NewRepository{FullName: name})
		if err != nil {
			return err
		}
		s.repositories = append(s.repositories, r)
	}
	s.made.Teams, s.made.Repositories = len(s.teams), len(s.repositories)
	return s.equipFleet(ctx)
}
