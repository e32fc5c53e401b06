//go:build js

package transfer

const defaultArchiveBytes = 1 << 30
