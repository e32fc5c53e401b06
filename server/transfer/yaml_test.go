package transfer

import (
	"fmt"
	"strings"
	"testing"
)

// shown is a node in one line: "text", [list], {map}, * for an alias.
func shown(n *yamlNode) string {
	switch n.kind {
	case yamlAlias:
		return "*"
	case yamlScalar:
		return fmt.Sprintf("%q", n.text)
	}
	var parts []string
	for _, item := range n.items {
		parts = append(parts, shown(item))
	}
	if n.kind == yamlMap {
		return "{" + strings.Join(parts, " ") + "}"
	}
	return "[" + strings.Join(parts, " ") + "]"
}

func TestYAML(t *testing.T) {
	for text, want := range map[string]string{
		"": `""`, "# nothing\n\n": `""`, "a": `"a"`, "\uFEFFa: 1\r\nb: 2\r\n": `{"a" "1" "b" "2"}`,
		"%YAML 1.2\n--- # first\na: b\n---\nc: d\n": `{"a" "b"}`, "a: b\n...\nrest [": `{"a" "b"}`,

		"names: [a, 'b c', \"d\", e f,]\n":                           `{"names" ["a" "b c" "d" "e f"]}`,
		"names: [\n  a, # first\n'b'\n]\nnc: 2":                      `{"names" ["a" "b"] "nc" "2"}`,
		"names: {0: a, 1: 'b', \"2\":c, 3}\n":                        `{"names" {"0" "a" "1" "b" "2" "c" "3" ""}}`,
		`{"names":["a","b\n"],"x":{"y":[]}}`:                         `{"names" ["a" "b\n"] "x" {"y" []}}`,
		"[[a, b], {c: [d]}, , ]":                                     "line 1: nothing stands before the comma",
		"a: [x:y, http://z/#1, -1, a#b]":                             `{"a" ["x:y" "http://z/#1" "-1" "a#b"]}`,
		"names:\n- a\n- b: c\n  d: e\n- - f\n  - g":                  `{"names" ["a" {"b" "c" "d" "e"} ["f" "g"]]}`,
		"names:\n\n  - a b  # note\n  # note\n  -\n  -\n    c\nx:\n": `{"names" ["a b" "" "c"] "x" ""}`,
		"a:\n  b:\n    c: d\n  e: f\ng: h":                           `{"a" {"b" {"c" "d"} "e" "f"} "g" "h"}`,
		"  a: 1\n  b: 2":                                             `{"a" "1" "b" "2"}`,
		"names:\n  0: person\n  1: 'traffic light'\n  2: \"a: b\"\n": `{"names" {"0" "person" "1" "traffic light" "2" "a: b"}}`,

		"a: 'it''s'\nb: \"\\\"\\u00e9\\x41\\U0001F600\\t\\\\\"": `{"a" "it's" "b" "\"éA😀\t\\"}`,
		"a: 'x  \n  y\n\n  z'\nb: \"x\n  y \\\n  z\"":           `{"a" "x y\nz" "b" "x y z"}`,
		"a: x\n  y\n\n  z # note\nb: 1":                         `{"a" "x y\nz" "b" "1"}`,
		"a: b#c\nd: e:f\ng: -1\nh: ?x\ni: http://x:1/y":         `{"a" "b#c" "d" "e:f" "g" "-1" "h" "?x" "i" "http://x:1/y"}`,
		"a: |\n  x: [\n\n    - '\nb: >-\n  y\n  z\n":            `{"a" "x: [\n\n  - '" "b" "y z"}`,
		"a: |2 # note\n   x\nb: |\nc: d":                        `{"a" " x" "b" "" "c" "d"}`,
		"download: |\n  names:\n  - no\n\nnames: [yes]\n":       `{"download" "names:\n- no" "names" ["yes"]}`,
		"a: &x !!seq [1]\nb: *x\nc: !t\n  d: e\nf: !!str 1":     `{"a" ["1"] "b" * "c" {"d" "e"} "f" "1"}`,

		"names: [a, b":            "line 1: the ] that closes line 1 is missing",
		"names: [a\nnc: 2":        "line 2: a comma or ] is expected, for the list or map that begins in line 1",
		"a: b: c":                 "line 1: what stands here does not belong",
		"a: - b":                  `line 1: no name or number begins with "-"`,
		"a: 'b' c":                "line 1: what stands here does not belong",
		"a:\n    b: 1\n  c: 2":    "line 3: what stands here does not belong",
		"a: 1\n  b: 2":            "line 2: what stands here does not belong",
		"a\nb: c":                 "line 2: what stands here does not belong",
		"a: 1\nb":                 "line 2: a key followed by a colon",
		"a:\n\tb: 1":              "line 2: a tab indents it",
		"- a\n\t- b":              "line 2: a tab indents it",
		"a: 'b\nc: d":             "line 2: the quote that begins in line 1 is not closed",
		`a: "\q"`:                 `line 1: \q is no escape`,
		`a: "\`:                   "no escape",
		`a: "\u12"`:               `\u is no escape`,
		"a: @b":                   `begins with "@"; put it in quotes`,
		"a: | b\n  c":             "text goes on in the line after | or >",
		"? a\n: b":                `begins with "?"`,
		strings.Repeat("[", 5000): "deeper than 100 levels",
		strings.Repeat("- ", 300): "deeper than 100 levels",
		strings.Repeat("{a: ", 9): "the } that closes line 1 is missing",
	} {
		root, err := parseYAML(text)
		if err == nil && shown(root) != want {
			t.Errorf("%q\n is %s,\nnot %s", text, shown(root), want)
		}
		if err != nil && (want[0] != 'l' && !strings.Contains(err.Error(), want) || want[0] == 'l' && !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%q: error %v, want %s", text, err, want)
		}
	}
}

func TestYAMLNames(t *testing.T) {
	for text, want := range map[string]string{
		"names: [a, ' b ']":               "a|b",
		"path: ../x\nnames:\n  2: c\n  0": `The YAML cannot be read: line 4: a key followed by a colon and a space is expected.`,
		"names:\n  2: c\n  0: a\n":        "a||c",
		"names: {0: a, 0: b}":             `Line 1: class index 0 stands here a second time.`,
		"names: [a]\nx: 1\nnames: [b]":    `Line 3: "names" stands here a second time.`,
		"names: {99999999: a}":            `Line 1: "99999999" is no class index with its name.`,
		"a: &a [1]\nnames: *a":            `The YAML has no "names" as a list, or as a map from index to name.`,
		"names: [a, [b]]":                 `Line 1: "names" holds something that is no name.`,
	} {
		names, problem := yamlNames(text)
		if got := strings.Join(names, "|") + problem; got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func FuzzYAML(f *testing.F) {
	for _, s := range []string{
		"names: [a, b]\n", "names:\n  0: a\n  5: b\n", "a: &a [*a]\n", "x:\n  - a: b\n    c: d\n  - e\nnames:\n- 'a''b'\n- \"x\\u00e9 y\"\n",
		"--- # x\ndownload: |\n  import x\n\nnames: {0: a, 1: 'b c'}\n...\n", "a: b\n  c\n- >-\n  x\n", `{"a":["b"]}`, "\"\\", "- - \t-", "%\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if root, err := parseYAML(text); err == nil && root.kind == yamlMap && len(root.items)%2 != 0 {
			t.Errorf("a key without a value: %s", shown(root))
		}
		if names, problem := yamlNames(text); problem != "" && names != nil {
			t.Errorf("%q gives both %q and %s", text, names, problem)
		}
	})
}
