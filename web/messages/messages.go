// Package messages holds the texts of the UI, one folder a language, one file a part of the app.
package messages

// Languages are the languages that have a folder, the fallback first.
var Languages = []string{"en", "ko"}
