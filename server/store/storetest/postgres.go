package storetest

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// server is the one Postgres of this process: started by the first test that asks, stopped by Main after the last.
var server struct {
	sync.Mutex
	dir     string
	cmd     *exec.Cmd
	ended   chan struct{}
	output  bytes.Buffer
	started bool
	err     error
}

var databases atomic.Int64

// Postgres gives the DSN (driver "pgx") of an empty database on a Postgres server of this process. The server is Debian's,
// in a temporary folder, reached by a unix socket; t is skipped only where no Postgres is installed. Packages that use it
// have func TestMain(m *testing.M) { storetest.Main(m) }, which stops the server.
func Postgres(t testing.TB) string {
	t.Helper()
	bin := binaries()
	if bin == "" {
		t.Skip("no Postgres is installed here: apt-get install postgresql")
	}
	server.Lock()
	if !server.started {
		server.started = true
		server.err = start(bin)
	}
	dir, err := server.dir, server.err
	server.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("irum%d", databases.Add(1))
	admin, err := sql.Open("pgx", dsn(dir, "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = admin.Close() }()
	if _, err := admin.Exec("CREATE DATABASE " + name + " TEMPLATE template0 ENCODING 'UTF8'"); err != nil {
		t.Fatal(err)
	}
	return dsn(dir, name)
}

// PostgresURL is Postgres, as a postgres:// URL.
func PostgresURL(t testing.TB) string {
	t.Helper()
	of := Postgres(t)
	var dir, database string
	if _, err := fmt.Sscanf(of, "host=%s user=irum database=%s sslmode=disable", &dir, &database); err != nil {
		t.Fatalf("the DSN %s: %v", of, err)
	}
	return "postgres://irum@/" + database + "?sslmode=disable&host=" + url.QueryEscape(dir)
}

func dsn(dir, database string) string {
	return fmt.Sprintf("host=%s user=irum database=%s sslmode=disable", dir, database)
}

// Main runs a package's tests, stops the Postgres and the workerd that they started, and exits.
func Main(m *testing.M) {
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt)
	go func() {
		<-interrupted
		stop()
		stopD1()
		os.Exit(130)
	}()
	code := m.Run()
	stop()
	stopD1()
	os.Exit(code)
}

// binaries is the folder of initdb and postgres, the newest of those that Debian keeps apart, or "".
func binaries() string {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path)
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return ""
	}
	return filepath.Dir(found[len(found)-1])
}

func start(bin string) error {
	dir, err := os.MkdirTemp("", "irumpg")
	if err != nil {
		return err
	}
	server.dir = dir
	account, err := unprivileged(dir)
	if err != nil {
		return err
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "irum", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = dir, account
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	cmd := exec.Command(filepath.Join(bin, "postgres"), "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off",
		"-c", "max_connections=200")
	cmd.Dir, cmd.SysProcAttr = dir, account
	cmd.Stdout, cmd.Stderr = &server.output, &server.output
	begun := make(chan error, 1)
	server.ended = make(chan struct{})
	go func() { // this thread must live as long as the server, which the kernel stops when its parent thread dies
		runtime.LockOSThread()
		defer close(server.ended)
		err := cmd.Start()
		begun <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	if err := <-begun; err != nil {
		return err
	}
	server.cmd = cmd
	return ready(dir)
}

// ready waits until the server takes connections.
func ready(dir string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	db, err := sql.Open("pgx", dsn(dir, "postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if err = db.PingContext(ctx); err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-server.ended:
			return fmt.Errorf("postgres ended: %s", server.output.String())
		case <-ctx.Done():
			return fmt.Errorf("postgres does not answer: %w", err)
		}
	}
}

func stop() {
	server.Lock()
	defer server.Unlock()
	if server.cmd != nil {
		_ = server.cmd.Process.Signal(os.Interrupt) // Postgres' fast shutdown
		<-server.ended
		server.cmd = nil
	}
	if server.dir != "" {
		_ = os.RemoveAll(server.dir)
	}
}
