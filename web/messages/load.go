//go:build !js

package messages

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
)

//go:embed en/*.json ko/*.json
var files embed.FS

// Load gives all texts of a language by key. Two files with the same key are an error.
func Load(language string) (map[string]string, error) {
	names, err := fs.Glob(files, language+"/*.json")
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("no texts for language %q", language)
	}
	all := map[string]string{}
	for _, name := range names {
		data, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		part := map[string]string{}
		if err := json.Unmarshal(data, &part); err != nil {
			return nil, fmt.Errorf("texts %s: %w", name, err)
		}
		for key, text := range part {
			if _, twice := all[key]; twice {
				return nil, fmt.Errorf("texts %s: the key %q stands in another file too", name, key)
			}
			all[key] = text
		}
	}
	return all, nil
}
