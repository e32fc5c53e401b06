//go:build js

package page

import (
	"context"
	"strings"
	"syscall/js"

	"github.com/irum-app/irum/app/platform"
	"github.com/irum-app/irum/wasm/glue"
)

// DroppedFiles implements platform.Browser.
func (b *browser) DroppedFiles(event any, done func([]platform.File, error)) {
	data := toJS(event).Get("dataTransfer")
	if !data.Truthy() {
		data = toJS(event).Get("clipboardData")
	}
	var files []platform.File
	var entries []js.Value
	if data.Truthy() {
		items := data.Get("items")
		for i := range items.Length() { // now: after the event there are no items any more
			item := items.Index(i)
			if glue.Text(item, "kind") != "file" {
				continue
			}
			if item.Get("webkitGetAsEntry").Truthy() {
				if entry := item.Call("webkitGetAsEntry"); entry.Truthy() {
					entries = append(entries, entry)
					continue
				}
			}
			if f := item.Call("getAsFile"); f.Truthy() {
				files = append(files, fileOf(f, "")) // a picture from the clipboard
			}
		}
	}
	go func() {
		for _, entry := range entries {
			var err error
			if files, err = walk(context.Background(), entry, files); err != nil {
				done(files, err)
				return
			}
		}
		done(files, nil)
	}()
}

func fileOf(f js.Value, path string) platform.File {
	if path == "" {
		path = glue.Text(f, "name")
	}
	return platform.File{Path: strings.TrimPrefix(path, "/"), Size: int64(f.Get("size").Float()), Value: f}
}

// walk adds the files under a FileSystemEntry.
func walk(ctx context.Context, entry js.Value, files []platform.File) ([]platform.File, error) {
	path := glue.Text(entry, "fullPath")
	if entry.Get("isFile").Bool() {
		f, err := glue.Await(ctx, promise(entry, "file"))
		if err != nil {
			return files, err
		}
		return append(files, fileOf(f, path)), nil
	}
	if !entry.Get("isDirectory").Bool() {
		return files, nil
	}
	reader := entry.Call("createReader")
	for {
		batch, err := glue.Await(ctx, promise(reader, "readEntries"))
		if err != nil {
			return files, err
		}
		n := batch.Length()
		if n == 0 {
			return files, nil
		}
		for i := range n {
			if files, err = walk(ctx, batch.Index(i), files); err != nil {
				return files, err
			}
		}
	}
}

// promise makes a promise of a method that takes two callbacks.
func promise(v js.Value, method string) js.Value {
	start := js.FuncOf(func(_ js.Value, args []js.Value) any {
		v.Call(method, args[0], args[1])
		return nil
	})
	defer start.Release()
	return js.Global().Get("Promise").New(start) // calls start at once
}

// PickFiles implements platform.Browser.
func (b *browser) PickFiles(folder bool, done func([]platform.File, error)) {
	input := js.Global().Get("document").Call("createElement", "input")
	input.Set("type", "file")
	input.Set("multiple", true)
	input.Set("webkitdirectory", folder)
	input.Set("hidden", true)
	var change, cancel js.Func
	end := func(files []platform.File) {
		input.Call("remove")
		change.Release()
		cancel.Release()
		go done(files, nil)
	}
	change = js.FuncOf(func(js.Value, []js.Value) any {
		list := input.Get("files")
		var files []platform.File
		for i := range list.Length() {
			f := list.Index(i)
			files = append(files, fileOf(f, glue.Text(f, "webkitRelativePath")))
		}
		end(files)
		return nil
	})
	cancel = js.FuncOf(func(js.Value, []js.Value) any {
		end(nil)
		return nil
	})
	input.Call("addEventListener", "change", change)
	input.Call("addEventListener", "cancel", cancel)
	js.Global().Get("document").Get("body").Call("append", input) // Safari needs it in the page
	input.Call("click")
}
