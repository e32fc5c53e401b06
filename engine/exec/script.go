package exec

import _ "embed"

//go:embed thread.js
var threadScript string

// ThreadScript is what Options.Script serves.
func ThreadScript() []byte { return []byte(threadScript) }
