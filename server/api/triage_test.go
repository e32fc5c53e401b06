package api_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"slices"
	"testing"

	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/store"
	"github.com/irum-app/irum/server/store/storetest"
)

// picture is a PNG of w x h pixels whose grey comes from at.
func picture(t *testing.T, w, h int, at func(x, y int) uint8) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetGray(x, y, color.Gray{Y: at(x, y)})
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func issueCounts(t domain.Triage) map[domain.Issue]int {
	out := map[domain.Issue]int{}
	for _, i := range t.Issues {
		out[i.Issue] = i.Count
	}
	return out
}

func TestTriageOfAnImport(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		h := newHost(t, st)
		ctx, p := t.Context(), h.names["multi"]
		before, err := h.Triage(ctx, p, "")
		if err != nil {
			t.Fatal(err)
		}
		fields := func(x, y int) uint8 { return uint8(60 + 150*((x/16*5+y/16*3)%4)/3) }
		h.importFile(p, "fine.png", picture(t, 160, 120, fields))
		h.importFile(p, "soft.png", picture(t, 160, 120, func(x, y int) uint8 { return uint8(x + y/2) }))
		h.importFile(p, "night.png", picture(t, 150, 120, func(x, y int) uint8 { return fields(y, x) / 8 }))
		report := h.importFile(p, "broken.png", []byte("\x89PNG\r\n\x1a\nno more"))
		again := h.importFile(p, "again.png", picture(t, 80, 60, func(x, y int) uint8 { return fields(2*x, 2*y) }))
		all, err := h.Triage(ctx, p, "")
		if err != nil {
			t.Fatal(err)
		}
		got := issueCounts(all)
		if all.Images != before.Images+4 || all.Unmeasured != 0 || got[domain.IssueBlurred] < 1 || got[domain.IssueDark] != 1 || got[domain.IssueDuplicate] < 1 {
			t.Errorf("%v of %+v", got, all)
		}
		if len(all.Refused) != 1 || all.Refused[0].Import != report.ID || all.Refused[0].Files != 1 {
			t.Errorf("refused: %+v", all.Refused)
		}
		some, err := h.Triage(ctx, p, again.ID)
		if n := issueCounts(some); err != nil || some.Images != 1 || n[domain.IssueDuplicate] != 1 || n[domain.IssueDark] != 0 {
			t.Errorf("of the last import: %v of %+v, %v", n, some, err)
		}
		list, err := h.IssueImages(ctx, p, domain.IssueDark, 0, 10)
		if err != nil || list.Total != 1 || list.Items[0].Asset.Name != "night.png" || list.Items[0].Value >= 85 || list.Items[0].Kept != nil {
			t.Errorf("dark: %+v, %v", list, err)
		}
		list, err = h.IssueImages(ctx, p, domain.IssueDuplicate, 0, 500)
		if err != nil || !slices.ContainsFunc(list.Items, func(i domain.IssueImage) bool {
			return i.Asset.Name == "again.png" && i.Kept != nil && i.Kept.Name == "fine.png" && i.Value <= 3
		}) {
			t.Errorf("duplicates: %+v, %v", list, err)
		}
		page, err := h.Assets(ctx, p, domain.Filter{Issues: []domain.Issue{domain.IssueDark}}, "", "", 0)
		if err != nil || page.Total != 1 || page.Items[0].Name != "night.png" {
			t.Errorf("the grid of dark images: %+v, %v", page, err)
		}
		moved, err := h.SetLimits(ctx, p, domain.Limits{domain.IssueDark: 0})
		if n := issueCounts(moved); err != nil || n[domain.IssueDark] != 0 || n[domain.IssueBlurred] != got[domain.IssueBlurred] {
			t.Errorf("after the limit was moved: %v, %v", n, err)
		}
		if page, err = h.Assets(ctx, p, domain.Filter{Issues: []domain.Issue{domain.IssueDark}}, "", "", 0); err != nil || page.Total != 0 {
			t.Errorf("the grid after the limit was moved: %+v, %v", page, err)
		}
	})
}

func TestTriageMeasuresWhatCameBefore(t *testing.T) {
	storetest.Each(t, func(t *testing.T, st *store.Store) {
		h := newHost(t, st)
		ctx, p := t.Context(), h.names["single"]
		asset, err := st.Asset(ctx, p, h.names["red1"])
		if err != nil || asset.Measures == nil {
			t.Fatalf("%+v, %v", asset, err)
		}
		want := *asset.Measures
		if err := st.SetMeasures(ctx, p, map[string]domain.Measures{asset.ID: {Sharpness: -1, Light: -1, Shade: -1, Contrast: -1}}); err != nil {
			t.Fatal(err)
		}
		if out, err := h.Triage(ctx, p, ""); err != nil || out.Unmeasured != 1 {
			t.Errorf("%+v, %v", out, err)
		}
		job, err := h.MeasureImages(ctx, p)
		if err != nil || job.Kind != "measure" {
			t.Fatalf("%+v, %v", job, err)
		}
		if job = h.waitFor(job); job.State != domain.JobDone || job.Done != 1 {
			t.Errorf("%+v", job)
		}
		if a, err := st.Asset(ctx, p, asset.ID); err != nil || a.Measures == nil || *a.Measures != want {
			t.Errorf("measured anew %+v, %v; want %+v", a.Measures, err, want)
		}
	})
}

func TestTriageRefusesNonsense(t *testing.T) {
	h := newHost(t, storetest.SQLite(t))
	for _, s := range []scenario{
		{method: "GET", path: "/projects/{single}/triage?import=none", status: 404},
		{method: "GET", path: "/projects/{single}/triage?odd=1", status: 422},
		{method: "GET", path: "/projects/{single}/triage/images?issue=odd", status: 422, contains: []string{"issue"}},
		{method: "GET", path: "/projects/{single}/triage/images?issue=dark&offset=-1", status: 422, contains: []string{"offset"}},
		{method: "GET", path: "/projects/{single}/assets?issue=odd", status: 422, contains: []string{"issue"}},
		{method: "PUT", path: "/projects/{single}/triage/limits", body: `{"dark":999}`, status: 422, contains: []string{"dark"}},
		{method: "PUT", path: "/projects/{single}/triage/limits", body: `{"odd":1}`, status: 422, contains: []string{"odd"}},
		{method: "GET", path: "/projects/none/triage", status: 404},
	} {
		h.check(t, s)
	}
}
