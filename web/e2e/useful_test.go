package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/irum-app/irum/server/domain"
)

// TestUsefulQueue labels what the host hands out as most useful, a few by keys and the rest as a program would, and looks at what that saved.
func TestUsefulQueue(t *testing.T) {
	url, _ := host(t)
	s := newSetup(t, url)
	ctx := context.Background()
	project, classes := s.colours(0, 80)
	l := &loop{person: newPerson(t, 1440, 900)}
	l.open(url + "/p/s/" + project + "/analytics")
	l.sees("No label has come from the queue", time.Minute)
	l.click("Label the most useful next")
	l.until("the first of a batch", `document.querySelector('.an-file') && document.querySelector('.an-place').innerText.includes('/ 20')`, time.Minute)
	for range 17 { // so few are left that more come
		name := eval[string](l.person, `document.querySelector('.an-file').innerText.trim()`)
		l.press(map[string]string{"red": "1", "green": "2", "blue": "3"}[strings.Split(name, "/")[0]])
		l.until("the image after "+name, fmt.Sprintf(`document.querySelector('.an-file').innerText.trim() !== %q`, name), 20*time.Second)
	}
	l.until("more images", `!document.querySelector('.an-place').innerText.includes('/ 20')`, time.Minute)
	l.shot("95-useful-label")
	for range 20 {
		batch, err := s.Useful(ctx, project)
		if err != nil {
			t.Fatal(err)
		}
		if len(batch.Items) == 0 {
			break
		}
		var changes []domain.LabelChange
		for _, a := range batch.Items {
			changes = append(changes, domain.LabelChange{AssetID: a.ID, Action: "set", Classes: []string{classes[strings.Split(a.Name, "/")[0]]}})
		}
		if _, err := s.Label(ctx, project, domain.LabelRequest{Changes: changes}); err != nil {
			t.Fatal(err)
		}
	}
	l.open(url + "/p/s/" + project + "/analytics")
	l.until("what was saved", `document.getElementById('saving') && /labels of the queue are as|labels of the queue did|the queue does not save/.test(document.body.innerText)`, 2*time.Minute)
	l.looksOf("96-saving", "Analytics", 1600)
	l.open(url + "/p/s/" + project + "/images?sort=useful")
	l.until("the order", `(document.querySelector('.sorter') || {}).value === 'useful'`, time.Minute)
}
