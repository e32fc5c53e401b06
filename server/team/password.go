package team

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"github.com/irum-app/irum/server/domain"
)

// Cost is how much work one check of a password is: the parameters of argon2id.
type Cost struct {
	KiB     uint32 // of memory
	Passes  uint32
	Threads uint8
}

// DefaultCost takes 64 MiB, three passes: the parameters that RFC 9106 recommends where memory is short, with two lanes.
var DefaultCost = Cost{KiB: 64 << 10, Passes: 3, Threads: 2}

const (
	saltBytes   = 16
	hashBytes   = 32
	minPassword = 10  // characters
	maxPassword = 500 // bytes
	atOnce      = 2   // passwords that are checked at the same time: each takes Cost.KiB
	waiting     = 32  // that may wait for it
)

// hasher makes and checks hashes of passwords, a few at a time.
type hasher struct {
	cost Cost
	turn chan struct{}
	line chan struct{}
	none string // a hash that no password has: checking takes as long where there is no account
}

func newHasher(c Cost) *hasher {
	if c == (Cost{}) {
		c = DefaultCost
	}
	h := &hasher{cost: c, turn: make(chan struct{}, atOnce), line: make(chan struct{}, waiting)}
	h.none = encode(c, make([]byte, saltBytes), make([]byte, hashBytes))
	return h
}

// checkPassword refuses passwords that would be guessed soon.
func checkPassword(password string) error {
	seen := map[rune]bool{}
	for _, r := range password {
		seen[r] = true
	}
	switch {
	case utf8.RuneCountInString(password) < minPassword:
		return domain.Errorf(domain.CodeInvalid, "A password has at least %d characters. Some words in a row are easy to remember.", minPassword).In("password")
	case len(password) > maxPassword:
		return domain.Errorf(domain.CodeInvalid, "A password has at most %d bytes.", maxPassword).In("password")
	case len(seen) < 5:
		return domain.Errorf(domain.CodeInvalid, "A password needs at least 5 different characters.").In("password")
	}
	return nil
}

// hash gives the text that is kept of a password: argon2id in PHC form.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	if err := checkPassword(password); err != nil {
		return "", err
	}
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails
	sum, err := h.compute(ctx, h.cost, password, salt)
	return encode(h.cost, salt, sum), err
}

// check tells whether password is the one of hash, and whether hash should be made anew because costs have changed. An empty
// hash is nobody's.
func (h *hasher) check(ctx context.Context, hash, password string) (right, stale bool, err error) {
	real := hash != ""
	if !real {
		hash = h.none
	}
	cost, salt, want, err := decode(hash)
	if err != nil {
		return false, false, err
	}
	if len(password) > maxPassword {
		password = ""
	}
	got, err := h.compute(ctx, cost, password, salt)
	if err != nil {
		return false, false, err
	}
	right = subtle.ConstantTimeCompare(got, want) == 1 && real
	return right, right && cost != h.cost, nil
}

// compute waits for its turn. A person may type the same letters in composed or decomposed form: both are one password.
func (h *hasher) compute(ctx context.Context, c Cost, password string, salt []byte) ([]byte, error) {
	select {
	case h.line <- struct{}{}:
		defer func() { <-h.line }()
	default:
		p := domain.Errorf(domain.CodeUnavailable, "Too many people are signing in at the moment. Try again in some seconds.")
		p.RetryAfter = 5
		return nil, p
	}
	select {
	case h.turn <- struct{}{}:
		defer func() { <-h.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(norm.NFKC.String(password)), salt, c.Passes, c.KiB, c.Threads, hashBytes), nil
}

var phc = base64.RawStdEncoding

func encode(c Cost, salt, sum []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.KiB, c.Passes, c.Threads, phc.EncodeToString(salt), phc.EncodeToString(sum))
}

func decode(text string) (c Cost, salt, sum []byte, err error) {
	wrong := fmt.Errorf("a hash of a password is not argon2id in PHC form")
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, wrong
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.KiB, &c.Passes, &c.Threads); err != nil {
		return c, nil, nil, wrong
	}
	if c.KiB < 8 || c.KiB > 4<<20 || c.Passes < 1 || c.Passes > 100 || c.Threads < 1 {
		return c, nil, nil, wrong
	}
	if salt, err = phc.DecodeString(parts[4]); err != nil {
		return c, nil, nil, wrong
	}
	if sum, err = phc.DecodeString(parts[5]); err != nil || len(sum) != hashBytes {
		return c, nil, nil, wrong
	}
	return c, salt, sum, nil
}
