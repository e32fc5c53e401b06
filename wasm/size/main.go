//go:build js

// Command size is a program that does nothing by itself: web/bench builds it with the tag engine and without, to know what
// the engine adds to a program that, like app.wasm, has fmt, context and syscall/js anyway.
package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall/js"
	"time"
)

// use is what the engine adds.
var use = func(context.Context, []byte) error { return nil }

func main() {
	ctx, stop := context.WithTimeout(context.Background(), time.Second)
	defer stop()
	data := make([]byte, js.Global().Get("size").Int())
	js.CopyBytesToGo(data, js.Global().Get("data"))
	words := strings.Fields(string(binary.LittleEndian.AppendUint32(data, 7)))
	slices.SortFunc(words, strings.Compare)
	js.Global().Set("done", js.FuncOf(func(js.Value, []js.Value) any { return strconv.Itoa(len(words)) }))
	go func() {
		if err := use(ctx, data); errors.Is(err, context.Canceled) {
			fmt.Fprintln(os.Stderr, fmt.Errorf("size: %w", err), map[string]any{"words": words}, 1.5)
		}
	}()
	<-ctx.Done()
}
