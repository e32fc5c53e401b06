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

// ticked is how many images of the current group would be labelled.
func (l *loop) ticked() int {
	l.t.Helper()
	return eval[int](l.person, `Number(document.querySelector('.cluster-classes > .num').innerText.match(/\d+/)[0])`)
}

// onGroup waits until the n-th group has the keyboard.
func (l *loop) onGroup(n int) {
	l.t.Helper()
	l.until(fmt.Sprintf("group %d", n+1), fmt.Sprintf(`document.querySelector('.cluster.current').id === 'cluster-%d' && document.activeElement.closest('.cluster.current')`, n), time.Minute)
}

// wholeGroup ticks all of the current group but the outliers, where it may be mixed.
func (l *loop) wholeGroup() {
	l.t.Helper()
	if eval[bool](l.person, `document.querySelector('.cluster.current').innerText.includes('only the most typical is ticked')`) {
		l.press("v")
		l.until("a whole group", `!document.querySelector('.cluster.current').innerText.includes('only the most typical is ticked')`, time.Minute)
	}
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
			l.until("the groups", `[...document.querySelectorAll('.cluster img')].filter(i => i.complete && i.naturalWidth > 0).length > 10`, time.Minute)
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

	l.wholeGroup()
	first := l.ticked()
	l.press("1") // the key of the class
	l.labelledCount(first, photos)
	l.onGroup(1)
	l.wholeGroup()
	second := l.ticked()
	l.press("n")
	l.typeInto("Name of the class", "open hand")
	l.shot("33-clusters-name")
	l.click("Name and label")
	l.labelledCount(first+second, photos)
	l.onGroup(2)
	l.sees("open hand", time.Minute)
	l.shot("34-clusters-named")

	l.press("z")
	l.labelledCount(first, photos)
	l.onGroup(1)
	l.press("z")
	l.labelledCount(0, photos)
	l.onGroup(0)

	count := func(n int) {
		l.until(fmt.Sprintf("%d groups", n), fmt.Sprintf(`document.querySelectorAll('.cluster').length === %d`, n), time.Minute)
	}
	l.press("s")
	count(k + 1)
	l.press("m")
	l.sees("Go to the group to merge with", time.Minute)
	l.press(kb.ArrowDown)
	l.onGroup(1)
	l.press("m")
	count(k)
	l.press("z") // takes the merge back, then the split
	count(k + 1)
	l.press("z")
	count(k)
	l.onGroup(0)

	l.press("x") // leaves it out, and takes it in again
	l.onGroup(1)
	l.until("a group that is left out", `document.querySelector('#cluster-0').innerText.includes('Left out')`, time.Minute)
	l.press("z")
	l.onGroup(0)
	l.press(kb.ArrowDown)
	l.onGroup(1)
	l.wholeGroup()
	whole := l.ticked()
	l.press(kb.ArrowRight + kb.ArrowRight + " ")
	l.until("one image fewer", fmt.Sprintf(`document.querySelector('.cluster-classes > .num').innerText.includes('%d') && document.querySelectorAll('.cluster.current .cluster-thumb.off').length > 0`, whole-1), time.Minute)
	l.press(kb.ArrowLeft + kb.ArrowLeft)
	l.onGroup(1)
	size := eval[int](l.person, `Number(document.querySelector('.cluster.current .cluster-head .num').innerText.match(/\d+/)[0])`)
	l.press(kb.Enter)
	l.until("the group's images in the gallery", fmt.Sprintf(`document.querySelector('.grid-scroll') && location.search.split('%%2C').length === %d`, size), time.Minute)
	l.click("Clusters")
	l.until("the group that was left", `(document.querySelector('.cluster.current') || {}).id === 'cluster-1'`, time.Minute)
	l.looks()
}
