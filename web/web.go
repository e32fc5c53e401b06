// Package web holds what the browser is sent, as `make build` (web/build) wrote it into dist.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var files embed.FS

// FS is web/dist: index.html, app.wasm, its workers, styles, icons, the default backbone and the samples. Next to a file
// there may be a NAME.br, the same bytes in Brotli. Before the first build it holds nothing but README.
var FS = dist()

func dist() fs.FS {
	sub, err := fs.Sub(files, "dist")
	if err != nil {
		panic(err) // the path is a constant
	}
	return sub
}
