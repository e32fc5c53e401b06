package store

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/irum-app/irum/server/domain"
)

// UserRecord is a person with the hash of their password.
type UserRecord struct {
	domain.User
	Password string `json:"-"` // argon2id in PHC form, "" for none
	Disabled bool   `json:"-"` // may not sign in
}

const userColumns = "u.id, u.email, u.name, u.password, u.host, u.created_at, u.disabled_at"

func scanUser(r Rows) (u UserRecord, err error) {
	var host, created, disabled int64
	err = r.Scan(&u.ID, &u.Email, &u.Name, &u.Password, &host, &created, &disabled)
	u.Host, u.CreatedAt, u.Disabled = host != 0, fromMicros(created), disabled != 0
	return u, err
}

// HasUsers tells whether there is any account.
func (s *Store) HasUsers(ctx context.Context) (bool, error) {
	n, err := collect(ctx, s.db, scanInt, "SELECT 1 FROM users LIMIT 1")
	if err != nil {
		return false, fmt.Errorf("look for accounts: %w", err)
	}
	return len(n) > 0, nil
}

// firstOwner is the key of the settings that only the first account can take.
const firstOwner = "first-owner"

// AddFirstUser makes the first account; its person runs the server and owns
// HomeWorkspace. CodeConflict when there is one already, whoever was
// faster.
func (s *Store) AddFirstUser(ctx context.Context, u UserRecord) (domain.User, error) {
	u.Host = true
	has, err := s.HasUsers(ctx)
	if err != nil {
		return domain.User{}, err
	}
	taken := domain.Errorf(domain.CodeConflict, "The first account has been made already. Sign in, or ask for an invitation.").In("token")
	if has {
		return domain.User{}, taken
	}
	insert, err := s.insertUser(&u)
	if err != nil {
		return domain.User{}, err
	}
	_, err = s.db.Batch(ctx, []Stmt{
		{"INSERT INTO settings (name, value) VALUES (?, ?)", []any{firstOwner, u.ID}},
		insert,
		{insertMember, []any{domain.HomeWorkspace, u.ID, string(domain.RoleOwner), micros(u.CreatedAt)}},
	})
	if err != nil {
		if again, readErr := s.HasUsers(ctx); readErr == nil && again {
			return domain.User{}, taken
		}
		return domain.User{}, fmt.Errorf("make the first account: %w", err)
	}
	return u.User, nil
}

// insertUser checks u and completes it.
func (s *Store) insertUser(u *UserRecord) (Stmt, error) {
	name, err := personName(u.Name)
	if err != nil {
		return Stmt{}, err
	}
	if err := checkEmail(&u.Email); err != nil {
		return Stmt{}, err
	}
	u.ID, u.Name, u.CreatedAt = NewID(), name, s.now()
	return Stmt{
		"INSERT INTO users (id, email, fold, name, password, host, created_at, disabled_at) VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
		[]any{u.ID, u.Email, fold(u.Email), u.Name, u.Password, flag(u.Host), micros(u.CreatedAt)},
	}, nil
}

// checkEmail trims an address and refuses what cannot be one.
func checkEmail(email *string) error {
	*email = strings.TrimSpace(clean(*email))
	local, host, ok := strings.Cut(*email, "@")
	if !ok || local == "" || host == "" || strings.ContainsAny(*email, " \t\r\n<>\",;") || strings.Contains(host, "@") || len(*email) > 254 {
		return domain.Errorf(domain.CodeInvalid, "An e-mail address looks like name@example.com, not %q.", *email).In("email")
	}
	return nil
}

// SameEmail tells whether two addresses are of one account.
func SameEmail(a, b string) bool { return fold(strings.TrimSpace(a)) == fold(strings.TrimSpace(b)) }

func personName(name string) (string, error) {
	name = strings.TrimSpace(clean(name))
	if n := utf8.RuneCountInString(name); n < 1 || n > 100 {
		return "", domain.Errorf(domain.CodeInvalid, "A name has 1 to 100 characters, so that others know who you are.").In("name")
	}
	return name, nil
}

// UserByEmail gives the account of an address, in whatever case it is written, or CodeNotFound.
func (s *Store) UserByEmail(ctx context.Context, email string) (UserRecord, error) {
	email = strings.TrimSpace(clean(email))
	return one(ctx, s.db, "account", email, scanUser, "SELECT "+userColumns+" FROM users u WHERE u.fold = ?", fold(email))
}

// User gives an account by id, or CodeNotFound.
func (s *Store) User(ctx context.Context, id string) (UserRecord, error) {
	return one(ctx, s.db, "account", id, scanUser, "SELECT "+userColumns+" FROM users u WHERE u.id = ?", id)
}

// RenameUser changes the name that others see.
func (s *Store) RenameUser(ctx context.Context, id, name string) error {
	name, err := personName(name)
	if err != nil {
		return err
	}
	return s.changeUser(ctx, id, "name", name)
}

// SetPassword keeps another hash.
func (s *Store) SetPassword(ctx context.Context, id, hash string) error {
	return s.changeUser(ctx, id, "password", hash)
}

// changeUser sets one column, whose name is our own text.
func (s *Store) changeUser(ctx context.Context, id, column string, value any) error {
	n, err := s.db.Exec(ctx, "UPDATE users SET "+column+" = ? WHERE id = ?", value, id)
	if err != nil {
		return fmt.Errorf("change an account: %w", err)
	}
	if n == 0 {
		return domain.Errorf(domain.CodeNotFound, "There is no account %q.", id)
	}
	return nil
}
