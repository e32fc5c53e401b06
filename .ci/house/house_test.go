// Package house checks how the code base is laid: which package may import which, and how large files and functions may grow.
package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const module = "github.com/irum-app/irum/"

// root is the repository's root, seen from this package.
const root = "../.."

// allowed says which of our own trees a tree may import, by longest matching prefix.
var allowed = map[string][]string{
	"engine":        {"engine"},
	"app":           {"app", "server/client", "server/domain", "web/messages"},
	"wasm":          {"wasm", "app", "engine", "server/api", "server/autolabel", "server/blob", "server/client", "server/demo", "server/domain", "server/store", "server/transfer"},
	"server/domain": {},
	"server/client": {"server/domain"},
	// net/http's client has a folder of its own: browsers load the rest of the client.
	"server/client/httpclient": {"server/client", "server/domain"},
	"server":                   {"server", "engine", "web"},
	"web":                      {"web", "server", "engine"},
	"web/messages":             {},
	".ci":                      {},
}

// onlyIn names outside libraries that have one home.
var onlyIn = map[string][]string{
	"gorgonia.org/tensor":           {"engine/ref"},
	"github.com/tetratelabs/wazero": {"engine/exec"},
	"modernc.org/sqlite":            {"server/cmd", "server/serve", "server/store"},
	"github.com/jackc/pgx":          {"server/cmd", "server/jobs", "server/serve", "server/store"},
	"github.com/riverqueue/river":   {"server/jobs"},
	"syscall/js":                    {"wasm", "engine/exec"},
	"github.com/syumai/workers":     {"wasm/edge", "wasm/r2"},
	"github.com/chromedp/chromedp":  {"web/e2e", "web/bench"},
}

const (
	maxFileLines = 900
	maxFuncLines = 120
)

// long holds what may be longer: tables and generated code, each with its reason.
var long = map[string]string{}

func goFiles(t *testing.T, visit func(path string, file *ast.File, fset *token.FileSet)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		if d.IsDir() {
			if name := d.Name(); name == "node_modules" || name == ".git" || name == "data" || name == "bin" || name == ".cache" {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		visit(filepath.ToSlash(rel), file, fset)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func under(path, tree string) bool { return path == tree || strings.HasPrefix(path, tree+"/") }

func TestImportsGoOneWay(t *testing.T) {
	goFiles(t, func(path string, file *ast.File, _ *token.FileSet) {
		dir := filepath.ToSlash(filepath.Dir(path))
		isTest := strings.HasSuffix(path, "_test.go")
		var tree string
		for candidate := range allowed {
			if under(dir, candidate) && len(candidate) > len(tree) {
				tree = candidate
			}
		}
		if tree == "" {
			t.Errorf("%s: no rule says what this folder may import", path)
			return
		}
		for _, spec := range file.Imports {
			imported := strings.Trim(spec.Path.Value, `"`)
			if own, ok := strings.CutPrefix(imported, module); ok {
				fine := false
				for _, to := range allowed[tree] {
					fine = fine || under(own, to)
				}
				if !fine && !isTest {
					t.Errorf("%s imports %s: %s may not", path, own, tree)
				}
			}
			for lib, homes := range onlyIn {
				if !under(imported, lib) || isTest {
					continue
				}
				fine := false
				for _, home := range homes {
					fine = fine || under(dir, home)
				}
				if !fine {
					t.Errorf("%s imports %s, whose home is %s", path, lib, strings.Join(homes, ", "))
				}
			}
		}
	})
}

func TestFilesAndFunctionsStaySmall(t *testing.T) {
	goFiles(t, func(path string, file *ast.File, fset *token.FileSet) {
		if n := fset.File(file.Pos()).LineCount(); n > maxFileLines && long[path] == "" {
			t.Errorf("%s has %d lines, more than %d: split it along its subject", path, n, maxFileLines)
		}
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			n := fset.Position(f.End()).Line - fset.Position(f.Pos()).Line + 1
			if n > maxFuncLines && long[path+":"+f.Name.Name] == "" {
				t.Errorf("%s: %s has %d lines, more than %d", path, f.Name.Name, n, maxFuncLines)
			}
		}
	})
}

func TestExportedNamesAreDocumented(t *testing.T) {
	goFiles(t, func(path string, file *ast.File, fset *token.FileSet) {
		if strings.HasSuffix(path, "_test.go") || !(under(path, "engine") || under(path, "server")) {
			return
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if ok && f.Name.IsExported() && f.Doc == nil && (f.Recv == nil || receiverExported(f)) {
				t.Errorf("%s: %s has no docstring", fset.Position(f.Pos()), f.Name.Name)
			}
		}
	})
}

func receiverExported(f *ast.FuncDecl) bool {
	expr := f.Recv.List[0].Type
	if star, ok := expr.(*ast.StarExpr); ok {
		expr = star.X
	}
	if generic, ok := expr.(*ast.IndexExpr); ok {
		expr = generic.X
	}
	id, ok := expr.(*ast.Ident)
	return ok && id.IsExported()
}

// TestRepositoryTextSpeaksOfIrumAlone keeps machine paths and registry hosts out of what is committed.
func TestRepositoryTextSpeaksOfIrumAlone(t *testing.T) {
	forbidden := []string{"/" + "work/", "/" + "tmp/w", "proxy.golang" + ".org", "registry.npmjs" + ".org"}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			switch d.Name() {
			case "node_modules", ".git", "data", "bin", "dist", "test-results", ".cache":
				return filepath.SkipDir
			}
			return nil
		}
		switch filepath.Ext(path) {
		case ".go", ".md", ".js", ".mjs", ".css", ".html", ".json", ".sql", ".sh", "":
		default:
			return nil
		}
		if d.Type()&fs.ModeSymlink != 0 {
			return nil
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, word := range forbidden {
			if strings.Contains(string(body), word) {
				t.Errorf("%s holds %q", path, word)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
