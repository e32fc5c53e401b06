package openapi_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// handler is what the source of a route's handler says of it.
type handler struct {
	reads []string // types of JSON bodies
	query []string // parameters behind ?
}

// source is the packages whose handlers routes name.
type source struct {
	t     *testing.T
	funcs map[string]*ast.FuncDecl // by package and name
	lists map[string][]string      // package variables that are lists of text
	vars  map[string]string        // constants in functions
}

// handlers reads the tables of routes and their handlers out of the source: by pattern.
func handlers(t *testing.T) map[string]handler {
	t.Helper()
	s := &source{t: t, funcs: map[string]*ast.FuncDecl{}, lists: map[string][]string{}, vars: map[string]string{}}
	packages := map[string][]*ast.File{}
	for _, name := range []string{"api", "team", "serve", "events"} {
		paths, err := filepath.Glob("../" + name + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			packages[name] = append(packages[name], file)
			s.declare(name, file)
		}
	}
	out := map[string]handler{}
	for name, files := range packages {
		for _, file := range files {
			ast.Inspect(file, func(n ast.Node) bool {
				if c, ok := n.(*ast.CompositeLit); ok {
					if pattern, do := s.route(c); pattern != "" {
						h := handler{}
						s.look(name, do, &h, map[string]bool{})
						out[pattern] = h
					}
				}
				return true
			})
		}
	}
	return out
}

func (s *source) declare(name string, file *ast.File) {
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			key := name + "." + d.Name.Name
			if d.Recv != nil {
				key = name + ".s." + d.Name.Name
			}
			s.funcs[key] = d
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				v, ok := spec.(*ast.ValueSpec)
				if !ok {
					continue
				}
				for i, value := range v.Values {
					s.lists[v.Names[i].Name] = literals(value)
				}
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == 1 {
			if text, ok := literal(v.Values[0]); ok {
				s.vars[v.Names[0].Name] = text
			}
		}
		return true
	})
}

// route gives pattern and handler of a composite literal that is a route, "" for others.
func (s *source) route(c *ast.CompositeLit) (pattern string, do ast.Expr) {
	var parts []ast.Expr
	for _, e := range c.Elts {
		if pair, ok := e.(*ast.KeyValueExpr); ok {
			e = pair.Value
		}
		parts = append(parts, e)
	}
	if len(parts) < 3 {
		return "", nil
	}
	pattern = s.text(parts[0])
	method, path, _ := strings.Cut(pattern, " ")
	if !slices.Contains([]string{"GET", "POST", "PUT", "DELETE", "PATCH"}, method) || !strings.HasPrefix(path, "/") {
		return "", nil
	}
	return pattern, parts[2]
}

// text works out a constant of text.
func (s *source) text(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BinaryExpr:
		return s.text(e.X) + s.text(e.Y)
	case *ast.Ident:
		return s.vars[e.Name]
	}
	text, _ := literal(e)
	return text
}

func literal(e ast.Expr) (string, bool) {
	b, ok := e.(*ast.BasicLit)
	if !ok || b.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(b.Value)
	return text, err == nil
}

func literals(n ast.Node) (out []string) {
	ast.Inspect(n, func(n ast.Node) bool {
		if e, ok := n.(ast.Expr); ok {
			if text, ok := literal(e); ok {
				out = append(out, text)
			}
		}
		return true
	})
	return out
}

// look gathers what the functions that n names read, and those that they call in their package.
func (s *source) look(in string, n ast.Node, h *handler, seen map[string]bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			s.call(n, h)
		case *ast.SelectorExpr:
			if on, ok := n.X.(*ast.Ident); ok && on.Name == "s" {
				s.enter(in, "s."+n.Sel.Name, h, seen)
				return false
			}
			s.look(in, n.X, h, seen) // Sel is of another type or package
			return false
		case *ast.Ident:
			s.enter(in, n.Name, h, seen)
		}
		return true
	})
}

func (s *source) enter(in, name string, h *handler, seen map[string]bool) {
	f := s.funcs[in+"."+name]
	if f == nil || f.Body == nil || seen[name] || name == "readJSON" || name == "query" {
		return
	}
	seen[name] = true
	s.look(in, f.Body, h, seen)
}

func (s *source) call(c *ast.CallExpr, h *handler) {
	f := c.Fun
	if i, ok := f.(*ast.IndexExpr); ok {
		if name := types.ExprString(i.X); name == "readJSON" || name == "api.ReadJSON" {
			h.reads = append(h.reads, shape(i.Index))
		}
		return
	}
	name := types.ExprString(f)
	if name != "query" && name != "listQuery" && !strings.HasSuffix(name, "URL.Query().Get") {
		return
	}
	for _, arg := range c.Args {
		h.query = append(h.query, literals(arg)...)
		ast.Inspect(arg, func(n ast.Node) bool {
			if i, ok := n.(*ast.Ident); ok {
				h.query = append(h.query, s.lists[i.Name]...)
			}
			return true
		})
	}
}

// shape names a type; one without a name by the fields that it has in JSON.
func shape(e ast.Expr) string {
	t, ok := e.(*ast.StructType)
	if !ok || len(t.Fields.List) == 0 {
		return types.ExprString(e)
	}
	var fields []string
	for _, f := range t.Fields.List {
		tag, _ := literal(f.Tag)
		_, name, _ := strings.Cut(tag, `json:"`)
		fields = append(fields, name[:strings.IndexAny(name, `,"`)]+" "+types.ExprString(f.Type))
	}
	return "{" + strings.Join(fields, ", ") + "}"
}
