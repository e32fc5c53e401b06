//go:build js

// Package page is the window's side of Irum in the browser: it gives the UI (package app) its browser and starts it.
package page

// Main runs the UI and does not return.
func Main() { select {} }
