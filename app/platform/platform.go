// Package platform is what the UI asks of the browser, behind an interface so that screens compile and are tested natively.
// wasm/page sets Current before the first screen is shown.
package platform

import (
	"context"

	"github.com/irum-app/irum/server/client"
)

// Place says where a project's data are.
type Place string

const (
	Device Place = "device" // in this browser; images never leave it
	Server Place = "server" // on the server this page came from
)

// File is one file the user dropped or picked. Path is relative, with folders, slash-separated. Value goes into
// client.ImportFile as it is (a js.Value holding a File).
type File struct {
	Path  string
	Size  int64
	Value any
}

// Browser is the browser as the UI sees it. All calls may block and are made from goroutines, never from a render.
type Browser interface {
	// Client gives the API of a place, or nil where it cannot be had; Why then tells the reason as a message key.
	Client(p Place) *client.Client
	Why(p Place) string
	// ImageURL makes path (client.ThumbPath, client.ImagePath) showable by <img>. release frees it when no longer shown.
	ImageURL(ctx context.Context, p Place, path string) (url string, release func(), err error)
	// Download saves path of a place under filename.
	Download(ctx context.Context, p Place, path, filename string) error
	// DroppedFiles walks the files and folders of a drop or paste event (a js.Value of the event). It must be called
	// within the event's handler; the walk itself goes on after it returns and ends by calling done once.
	DroppedFiles(event any, done func([]File, error))
	// PickFiles opens the file chooser; folder asks for a whole folder. It must be called within a click's handler.
	PickFiles(folder bool, done func([]File, error))
	// Persisted asks the browser to keep the device's data (navigator.storage.persist) and tells whether it will,
	// with the bytes in use and available.
	Persisted(ctx context.Context) (kept bool, used, quota int64)
	// Keep keeps data under key in this browser, on disk when it answers; nil removes it. Kept gives all under keys that begin
	// with prefix.
	Keep(ctx context.Context, key string, data []byte) error
	Kept(ctx context.Context, prefix string) (map[string][]byte, error)
}

// Current is set once at start.
var Current Browser
