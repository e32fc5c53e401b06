//go:build !amd64

package native

const hasAVX2 = false

func assemblyTiles(*Tile, int, bool, *float32, *float32, *float32, *float32, *float32) {}
