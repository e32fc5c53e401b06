package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp/kb"
)

// labelledCount waits until the rail says how many of all images are labelled.
func (l *loop) labelledCount(n, all int) {
	l.t.Helper()
	l.sees(fmt.Sprintf("%d of %d labelled", n, all), time.Minute)
}

// currentSize is how many images of the current group are ticked for labelling: members without outliers.
func (l *loop) currentSize() (members int) {
	l.t.Helper()
	return eval[int](l.person, `(() => {
  const row = document.querySelector('.cluster.current');
  const count = text => Number((text || '0').match(/\d+/)[0]);
  const out = row.querySelector('.cluster-outliers > .small');
  return count(row.querySelector('.cluster-head .num').innerText) - count(out && out.innerText);
})()`)
}

func (l *loop) groups() int {
	return eval[int](l.person, `document.querySelectorAll('.cluster').length`)
}

// looks keeps pictures of the screen in both colours and languages, wide and narrow.
func (l *loop) looks() {
	if l.shots == "" {
		return
	}
	l.click("Group again")
	for _, width := range []int64{1440, 390} {
		l.do(call(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1}))
		for _, language := range []string{"en", "ko"} {
			l.shot(fmt.Sprintf("35-clusters-%d-%s", width, language))
			l.click(map[string]string{"en": "Switch to dark colours", "ko": "어두운 화면으로"}[language])
			l.shot(fmt.Sprintf("35-clusters-%d-%s-dark", width, language))
			l.click(map[string]string{"en": "Switch to light colours", "ko": "밝은 화면으로"}[language])
			l.click(map[string]string{"en": "한국어로 보기", "ko": "View in English"}[language])
		}
		l.sees("Clusters", time.Minute)
	}
}

// TestClusters starts a project without labels: photos are grouped, groups are labelled, named, split and merged, and what
// was labelled is undone.
func TestClusters(t *testing.T) {
	for name, place := range map[string]string{"server": "Server", "device": "This device"} {
		t.Run(name, func(t *testing.T) { clusters(t, place) })
	}
}

func clusters(t *testing.T, place string) {
	l, dir := newLoop(t)
	if place != "Server" {
		l.shots = ""
	}
	const photos, k = 150, 8
	fewPhotos(t, dir, photos)
	url, _ := host(t)
	l.open(url)
	l.click("New project")
	l.typeInto("Name", "Hand signs")
	l.click(place)
	l.typeInto("Classes", "fist")
	l.click("Create project")
	l.sees("Drop images here", time.Minute)
	l.drop("#main", []string{dir})
	l.sees("Add 150 files", time.Minute)
	l.click("None")
	l.click("Add")
	l.sees("150 images added", time.Minute)
	l.click("Dismiss")

	l.click("Clusters")
	l.sees("How should the images be grouped?", time.Minute)
	l.shot("30-clusters-form")
	l.click("Choose")
	l.typeInto("How many groups", fmt.Sprint(k))
	start := time.Now()
	l.click("Group 150 unlabelled images")
	l.sees("Looking at images", time.Minute)
	l.shot("31-clusters-progress")
	l.click("Cancel")
	l.sees("How should the images be grouped?", time.Minute)
	l.click("Group 150 unlabelled images") // goes on where it was
	l.until("groups", fmt.Sprintf(`document.querySelectorAll('.cluster').length === %d`, k), 5*time.Minute)
	t.Logf("%d photos in %d groups after %s", photos, k, time.Since(start).Round(time.Second))
	l.until("thumbnails", `[...document.querySelectorAll('.cluster img')].every(i => i.complete && i.naturalWidth > 0)`, time.Minute)
	l.shot("32-clusters")

	first := l.currentSize()
	l.press("1") // the key of the class
	l.labelledCount(first, photos)
	l.until("the next group", `document.querySelector('.cluster.current').id === 'cluster-1'`, time.Minute)
	second := l.currentSize()
	l.press("n")
	l.typeInto("Name of the class", "open hand")
	l.shot("33-clusters-name")
	l.click("Name and label")
	l.labelledCount(first+second, photos)
	l.until("the third group", `document.querySelector('.cluster.current').id === 'cluster-2'`, time.Minute)
	l.sees("open hand", time.Minute)
	l.shot("34-clusters-named")

	l.press("z")
	l.labelledCount(first, photos)
	l.press("z")
	l.labelledCount(0, photos)

	l.press("s")
	l.until("one group more", fmt.Sprintf(`document.querySelectorAll('.cluster').length === %d`, k+1), time.Minute)
	l.press("m")
	l.until("one group less", fmt.Sprintf(`document.querySelectorAll('.cluster').length === %d`, k), time.Minute)
	if n := l.groups(); n != k {
		t.Errorf("%d groups", n)
	}
	l.press(kb.ArrowDown)
	l.until("the group below", `document.querySelector('.cluster.current').id === 'cluster-3'`, time.Minute)
	size := eval[int](l.person, `Number(document.querySelector('.cluster.current .cluster-head .num').innerText.match(/\d+/)[0])`)
	l.press(kb.Enter)
	l.until("the group's images in the gallery", fmt.Sprintf(`document.querySelector('.grid-scroll') && location.search.split('%%2C').length === %d`, size), time.Minute)
	l.click("Clusters")
	l.until("the group that was left", `(document.querySelector('.cluster.current') || {}).id === 'cluster-3'`, time.Minute)
	l.looks()
}
