// Command edge works on the edge host (wasm/edge) from outside. It is run from anywhere inside the module:
//
//	go run ./web/edge run [-port 8787] [-data FOLDER]   web/edge/dist in workerd, with a sample project
//	go run ./web/edge seed -url URL                     sends the sample project to a host that is deployed; IRUM_TOKEN is its TOKEN
//	go run ./web/edge measure                           what web/edge/RESULTS.md tells, of web/edge/dist in workerd
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"

	"github.com/irum-app/irum/web/edge/seed"
	"github.com/irum-app/irum/web/edge/workerd"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := command(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "web/edge:", err)
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("say run, seed or measure")
	}
	flags := flag.NewFlagSet(args[0], flag.ExitOnError)
	port := flags.Int("port", 8787, "where workerd listens, 0 for any")
	data := flags.String("data", "", "folder in which D1 and R2 are kept; empty for memory")
	url := flags.String("url", "", "address of the edge host")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	switch args[0] {
	case "run":
		return run(ctx, *port, *data)
	case "seed":
		return seed.Fill(ctx, *url, os.Getenv("IRUM_TOKEN"), say)
	case "measure":
		return measure(ctx, os.Stdout)
	}
	return fmt.Errorf("there is no %q: say run, seed or measure", args[0])
}

func say(format string, args ...any) { fmt.Printf(format+"\n", args...) }

// run serves until ctx ends.
func run(ctx context.Context, port int, data string) error {
	token := rand.Text()
	args := []string{"--port", strconv.Itoa(port), "TOKEN=" + token}
	if data != "" {
		args = append(args, "--data", data)
	}
	p, err := workerd.Start("run.mjs", args...)
	if err != nil {
		return err
	}
	defer p.Stop()
	if err := seed.Fill(ctx, p.Address, token, say); err != nil {
		return fmt.Errorf("%w\n%s", err, p.Said())
	}
	say("The edge host is open at %s", p.Address)
	select {
	case <-ctx.Done():
	case <-p.Ended():
		return fmt.Errorf("workerd ended: %s", p.Said())
	}
	return nil
}
