package i18n

// Source gives all texts of a language by key. wasm/page sets it: in the browser the texts are fetched, not embedded.
var Source func(language string) (map[string]string, error)
