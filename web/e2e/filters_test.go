package e2e

import (
	"context"
	"fmt"
	"image/color"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"github.com/irum-app/irum/server/client"
	"github.com/irum-app/irum/server/client/httpclient"
	"github.com/irum-app/irum/server/domain"
)

// colours makes a project of eight reds and eight blues, of which the first of each are labelled: six reds, five blues, and
// one blue as red.
func colours(t *testing.T, url string) (c *client.Client, project string) {
	t.Helper()
	transport, err := httpclient.New(url)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	c = client.New(transport)
	made, err := c.CreateProject(ctx, domain.Project{Name: "Colours", Task: domain.TaskSingle, Classes: []domain.Class{{ID: "red", Name: "red"}, {ID: "blue", Name: "blue"}}})
	if err != nil {
		t.Fatal(err)
	}
	in, err := c.StartImport(ctx, made.ID, client.ImportOptions{Labels: "none"})
	for i := range 16 {
		name, shade := fmt.Sprintf("red-%d.png", i/2), color.RGBA{uint8(180 + 5*i), uint8(3 * i), 20, 255}
		if i%2 == 1 {
			name, shade = fmt.Sprintf("blue-%d.png", i/2), color.RGBA{20, uint8(3 * i), uint8(180 + 4*i), 255}
		}
		if err == nil {
			_, err = c.ImportFile(ctx, made.ID, in.ID, name, nil, pngOf(t, 64, 64, shade))
		}
	}
	if err == nil {
		_, err = c.FinishImport(ctx, made.ID, in.ID)
	}
	page, listErr := c.Assets(ctx, made.ID, domain.Filter{}, domain.SortName, "", 100)
	if err != nil || listErr != nil {
		t.Fatal(err, listErr)
	}
	var changes []domain.LabelChange
	for _, a := range page.Items {
		class, number, _ := strings.Cut(strings.TrimSuffix(a.Name, ".png"), "-")
		if a.Name == "blue-5.png" {
			class = "red"
		} else if number > "5" {
			continue
		}
		changes = append(changes, domain.LabelChange{AssetID: a.ID, Action: "set", Classes: []string{class}})
	}
	if _, err := c.Label(ctx, made.ID, domain.LabelRequest{Changes: changes}); err != nil {
		t.Fatal(err)
	}
	return c, made.ID
}

const shownNames = `[...document.querySelectorAll('[role=gridcell]')].map(e => e.getAttribute('aria-label').split('.')[0])`

// TestOrders puts images in order by likeness, doubt and certainty.
func TestOrders(t *testing.T) {
	url, _ := host(t)
	_, project := colours(t, url)
	p := newPerson(t, 1440, 900)
	grid := url + "/p/s/" + project + "/images"
	p.open(grid + "?sort=name")
	p.until("the grid", shownNames+`.length === 16`, time.Minute)
	p.press(kb.Home)
	for range 8 {
		p.press(kb.ArrowRight)
	}
	p.until("the first red", `document.activeElement.getAttribute('aria-label').startsWith('red-0')`, 10*time.Second)
	p.press("l")
	p.until("reds first", shownNames+`[0] === 'red-0' && `+shownNames+`.slice(0, 8).every(n => n.startsWith('red'))`, time.Minute)
	p.sees("Similar to red-0.png", 20*time.Second)
	p.shot("similar")
	p.open(eval[string](p, `location.href`)) // the address says it
	p.until("reds first again", shownNames+`[0] === 'red-0'`, time.Minute)
	p.press(kb.Enter) // the list goes along into the view of one image
	p.sees("red-0.png", time.Minute)
	p.open(grid + "?sort=disagreement")
	p.until("the wrong label first", shownNames+`[0] === 'blue-5'`, time.Minute)
	p.open(grid + "?sort=uncertainty&text=red-")
	p.until("an order of reds", shownNames+`.length === 8`, time.Minute)
	p.open(grid + "?sort=similarity&to=nobody")
	p.sees("This order cannot be made yet", time.Minute)
	p.click("As imported")
	p.until("the grid as imported", shownNames+`.length === 16`, time.Minute)
}

// TestSavedFilters keeps a filter with an order under a name, opens it by its address alone, renames and deletes it.
func TestSavedFilters(t *testing.T) {
	url, _ := host(t)
	c, project := colours(t, url)
	p := newPerson(t, 1440, 900)
	grid := url + "/p/s/" + project + "/images"
	p.open(grid + "?state=labelled&text=red-&sort=name")
	p.until("six reds", shownNames+`.length === 6`, time.Minute)
	p.click("Saved filters")
	p.click("Save this filter…")
	p.typeInto("Name", "Good reds")
	p.until("that it can be saved", `document.querySelector('dialog[open] .primary:not([disabled])')`, 10*time.Second)
	p.shot("save-filter")
	p.press(kb.Enter)
	p.sees("“Good reds” is saved", 20*time.Second)
	p.until("the address of it", `/[?&]saved=/.test(location.search)`, 10*time.Second)
	address := eval[string](p, `location.href`)

	p.open(grid)
	p.until("all", shownNames+`.length === 16`, time.Minute)
	p.open(address)
	p.until("six reds by name", shownNames+`.join() === 'red-0,red-1,red-2,red-3,red-4,red-5'`, time.Minute)
	p.until("its text in the search field", `document.getElementById('gallery-search').value === 'red-'`, 10*time.Second)
	p.click("Good reds") // the menu has its name now
	p.click("Rename or delete…")
	p.until("the dialog", `document.querySelector('.saved-list input')`, 10*time.Second)
	p.typeInto("Name of Good reds", "빨강")
	p.press(kb.Tab)
	p.until("the new name on the host", fmt.Sprintf(`fetch(%q).then(r => r.json()).then(l => { window.saved = l.map(f => f.name).join() }) && window.saved === '빨강'`, "/api/projects/"+project+"/filters"), 20*time.Second)
	p.shot("saved-filters")
	p.click("Delete 빨강")
	p.sees("“빨강” is deleted", 20*time.Second)
	p.click("Undo")
	p.until("it is back", `document.querySelector('.saved')?.innerText.includes('빨강')`, 20*time.Second)
	list, err := c.SavedFilters(context.Background(), project)
	if err != nil || len(list) != 1 || list[0].Filter.Text != "red-" || list[0].Sort != domain.SortName {
		t.Errorf("kept %+v, %v", list, err)
	}
	p.open(grid + "?saved=nothing")
	p.sees("The saved filter is not there any more", time.Minute)
	p.until("all", shownNames+`.length === 16`, time.Minute)
}
