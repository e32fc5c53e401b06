package native

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"
)

// module is the instance that Install was given. Go runs in one thread here, so that one Call is enough.
var module struct {
	ready          bool
	tiles, outers  [Rows + 1]func()
	sums, dots     func()
	addScaled, add func()
	clamp, gate    func()
	unpack         func()
	call           Call
}

func installed() bool { return module.ready }

// CallAddress is where a module over this program's memory finds its Call.
func CallAddress() int { return int(uintptr(unsafe.Pointer(&module.call))) }

// Install makes the kernels of exports, by KernelNames, part of Fastest: those of a module over the memory of this program that reads the
// Call at CallAddress.
func Install(exports map[string]func()) error {
	for _, name := range KernelNames() {
		if exports[name] == nil {
			return fmt.Errorf("the module of kernels has no %s", name)
		}
	}
	m := &module
	for rows := 1; rows <= Rows; rows++ {
		m.tiles[rows], m.outers[rows] = exports[tileNames[rows]], exports[outerNames[rows]]
	}
	m.sums, m.dots, m.addScaled = exports[SumsName], exports[DotsName], exports[AddScaledName]
	m.add, m.clamp, m.gate, m.unpack = exports[AddName], exports[ClampName], exports[GateName], exports[UnpackName]
	m.ready = true
	x := []float32{-1, 2, 3, 4}
	Fastest().Clamp(x, 0, 3)
	if m.ready = x[0] == 0 && x[1] == 2 && x[3] == 3; !m.ready {
		return errors.New("the module of kernels lies over another memory than this program's")
	}
	return nil
}

// pointers stores the operands. What is stored lies on the heap, where it does not move, and is kept until the next call.
func pointers(list ...*float32) {
	for i, p := range list {
		module.call.Pointers[i] = unsafe.Pointer(p)
	}
}

func halves(wide bool) int64 {
	if wide {
		return 2
	}
	return 1
}

func moduleTiles(t *Tile, rows int, wide bool, a, b, bias, c, r *float32) {
	pointers(a, b, bias, c, r)
	module.call.Numbers = [CallNumbers]int64{4 * int64(t.ColA), 4 * int64(t.ColC), int64(t.Inner), int64(t.Count), halves(wide)}
	module.call.Lo, module.call.Hi = t.Lo, t.Hi
	run(module.tiles[rows])
}

// run calls a kernel.
func run(kernel func()) {
	kernel()
	runtime.KeepAlive(&module)
}

func moduleOuter(o *outer, rows int, wide bool, a, b, c *float32) {
	pointers(a, b, c)
	module.call.Numbers = [CallNumbers]int64{4 * int64(o.RowA), 4 * int64(o.RowB), 4 * int64(o.RowC), int64(o.Count), halves(wide)}
	run(module.outers[rows])
}

func moduleSums(sum, x *float32, step, rows, cols int) {
	pointers(sum, x)
	module.call.Numbers = [CallNumbers]int64{4 * int64(step), int64(rows), 4 * int64(cols)}
	run(module.sums)
}

func moduleDots(sum, x *float32, stepX int, y *float32, stepY int, p Planes, cols int) {
	pointers(sum, x, y)
	module.call.Numbers = [CallNumbers]int64{4 * int64(stepX), 4 * int64(stepY), int64(p.Rows), 4 * int64(cols), int64(p.Count), 4 * int64(p.A), 4 * int64(p.B)}
	run(module.dots)
}

func moduleAddScaled(to *float32, stepTo int, x *float32, stepX int, factor *float32, p Planes, cols int) {
	pointers(to, x, factor)
	module.call.Numbers = [CallNumbers]int64{4 * int64(stepTo), 4 * int64(stepX), int64(p.Rows), 4 * int64(cols), int64(p.Count), 4 * int64(p.A), 4 * int64(p.B)}
	run(module.addScaled)
}

// moduleVectors runs a kernel over n floats.
func moduleVectors(kernel func(), n int, lo, hi float32) {
	module.call.Numbers[0] = 4 * int64(n)
	module.call.Lo, module.call.Hi = lo, hi
	run(kernel)
}

func moduleAdd(to, x, y *float32, n int, lo, hi float32) {
	pointers(to, x, y)
	moduleVectors(module.add, n, lo, hi)
}

func moduleClamp(x *float32, n int, lo, hi float32) {
	pointers(x)
	moduleVectors(module.clamp, n, lo, hi)
}

func moduleGate(to, x, y *float32, n int, lo, hi float32) {
	pointers(to, x, y)
	moduleVectors(module.gate, n, lo, hi)
}

func moduleUnpack(to *float32, x *int8, n int, factor float32) {
	pointers(to)
	module.call.Pointers[1] = unsafe.Pointer(x)
	moduleVectors(module.unpack, n, factor, 0)
}
