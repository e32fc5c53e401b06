package e2e

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestHarness checks the harness itself on a page of its own: names, typing, keys and files that are dropped.
func TestHarness(t *testing.T) {
	page := `<!doctype html><title>t</title><button disabled>Save as</button><button aria-label="Save">x</button>
<label>Your name <input></label><div id="drop">Drop here</div><p id="said"></p>
<script>
const say = s => document.querySelector('#said').append(s + '; ');
document.querySelector('[aria-label=Save]').onclick = () => say('saved ' + document.querySelector('input').value);
addEventListener('keydown', e => { if (e.target === document.body) say('key ' + e.key) });
const d = document.querySelector('#drop');
d.ondragover = e => e.preventDefault();
d.ondrop = e => { e.preventDefault(); say([...e.dataTransfer.files].map(f => f.name + ':' + f.size).join(',')) };
</script>`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(page))
	}))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "사진.txt")
	if err := os.WriteFile(file, []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := newPerson(t, 1440, 900)
	p.open(server.URL)
	p.press("k")
	p.sees("key k;", 5*time.Second)
	p.typeInto("Your name", "이름")
	p.click("Save")
	p.sees("saved 이름;", 5*time.Second)
	p.drop("#drop", []string{file})
	p.sees("사진.txt:5;", 5*time.Second)
}
