package team

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/irum-app/irum/server/domain"
)

var cheap = Cost{KiB: 64, Passes: 1, Threads: 1}

func TestPasswords(t *testing.T) {
	h := newHasher(cheap)
	hash, err := h.hash(t.Context(), "correct horse 가나다")
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=64,t=1,p=1$") {
		t.Fatal(hash, err)
	}
	again, err := h.hash(t.Context(), "correct horse 가나다")
	if err != nil || again == hash {
		t.Error("two hashes of one password are the same: no salt", err)
	}
	for password, want := range map[string]bool{
		"correct horse 가나다": true, "correct horse \u1100\u1161\u1102\u1161\u1103\u1161": true, // composed and decomposed
		"correct horse": false, "": false, strings.Repeat("x", 10_000): false,
	} {
		if right, stale, err := h.check(t.Context(), hash, password); right != want || stale || err != nil {
			t.Errorf("%.20q: %v, %v, %v", password, right, stale, err)
		}
	}
	dearer := newHasher(Cost{KiB: 128, Passes: 1, Threads: 1})
	if right, stale, err := dearer.check(t.Context(), hash, "correct horse 가나다"); !right || !stale || err != nil {
		t.Errorf("a hash of old costs: %v, %v, %v", right, stale, err)
	}
	for _, password := range []string{"", strings.Repeat("\x00", hashBytes)} {
		if right, _, err := h.check(t.Context(), "", password); right || err != nil {
			t.Errorf("an account without a password lets %q in: %v", password, err)
		}
	}
	for _, damaged := range []string{"x", "$argon2i$v=19$m=64,t=1,p=1$c2FsdA$aGFzaA", hash[:len(hash)-4], strings.Replace(hash, "t=1", "t=0", 1), strings.Replace(hash, "m=64", "m=4000000000", 1)} {
		if _, _, err := h.check(t.Context(), damaged, "x"); err == nil {
			t.Errorf("%s was taken", damaged)
		}
	}
}

func TestPasswordsThatAreGuessedSoon(t *testing.T) {
	for _, password := range []string{"", "short", "aaaaaaaaaaaaaa", "1212121212121212", strings.Repeat("long enough ", 50)} {
		if err := checkPassword(password); domain.AsProblem(err).Field != "password" {
			t.Errorf("%q: %v", password, err)
		}
	}
	for _, password := range []string{"ten chars!", "비밀번호는열글자이상입니다"} {
		if err := checkPassword(password); err != nil {
			t.Errorf("%q: %v", password, err)
		}
	}
}

// TestFewPasswordsAtOnce wants those who wait to give up with their request, and the line to have an end.
func TestFewPasswordsAtOnce(t *testing.T) {
	h := newHasher(cheap)
	for range atOnce {
		h.turn <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.hash(ctx, "correct horse"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	for range waiting {
		h.line <- struct{}{}
	}
	if _, err := h.hash(t.Context(), "correct horse"); domain.AsProblem(err).RetryAfter == 0 {
		t.Error(err)
	}
}

func TestLimit(t *testing.T) {
	now := time.Unix(1e9, 0)
	l := &limiter{now: func() time.Time { return now }, tries: map[string]*tries{}}
	here := counts("10.0.0.1", "ann@example.com")
	for i := range freeHere {
		if err := l.begin(here); err != nil {
			t.Fatalf("try %d: %v", i+1, err)
		}
	}
	p := domain.AsProblem(l.begin(here))
	if p.Code != domain.CodeTooMany || p.Status != 429 || p.RetryAfter != 1 {
		t.Fatalf("after %d failures: %+v", freeHere, p)
	}
	if err := l.begin(counts("10.0.0.2", "ann@example.com")); err != nil {
		t.Errorf("somebody else's failures lock ann out: %v", err)
	}
	var last time.Duration
	for range 20 {
		now = now.Add(last)
		if err := l.begin(here); err != nil && domain.AsProblem(err).RetryAfter == 0 {
			t.Fatal(err)
		}
		last = time.Duration(domain.AsProblem(l.begin(here)).RetryAfter) * time.Second
	}
	if last != longestWait {
		t.Errorf("the wait grows to %v, want %v", last, longestWait)
	}
	now = now.Add(longestWait)
	if err := l.begin(here); err != nil {
		t.Error(err)
	}
	l.end(here)
	for i := range freeHere {
		if err := l.begin(here); err != nil {
			t.Fatalf("try %d after one that was right: %v", i+1, err)
		}
	}
}

// TestLimitOfAddresses wants many accounts from one address to be held back, and the memory for it to be bounded.
func TestLimitOfAddresses(t *testing.T) {
	now := time.Unix(1e9, 0)
	l := &limiter{now: func() time.Time { return now }, tries: map[string]*tries{}}
	name := func(i int) string { return string(rune('a'+i%26)) + strings.Repeat("x", i/26) }
	for i := range freeAddress {
		if err := l.begin(counts("10.0.0.1", name(i))); err != nil {
			t.Fatal(i, err)
		}
	}
	if err := l.begin(counts("10.0.0.1", "one more")); domain.AsProblem(err).Code != domain.CodeTooMany {
		t.Errorf("an address guesses on: %v", err)
	}
	for i := range 3 * maxCounted {
		_ = l.begin([]count{{time.Duration(i).String(), freeHere}})
	}
	if n := len(l.tries); n > maxCounted {
		t.Errorf("%d are counted at once", n)
	}
}

func TestAddresses(t *testing.T) {
	for _, test := range []struct {
		remote, forwarded string
		proxy             bool
		want              string
	}{
		{"10.1.2.3:99", "", false, "10.1.2.3"},
		{"10.1.2.3:99", "1.1.1.1", true, "10.1.2.3"},
		{"127.0.0.1:99", "1.1.1.1", false, "127.0.0.1"},
		{"127.0.0.1:99", "6.6.6.6, 1.1.1.1", true, "1.1.1.1"},
		{"127.0.0.1:99", "rubbish", true, "127.0.0.1"},
		{"[2001:db8:1:2:3:4:5:6]:99", "", false, "2001:db8:1:2::/64"},
		{"[::ffff:10.0.0.1]:99", "", false, "10.0.0.1"},
		{"[::1]:99", "2001:db8::1", true, "2001:db8::/64"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = test.remote
		r.Header.Set("X-Forwarded-For", test.forwarded)
		if got := address(r, test.proxy); got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
	}
}
