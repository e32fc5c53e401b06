//go:build js

// Command app is every role of Irum in the browser in one binary, chosen by the first argument: page (the UI), api (the
// API over SQLite and OPFS, in a worker) and engine (the network, in further workers).
package main

import (
	"fmt"
	"os"

	"github.com/irum-app/irum/wasm/device"
	"github.com/irum-app/irum/wasm/engines"
	"github.com/irum-app/irum/wasm/page"
)

func main() {
	role := ""
	if len(os.Args) > 1 {
		role = os.Args[1]
	}
	switch role {
	case "page":
		page.Main()
	case "api":
		device.Main()
	case "engine":
		engines.Main()
	default:
		fmt.Fprintf(os.Stderr, "app: there is no role %q: use page, api or engine\n", role)
		os.Exit(2)
	}
}
