package simd

// A team is the threads that run one program together: a leader, which the host drives by share, and helpers, which are in
// help until stop. Each has an instance of the module on one shared memory.
//
// A run is a walk over the calls. The word at position says where it is: a number that grows by one each run, the call,
// and the units of it that were taken. A thread takes the next few units by compare-and-exchange and does them; who does
// the last unit of a call moves the position to the next one. So nobody waits for a thread that has taken nothing: one that
// comes late, since another program had its core, joins at the position, and one that was away during the exchange fails
// it, because the number or the call has changed.
//
// A thread that finds nothing to take looks at the position for some microseconds and then sleeps until it changes.

// Offsets into a program's control block, in bytes: what different threads write lies on lines of its own, and lines are
// fetched in pairs.
const (
	positionAt   = 0   // i64: run<<40 | (call+1)<<24 | units taken; call+1 is 0 between runs and stopped after stop
	doneAt       = 128 // units of the call that are done
	sleepersAt   = 256 // threads that sleep, or are about to
	endAt        = 512 // the call before which the run ends
	napsAt       = 640 // of the leader since it last took something
	controlBytes = 768

	takenBits = 24
	callBits  = 16
	stopped   = 1<<callBits - 1
)

// ReadyAt is where in the control block helpers count themselves, in bytes.
const ReadyAt = 384

// Names of what a program for several threads exports besides run.
const (
	ShareName = "share" // share(from, to): run with the helpers; gives 0, or 1 if one of them did not go on
	HelpName  = "help"  // help(): be a helper until stop
	StopName  = "stop"  // stop(): let the helpers leave
	ReadyName = "ready" // ready(): the number of helpers
)

const (
	spins       = 20000  // looks at the position before a thread sleeps: tens of microseconds
	nap         = 50     // milliseconds for which a leader sleeps at a time
	patience    = 10_000 // milliseconds in which a helper must do what it took, by default
	worthTaking = 4000   // nanoseconds that a turn of work takes at least, unless the whole call takes less
)

// team generates the functions of threads. call does units of a call, table has their number and the least that is taken at a
// time for each call.
type team struct {
	control, table int // addresses
	call           int // index of the function
	patience       int // milliseconds
}

// control pushes nothing: it accesses the control block by the constant address on the stack.
func (f *function) atomic(code byte, align, offset int) {
	f.op(opAtomic, code)
	f.memory(align, offset)
}

// position pushes the word that says where the run is.
func (t team) position(f *function) {
	f.number(t.control)
	f.atomic(atomicLoad64, 3, positionAt)
}

// wake wakes the threads that sleep, if any.
func (t team) wake(f *function) {
	f.number(t.control)
	f.atomic(atomicLoad32, 2, sleepersAt)
	f.when(func() {
		f.number(t.control)
		f.number(-1)
		f.atomic(atomicNotify, 2, positionAt)
		f.op(opDrop)
	})
}

// field pushes bits [shift, shift+bits) of an i64 local.
func (f *function) field(word, shift, bits int) {
	f.get(word)
	f.long(int64(shift))
	f.op(opI64ShrU, opI32Wrap)
	f.number(1<<bits - 1)
	f.op(opI32And)
}

// entry pushes a number of the table for the call in a local.
func (t team) entry(f *function, call, offset int) {
	f.get(call)
	f.number(3)
	f.op(opI32Shl, opI32Load)
	f.memory(2, t.table+offset)
}

// run generates run(from, to): the calls in order, in one thread.
func (t team) run() *function {
	f := newFunction(RunName, 2)
	f.exported = true
	f.get(0)
	f.get(1)
	f.op(opI32LtU)
	f.when(func() {
		f.op(opLoop, blockEmpty)
		f.get(0)
		f.number(0)
		t.entry(f, 0, 0)
		f.call(t.call)
		f.advance(0, 1)
		f.get(0)
		f.get(1)
		f.op(opI32LtU)
		f.op(opBrIf, 0)
		f.op(opEnd)
	})
	return f
}

// share generates share(from, to); work is the index of that function.
func (t team) share(work int) *function {
	f := newFunction(ShareName, 2)
	f.exported, f.gives = true, true
	f.number(t.control)
	f.number(0)
	f.op(opI32Store)
	f.memory(2, doneAt)
	f.number(t.control)
	f.number(0)
	f.op(opI32Store)
	f.memory(2, napsAt)
	f.number(t.control)
	f.get(1)
	f.op(opI32Store)
	f.memory(2, endAt)
	f.number(t.control)
	t.position(f) // the next run, at from
	f.long(takenBits + callBits)
	f.op(opI64ShrU)
	f.long(1)
	f.op(opI64Add)
	f.long(callBits)
	f.op(opI64Shl)
	f.offset(0, 1)
	f.op(opI64Extend, opI64Or)
	f.long(takenBits)
	f.op(opI64Shl)
	f.atomic(atomicStore64, 3, positionAt)
	t.wake(f)
	f.number(1)
	f.number(1) // threads
	f.number(t.control)
	f.atomic(atomicLoad32, 2, ReadyAt)
	f.op(opI32Add)
	f.call(work)
	return f
}

// help generates help().
func (t team) help(work int) *function {
	f := newFunction(HelpName, 0)
	f.exported = true
	f.number(t.control)
	f.number(1)
	f.atomic(atomicAdd32, 2, ReadyAt)
	f.op(opDrop)
	f.number(0)
	f.number(2)
	f.call(work)
	f.op(opDrop)
	return f
}

// stop generates stop().
func (t team) stop() *function {
	f := newFunction(StopName, 0)
	f.exported = true
	f.number(t.control)
	f.long(stopped << takenBits)
	f.atomic(atomicStore64, 3, positionAt)
	t.wake(f)
	return f
}

// ready generates ready().
func (t team) ready() *function {
	f := newFunction(ReadyName, 0)
	f.exported, f.gives = true, true
	f.number(t.control)
	f.atomic(atomicLoad32, 2, ReadyAt)
	return f
}

// worker holds the locals of work.
type worker struct {
	*function
	team
	leads, threads                  int // parameters
	word                            int // the position
	next                            int // the call's number and one, 0 between runs
	call, taken, units, turn, looks int
}

// work generates work(leads, threads): take and do units until, for a leader, the run is over (then it gives 0) or a helper does
// not go on (1), for a helper, stop is called.
func (t team) work() *function {
	f := newFunction("work", 2)
	f.gives = true
	w := worker{function: f, team: t, leads: 0, threads: 1, word: f.local(typeI64)}
	for _, local := range []*int{&w.next, &w.call, &w.taken, &w.units, &w.turn, &w.looks} {
		*local = f.local(typeI32)
	}
	f.op(opLoop, blockEmpty)
	t.position(f)
	f.set(w.word)
	f.field(w.word, takenBits, callBits)
	f.tee(w.next)
	f.when(func() {
		f.get(w.next)
		f.number(stopped)
		f.op(opI32Eq)
		f.when(func() { w.leave(0) })
		f.copyTo(w.call, w.next, -1)
		f.field(w.word, 0, takenBits)
		f.set(w.taken)
		t.entry(f, w.call, 0)
		f.set(w.units)
		f.get(w.taken)
		f.get(w.units)
		f.op(opI32LtU)
		f.when(func() {
			w.take()
			f.op(opBr, 2)
		})
	})
	f.get(w.next)
	f.op(opI32Eqz)
	f.get(w.leads)
	f.op(opI32And)
	f.when(func() { w.leave(0) })
	w.wait()
	f.op(opBr, 0)
	f.op(opEnd)
	f.op(opUnreachable)
	return f
}

// leave gives a result.
func (w worker) leave(result int) {
	w.number(result)
	w.op(opReturn)
}

// take takes some of the units that are left and does them: a part of them for each thread twice over, so that the
// threads come to the end of the call at about one time.
func (w worker) take() {
	f := w.function
	f.get(w.units)
	f.get(w.taken)
	f.op(opI32Sub)
	f.set(w.units) // that are left
	f.get(w.units)
	f.get(w.threads)
	f.number(1)
	f.op(opI32Shl, opI32DivU)
	f.set(w.turn)
	w.larger(w.turn, func() { w.entry(f, w.call, 4) })
	f.get(w.turn)
	f.get(w.units)
	f.get(w.turn)
	f.get(w.units)
	f.op(opI32LtU, opSelect)
	f.set(w.turn)
	f.number(w.control)
	f.get(w.word)
	f.get(w.word)
	f.get(w.turn)
	f.op(opI64Extend, opI64Add)
	f.atomic(atomicExchange64, 3, positionAt)
	f.get(w.word)
	f.op(opI64Eq)
	f.when(func() {
		f.get(w.call)
		f.get(w.taken)
		f.get(w.taken)
		f.get(w.turn)
		f.op(opI32Add)
		f.call(w.team.call)
		w.finish()
		f.number(0)
		f.set(w.looks)
		f.get(w.leads)
		f.when(func() {
			f.number(w.control)
			f.number(0)
			f.op(opI32Store)
			f.memory(2, napsAt)
		})
	})
}

// larger sets local to what other pushes if that is larger.
func (w worker) larger(local int, other func()) {
	other()
	w.get(local)
	other()
	w.get(local)
	w.op(opI32GtU, opSelect)
	w.set(local)
}

// finish adds a turn to what is done and, if it was the last, goes on to the next call.
func (w worker) finish() {
	f := w.function
	f.number(w.control)
	f.get(w.turn)
	f.atomic(atomicAdd32, 2, doneAt)
	f.get(w.turn)
	f.op(opI32Add)
	w.entry(f, w.call, 0)
	f.op(opI32Eq)
	f.when(func() {
		f.number(w.control)
		f.number(0)
		f.op(opI32Store)
		f.memory(2, doneAt)
		f.advance(w.call, 1)
		f.number(w.control)
		f.get(w.word)
		f.long(takenBits + callBits)
		f.op(opI64ShrU)
		f.long(callBits)
		f.op(opI64Shl)
		f.number(0) // between runs, or the next call
		f.offset(w.call, 1)
		f.get(w.call)
		f.number(w.control)
		f.op(opI32Load)
		f.memory(2, endAt)
		f.op(opI32Eq, opSelect)
		f.op(opI64Extend, opI64Or)
		f.long(takenBits)
		f.op(opI64Shl)
		f.atomic(atomicStore64, 3, positionAt)
		w.wake(f)
	})
}

// wait looks a while and then sleeps until the position changes. A leader gives up in the end.
func (w worker) wait() {
	f := w.function
	f.advance(w.looks, 1)
	f.get(w.looks)
	f.number(spins)
	f.op(opI32GtU)
	f.when(func() {
		sleepers := func(by int) {
			f.number(w.control)
			f.number(by)
			f.atomic(atomicAdd32, 2, sleepersAt)
			f.op(opDrop)
		}
		sleepers(1)
		f.number(w.control)
		f.get(w.word)
		f.long(nap * 1e6)
		f.long(-1)
		f.get(w.leads)
		f.op(opSelect)
		f.atomic(atomicWait64, 3, positionAt)
		f.op(opDrop)
		sleepers(-1)
		f.get(w.leads)
		f.when(func() {
			// Naps are counted in memory, and all of them: with a local, or with what the wait gives, the baseline code of
			// Node 20 went on for ever.
			f.number(w.control)
			f.number(w.control)
			f.op(opI32Load)
			f.memory(2, napsAt)
			f.number(1)
			f.op(opI32Add, opI32Store)
			f.memory(2, napsAt)
			f.number(w.control)
			f.op(opI32Load)
			f.memory(2, napsAt)
			f.number(w.patience / nap)
			f.op(opI32GtU)
			f.when(func() { w.leave(1) })
		})
	})
}
