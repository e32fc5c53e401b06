package store_test

import (
	"sync"
	"testing"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// faultVFS is the name of a VFS of SQLite that is the system's, of which one writing step fails (faults).
const faultVFS = "irum-faults"

// faults counts the writing steps of all files that were opened through faultVFS and makes one fail.
var faults struct {
	sync.Mutex
	kind   string // of the steps that are counted: write, sync, truncate or delete
	failAt int    // number of the step of the kind that fails, counted from 1; 0 for none
	dies   bool   // all after it fail too
	code   int32  // what a write fails with: SQLITE_FULL or SQLITE_IOERR_WRITE
	step   int    // so far
	failed string // what failed

	real    uintptr                      // *sqlite3_vfs of the system
	methods map[uintptr]uintptr          // ours, by the system's
	origin  map[uintptr]sqlite3IOMethods // the system's, by ours
	once    sync.Once
}

type (
	sqlite3VFS       = sqlite3.Tsqlite3_vfs
	sqlite3IOMethods = sqlite3.Tsqlite3_io_methods
)

// at is the T at an address of SQLite's memory.
func at[T any](p uintptr) *T { return *(**T)(unsafe.Pointer(&p)) }

// pointer is how C code calls f, a function that is no closure.
func pointer[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&f)) }

// called is the function F at an address of C code.
func called[F any](p uintptr) F {
	box := struct{ p uintptr }{p}
	return *(*F)(unsafe.Pointer(&box))
}

// registerFaults makes faultVFS known to SQLite, once.
func registerFaults(t *testing.T) {
	t.Helper()
	faults.once.Do(func() {
		tls := libc.NewTLS()
		defer tls.Close()
		faults.methods, faults.origin = map[uintptr]uintptr{}, map[uintptr]sqlite3IOMethods{}
		faults.real = sqlite3.Xsqlite3_vfs_find(tls, 0)
		name, err := libc.CString(faultVFS)
		if err != nil {
			t.Fatal(err)
		}
		own := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(sqlite3VFS{})))
		*at[sqlite3VFS](own) = *at[sqlite3VFS](faults.real)
		v := at[sqlite3VFS](own)
		v.FpNext, v.FzName = 0, name
		v.FxOpen, v.FxDelete = pointer(faultyOpen), pointer(faultyDelete)
		if rc := sqlite3.Xsqlite3_vfs_register(tls, own, 0); rc != sqlite3.SQLITE_OK {
			t.Fatalf("register a VFS: %d", rc)
		}
	})
}

// begin arms the faults for one run.
func begin(kind string, failAt int, dies bool, code int32) {
	faults.Lock()
	defer faults.Unlock()
	faults.kind, faults.failAt, faults.dies, faults.code, faults.step, faults.failed = kind, failAt, dies, code, 0, ""
}

// disarm lets everything work again, and gives what failed since begin, "" for nothing.
func disarm() string {
	faults.Lock()
	defer faults.Unlock()
	faults.failAt = 0
	return faults.failed
}

// fails tells whether this step is to fail.
func fails(what string) bool {
	faults.Lock()
	defer faults.Unlock()
	switch {
	case faults.failAt == 0:
		return false
	case faults.failed != "":
		return faults.dies
	case what != faults.kind:
		return false
	}
	if faults.step++; faults.step < faults.failAt {
		return false
	}
	faults.failed = what
	return true
}

func original(file uintptr) sqlite3IOMethods {
	faults.Lock()
	defer faults.Unlock()
	return faults.origin[at[sqlite3.Tsqlite3_file](file).FpMethods]
}

func faultyOpen(tls *libc.TLS, _, name, file uintptr, flags int32, out uintptr) int32 {
	open := called[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](at[sqlite3VFS](faults.real).FxOpen)
	rc := open(tls, faults.real, name, file, flags, out)
	f := at[sqlite3.Tsqlite3_file](file)
	if rc != sqlite3.SQLITE_OK || f.FpMethods == 0 {
		return rc
	}
	faults.Lock()
	defer faults.Unlock()
	own := faults.methods[f.FpMethods]
	if own == 0 {
		own = libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(sqlite3IOMethods{})))
		m := at[sqlite3IOMethods](own)
		*m = *at[sqlite3IOMethods](f.FpMethods)
		faults.origin[own] = *m
		m.FxWrite, m.FxSync, m.FxTruncate = pointer(faultyWrite), pointer(faultySync), pointer(faultyTruncate)
		faults.methods[f.FpMethods] = own
	}
	f.FpMethods = own
	return rc
}

// faultyWrite writes half of the bytes when it fails.
func faultyWrite(tls *libc.TLS, file, data uintptr, n int32, offset int64) int32 {
	write := called[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](original(file).FxWrite)
	if fails("write") {
		_ = write(tls, file, data, n/2, offset)
		return faults.code
	}
	return write(tls, file, data, n, offset)
}

func faultySync(tls *libc.TLS, file uintptr, flags int32) int32 {
	if fails("sync") {
		return sqlite3.SQLITE_IOERR_FSYNC
	}
	return called[func(*libc.TLS, uintptr, int32) int32](original(file).FxSync)(tls, file, flags)
}

func faultyTruncate(tls *libc.TLS, file uintptr, size int64) int32 {
	if fails("truncate") {
		return sqlite3.SQLITE_IOERR_TRUNCATE
	}
	return called[func(*libc.TLS, uintptr, int64) int32](original(file).FxTruncate)(tls, file, size)
}

func faultyDelete(tls *libc.TLS, _, name uintptr, syncDir int32) int32 {
	if fails("delete") {
		return sqlite3.SQLITE_IOERR_DELETE
	}
	return called[func(*libc.TLS, uintptr, uintptr, int32) int32](at[sqlite3VFS](faults.real).FxDelete)(tls, faults.real, name, syncDir)
}
