// Package openapitest checks in tests that an API answers what its description says.
package openapitest

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/irum-app/irum/server/api"
	"github.com/irum-app/irum/server/openapi"
)

// Checked gives a handler that answers as h, which has these routes, and fails t where a JSON answer is not what the OpenAPI
// document says, or where h took a JSON body that the document refuses.
func Checked(t testing.TB, h http.Handler, routes []api.Route) http.Handler {
	t.Helper()
	d, err := open(routes)
	if err != nil {
		t.Fatal(err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent := &bytes.Buffer{}
		if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") && r.Body != nil {
			_, _ = sent.ReadFrom(r.Body)
			r.Body = http.NoBody
			if sent.Len() > 0 {
				r.Body = reader{bytes.NewReader(sent.Bytes())}
			}
		}
		seen := &recorder{ResponseWriter: w}
		h.ServeHTTP(seen, r)
		if err := d.check(r.Pattern, seen, sent.Bytes()); err != nil {
			t.Errorf("%s %s is not as it is described: %v\n%.600s", r.Method, r.URL.Path, err, seen.body.String())
		}
	})
}

type reader struct{ *bytes.Reader }

func (reader) Close() error { return nil }

type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	if strings.Contains(r.Header().Get("Content-Type"), "json") {
		r.body.Write(p)
	}
	return r.ResponseWriter.Write(p)
}

// Unwrap serves http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// document is a description with its compiled schemas.
type document struct {
	mu       sync.Mutex
	compiler *jsonschema.Compiler
	paths    map[string]any
	known    map[string]*jsonschema.Schema
}

var (
	opened   = map[string]*document{}
	openedMu sync.Mutex
)

func open(routes []api.Route) (*document, error) {
	text, err := openapi.Document(routes, "test")
	if err != nil {
		return nil, err
	}
	openedMu.Lock()
	defer openedMu.Unlock()
	if d := opened[string(text)]; d != nil {
		return d, nil
	}
	top, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	d := &document{compiler: jsonschema.NewCompiler(), paths: top.(map[string]any)["paths"].(map[string]any), known: map[string]*jsonschema.Schema{}}
	strict(top)
	d.compiler.AssertFormat()
	if err := d.compiler.AddResource("api.json", top); err != nil {
		return nil, err
	}
	opened[string(text)] = d
	return d, nil
}

// strict lets objects have the properties alone that are described: clients must bear more, but we must tell them of all.
func strict(v any) {
	switch v := v.(type) {
	case map[string]any:
		if v["type"] == "object" && v["properties"] != nil {
			v["additionalProperties"] = false
		}
		for _, inner := range v {
			strict(inner)
		}
	case []any:
		for _, inner := range v {
			strict(inner)
		}
	}
}

// check compares an answer, and the body that it is to, with the description.
func (d *document) check(pattern string, seen *recorder, sent []byte) error {
	method, path, _ := strings.Cut(pattern, " ")
	if pattern == "" {
		return nil
	}
	at := []string{"paths", path, strings.ToLower(method)}
	if kind := seen.Header().Get("Content-Type"); kind == "application/json" && seen.status < 300 && seen.Header().Get("Content-Disposition") == "" {
		if err := d.validate(seen.body.Bytes(), append(at, "responses", strconv.Itoa(seen.status), "content", kind, "schema")); err != nil {
			return err
		}
	} else if kind == "application/problem+json" {
		return d.validate(seen.body.Bytes(), append(at, "responses", "default", "content", kind, "schema"))
	}
	if len(sent) > 0 && seen.status < 300 && d.takesJSON(path, method) {
		return d.validate(sent, append(at, "requestBody", "content", "application/json", "schema"))
	}
	return nil
}

// takesJSON tells whether an address is described as one that takes JSON. Some take files, whatever they are said to be.
func (d *document) takesJSON(path, method string) bool {
	item, _ := d.paths[path].(map[string]any)
	operation, _ := item[strings.ToLower(method)].(map[string]any)
	body, _ := operation["requestBody"].(map[string]any)
	content, _ := body["content"].(map[string]any)
	return content["application/json"] != nil
}

var escaper = strings.NewReplacer("~", "~0", "/", "~1", "%", "%25", "{", "%7B", "}", "%7D")

func (d *document) validate(text []byte, at []string) error {
	for i := range at {
		at[i] = escaper.Replace(at[i])
	}
	pointer := "api.json#/" + strings.Join(at, "/")
	d.mu.Lock()
	schema := d.known[pointer]
	if schema == nil {
		var err error
		if schema, err = d.compiler.Compile(pointer); err != nil {
			d.mu.Unlock()
			return err
		}
		d.known[pointer] = schema
	}
	d.mu.Unlock()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return schema.Validate(v)
}
