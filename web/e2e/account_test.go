package e2e

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/irum-app/irum/server/serve"
	"github.com/irum-app/irum/server/team"
)

// teamServer runs a server with accounts over the built page and gives its address and the link of the first account.
func teamServer(t *testing.T) (url, setup string) {
	t.Helper()
	if err := builtOnce(); err != nil {
		t.Fatal(err)
	}
	s, url := opened(t, serve.Config{
		Data: t.TempDir(), Addr: "127.0.0.1:0", Team: true, Web: os.DirFS("../dist"), Cost: team.Cost{KiB: 64, Passes: 1, Threads: 1},
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	return url, s.SetupURL(url)
}

// open runs a server until t ends.
func open(t *testing.T, c serve.Config) (url string) {
	t.Helper()
	_, url = opened(t, c)
	return url
}

func opened(t *testing.T, c serve.Config) (s *serve.Server, url string) {
	t.Helper()
	s, err := serve.Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() { done <- s.Run(ctx, func(url string) { ready <- url }) }()
	t.Cleanup(func() {
		stop()
		<-done
		_ = s.Close()
	})
	select {
	case url = <-ready:
	case err := <-done:
		t.Fatal(err)
	}
	return s, url
}

// accessible keeps a screenshot of what is open, and checks it with axe-core in both themes where that is installed.
func (p *person) accessible(name string) {
	p.t.Helper()
	p.shot(name)
	axe, err := os.ReadFile(axePath)
	if err != nil {
		return
	}
	eval[bool](p, "window.axe ? true : ((() => {"+string(axe)+"})(), true)")
	for _, theme := range []string{"light", "dark"} {
		eval[bool](p, fmt.Sprintf(`(document.documentElement.dataset.theme = %q, true)`, theme))
		ctx, cancel := context.WithTimeout(p.ctx, time.Minute)
		found, err := chromedp.Run(ctx, chromedp.Evaluate[[]finding](axeRun, chromedp.EvalAwaitPromise))
		cancel()
		if err != nil {
			p.t.Fatalf("%s: %v", name, err)
		}
		for _, f := range found {
			for _, n := range f.Nodes[:min(len(f.Nodes), 4)] {
				p.t.Errorf("%s, %s: %s (%s): %s\n%s", name, theme, f.Rule, f.Help, n.HTML, n.Why)
			}
		}
		p.shot(name + "-" + theme)
	}
	eval[bool](p, `(document.documentElement.dataset.theme = 'light', true)`)
}

// inKorean keeps screenshots of a page in Korean, wide and narrow, where IRUM_SCREENSHOTS says, and goes back to the page in
// English, 1440 wide.
func (p *person) inKorean(name, url, there string) {
	p.t.Helper()
	if p.shots == "" {
		return
	}
	look := func(language string, width int64) {
		eval[bool](p, fmt.Sprintf(`(localStorage.setItem('language', JSON.stringify(%q)), true)`, language))
		p.do(call(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1}))
		p.do(chromedp.Reload())
		p.until(name, fmt.Sprintf(`!document.querySelector('#boot, .loading') && document.documentElement.lang === %q && document.querySelector(%q)`, language, there), 30*time.Second)
	}
	p.open(url)
	for _, width := range []int64{1440, 390} {
		look("ko", width)
		p.shot(fmt.Sprintf("%s-ko-%d", name, width))
	}
	look("en", 1440)
}

// TestAccounts follows the first owner of a server: the printed link, signing out and in, and a session that ends under a
// screen.
func TestAccounts(t *testing.T) {
	url, setup := teamServer(t)
	p := newPerson(t, 1440, 900)
	p.open(url + "/login")
	p.sees("No account yet", 30*time.Second)
	p.open("about:blank") // the same page with another fragment would not load anew
	p.open(setup)
	p.sees("Make the first account", 30*time.Second)
	p.accessible("account-setup")
	p.inKorean("account-setup", setup, ".account-form")
	p.typeInto("Name", "Ann Lee")
	p.typeInto("E-mail address", "ann@example.com")
	p.typeInto("Password", "short")
	p.press("\r")
	p.sees("At least 10 characters, and not all alike.", 10*time.Second)
	p.typeInto("Password", "correct horse battery")
	p.click("Make the account")
	p.until("the account in the bar", `document.querySelector('.avatar')`, 10*time.Second)

	p.click("New project")
	p.until("where to keep it", `document.querySelector('#new-name')`, 10*time.Second)
	p.typeInto("Name", "Team project")
	p.click("Server")
	p.click("Create project")
	p.until("the project", `location.pathname.startsWith('/p/s/')`, 20*time.Second)
	inside := eval[string](p, `location.pathname`)

	p.open(url + "/account")
	p.sees("This browser", 20*time.Second)
	p.typeInto("What for?", "Nightly export")
	p.click("Make a token")
	p.until("the token", `document.querySelector('#token-secret')?.value.startsWith('irum_')`, 10*time.Second)
	p.sees("never used", 10*time.Second)
	p.accessible("account")
	p.inKorean("account", url+"/account", ".key-row")
	p.click("Sign out")
	p.sees("Sign in to see the projects on this server.", 20*time.Second)
	p.shot("account-home")
	p.open(url + inside)
	p.until("the login in place of the project", `document.querySelector('.account-form')`, 20*time.Second)
	p.typeInto("E-mail address", "ANN@example.com")
	p.typeInto("Password", "a wrong password")
	p.press("\r")
	p.sees("No account has this e-mail address and password.", 10*time.Second)
	p.accessible("account-login")
	p.typeInto("Password", "correct horse battery")
	p.press("\r")
	p.sees("Team project", 20*time.Second)

	// The session ends somewhere else while the settings are being changed.
	p.click("Settings")
	p.typeInto("Name", "Renamed while signed in")
	second := newPerson(t, 390, 844)
	second.open(url + "/login")
	second.typeInto("E-mail address", "ann@example.com")
	second.typeInto("Password", "correct horse battery")
	second.press("\r")
	second.until("the account in the bar", `document.querySelector('.avatar')`, 20*time.Second)
	second.open(url + "/account")
	second.sees("This browser", 20*time.Second)
	second.accessible("account-390")
	eval[bool](second, `([...document.querySelectorAll('.key-row button')].find(b => b.innerText === 'Sign out').click(), true)`)
	second.until("one session", `![...document.querySelectorAll('.key-row button')].some(b => b.innerText === 'Sign out')`, 10*time.Second)
	p.click("Save")
	p.sees("You have been signed out", 10*time.Second)
	p.accessible("account-again")
	p.typeInto("E-mail address", "ann@example.com")
	p.typeInto("Password", "correct horse battery")
	p.press("\r")
	p.until("the dialog to go", `!document.querySelector('dialog[open]')`, 10*time.Second)
	if got := eval[string](p, `document.querySelector('#project-name').value`); got != "Renamed while signed in" {
		t.Errorf("what was typed before the session ended is now %q", got)
	}
	p.click("Save")
	p.until("the new name in the bar", `document.querySelector('.crumb b')?.innerText === 'Renamed while signed in'`, 10*time.Second)
}

// TestTeam follows an invitation: the link, the new member with what they may not do, another role, and the end.
func TestTeam(t *testing.T) {
	url, setup := teamServer(t)
	ann := newPerson(t, 1440, 900)
	ann.open(setup)
	ann.typeInto("Name", "Ann Lee")
	ann.typeInto("E-mail address", "ann@example.com")
	ann.typeInto("Password", "correct horse battery")
	ann.press("\r")
	ann.until("the account in the bar", `document.querySelector('.avatar')`, 20*time.Second)
	ann.click("New project")
	ann.typeInto("Name", "Team project")
	ann.click("Server")
	ann.click("Create project")
	ann.until("the project", `location.pathname.startsWith('/p/s/')`, 20*time.Second)
	ann.open(url + "/account")
	ann.click("Members")
	ann.sees("Members (1)", 20*time.Second)
	eval[bool](ann, `(() => { const s = document.querySelector('#invite-role'); s.value = 'viewer'; s.dispatchEvent(new Event('change', {bubbles: true})); return true })()`)
	ann.click("Make a link")
	ann.until("the link", `document.querySelector('#invite-link')`, 10*time.Second)
	link := eval[string](ann, `document.querySelector('#invite-link').value`)
	ann.accessible("team")
	ann.inKorean("team", url+"/team", ".key-row")
	ann.inKorean("invite", link, ".account-form, .page.account .card, .empty")
	ann.open(url + "/team")

	bob := newPerson(t, 390, 844)
	bob.open(link)
	bob.sees("Ann Lee invites you as: Viewer", 30*time.Second)
	bob.accessible("invite-390")
	bob.typeInto("Name", "Bob Kim")
	bob.typeInto("E-mail address", "bob@example.com")
	bob.typeInto("Password", "another long password")
	bob.press("\r")
	bob.sees("Team project", 20*time.Second)
	bob.open(url + "/team")
	bob.sees("Members (2)", 20*time.Second)
	if eval[bool](bob, `!!document.querySelector('#invite-role') || document.body.innerText.includes('ann@example.com')`) {
		t.Error("a viewer may invite, or sees addresses")
	}
	bob.shot("team-viewer-390")
	bob.open(url + "/")
	bob.click("Team project")
	bob.until("a rail that does not offer a viewer to label", `document.querySelector('.rail a[href$="/images"]') && !document.querySelector('.rail a[href$="/annotate"]')`, 20*time.Second)

	ann.open(url + "/team")
	ann.sees("Bob Kim", 20*time.Second)
	ann.click("Remove Bob Kim")
	ann.click("Remove")
	ann.sees("Members (1)", 10*time.Second)
	bob.open(url + "/")
	bob.until("no project any more", `!document.body.innerText.includes('Team project') && document.querySelector('.avatar')`, 20*time.Second)
	bob.open("about:blank")
	bob.open(link)
	bob.sees("This link does not work any more", 20*time.Second)
}
