//go:build !js

package domain

import "embed"

// Files are the text of this package: the description of the API takes the words about types and fields from the comments here.
//
//go:embed *.go
var Files embed.FS
