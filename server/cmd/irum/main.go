// Command irum is Irum on a server and on the command line: it serves the app, and imports, exports, trains, labels and
// evaluates over a data folder or over a running server.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/irum-app/irum/server/autolabel"
	"github.com/irum-app/irum/server/domain"
)

// version is set by the linker.
var version = ""

// Exit statuses.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitRefused     = 3
	exitInterrupted = 130
)

// errRefused is an import that took not every file; its report is printed already.
var errRefused = errors.New("files were refused")

// commands is the command line.
type commands struct {
	Data   string `help:"Data folder." default:"./data" env:"IRUM_DATA" type:"path" placeholder:"DIR"`
	DB     string `name:"db" help:"Postgres to use instead of the SQLite file in the data folder (postgres://...)." env:"IRUM_DB" placeholder:"URL"`
	Blobs  string `help:"Where images and models are, instead of the folder blobs in the data folder: a folder, or an object storage (s3://BUCKET/PREFIX?endpoint=https://HOST&region=REGION), whose keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. All servers and workers of one Postgres use the same." env:"IRUM_BLOBS" placeholder:"DIR|URL"`
	Server string `help:"Work over a running server instead of a data folder." env:"IRUM_SERVER" placeholder:"URL"`
	Token  string `help:"API token for --server, of an account there. Better given by the environment: others see command lines." env:"IRUM_TOKEN" placeholder:"TOKEN"`
	JSON   bool   `name:"json" help:"Print one JSON object to standard output; errors as one to standard error."`

	Serve    serveCmd    `cmd:"" help:"Serve the app and its API."`
	Worker   workerCmd   `cmd:"" help:"Run the jobs of servers that use one Postgres, on this machine."`
	Projects projectsCmd `cmd:"" help:"List projects."`
	Import   importCmd   `cmd:"" help:"Import a folder, a ZIP archive or a file. Exits with 3 when a file was refused."`
	Export   exportCmd   `cmd:"" help:"Take a snapshot of labels and write it to a file."`
	Train    trainCmd    `cmd:"" help:"Train a Custom Auto-Label AI."`
	Apply    applyCmd    `cmd:"" help:"Let a model label what people have not."`
	Eval     evalCmd     `cmd:"" help:"Measure a model on labelled images that are not in the project."`
	Models   modelsCmd   `cmd:"" help:"List backbones and models, or add a backbone."`
	Task     taskCmd     `cmd:"" help:"Let images have one class or several, with a preview of what becomes of labels."`
	Classes  classesCmd  `cmd:"" help:"Show how classes are nested; merge or move them."`
	Changes  changesCmd  `cmd:"" help:"List changes of a project's task and classes, or take one back."`
	Backup   backupCmd   `cmd:"" help:"Write the data folder to one file. A server may be at work in it meanwhile."`
	Restore  restoreCmd  `cmd:"" help:"Make a new data folder out of a backup."`
	Verify   verifyCmd   `cmd:"" help:"Check every blob, row and count of the data folder. A server may be at work in it meanwhile."`
	Account  accountCmd  `cmd:"" help:"Recover an account of a server."`
	Credits  creditsCmd  `cmd:"" help:"Give a workspace of a server more credits."`
	Audit    auditCmd    `cmd:"" help:"Check that the audit log of a server is as it was written."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

// app is what commands work with.
type app struct {
	context.Context
	flags  *commands
	stdout io.Writer
	stderr io.Writer
	log    *slog.Logger
	inner  *innerErrors
	// trainer of whole networks, for commands that work in this process; nil for none.
	trainer autolabel.Trainer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// asked is the exit that --help asks for.
type asked int

// run is the program: it gives the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (code int) {
	defer func() {
		if v := recover(); v != nil {
			exit, ok := v.(asked)
			if !ok {
				panic(v)
			}
			code = int(exit)
		}
	}()
	var flags commands
	parser, err := kong.New(&flags, kong.Name("irum"), kong.Writers(stdout, stderr), kong.UsageOnError(),
		kong.Description("Label images, and let your own model label the rest.\n\n"+
			"Exit status: 0 when all was done, 1 when something failed, 2 for a wrong command line, 3 when an import refused files."),
		kong.Vars{"formats": formatNames(), "labels": strings.Join(domain.LabelModes(), ",")},
		kong.Exit(func(code int) { panic(asked(code)) }))
	if err != nil {
		return tell(stderr, false, err, exitFailed)
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return tell(stderr, wantsJSON(args), domain.Errorf(domain.CodeInvalid, "%s. See irum --help.", strings.TrimSuffix(err.Error(), ".")), exitUsage)
	}
	a := &app{Context: ctx, flags: &flags, stdout: stdout, stderr: stderr, inner: &innerErrors{}}
	a.log = slog.New(a.inner)
	err = a.inner.explain(parsed.Run(a))
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errRefused):
		return exitRefused
	case errors.Is(err, errUnsound):
		return exitFailed
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		return tell(stderr, flags.JSON, domain.Errorf(domain.CodeCancelled, "Interrupted."), exitInterrupted)
	}
	return tell(stderr, flags.JSON, err, exitFailed)
}

func wantsJSON(args []string) bool {
	for _, arg := range args {
		if arg == "--json" {
			return true
		}
	}
	return false
}

// tell prints err as one line, or as a problem object.
func tell(w io.Writer, asJSON bool, err error, code int) int {
	if !asJSON {
		text := strings.ReplaceAll(err.Error(), "\n", "; ")
		var p *domain.Problem
		if errors.As(err, &p) && p.Field != "" {
			text += " (" + p.Field + ")"
		}
		_, _ = fmt.Fprintln(w, "irum:", text)
		return code
	}
	var p *domain.Problem
	if !errors.As(err, &p) || p.Detail != err.Error() {
		// Whoever runs the command may see all: it is their machine.
		known := domain.AsProblem(err)
		p = domain.Errorf(known.Code, "%s", err.Error()).In(known.Field)
	}
	_ = json.NewEncoder(w).Encode(p)
	return code
}

// print writes v as JSON when that is asked for, else text.
func (a *app) print(v any, text func(w io.Writer)) error {
	if !a.flags.JSON {
		text(a.stdout)
		return nil
	}
	return json.NewEncoder(a.stdout).Encode(v)
}

// note tells the user something beside the result. With --json standard error is for errors alone.
func (a *app) note(format string, args ...any) {
	if !a.flags.JSON {
		_, _ = fmt.Fprintf(a.stderr, format+"\n", args...)
	}
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(a *app) error {
	return a.print(map[string]string{"version": buildVersion()}, func(w io.Writer) { _, _ = fmt.Fprintln(w, "irum", buildVersion()) })
}

// buildVersion is what the linker was told, else what Go knows of the module and the commit.
func buildVersion() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return "devel-" + s.Value[:min(12, len(s.Value))]
		}
	}
	return "devel"
}
