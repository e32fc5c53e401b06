package openapi

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/irum-app/irum/server/api"
	"github.com/irum-app/irum/server/domain"
	"github.com/irum-app/irum/server/once"
)

// Operation is what a route's pattern and need do not tell of it.
type Operation struct {
	Summary string // one sentence
	In      any    // a value of the type of the JSON body, or a File; nil for none
	Needs   string // fields of In without which the request is refused, by spaces
	Query   []string
	Out     any // a value of the type of the answer, or a File; nil for none
	Status  int // of the answer; 200, or 204 where Out is nil, when 0
	// Tagged says that the answer has an ETag: what reads takes If-None-Match, and what changes takes If-Match.
	Tagged bool
}

// File is a body that is no JSON: its media type.
type File string

func (o Operation) status() int {
	switch {
	case o.Status != 0:
		return o.Status
	case o.Out == nil:
		return http.StatusNoContent
	}
	return http.StatusOK
}

var placeholder = regexp.MustCompile(`\{([a-z]+)\}`)

// identifier names an operation by its method and path.
func identifier(method, path string) string {
	words := strings.FieldsFunc(strings.TrimPrefix(path, "/api"), func(r rune) bool { return strings.ContainsRune("/{}-.", r) })
	return strings.ToLower(method) + "_" + strings.Join(words, "_")
}

// tag is the subject of a path: its first word that is not a project.
func tag(path string) string {
	words := strings.Split(strings.Trim(strings.TrimPrefix(path, "/api"), "/"), "/")
	if len(words) > 2 && words[0] == "projects" {
		return words[2]
	}
	return strings.TrimSuffix(words[0], ".json")
}

// describe gives one operation of the document.
func (b *builder) describe(r api.Route, o Operation) object {
	method, path, _ := strings.Cut(r.Pattern, " ")
	out := object{
		"operationId": identifier(method, path), "tags": []string{tag(path)}, "summary": o.Summary,
		"description": whoMay(r.Need), "security": security(r.Need), "x-need": string(r.Need),
	}
	var parameters []object
	for _, m := range placeholder.FindAllStringSubmatch(path, -1) {
		parameters = append(parameters, object{"name": m[1], "in": "path", "required": true, "description": pathWords[m[1]], "schema": object{"type": "string"}})
	}
	for _, name := range o.Query {
		parameters = append(parameters, queryParameter(name))
	}
	if inWorkspace(r) {
		parameters = append(parameters, queryParameter("workspace"))
	}
	if once.Takes(r) {
		parameters = append(parameters, object{"$ref": "#/components/parameters/IdempotencyKey"})
	}
	for _, name := range conditions(o) {
		parameters = append(parameters, object{"$ref": "#/components/parameters/" + name})
	}
	if parameters != nil {
		out["parameters"] = parameters
	}
	if o.In != nil {
		out["requestBody"] = object{"required": true, "content": b.content(o.In, o.Needs, true)}
	}
	answer := object{"description": http.StatusText(o.status())}
	if o.Out != nil {
		answer["content"] = b.content(o.Out, "", false)
	}
	if o.Tagged {
		answer["headers"] = object{"ETag": object{"schema": object{"type": "string"}, "description": "Names this version."}}
	}
	responses := object{strconv.Itoa(o.status()): answer, "default": problemAnswer("What went wrong, and what to do about it.")}
	if o.Tagged && method == http.MethodGet {
		responses[strconv.Itoa(http.StatusNotModified)] = object{"description": "It is what If-None-Match names."}
	}
	for _, code := range problems(r, o) {
		responses[strconv.Itoa(code)] = problemAnswer(http.StatusText(code))
	}
	out["responses"] = responses
	return out
}

// conditions are the headers by which a request is made to depend on a version.
func conditions(o Operation) []string {
	switch {
	case !o.Tagged || o.Status == http.StatusCreated:
		return nil
	case o.In == nil:
		return []string{"IfNoneMatch"}
	}
	return []string{"IfMatch"}
}

// inWorkspace tells whether a route is about a workspace that its path does not tell.
func inWorkspace(r api.Route) bool {
	return slices.Contains(domain.Rights, domain.Right(r.Need)) &&
		!strings.Contains(r.Pattern, "{project}") && !strings.Contains(r.Pattern, "{job}") && !strings.Contains(r.Pattern, "{workspace}")
}

// problems are the refusals that an operation has beside those that any may have.
func problems(r api.Route, o Operation) []int {
	var out []int
	if r.Need != api.Open {
		out = append(out, http.StatusUnauthorized, http.StatusForbidden)
	}
	if strings.Contains(r.Pattern, "{") {
		out = append(out, http.StatusNotFound)
	}
	if _, file := o.In.(File); o.In != nil && !file {
		out = append(out, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	if o.In != nil || len(o.Query) > 0 {
		out = append(out, http.StatusUnprocessableEntity)
	}
	if once.Takes(r) {
		out = append(out, http.StatusConflict)
	}
	if o.Tagged && o.In != nil && o.Status != http.StatusCreated {
		out = append(out, http.StatusPreconditionFailed)
	}
	return out
}

func problemAnswer(text string) object {
	return object{"description": text, "content": object{"application/problem+json": object{"schema": object{"$ref": "#/components/schemas/Problem"}}}}
}

// whoMay says in words what a need asks for, with the roles that have it.
func whoMay(need api.Need) string {
	switch need {
	case api.Open:
		return "Anybody may call it, signed in or not."
	case api.SignedIn:
		return "Anybody who has signed in may call it."
	case api.Host:
		return "Those who run the server may call it."
	}
	var roles []string
	for _, role := range domain.Roles {
		if role.May(domain.Right(need)) {
			roles = append(roles, string(role))
		}
	}
	return "It needs the right `" + string(need) + "` in the workspace. Roles that have it: " + strings.Join(roles, ", ") + "."
}

// security tells how a caller shows who they are. The scope beside token is the right that the token must be for.
func security(need api.Need) []object {
	if need == api.Open {
		return []object{}
	}
	scopes := []string{}
	if need != api.SignedIn {
		scopes = append(scopes, string(need))
	}
	return []object{{"session": []string{}}, {"token": scopes}}
}
