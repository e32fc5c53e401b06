//go:build js

package page

import (
	"context"
	"strings"
	"sync"
	"syscall/js"

	"github.com/irum-app/irum/wasm/glue"
)

// notes is a store of small things in IndexedDB, opened when it is first needed.
type notes struct {
	mu sync.Mutex
	db js.Value
}

const (
	notesDB    = "irum-notes"
	notesStore = "notes"
)

// await waits for an IDBRequest, or for the transaction done by name "complete".
func await(ctx context.Context, target js.Value, success string) error {
	done := make(chan error, 1)
	var ok, bad js.Func
	release := func() { ok.Release(); bad.Release() }
	ok = js.FuncOf(func(js.Value, []js.Value) any {
		release()
		done <- nil
		return nil
	})
	bad = js.FuncOf(func(js.Value, []js.Value) any {
		release()
		done <- glue.AsError(target.Get("error"))
		return nil
	})
	target.Set("on"+success, ok)
	target.Set("onerror", bad)
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (n *notes) open(ctx context.Context) (js.Value, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.db.Truthy() {
		return n.db, nil
	}
	request, err := glue.Call(js.Global().Get("indexedDB"), "open", notesDB, 1)
	if err != nil {
		return js.Undefined(), err
	}
	upgrade := js.FuncOf(func(js.Value, []js.Value) any {
		request.Get("result").Call("createObjectStore", notesStore)
		return nil
	})
	defer upgrade.Release()
	request.Set("onupgradeneeded", upgrade)
	if err := await(ctx, request, "success"); err != nil {
		return js.Undefined(), err
	}
	n.db = request.Get("result")
	return n.db, nil
}

// begin gives a transaction's store. What it writes is on disk when the transaction is complete.
func (n *notes) begin(ctx context.Context, mode string) (tx, store js.Value, err error) {
	db, err := n.open(ctx)
	if err != nil {
		return tx, store, err
	}
	tx, err = glue.Call(db, "transaction", notesStore, mode, glue.Object("durability", "strict"))
	if err != nil {
		return tx, store, err
	}
	return tx, tx.Call("objectStore", notesStore), nil
}

// Keep implements platform.Browser.
func (b *browser) Keep(ctx context.Context, key string, data []byte) error {
	tx, store, err := b.notes.begin(ctx, "readwrite")
	if err != nil {
		return err
	}
	if data == nil {
		_, err = glue.Call(store, "delete", key)
	} else {
		_, err = glue.Call(store, "put", glue.Array(data), key)
	}
	if err != nil {
		return err
	}
	return await(ctx, tx, "complete")
}

// Kept implements platform.Browser.
func (b *browser) Kept(ctx context.Context, prefix string) (map[string][]byte, error) {
	_, store, err := b.notes.begin(ctx, "readonly")
	if err != nil {
		return nil, err
	}
	keys, values := store.Call("getAllKeys"), store.Call("getAll")
	if err := await(ctx, values, "success"); err != nil { // requests of one transaction end in order
		return nil, err
	}
	out := map[string][]byte{}
	for i := range keys.Get("result").Length() {
		if key := keys.Get("result").Index(i).String(); strings.HasPrefix(key, prefix) {
			out[key] = glue.Bytes(values.Get("result").Index(i))
		}
	}
	return out, nil
}
