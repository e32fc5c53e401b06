// Package openapi describes the API as an OpenAPI 3.1 document. Nothing in it is written twice: addresses and rights come from
// the table of routes, types from the Go types that cross the wire, and words from the comments beside those; only what a
// route does and which types it takes and answers is a line of operations.go, which tests compare with the handlers.
package openapi

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/irum-app/irum/server/api"
	"github.com/irum-app/irum/server/domain"
)

const introduction = `The API of Irum. The page, the command line and programs use the same one.

Errors are problem details (RFC 9457). ` + "`code`" + ` is stable and what programs should look at; ` + "`detail`" + ` says in English what was wrong, where, and what
to do; ` + "`field`" + ` names the part of the request.

On a server with accounts a program sends an API token (made under Account) as Bearer; a page has a session cookie, and sends back
the token of the header X-Csrf-Token with everything that changes something. On a server for one person nobody signs in.`

// Document gives the description of an API of routes as JSON, always the same bytes. A route that operations.go does not
// tell of is in it without its bodies.
func Document(routes []api.Route, version string) ([]byte, error) {
	w, err := readWords(domain.Files)
	if err != nil {
		return nil, err
	}
	b := &builder{words: w, schemas: object{}}
	b.structure(reflect.TypeFor[domain.Problem](), false)
	b.structure(reflect.TypeFor[domain.JobEvent](), false) // of the stream of events
	b.structure(reflect.TypeFor[domain.LabelsEvent](), false)
	paths, tags := object{}, map[string]bool{}
	for _, r := range routes {
		method, path, _ := strings.Cut(r.Pattern, " ")
		item, ok := paths[path].(object)
		if !ok {
			item = object{}
			paths[path] = item
		}
		item[strings.ToLower(method)] = b.describe(r, operations[r.Pattern])
		tags[tag(path)] = true
	}
	var subjects []object
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		subjects = append(subjects, object{"name": name})
	}
	return json.Marshal(object{
		"openapi": "3.1.0",
		"info": object{
			"title": "Irum", "version": version, "description": introduction,
			"license": object{"name": "Apache-2.0", "identifier": "Apache-2.0"},
		},
		"servers": []object{{"url": "/"}},
		"tags":    subjects,
		"paths":   paths,
		"components": object{
			"schemas":    b.schemas,
			"parameters": headers,
			"securitySchemes": object{
				"session": object{"type": "apiKey", "in": "cookie", "name": "irum", "description": "What signing in gives; over HTTPS its name is __Host-irum."},
				"token":   object{"type": "http", "scheme": "bearer", "description": "An API token. It may do what it was made for and what its person may do."},
			},
		},
	})
}
