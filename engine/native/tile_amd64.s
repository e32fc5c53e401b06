#include "textflag.h"

// Tiles of a product: 1 to 6 rows by 16 or 8 columns. The sums stay in Y0 to Y11, a line of B is in Y12 and Y13, and Y14
// holds one value of A in every lane.
//
// DI  the Tile             SI  A of the tile         DX  result of the tile
// R11 B, moving            R12 A of the outer loop   R14 A of the middle loop
// R8  rows 0 to 2 of A     R9  rows 3 to 5           R10 bytes between rows
// R13, BX, CX  turns left of the outer, middle and inner loop
// R15 bytes of a line of B  AX  scratch

#define tile_ColA 0
#define tile_ColC 8
#define tile_Outer 16
#define tile_OuterStep 24
#define tile_Middle 32
#define tile_MiddleStep 40
#define tile_Inner 48
#define tile_StrideB 56
#define tile_Count 64
#define tile_Lo 72
#define tile_Hi 76

#define AT0 (R8)
#define AT1 (R8)(R10*1)
#define AT2 (R8)(R10*2)
#define AT3 (R9)
#define AT4 (R9)(R10*1)
#define AT5 (R9)(R10*2)

// Sixteen columns.

#define LINE16 \
	VMOVUPS (R11), Y12   \
	VMOVUPS 32(R11), Y13 \
	ADDQ    R15, R11

#define ROW16(d, at, lo, hi) \
	VBROADCASTSS d at, Y14    \
	VFMADD231PS  Y12, Y14, lo \
	VFMADD231PS  Y13, Y14, hi

#define SUM16x1(d) LINE16; ROW16(d, AT0, Y0, Y1)
#define SUM16x2(d) SUM16x1(d); ROW16(d, AT1, Y2, Y3)
#define SUM16x3(d) SUM16x2(d); ROW16(d, AT2, Y4, Y5)
#define SUM16x4(d) SUM16x3(d); ROW16(d, AT3, Y6, Y7)
#define SUM16x5(d) SUM16x4(d); ROW16(d, AT4, Y8, Y9)
#define SUM16x6(d) SUM16x5(d); ROW16(d, AT5, Y10, Y11)

#define COPY16(lo, hi) VMOVAPS Y0, lo; VMOVAPS Y1, hi
#define START16x1 VMOVUPS (AX), Y0; VMOVUPS 32(AX), Y1
#define START16x2 START16x1; COPY16(Y2, Y3)
#define START16x3 START16x2; COPY16(Y4, Y5)
#define START16x4 START16x3; COPY16(Y6, Y7)
#define START16x5 START16x4; COPY16(Y8, Y9)
#define START16x6 START16x5; COPY16(Y10, Y11)

#define PLUS16(at, lo, hi) VADDPS 0 at, lo, lo; VADDPS 32 at, hi, hi
#define ADD16x1 PLUS16(AT0, Y0, Y1)
#define ADD16x2 ADD16x1; PLUS16(AT1, Y2, Y3)
#define ADD16x3 ADD16x2; PLUS16(AT2, Y4, Y5)
#define ADD16x4 ADD16x3; PLUS16(AT3, Y6, Y7)
#define ADD16x5 ADD16x4; PLUS16(AT4, Y8, Y9)
#define ADD16x6 ADD16x5; PLUS16(AT5, Y10, Y11)

// The sum is the last source, so that NaN stays NaN.
#define END16(at, lo, hi) \
	VMAXPS  lo, Y12, lo \
	VMAXPS  hi, Y12, hi \
	VMINPS  lo, Y13, lo \
	VMINPS  hi, Y13, hi \
	VMOVUPS lo, 0 at    \
	VMOVUPS hi, 32 at

#define END16x1 END16(AT0, Y0, Y1)
#define END16x2 END16x1; END16(AT1, Y2, Y3)
#define END16x3 END16x2; END16(AT2, Y4, Y5)
#define END16x4 END16x3; END16(AT3, Y6, Y7)
#define END16x5 END16x4; END16(AT4, Y8, Y9)
#define END16x6 END16x5; END16(AT5, Y10, Y11)

// Eight columns.

#define LINE8 \
	VMOVUPS (R11), Y12 \
	ADDQ    R15, R11

#define ROW8(d, at, sum) \
	VBROADCASTSS d at, Y14 \
	VFMADD231PS  Y12, Y14, sum

#define SUM8x1(d) LINE8; ROW8(d, AT0, Y0)
#define SUM8x2(d) SUM8x1(d); ROW8(d, AT1, Y1)
#define SUM8x3(d) SUM8x2(d); ROW8(d, AT2, Y2)
#define SUM8x4(d) SUM8x3(d); ROW8(d, AT3, Y3)
#define SUM8x5(d) SUM8x4(d); ROW8(d, AT4, Y4)
#define SUM8x6(d) SUM8x5(d); ROW8(d, AT5, Y5)

#define START8x1 VMOVUPS (AX), Y0
#define START8x2 START8x1; VMOVAPS Y0, Y1
#define START8x3 START8x2; VMOVAPS Y0, Y2
#define START8x4 START8x3; VMOVAPS Y0, Y3
#define START8x5 START8x4; VMOVAPS Y0, Y4
#define START8x6 START8x5; VMOVAPS Y0, Y5

#define ADD8x1 VADDPS 0 AT0, Y0, Y0
#define ADD8x2 ADD8x1; VADDPS 0 AT1, Y1, Y1
#define ADD8x3 ADD8x2; VADDPS 0 AT2, Y2, Y2
#define ADD8x4 ADD8x3; VADDPS 0 AT3, Y3, Y3
#define ADD8x5 ADD8x4; VADDPS 0 AT4, Y4, Y4
#define ADD8x6 ADD8x5; VADDPS 0 AT5, Y5, Y5

#define END8(at, sum) \
	VMAXPS  sum, Y12, sum \
	VMINPS  sum, Y13, sum \
	VMOVUPS sum, 0 at

#define END8x1 END8(AT0, Y0)
#define END8x2 END8x1; END8(AT1, Y1)
#define END8x3 END8x2; END8(AT2, Y2)
#define END8x4 END8x3; END8(AT3, Y3)
#define END8x5 END8x4; END8(AT4, Y4)
#define END8x6 END8x5; END8(AT5, Y5)

// TILES is the whole function for one size of tiles.
#define TILES(rows, START, SUM, ADD, END) \
	MOVQ t+0(FP), DI                       \
	MOVQ a+8(FP), SI                       \
	MOVQ c+32(FP), DX                      \
	MOVQ tile_Count(DI), AX                \
	MOVQ AX, left-8(SP)                    \
tile:                                      \
	MOVQ bias+24(FP), AX                   \
	START                                  \
	MOVQ tile_ColA(DI), R10                \
	SHLQ $2, R10                           \
	MOVQ tile_StrideB(DI), R15             \
	SHLQ $2, R15                           \
	MOVQ b+16(FP), R11                     \
	MOVQ SI, R12                           \
	MOVQ tile_Outer(DI), R13               \
outer:                                     \
	MOVQ R12, R14                          \
	MOVQ tile_Middle(DI), BX               \
middle:                                    \
	MOVQ R14, R8                           \
	LEAQ (R10)(R10*2), R9                  \
	ADDQ R8, R9                            \
	MOVQ tile_Inner(DI), CX                \
	SUBQ $4, CX                            \
	JLT  rest                              \
inner:                                     \
	SUM(0)                                 \
	SUM(4)                                 \
	SUM(8)                                 \
	SUM(12)                                \
	ADDQ $16, R8                           \
	ADDQ $16, R9                           \
	SUBQ $4, CX                            \
	JGE  inner                             \
rest:                                      \
	ADDQ $4, CX                            \
	JEQ  next                              \
single:                                    \
	SUM(0)                                 \
	ADDQ $4, R8                            \
	ADDQ $4, R9                            \
	DECQ CX                                \
	JNE  single                            \
next:                                      \
	MOVQ tile_MiddleStep(DI), AX           \
	LEAQ (R14)(AX*4), R14                  \
	DECQ BX                                \
	JNE  middle                            \
	MOVQ tile_OuterStep(DI), AX            \
	LEAQ (R12)(AX*4), R12                  \
	DECQ R13                               \
	JNE  outer                             \
	MOVQ tile_ColC(DI), R10                \
	SHLQ $2, R10                           \
	MOVQ r+40(FP), R8                      \
	TESTQ R8, R8                           \
	JEQ  store                             \
	SUBQ c+32(FP), R8                      \
	ADDQ DX, R8                            \
	LEAQ (R10)(R10*2), R9                  \
	ADDQ R8, R9                            \
	ADD                                    \
store:                                     \
	VBROADCASTSS tile_Lo(DI), Y12          \
	VBROADCASTSS tile_Hi(DI), Y13          \
	MOVQ DX, R8                            \
	LEAQ (R10)(R10*2), R9                  \
	ADDQ R8, R9                            \
	END                                    \
	IMULQ $rows, R10                       \
	ADDQ R10, DX                           \
	MOVQ tile_ColA(DI), AX                 \
	IMULQ $(4*rows), AX                    \
	ADDQ AX, SI                            \
	DECQ left-8(SP)                        \
	JNE  tile                              \
	VZEROUPPER                             \
	RET

// func tile16x1(t *Tile, a, b, bias, c, r *float32)
TEXT ·tile16x1(SB), NOSPLIT, $8-48
	TILES(1, START16x1, SUM16x1, ADD16x1, END16x1)

// func tile16x2(t *Tile, a, b, bias, c, r *float32)
TEXT ·tile16x2(SB), NOSPLIT, $8-48
	TILES(2, START16x2, SUM16x2, ADD16x2, END16x2)

// func tile16x3(t *Tile, a, b, bias, c, r *float32)
TEXT ·tile16x3(SB), NOSPLIT, $8-48
	TILES(3, START16x3, SUM16x3, ADD16x3, END16x3)

// func tile16x4(t *Tile, a, b, bias, c, r *float32)
TEXT ·tile16x4(SB), NOSPLIT, $8-48
	TILES(4, START16x4, SUM16x4, ADD16x4, END16x4)

// func tile16x5(t *Tile, a, b, bias, c, r *float32)
TEXT ·tile16x5(SB), NOSPLIT, $8-48
	TILES(5, START16x5, SUM16x5, ADD16x5, END16x5)

// func tile16x6(t *Tile, a, b, bias, c, r *float32)
TEXT ·tile16x6(SB), NOSPLIT, $8-48
	TILES(6, START16x6, SUM16x6, ADD16x6, END16x6)

// func tile8x1(t *Tile, a, b, bias, c, r *float32)
TEXT ·tile8x1(SB), NOSPLIT, $8-48
	TILES(1, START8x1, SUM8x1, ADD8x1, END8x1)

// func tile8x2(t *Tile, a, b, bias, c, r *float32)
TEXT ·tile8x2(SB), NOSPLIT, $8-48
	TILES(2, START8x2, SUM8x2, ADD8x2, END8x2)

// func tile8x3(t *Tile, a, b, bias, c, r *float32)
TEXT ·tile8x3(SB), NOSPLIT, $8-48
	TILES(3, START8x3, SUM8x3, ADD8x3, END8x3)

// func tile8x4(t *Tile, a, b, bias, c, r *float32)
TEXT ·tile8x4(SB), NOSPLIT, $8-48
	TILES(4, START8x4, SUM8x4, ADD8x4, END8x4)

// func tile8x5(t *Tile, a, b, bias, c, r *float32)
TEXT ·tile8x5(SB), NOSPLIT, $8-48
	TILES(5, START8x5, SUM8x5, ADD8x5, END8x5)

// func tile8x6(t *Tile, a, b, bias, c, r *float32)
TEXT ·tile8x6(SB), NOSPLIT, $8-48
	TILES(6, START8x6, SUM8x6, ADD8x6, END8x6)

