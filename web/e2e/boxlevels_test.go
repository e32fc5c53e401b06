package e2e

import (
	"context"
	"testing"
	"time"
)

// TestWholeDetector trains all of a network on boxes: the dialog offers it with what it takes, and no level that is not for boxes; the card says what
// came of it beside a head.
func TestWholeDetector(t *testing.T) {
	url, _ := host(t)
	s := newSetup(t, url)
	project := s.blood(24, 24)
	if _, err := s.AddBackbone(context.Background(), "Small", "", nil, smallBackbone()); err != nil {
		t.Fatal(err)
	}
	l := &loop{person: newPerson(t, 1440, 900)}
	l.open(url + "/p/s/" + project + "/exports")
	l.click("Create Custom Auto-Label AI")
	l.sees("Learns to find objects from the boxes that people drew", time.Minute)
	l.until("the networks", `document.querySelector('#model-backbone')`, time.Minute)
	eval[bool](l.person, `(e => { e.value = [...e.options].find(o => o.text === 'Small').value; return e.dispatchEvent(new Event('change', {bubbles: true})) })(document.querySelector('#model-backbone'))`)
	l.sees("Estimated cost", time.Minute)
	l.until("the levels for boxes", `(c => c.length === 2 && /^Last layer/.test(c[0].innerText) && /^Whole network/.test(c[1].innerText))([...document.querySelectorAll('dialog .choice')])`, time.Minute)
	l.click("Whole network")
	l.until("what it takes", `[...document.querySelectorAll('.choice[aria-checked=true]')].some(e => /^Whole network/.test(e.innerText) && /About .* credit/.test(e.innerText))`, time.Minute)
	l.shot("83-box-levels")
	l.click("Confirm and train")
	l.sees("Precision and recall", 5*time.Minute)
	l.until("what it was compared with", `/images that were held out.*last layer alone.*mAP50-95/s.test(document.querySelector('.model .detail').innerText)`, time.Minute)
	l.looksOf("84-whole-detector", "Custom Auto-Label", 1800)
}
