package e2e

import (
	"context"
	"fmt"
	"image/color"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/domain"
)

// TestReshaping changes a project from several classes an image to one and back, puts classes under others by keyboard and
// by dragging, and merges two, each with what it tells before and with its undo.
func TestReshaping(t *testing.T) {
	url, _ := host(t)
	s := newSetup(t, url)
	ctx := context.Background()
	p, err := s.CreateProject(ctx, domain.Project{Name: "Pets", Task: domain.TaskMulti, Classes: []domain.Class{
		{ID: "animal", Name: "animal"}, {ID: "cat", Name: "cat"}, {ID: "dog", Name: "dog"}, {ID: "poodle", Name: "poodle"}, {ID: "spaniel", Name: "spaniel"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	in, err := s.StartImport(ctx, p.ID, client.ImportOptions{Labels: "none"})
	for i := range 5 {
		if err == nil {
			_, err = s.ImportFile(ctx, p.ID, in.ID, fmt.Sprintf("pet%d.png", i), nil, pngOf(t, 60+i, 40, color.RGBA{uint8(50 * i), 90, 160, 255}))
		}
	}
	if err == nil {
		_, err = s.FinishImport(ctx, p.ID, in.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	for i, classes := range [][]string{{"cat"}, {"dog", "poodle"}, {"poodle", "dog"}, {"spaniel"}, {}} {
		page, err := s.Assets(ctx, p.ID, domain.Filter{Text: fmt.Sprintf("pet%d", i)}, "", "", 1)
		if err == nil {
			_, err = s.Label(ctx, p.ID, domain.LabelRequest{Changes: []domain.LabelChange{{AssetID: page.Items[0].ID, Action: "set", Classes: classes}}})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	l := &loop{person: newPerson(t, 1440, 900)}
	l.open(url + "/p/s/" + p.ID + "/settings")
	l.sees("Several classes per image", time.Minute)

	l.click("Go over to one class per image")
	l.sees("Which class do these 2 images keep?", time.Minute)
	l.click("The most common")
	l.until("the rule", `document.querySelector('dialog [aria-checked=true]').innerText.includes('most common')`, 20*time.Second)
	l.shot("90-task")
	l.click("Change the project")
	l.sees("One class per image", time.Minute)
	l.sees("3 labels changed", time.Minute)
	if now, _ := s.Project(ctx, p.ID); now.Task != domain.TaskSingle || now.Counts.Skipped != 1 || now.Counts.Labelled != 4 {
		t.Errorf("after the change the project is %+v", now)
	}

	// by keyboard: dog under the class before it, cat, and out again; then under animal
	key := func(name, key string) {
		l.until("the grip of "+name, fmt.Sprintf(`(e => e && (e.focus(), true))(document.querySelector('.grip[aria-label="Move %s"]'))`, name), 20*time.Second)
		l.do(chromedp.KeyEvent(key))
	}
	key("cat", kb.ArrowRight)
	l.sees("cat is now under animal", 20*time.Second)
	key("dog", kb.ArrowRight)
	l.sees("dog is now under animal", 20*time.Second)
	key("poodle", kb.ArrowRight)
	l.sees("poodle is now under animal", 20*time.Second)
	key("poodle", kb.ArrowRight)
	l.sees("poodle is now under dog", 20*time.Second)
	key("poodle", kb.ArrowLeft)
	l.sees("poodle is now under animal", 20*time.Second)
	key("poodle", kb.ArrowRight)
	l.sees("poodle is now under dog", 20*time.Second)
	l.drag(`.grip[aria-label="Move spaniel"]`, `.class-row:nth-child(3)`)
	l.sees("spaniel is now under dog", 20*time.Second)
	l.click("Save changes")
	l.sees("4 classes moved", time.Minute)
	l.sees("4 in all", time.Minute)
	l.looksOf("91-tree", "animal", 1100)
	l.click("Hide what is under dog")
	l.until("dog's classes hidden", `document.querySelectorAll('.class-row').length === 3`, 20*time.Second)
	l.click("Show the 2 classes under dog")

	ids, err := s.AssetIDs(ctx, p.ID, domain.Filter{}, "")
	if err != nil {
		t.Fatal(err)
	}
	l.open(url + "/p/s/" + p.ID + "/annotate/" + ids[0])
	l.until("the path beside the class", `[...document.querySelectorAll('.an-class .name')].some(e => e.textContent === 'animal / dog / poodle')`, time.Minute)
	l.press("/")
	l.until("the finder", `document.activeElement.id === 'an-find'`, 20*time.Second)
	l.do(call(input.InsertText, input.InsertTextParams{Text: "ani/poo"}))
	l.until("what is found through the path", `[...document.querySelectorAll('.an-option')].map(e => e.innerText.replace(/\s+/g, ' ')).join().includes('animal / dog / poodle')`, 20*time.Second)
	l.shot("94-find")
	l.press(kb.Escape)
	l.open(url + "/p/s/" + p.ID + "/images?class=dog")
	l.until("the images of dog and what is under it", `document.querySelectorAll('[role=gridcell]').length === 3`, time.Minute)
	l.click("Class")
	l.click("With classes under them")
	l.until("the images of dog alone", `document.querySelectorAll('[role=gridcell]').length === 1 && location.search.includes('exact=true')`, 20*time.Second)
	l.shot("95-filter")
	l.open(url + "/p/s/" + p.ID + "/settings")

	l.click("Merge spaniel into another class")
	l.sees("images change", 20*time.Second)
	eval[bool](l.person, `(e => { e.value = 'poodle'; e.dispatchEvent(new Event('change', {bubbles: true})); return true })(document.querySelector('#merge-into'))`)
	l.until("what merging would do", `[...document.querySelectorAll('dialog .figures dd')].map(e => e.innerText).join() === '1,0,2'`, 20*time.Second)
	l.shot("92-merge")
	l.click("Merge")
	l.sees("“spaniel” merged into “poodle”", time.Minute)
	if now, _ := s.Project(ctx, p.ID); !now.Classes[4].Archived || now.Counts.ByClass["poodle"] != 2 || now.Classes[3].Parent != "dog" {
		t.Errorf("after the merge the project is %+v", now)
	}
	undo := func(want string) {
		l.until("an undo for "+want, fmt.Sprintf(`(e => e && !e.disabled && (e.click(), true))([...document.querySelectorAll('.change-list li')].find(e => e.innerText.includes(%q) && !e.innerText.includes('Undone'))?.querySelector('button'))`, want), 20*time.Second)
		l.until(want+" undone", fmt.Sprintf(`[...document.querySelectorAll('.change-list li')].some(e => e.innerText.includes(%q) && e.innerText.includes('Undone'))`, want), 20*time.Second)
	}
	undo("merged into")
	undo("classes moved")
	undo("One class per image")
	if now, _ := s.Project(ctx, p.ID); now.Task != domain.TaskMulti || now.Classes[4].Archived || now.Classes[3].Parent != "" || now.Counts.ByClass["dog"] != 2 || now.Counts.Skipped != 0 {
		t.Errorf("after all undos the project is %+v", now)
	}
	if l.shots == "" {
		return
	}
	l.click("한국어로 보기")
	l.do(call(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: 390, Height: 1100, DeviceScaleFactor: 1}))
	l.click("이미지당 클래스 하나로 바꾸기")
	l.sees("첫 번째 클래스", 20*time.Second)
	l.shot("93-task-ko")
}

// drag drags one element onto another by the events of the browser's own dragging, which the protocol cannot make.
func (p *person) drag(from, to string) {
	p.t.Helper()
	p.until("dragging", fmt.Sprintf(`((a, b) => {
  if (!a || !b) return false;
  const data = new DataTransfer(), send = (e, type) => e.dispatchEvent(new DragEvent(type, {bubbles: true, cancelable: true, dataTransfer: data}));
  send(a, 'dragstart'); send(b, 'dragover'); send(b, 'drop'); send(a, 'dragend');
  return true;
})(document.querySelector(%q), document.querySelector(%q))`, from, to), 20*time.Second)
}
