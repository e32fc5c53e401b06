package transfer

import (
	"testing"

	"github.com/irum-app/irum/server/domain"
)

func TestSplitsToldAfterTheImagesAreKept(t *testing.T) {
	b := newBench(t, domain.TaskSingle)
	b.run("none", pictures("a.png", "train/b.png", "c.png")...)
	rep := b.run("auto", text("l.csv", "filename,label,split\na.png,cat,val\nb.png,cat,test\nc.png,dog,\n"))
	if rep.Labelled != 3 || len(rep.Refused) > 0 || !hasNote(rep, "splits") {
		t.Errorf("%+v", rep)
	}
	rep = b.run("auto", text("train.txt", "c.png\n"), text("l.csv", "filename,subset\na.png,val\n"))
	if len(rep.Refused) > 0 || !hasNote(rep, "splits") {
		t.Errorf("%+v", rep)
	}
	for _, a := range b.assets(b.project) {
		if want := map[string]string{"a.png": "val", "train/b.png": "test", "c.png": "train"}[a.Name]; a.Split != want {
			t.Errorf("%s is in %q, want %q", a.Name, a.Split, want)
		}
	}
}
