package openapi_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi/datamodel"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/irum-app/irum/server/openapi"
	"github.com/irum-app/irum/server/serve"
	"github.com/irum-app/irum/server/serve/servetest"
	"github.com/irum-app/irum/server/team"
)

// described gives the document of a server, with accounts or for one person.
func described(t *testing.T, withTeam bool) []byte {
	t.Helper()
	s, err := serve.Open(t.Context(), serve.Config{
		Data: t.TempDir(), Addr: "127.0.0.1:0", Team: withTeam, Version: "test", Backbone: servetest.Backbone, Cost: team.Cost{KiB: 64, Passes: 1, Threads: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	w := httptest.NewRecorder()
	s.Handler(true).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "http://localhost/api/openapi.json", nil))
	if w.Code != 200 || w.Header().Get("Content-Type") != "application/json" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return w.Body.Bytes()
}

// TestDocumentIsOpenAPI checks the document against the schema of OpenAPI 3.1.
func TestDocumentIsOpenAPI(t *testing.T) {
	standard, err := jsonschema.UnmarshalJSON(strings.NewReader(datamodel.OpenAPI31SchemaData))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("openapi.json", standard); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, withTeam := range []bool{false, true} {
		text := described(t, withTeam)
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(document); err != nil {
			t.Error(err)
		}
		checkReferences(t, document)
	}
	broken, _ := jsonschema.UnmarshalJSON(strings.NewReader(`{"openapi":"3.1.0","info":{"title":"x"},"paths":{}}`))
	if schema.Validate(broken) == nil {
		t.Error("the check takes a document without a version")
	}
}

// checkReferences wants what references name to be there.
func checkReferences(t *testing.T, document any) {
	t.Helper()
	top, _ := document.(map[string]any)
	components, _ := top["components"].(map[string]any)
	schemas, _ := components["schemas"].(map[string]any)
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if to, ok := v["$ref"].(string); ok {
				if strings.HasPrefix(to, "#/components/parameters/") {
					if headers, _ := components["parameters"].(map[string]any); headers[to[len("#/components/parameters/"):]] == nil {
						t.Errorf("%s names nothing", to)
					}
					return
				}
				name, inside := strings.CutPrefix(to, "#/components/schemas/")
				if s, _ := schemas[name].(map[string]any); !inside || s["type"] == nil {
					t.Errorf("%s names nothing", to)
				}
			}
			for _, inner := range v {
				walk(inner)
			}
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		}
	}
	walk(document)
}

// TestOperations wants every route to be described as its handler is, and nothing else to be.
func TestOperations(t *testing.T) {
	found := handlers(t)
	var document struct {
		Paths map[string]map[string]struct {
			Parameters []struct{ Name, In, Description string }
		}
	}
	if err := json.Unmarshal(described(t, true), &document); err != nil {
		t.Fatal(err)
	}
	var listed []string
	for path, item := range document.Paths {
		for method, o := range item {
			listed = append(listed, strings.ToUpper(method)+" "+path)
			for _, p := range o.Parameters {
				if p.Name != "" && p.Description == "" {
					t.Errorf("%s %s: nothing is said about {%s}: add it to parameters.go", method, path, p.Name)
				}
			}
		}
	}
	slices.Sort(listed)
	if want := slices.Sorted(maps.Keys(found)); !slices.Equal(listed, want) {
		t.Errorf("the document has\n%s\nthe tables of routes have\n%s", strings.Join(listed, "\n"), strings.Join(want, "\n"))
	}
	for pattern, h := range found {
		o, ok := openapi.Operations[pattern]
		if !ok {
			t.Errorf("%s is not described: add a line to operations.go", pattern)
			continue
		}
		checkOperation(t, pattern, o, h)
	}
	for pattern := range openapi.Operations {
		if _, ok := found[pattern]; !ok {
			t.Errorf("%s is described and is no route", pattern)
		}
	}
}

func checkOperation(t *testing.T, pattern string, o openapi.Operation, h handler) {
	t.Helper()
	if !strings.HasSuffix(o.Summary, ".") {
		t.Errorf("%s: the summary is no sentence: %q", pattern, o.Summary)
	}
	reads := ""
	if _, file := o.In.(openapi.File); o.In != nil && !file {
		reads = typeName(reflect.TypeOf(o.In))
	}
	if got := slices.Compact(slices.Sorted(slices.Values(h.reads))); strings.Join(got, " or ") != reads {
		t.Errorf("%s: its handler reads %q, In is %q", pattern, got, reads)
	}
	query := slices.Compact(slices.Sorted(slices.Values(h.query)))
	if want := slices.Sorted(slices.Values(o.Query)); !slices.Equal(query, want) {
		t.Errorf("%s: its handler reads the parameters %q, Query is %q", pattern, query, want)
	}
}

func typeName(t reflect.Type) string {
	if t.Name() != "" {
		return t.String()
	}
	var fields []string
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		fields = append(fields, name+" "+f.Type.String())
	}
	if fields == nil {
		return "struct{}"
	}
	return "{" + strings.Join(fields, ", ") + "}"
}

// TestTwoDocumentsAreTheSame wants the same bytes every time.
func TestTwoDocumentsAreTheSame(t *testing.T) {
	if !bytes.Equal(described(t, false), described(t, false)) {
		t.Error("two documents of one API differ")
	}
}
