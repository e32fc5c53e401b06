package shrink

import "bytes"

// told is what the names of functions begin with that are kept: the runtime asks for its own and for those of reflect, and traces
// should tell what is ours.
var told = [][]byte{[]byte("runtime."), []byte("internal/runtime/"), []byte("reflect."), []byte("main."), []byte("github.com/irum-app/irum/")}

// dropNames clears the names of all other functions, which traces then leave out, and the arguments of types, for which traces print dots
// anyway. Names stay where they are, since records and the tables of inlined functions point to them; zeros weigh next to nothing.
func (t *tables) dropNames() {
	for rest := t.names; len(rest) > 0; {
		end := bytes.IndexByte(rest, 0)
		if end < 0 {
			return
		}
		name := rest[:end]
		rest = rest[end+1:]
		kept := 0
		for _, prefix := range told {
			if bytes.HasPrefix(name, prefix) {
				kept = len(name)
			}
		}
		if from, to := bytes.IndexByte(name, '['), bytes.LastIndexByte(name, ']'); kept > 0 && from >= 0 && to-from > len("[...]") {
			kept = from + copy(name[from:], "[...]")
			kept += copy(name[kept:], name[to+1:])
		}
		clear(name[kept:])
	}
}
