package openapi

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"strconv"
	"strings"
)

// words are what the comments of a package say about its types, their fields ("Type.Field") and the constants of its types.
type words struct {
	types, fields map[string]string
	constants     map[string][]constant
}

type constant struct{ value, comment string }

// readWords reads the Go files of a package.
func readWords(files fs.FS) (words, error) {
	w := words{map[string]string{}, map[string]string{}, map[string][]constant{}}
	names, err := fs.Glob(files, "*.go")
	if err != nil {
		return w, err
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return w, err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return w, err
		}
		for _, d := range file.Decls {
			if group, ok := d.(*ast.GenDecl); ok {
				w.group(group)
			}
		}
	}
	return w, nil
}

func (w words) group(group *ast.GenDecl) {
	for _, spec := range group.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			doc := s.Doc
			if doc == nil {
				doc = group.Doc
			}
			w.types[s.Name.Name] = plain(doc.Text())
			if t, ok := s.Type.(*ast.StructType); ok {
				w.structure(s.Name.Name, t)
			}
		case *ast.ValueSpec:
			w.value(group.Tok, s)
		}
	}
}

func (w words) structure(name string, t *ast.StructType) {
	for _, f := range t.Fields.List {
		text := strings.TrimSpace(plain(f.Doc.Text()) + " " + plain(f.Comment.Text()))
		for _, field := range f.Names {
			w.fields[name+"."+field.Name] = text
		}
	}
}

// value keeps constants of text that have a type.
func (w words) value(tok token.Token, s *ast.ValueSpec) {
	kind, ok := s.Type.(*ast.Ident)
	if tok != token.CONST || !ok {
		return
	}
	for _, v := range s.Values {
		if text, ok := v.(*ast.BasicLit); ok && text.Kind == token.STRING {
			value, err := strconv.Unquote(text.Value)
			if err == nil {
				w.constants[kind.Name] = append(w.constants[kind.Name], constant{value, plain(s.Comment.Text())})
			}
		}
	}
}

// plain puts a comment on one line.
func plain(text string) string { return strings.Join(strings.Fields(text), " ") }
