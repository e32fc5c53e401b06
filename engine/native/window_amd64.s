#include "textflag.h"

// Windows that slide over each channel by itself: four or one neighbouring pixels at a time, and of them eight or, at the
// end, four channels.
//
// DI  the Window           SI  x under the window's origin   DX  result of the first pixel
// R8  bytes to the channel R15 bytes of all channels         R14 SI + R8
// R9  the next tap         R10 taps left                     R11, R13 bytes between origins, and three times that
// R12 weights              CX  bias                          AX, BX scratch
// Y0 to Y3 sums, Y5 scratch, Y12 and Y13 bounds, Y14 divisor, Y15 weights or values

#define window_Taps 0
#define window_TapCount 8
#define window_Channels 24
#define window_Count 32
#define window_StepX 40
#define window_StepTo 48
#define window_Divisor 56
#define window_Lo 60
#define window_Hi 64

DATA lowest<>+0(SB)/4, $0xff800000 // minus infinity
GLOBL lowest<>(SB), RODATA, $4

// The kinds of windows: what a sum begins with, what is read once for each tap, what is done with a value, how it ends.

#define SUM_START(sum) VMOVUPS (CX)(R8*1), sum
#define SUM_TAP(weight) \
	LEAQ    (R8)(BX*4), BX    \
	VMOVUPS (R12)(BX*1), weight
#define SUM_TAKE(from, sum, weight, t) VFMADD231PS from, weight, sum
#define SUM_END(sum, divisor)

#define MAX_START(sum) VBROADCASTSS lowest<>(SB), sum
#define MAX_TAP(weight)
#define MAX_TAKE(from, sum, value, t) \
	VMOVUPS from, value       \
	VCMPPS  $3, value, sum, t \
	VMAXPS  value, sum, sum   \
	VORPS   t, sum, sum
#define MAX_END(sum, divisor)

#define AVERAGE_START(sum) VXORPS sum, sum, sum
#define AVERAGE_TAP(weight)
#define AVERAGE_TAKE(from, sum, weight, t) VADDPS from, sum, sum
#define AVERAGE_END(sum, divisor) VDIVPS divisor, sum, sum

#define FINISH(to, sum, lo, hi) \
	VMAXPS  sum, lo, sum \
	VMINPS  sum, hi, sum \
	VMOVUPS sum, to

// Results are at AX, residuals at R9, R10 and BX are one and three times the bytes between them.
#define RESULTS(noresidual) \
	LEAQ  (DX)(R8*1), AX         \
	MOVQ  window_StepTo(DI), R10 \
	SHLQ  $2, R10                \
	LEAQ  (R10)(R10*2), BX       \
	MOVQ  r+48(FP), R9           \
	TESTQ R9, R9                 \
	JEQ   noresidual             \
	SUBQ  to+40(FP), R9          \
	ADDQ  AX, R9

#define TAPS \
	MOVQ window_Taps(DI), R9      \
	MOVQ window_TapCount(DI), R10 \
	LEAQ (SI)(R8*1), R14

#define FOUR(next, finish, store, a, b, c, d, t, lo, hi, divisor, weight, START, TAP, TAKE, END) \
	START(a); START(b); START(c); START(d) \
	TAPS                                   \
	TESTQ R10, R10                         \
	JEQ   finish                           \
next:                                      \
	MOVQ (R9), AX                          \
	MOVQ 8(R9), BX                         \
	LEAQ (R14)(AX*4), AX                   \
	TAP(weight)                            \
	TAKE((AX), a, weight, t)               \
	TAKE((AX)(R11*1), b, weight, t)        \
	TAKE((AX)(R11*2), c, weight, t)        \
	TAKE((AX)(R13*1), d, weight, t)        \
	ADDQ $16, R9                           \
	DECQ R10                               \
	JNE  next                              \
finish:                                    \
	END(a, divisor); END(b, divisor); END(c, divisor); END(d, divisor) \
	RESULTS(store)                         \
	VADDPS (R9), a, a                      \
	VADDPS (R9)(R10*1), b, b               \
	VADDPS (R9)(R10*2), c, c               \
	VADDPS (R9)(BX*1), d, d                \
store:                                     \
	FINISH((AX), a, lo, hi)                \
	FINISH((AX)(R10*1), b, lo, hi)         \
	FINISH((AX)(R10*2), c, lo, hi)         \
	FINISH((AX)(BX*1), d, lo, hi)

#define ONE(next, finish, store, a, t, lo, hi, divisor, weight, START, TAP, TAKE, END) \
	START(a)                \
	TAPS                    \
	TESTQ R10, R10          \
	JEQ   finish            \
next:                       \
	MOVQ (R9), AX           \
	MOVQ 8(R9), BX          \
	LEAQ (R14)(AX*4), AX    \
	TAP(weight)             \
	TAKE((AX), a, weight, t) \
	ADDQ $16, R9            \
	DECQ R10                \
	JNE  next               \
finish:                     \
	END(a, divisor)         \
	RESULTS(store)          \
	VADDPS (R9), a, a       \
store:                      \
	FINISH((AX), a, lo, hi)

// ADVANCE goes pixels further.
#define ADVANCE(pixels) \
	MOVQ  window_StepTo(DI), AX \
	IMULQ $(4*pixels), AX       \
	ADDQ  AX, DX                \
	MOVQ  R11, AX               \
	IMULQ $pixels, AX           \
	ADDQ  AX, SI                \
	SUBQ  $pixels, left-8(SP)

#define WINDOW(START, TAP, TAKE, END) \
	MOVQ w+0(FP), DI             \
	MOVQ x+8(FP), SI             \
	MOVQ at+16(FP), AX           \
	LEAQ (SI)(AX*4), SI          \
	MOVQ weights+24(FP), R12     \
	MOVQ bias+32(FP), CX         \
	MOVQ to+40(FP), DX           \
	MOVQ window_Channels(DI), R15 \
	SHLQ $2, R15                 \
	MOVQ window_StepX(DI), R11   \
	SHLQ $2, R11                 \
	LEAQ (R11)(R11*2), R13       \
	VBROADCASTSS window_Lo(DI), Y12 \
	VBROADCASTSS window_Hi(DI), Y13 \
	VBROADCASTSS window_Divisor(DI), Y14 \
	MOVQ window_Count(DI), AX    \
	MOVQ AX, left-8(SP)          \
fours:                           \
	CMPQ left-8(SP), $4          \
	JLT  ones                    \
	XORQ R8, R8                  \
four:                            \
	LEAQ 32(R8), AX              \
	CMPQ AX, R15                 \
	JGT  fourlast                \
	FOUR(next1, finish1, store1, Y0, Y1, Y2, Y3, Y5, Y12, Y13, Y14, Y15, START, TAP, TAKE, END) \
	ADDQ $32, R8                 \
	JMP  four                    \
fourlast:                        \
	CMPQ R8, R15                 \
	JGE  fourdone                \
	FOUR(next2, finish2, store2, X0, X1, X2, X3, X5, X12, X13, X14, X15, START, TAP, TAKE, END) \
fourdone:                        \
	ADVANCE(4)                   \
	JMP  fours                   \
ones:                            \
	CMPQ left-8(SP), $0          \
	JEQ  end                     \
	XORQ R8, R8                  \
one:                             \
	LEAQ 32(R8), AX              \
	CMPQ AX, R15                 \
	JGT  onelast                 \
	ONE(next3, finish3, store3, Y0, Y5, Y12, Y13, Y14, Y15, START, TAP, TAKE, END) \
	ADDQ $32, R8                 \
	JMP  one                     \
onelast:                         \
	CMPQ R8, R15                 \
	JGE  onedone                 \
	ONE(next4, finish4, store4, X0, X5, X12, X13, X14, X15, START, TAP, TAKE, END) \
onedone:                         \
	ADVANCE(1)                   \
	JMP  ones                    \
end:                             \
	VZEROUPPER                   \
	RET

// func windowSum(w *Window, x *float32, at int, weights, bias, to, r *float32)
TEXT ·windowSum(SB), NOSPLIT, $8-56
	WINDOW(SUM_START, SUM_TAP, SUM_TAKE, SUM_END)

// func windowMax(w *Window, x *float32, at int, weights, bias, to, r *float32)
TEXT ·windowMax(SB), NOSPLIT, $8-56
	WINDOW(MAX_START, MAX_TAP, MAX_TAKE, MAX_END)

// func windowAverage(w *Window, x *float32, at int, weights, bias, to, r *float32)
TEXT ·windowAverage(SB), NOSPLIT, $8-56
	WINDOW(AVERAGE_START, AVERAGE_TAP, AVERAGE_TAKE, AVERAGE_END)
