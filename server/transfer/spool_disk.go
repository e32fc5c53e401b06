//go:build !js

package transfer

const defaultArchiveBytes = 8 << 30
