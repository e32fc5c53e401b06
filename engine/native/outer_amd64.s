#include "textflag.h"

// Tiles of a product whose left side is transposed: 1 to 6 rows by 16 or 8 columns of sums, in Y0 to Y11. Each turn takes a row
// of A (up to 6 numbers, one at a time in every lane of Y14) and a row of B (Y12 and Y13).
//
// DI the outer   SI row of A, BX bytes between them   R11 row of B, R15 bytes between them   CX turns left
// R8 rows 0 to 2 of C, R9 rows 3 to 5, R10 bytes between them

#define outer_RowA 0
#define outer_RowB 8
#define outer_RowC 16
#define outer_Count 24

#define C0 (R8)
#define C1 (R8)(R10*1)
#define C2 (R8)(R10*2)
#define C3 (R9)
#define C4 (R9)(R10*1)
#define C5 (R9)(R10*2)

#define LOAD16(at, lo, hi) VMOVUPS 0 at, lo; VMOVUPS 32 at, hi
#define STORE16(at, lo, hi) VMOVUPS lo, 0 at; VMOVUPS hi, 32 at
#define STEP16(i, lo, hi) VBROADCASTSS 4*i(SI), Y14; VFMADD231PS Y12, Y14, lo; VFMADD231PS Y13, Y14, hi
#define LOAD8(at, sum, unused) VMOVUPS 0 at, sum
#define STORE8(at, sum, unused) VMOVUPS sum, 0 at
#define STEP8(i, sum, unused) VBROADCASTSS 4*i(SI), Y14; VFMADD231PS Y12, Y14, sum

#define LINE16 VMOVUPS (R11), Y12; VMOVUPS 32(R11), Y13
#define LINE8 VMOVUPS (R11), Y12

#define LOADS1(OP) OP(C0, Y0, Y1)
#define STORES1(OP) OP(C0, Y0, Y1)
#define STEPS1(OP) OP(0, Y0, Y1)
#define LOADS2(OP) LOADS1(OP); OP(C1, Y2, Y3)
#define STORES2(OP) STORES1(OP); OP(C1, Y2, Y3)
#define STEPS2(OP) STEPS1(OP); OP(1, Y2, Y3)
#define LOADS3(OP) LOADS2(OP); OP(C2, Y4, Y5)
#define STORES3(OP) STORES2(OP); OP(C2, Y4, Y5)
#define STEPS3(OP) STEPS2(OP); OP(2, Y4, Y5)
#define LOADS4(OP) LOADS3(OP); OP(C3, Y6, Y7)
#define STORES4(OP) STORES3(OP); OP(C3, Y6, Y7)
#define STEPS4(OP) STEPS3(OP); OP(3, Y6, Y7)
#define LOADS5(OP) LOADS4(OP); OP(C4, Y8, Y9)
#define STORES5(OP) STORES4(OP); OP(C4, Y8, Y9)
#define STEPS5(OP) STEPS4(OP); OP(4, Y8, Y9)
#define LOADS6(OP) LOADS5(OP); OP(C5, Y10, Y11)
#define STORES6(OP) STORES5(OP); OP(C5, Y10, Y11)
#define STEPS6(OP) STEPS5(OP); OP(5, Y10, Y11)

#define OUTER(LOADS, STEPS, STORES, LOAD, STEP, STORE, LINE) \
	MOVQ o+0(FP), DI            \
	MOVQ a+8(FP), SI            \
	MOVQ b+16(FP), R11          \
	MOVQ c+24(FP), R8           \
	MOVQ outer_RowA(DI), BX     \
	MOVQ outer_RowB(DI), R15    \
	MOVQ outer_RowC(DI), R10    \
	MOVQ outer_Count(DI), CX    \
	SHLQ $2, BX                 \
	SHLQ $2, R15                \
	SHLQ $2, R10                \
	LEAQ (R10)(R10*2), R9       \
	ADDQ R8, R9                 \
	LOADS(LOAD)                 \
loop:                           \
	LINE                        \
	STEPS(STEP)                 \
	ADDQ BX, SI                 \
	ADDQ R15, R11               \
	DECQ CX                     \
	JNE  loop                   \
	STORES(STORE)               \
	VZEROUPPER                  \
	RET

// func outer16x1(o *outer, a, b, c *float32)
TEXT ·outer16x1(SB), NOSPLIT, $0-32
	OUTER(LOADS1, STEPS1, STORES1, LOAD16, STEP16, STORE16, LINE16)

// func outer16x2(o *outer, a, b, c *float32)
TEXT ·outer16x2(SB), NOSPLIT, $0-32
	OUTER(LOADS2, STEPS2, STORES2, LOAD16, STEP16, STORE16, LINE16)

// func outer16x3(o *outer, a, b, c *float32)
TEXT ·outer16x3(SB), NOSPLIT, $0-32
	OUTER(LOADS3, STEPS3, STORES3, LOAD16, STEP16, STORE16, LINE16)

// func outer16x4(o *outer, a, b, c *float32)
TEXT ·outer16x4(SB), NOSPLIT, $0-32
	OUTER(LOADS4, STEPS4, STORES4, LOAD16, STEP16, STORE16, LINE16)

// func outer16x5(o *outer, a, b, c *float32)
TEXT ·outer16x5(SB), NOSPLIT, $0-32
	OUTER(LOADS5, STEPS5, STORES5, LOAD16, STEP16, STORE16, LINE16)

// func outer16x6(o *outer, a, b, c *float32)
TEXT ·outer16x6(SB), NOSPLIT, $0-32
	OUTER(LOADS6, STEPS6, STORES6, LOAD16, STEP16, STORE16, LINE16)

// func outer8x1(o *outer, a, b, c *float32)
TEXT ·outer8x1(SB), NOSPLIT, $0-32
	OUTER(LOADS1, STEPS1, STORES1, LOAD8, STEP8, STORE8, LINE8)

// func outer8x2(o *outer, a, b, c *float32)
TEXT ·outer8x2(SB), NOSPLIT, $0-32
	OUTER(LOADS2, STEPS2, STORES2, LOAD8, STEP8, STORE8, LINE8)

// func outer8x3(o *outer, a, b, c *float32)
TEXT ·outer8x3(SB), NOSPLIT, $0-32
	OUTER(LOADS3, STEPS3, STORES3, LOAD8, STEP8, STORE8, LINE8)

// func outer8x4(o *outer, a, b, c *float32)
TEXT ·outer8x4(SB), NOSPLIT, $0-32
	OUTER(LOADS4, STEPS4, STORES4, LOAD8, STEP8, STORE8, LINE8)

// func outer8x5(o *outer, a, b, c *float32)
TEXT ·outer8x5(SB), NOSPLIT, $0-32
	OUTER(LOADS5, STEPS5, STORES5, LOAD8, STEP8, STORE8, LINE8)

// func outer8x6(o *outer, a, b, c *float32)
TEXT ·outer8x6(SB), NOSPLIT, $0-32
	OUTER(LOADS6, STEPS6, STORES6, LOAD8, STEP8, STORE8, LINE8)
