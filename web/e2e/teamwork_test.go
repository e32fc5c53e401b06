package e2e

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp/kb"
)

// invited gives a person of a role, who has followed a link of ann's.
func invited(t *testing.T, ann *person, url, role, name, email string) *person {
	t.Helper()
	ann.open(url + "/team")
	ann.until("who may be invited", `document.querySelector('#invite-role')`, 20*time.Second)
	eval[bool](ann, fmt.Sprintf(`(() => { const s = document.querySelector('#invite-role'); s.value = %q; s.dispatchEvent(new Event('change', {bubbles: true})); return true })()`, role))
	ann.click("Make a link")
	ann.until("the link", `document.querySelector('#invite-link')`, 10*time.Second)
	link := eval[string](ann, `document.querySelector('#invite-link').value`)
	p := newPerson(t, 1440, 900)
	p.open(link)
	p.sees("Ann Lee invites you", 30*time.Second)
	p.typeInto("Name", name)
	p.typeInto("E-mail address", email)
	p.typeInto("Password", "another long password")
	p.press("\r")
	p.until("the account in the bar", `document.querySelector('.avatar')`, 20*time.Second)
	return p
}

// foundTeam makes the first account by its link, and in it a project of two classes with files. inside is the project's address.
func foundTeam(t *testing.T, url, link string, files []string) (ann *person, inside string) {
	t.Helper()
	ann = newPerson(t, 1440, 900)
	ann.open(link)
	ann.sees("Make the first account", 30*time.Second)
	ann.typeInto("Name", "Ann Lee")
	ann.typeInto("E-mail address", "ann@example.com")
	ann.typeInto("Password", "correct horse battery")
	ann.click("Make the account")
	ann.until("the account in the bar", `document.querySelector('.avatar')`, 20*time.Second)
	ann.click("New project")
	ann.until("where to keep it", `document.querySelector('#new-name')`, 10*time.Second)
	ann.typeInto("Name", "Hands")
	ann.click("Server")
	ann.typeInto("Classes", "zero\none")
	ann.click("Create project")
	ann.sees("Drop images here", time.Minute)
	inside = url + eval[string](ann, `location.pathname.split("/").slice(0, 4).join("/")`)
	for i := range files {
		files[i], _ = filepath.Abs(files[i])
	}
	ann.drop("#main", files)
	ann.sees(fmt.Sprintf("%d images added", len(files)), time.Minute)
	ann.click("Dismiss")
	return ann, inside
}

// answerAll labels what is handed out, by the key that the name of an image calls for, and gives how many there were.
func (p *person) answerAll(key func(name string) string) int {
	p.t.Helper()
	for n := 0; ; n++ {
		const name = `document.querySelector('.an-file')?.innerText ?? ''`
		p.until("the next image, or the end", `document.querySelector('.empty h2') || document.querySelector('.an-class:not([disabled])')`, 20*time.Second)
		if eval[bool](p, `!!document.querySelector('.empty h2')`) {
			return n
		}
		now := eval[string](p, name)
		p.press(key(now))
		p.until("the image after "+now, fmt.Sprintf(`document.querySelector('.empty h2') || (%s) !== %q`, name, now), 20*time.Second)
	}
}

// TestTeamwork lets two people label the same images without a look at each other's labels. They differ about one; a reviewer
// sees both votes and decides by a key; kappa is what it is by hand, and what they said of an image whose label is known is told.
func TestTeamwork(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(photosPath, "[0-9]", "*"))
	if len(files) < 6 {
		t.Skipf("the sign-digit photos are not there: %s", photosPath)
	}
	url, link := teamServer(t)
	ann, inside := foundTeam(t, url, link, files[:5])

	// The first image is labelled and becomes gold.
	ann.open(inside + "/annotate?sort=name")
	ann.until("the first image", `document.querySelector('.an-class:not([disabled])') && document.querySelector('.an-file')`, 20*time.Second)
	gold := eval[string](ann, `document.querySelector('.an-file').innerText`)
	ann.press("1")
	ann.sees("All changes saved", 10*time.Second)
	ann.click("Images")
	ann.until("the filters", `document.querySelector('.chip')`, 20*time.Second)
	ann.click("Labelled")
	ann.click("Select all 1")
	ann.click("Mark as gold")
	ann.sees("One image is gold now", 10*time.Second)

	ann.open(inside + "/work")
	ann.sees("Gold images (1)", 20*time.Second)
	ann.typeInto("Labellers per image", "2")
	ann.typeInto("Share of gold images (%)", "50")
	ann.press(kb.Tab)
	ann.click("Save")
	ann.sees("Saved", 10*time.Second)
	ann.click("Assign images")
	ann.until("two labellers", `document.querySelector('dialog #assign-labellers')?.value === '2'`, 10*time.Second)
	ann.shot("work-assign")
	ann.click("Assign")
	ann.sees("4 images assigned", 10*time.Second)

	bob := invited(t, ann, url, "labeller", "Bob Kim", "bob@example.com")
	cho := invited(t, ann, url, "labeller", "Cho Park", "cho@example.com")
	ann.open(inside + "/annotate?sort=name&state=unlabelled")
	ann.until("an image without a label", `document.querySelector('.an-class:not([disabled])') && document.querySelector('.an-file')`, 20*time.Second)
	disputed := eval[string](ann, `document.querySelector('.an-file').innerText`)
	one := func(differs bool) func(string) string {
		return func(name string) string {
			switch {
			case name == gold && differs: // a mistake that is found out
				return "2"
			case name == gold:
				return "1"
			case name == disputed && differs:
				return "2"
			case name == disputed:
				return "1"
			}
			// The other three are one zero and two ones, said alike by both.
			if filepath.Base(name) == filepath.Base(files[4]) {
				return "1"
			}
			return "2"
		}
	}
	for i, p := range []*person{bob, cho} {
		p.open(inside + "/work")
		p.click("Label the next image")
		p.until("an image of the queue", `document.querySelector('.an-class:not([disabled])')`, 20*time.Second)
		if i == 0 {
			p.accessible("queue")
			// what was answered can be taken back, and is asked again
			name := eval[string](p, `document.querySelector('.an-file').innerText`)
			p.press("2")
			p.sees("1 labelled", 10*time.Second)
			p.press("z")
			p.until("the image again", fmt.Sprintf(`document.querySelector('.an-file').innerText === %q && document.querySelector('.an-label.unlabelled')`, name), 10*time.Second)
		}
		total := 0
		for range 40 { // gold comes by chance
			total += p.answerAll(one(i == 1))
			if total == 5 {
				break
			}
			p.click("Look again")
			p.until("what is new, if anything", `!document.querySelector('.empty button')?.disabled`, 20*time.Second)
		}
		if total != 5 {
			t.Fatalf("%d images were handed out, not 5", total)
		}
		p.click("Team work")
		p.sees("Done by you", 20*time.Second)
		if eval[bool](p, `document.body.innerText.includes('Right on gold') || document.body.innerText.includes('kappa')`) {
			t.Error("a labeller sees how others do")
		}
	}
	bob.shot("work-labeller")

	ann.open(inside + "/work")
	ann.sees("Agreement", 20*time.Second)
	// Four images: bob says zero to two, cho to one; they agree on three. po = 3/4, pe = 2/4*1/4 + 2/4*3/4 = 1/2, kappa = 1/2.
	ann.until("the kappa that is right", `(r => r && r.innerText.includes('Bob Kim · Cho Park') && r.cells[1].innerText === '4' && r.cells[2].innerText === '75%' && r.cells[3].innerText === '0.50')(document.querySelector('#pairs tbody tr'))`, 20*time.Second)
	// One answer each: bob's right, cho's wrong. Wilson: 1 of 1 is 21 to 100 %, 0 of 1 is 0 to 79 %.
	ann.sees("100% 1 of 1 (21% to 100%)", 10*time.Second)
	ann.sees("0% 0 of 1 (0% to 79%)", 10*time.Second)
	if ann.shots != "" {
		ann.do(call(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 1440, Height: 1700, DeviceScaleFactor: 1}))
	}
	ann.accessible("work")
	ann.inKorean("work", inside+"/work", "#pairs")
	ann.open(inside + "/work")
	ann.click("Decide one image")
	ann.sees("Cho Park", 20*time.Second)
	ann.accessible("disputes")
	ann.inKorean("disputes", inside+"/disputes", ".tw-votes")
	ann.open(inside + "/disputes")
	ann.until("both votes", `document.querySelectorAll('.tw-vote').length === 2`, 20*time.Second)
	ann.press("2")
	ann.sees("All is decided", 10*time.Second)
	ann.press("z")
	ann.until("the question again", `document.querySelectorAll('.tw-vote').length === 2`, 10*time.Second)
	ann.press(kb.ArrowDown)
	ann.press(kb.Enter)
	ann.sees("All is decided", 10*time.Second)
	ann.sees("5 of 5 labelled", 20*time.Second)
}
