package main

import (
	"encoding/binary"
	"math"
)

const (
	peakRounds = 400_000 // of one run of the loop
	peakSums   = 12      // independent sums: with fewer the latency of an addition shows
	peakUnroll = 4
	peakFLOPs  = peakRounds * peakSums * peakUnroll * 4 * 2
)

// peakModule is a WebAssembly module whose run(rounds) -> f32 does nothing but f32x4.relaxed_madd on registers: 12 sums,
// 4 times a round. It is the rate that no engine in this browser can pass in one thread.
func peakModule() []byte {
	const (
		i32, f32, v128            = 0x7f, 0x7d, 0x7b
		get, set, constant, end   = 0x20, 0x21, 0x41, 0x0b
		vector, madd, add, ofLane = 0xfd, 0x105, 0xe4, 0x1f
	)
	var body []byte
	op := func(b ...byte) { body = append(body, b...) }
	simd := func(code uint64) { body = binary.AppendUvarint(append(body, vector), code) }
	// Local 0 is the parameter, 1 and 2 are the factors, 3 and on the sums.
	op(1, 2+peakSums, v128)
	for i, v := range []float32{1.0000001, 1e-7} {
		simd(0x0c) // v128.const
		for range 4 {
			body = binary.LittleEndian.AppendUint32(body, math.Float32bits(v))
		}
		op(set, byte(1+i))
	}
	op(0x03, 0x40) // loop
	for range peakUnroll {
		for s := range byte(peakSums) {
			op(get, 1, get, 2, get, 3+s)
			simd(madd)
			op(set, 3+s)
		}
	}
	op(get, 0, constant, 1, 0x6b, 0x22, 0) // i32.sub, local.tee
	op(0x0d, 0, end)                       // br_if
	op(get, 3)
	for s := range byte(peakSums - 1) {
		op(get, 4+s)
		simd(add)
	}
	simd(ofLane)
	op(0, end)

	m := []byte{0, 'a', 's', 'm', 1, 0, 0, 0}
	section := func(id byte, content []byte) {
		m = append(binary.AppendUvarint(append(m, id), uint64(len(content))), content...)
	}
	section(1, []byte{1, 0x60, 1, i32, 1, f32})
	section(3, []byte{1, 0})
	section(7, append([]byte{1, 3}, "run\x00\x00"...))
	section(10, append(binary.AppendUvarint([]byte{1}, uint64(len(body))), body...))
	return m
}
