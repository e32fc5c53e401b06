//go:build !js

package i18n

import "github.com/irum-app/irum/web/messages"

// Source gives all texts of a language by key.
var Source = messages.Load
