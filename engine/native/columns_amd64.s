#include "textflag.h"

// Tables of numbers, by columns: sums over their rows, and rows with one factor for each column. Columns go 32, then 8 at a time.
//
// R8 byte of the column   R9 bytes of all columns   CX rows left
// SI, R11 row of x, bytes between rows              DI, R12 of y            DX, R13 of the result or the sums

// func columnSums(sum, x *float32, stepX, rows, cols int)
TEXT ·columnSums(SB), NOSPLIT, $0-40
	MOVQ sum+0(FP), DX
	MOVQ x+8(FP), SI
	MOVQ stepX+16(FP), R11
	MOVQ cols+32(FP), R9
	SHLQ $2, R11
	SHLQ $2, R9
	XORQ R8, R8
wide:
	LEAQ 128(R8), AX
	CMPQ AX, R9
	JGT narrow
	VMOVUPS 0(DX)(R8*1), Y0
	VMOVUPS 32(DX)(R8*1), Y1
	VMOVUPS 64(DX)(R8*1), Y2
	VMOVUPS 96(DX)(R8*1), Y3
	LEAQ (SI)(R8*1), AX
	MOVQ rows+24(FP), CX
widerows:
	VADDPS 0(AX), Y0, Y0
	VADDPS 32(AX), Y1, Y1
	VADDPS 64(AX), Y2, Y2
	VADDPS 96(AX), Y3, Y3
	ADDQ R11, AX
	DECQ CX
	JNE widerows
	VMOVUPS Y0, 0(DX)(R8*1)
	VMOVUPS Y1, 32(DX)(R8*1)
	VMOVUPS Y2, 64(DX)(R8*1)
	VMOVUPS Y3, 96(DX)(R8*1)
	ADDQ $128, R8
	JMP wide
narrow:
	LEAQ 32(R8), AX
	CMPQ AX, R9
	JGT end
	VMOVUPS 0(DX)(R8*1), Y0
	LEAQ (SI)(R8*1), AX
	MOVQ rows+24(FP), CX
narrowrows:
	VADDPS 0(AX), Y0, Y0
	ADDQ R11, AX
	DECQ CX
	JNE narrowrows
	VMOVUPS Y0, 0(DX)(R8*1)
	ADDQ $32, R8
	JMP narrow
end:
	VZEROUPPER
	RET

// func columnDots(sum, x *float32, stepX int, y *float32, stepY, rows, cols int)
TEXT ·columnDots(SB), NOSPLIT, $0-56
	MOVQ sum+0(FP), DX
	MOVQ x+8(FP), SI
	MOVQ stepX+16(FP), R11
	MOVQ y+24(FP), DI
	MOVQ stepY+32(FP), R12
	MOVQ cols+48(FP), R9
	SHLQ $2, R12
	SHLQ $2, R11
	SHLQ $2, R9
	XORQ R8, R8
wide:
	LEAQ 128(R8), AX
	CMPQ AX, R9
	JGT narrow
	VMOVUPS 0(DX)(R8*1), Y0
	VMOVUPS 32(DX)(R8*1), Y1
	VMOVUPS 64(DX)(R8*1), Y2
	VMOVUPS 96(DX)(R8*1), Y3
	LEAQ (SI)(R8*1), AX
	LEAQ (DI)(R8*1), BX
	MOVQ rows+40(FP), CX
widerows:
	VMOVUPS 0(AX), Y4
	VFMADD231PS 0(BX), Y4, Y0
	VMOVUPS 32(AX), Y5
	VFMADD231PS 32(BX), Y5, Y1
	VMOVUPS 64(AX), Y6
	VFMADD231PS 64(BX), Y6, Y2
	VMOVUPS 96(AX), Y7
	VFMADD231PS 96(BX), Y7, Y3
	ADDQ R11, AX
	ADDQ R12, BX
	DECQ CX
	JNE widerows
	VMOVUPS Y0, 0(DX)(R8*1)
	VMOVUPS Y1, 32(DX)(R8*1)
	VMOVUPS Y2, 64(DX)(R8*1)
	VMOVUPS Y3, 96(DX)(R8*1)
	ADDQ $128, R8
	JMP wide
narrow:
	LEAQ 32(R8), AX
	CMPQ AX, R9
	JGT end
	VMOVUPS 0(DX)(R8*1), Y0
	LEAQ (SI)(R8*1), AX
	LEAQ (DI)(R8*1), BX
	MOVQ rows+40(FP), CX
narrowrows:
	VMOVUPS 0(AX), Y4
	VFMADD231PS 0(BX), Y4, Y0
	ADDQ R11, AX
	ADDQ R12, BX
	DECQ CX
	JNE narrowrows
	VMOVUPS Y0, 0(DX)(R8*1)
	ADDQ $32, R8
	JMP narrow
end:
	VZEROUPPER
	RET

// func columnCentredDots(sum, x *float32, stepX int, y *float32, stepY int, mean *float32, rows, cols int)
TEXT ·columnCentredDots(SB), NOSPLIT, $0-64
	MOVQ sum+0(FP), DX
	MOVQ x+8(FP), SI
	MOVQ stepX+16(FP), R11
	MOVQ y+24(FP), DI
	MOVQ stepY+32(FP), R12
	MOVQ mean+40(FP), R10
	MOVQ cols+56(FP), R9
	SHLQ $2, R12
	SHLQ $2, R11
	SHLQ $2, R9
	XORQ R8, R8
wide:
	LEAQ 128(R8), AX
	CMPQ AX, R9
	JGT narrow
	VMOVUPS 0(DX)(R8*1), Y0
	VMOVUPS 32(DX)(R8*1), Y1
	VMOVUPS 64(DX)(R8*1), Y2
	VMOVUPS 96(DX)(R8*1), Y3
	VMOVUPS 0(R10)(R8*1), Y8
	VMOVUPS 32(R10)(R8*1), Y9
	VMOVUPS 64(R10)(R8*1), Y10
	VMOVUPS 96(R10)(R8*1), Y11
	LEAQ (SI)(R8*1), AX
	LEAQ (DI)(R8*1), BX
	MOVQ rows+48(FP), CX
widerows:
	VMOVUPS 0(AX), Y4
	VSUBPS Y8, Y4, Y4
	VFMADD231PS 0(BX), Y4, Y0
	VMOVUPS 32(AX), Y5
	VSUBPS Y9, Y5, Y5
	VFMADD231PS 32(BX), Y5, Y1
	VMOVUPS 64(AX), Y6
	VSUBPS Y10, Y6, Y6
	VFMADD231PS 64(BX), Y6, Y2
	VMOVUPS 96(AX), Y7
	VSUBPS Y11, Y7, Y7
	VFMADD231PS 96(BX), Y7, Y3
	ADDQ R11, AX
	ADDQ R12, BX
	DECQ CX
	JNE widerows
	VMOVUPS Y0, 0(DX)(R8*1)
	VMOVUPS Y1, 32(DX)(R8*1)
	VMOVUPS Y2, 64(DX)(R8*1)
	VMOVUPS Y3, 96(DX)(R8*1)
	ADDQ $128, R8
	JMP wide
narrow:
	LEAQ 32(R8), AX
	CMPQ AX, R9
	JGT end
	VMOVUPS 0(DX)(R8*1), Y0
	VMOVUPS 0(R10)(R8*1), Y8
	LEAQ (SI)(R8*1), AX
	LEAQ (DI)(R8*1), BX
	MOVQ rows+48(FP), CX
narrowrows:
	VMOVUPS 0(AX), Y4
	VSUBPS Y8, Y4, Y4
	VFMADD231PS 0(BX), Y4, Y0
	ADDQ R11, AX
	ADDQ R12, BX
	DECQ CX
	JNE narrowrows
	VMOVUPS Y0, 0(DX)(R8*1)
	ADDQ $32, R8
	JMP narrow
end:
	VZEROUPPER
	RET

// func columnSquares(sum, x *float32, stepX int, mean *float32, rows, cols int)
TEXT ·columnSquares(SB), NOSPLIT, $0-48
	MOVQ sum+0(FP), DX
	MOVQ x+8(FP), SI
	MOVQ stepX+16(FP), R11
	MOVQ mean+24(FP), R10
	MOVQ cols+40(FP), R9
	SHLQ $2, R11
	SHLQ $2, R9
	XORQ R8, R8
wide:
	LEAQ 128(R8), AX
	CMPQ AX, R9
	JGT narrow
	VMOVUPS 0(DX)(R8*1), Y0
	VMOVUPS 32(DX)(R8*1), Y1
	VMOVUPS 64(DX)(R8*1), Y2
	VMOVUPS 96(DX)(R8*1), Y3
	VMOVUPS 0(R10)(R8*1), Y8
	VMOVUPS 32(R10)(R8*1), Y9
	VMOVUPS 64(R10)(R8*1), Y10
	VMOVUPS 96(R10)(R8*1), Y11
	LEAQ (SI)(R8*1), AX
	MOVQ rows+32(FP), CX
widerows:
	VMOVUPS 0(AX), Y4
	VSUBPS Y8, Y4, Y4
	VFMADD231PS Y4, Y4, Y0
	VMOVUPS 32(AX), Y5
	VSUBPS Y9, Y5, Y5
	VFMADD231PS Y5, Y5, Y1
	VMOVUPS 64(AX), Y6
	VSUBPS Y10, Y6, Y6
	VFMADD231PS Y6, Y6, Y2
	VMOVUPS 96(AX), Y7
	VSUBPS Y11, Y7, Y7
	VFMADD231PS Y7, Y7, Y3
	ADDQ R11, AX
	DECQ CX
	JNE widerows
	VMOVUPS Y0, 0(DX)(R8*1)
	VMOVUPS Y1, 32(DX)(R8*1)
	VMOVUPS Y2, 64(DX)(R8*1)
	VMOVUPS Y3, 96(DX)(R8*1)
	ADDQ $128, R8
	JMP wide
narrow:
	LEAQ 32(R8), AX
	CMPQ AX, R9
	JGT end
	VMOVUPS 0(DX)(R8*1), Y0
	VMOVUPS 0(R10)(R8*1), Y8
	LEAQ (SI)(R8*1), AX
	MOVQ rows+32(FP), CX
narrowrows:
	VMOVUPS 0(AX), Y4
	VSUBPS Y8, Y4, Y4
	VFMADD231PS Y4, Y4, Y0
	ADDQ R11, AX
	DECQ CX
	JNE narrowrows
	VMOVUPS Y0, 0(DX)(R8*1)
	ADDQ $32, R8
	JMP narrow
end:
	VZEROUPPER
	RET

// func rowsScale(to *float32, stepTo int, x *float32, stepX int, factor, shift *float32, rows, cols int, lo, hi float32)
TEXT ·rowsScale(SB), NOSPLIT, $0-72
	MOVQ to+0(FP), DX
	MOVQ stepTo+8(FP), R13
	MOVQ x+16(FP), SI
	MOVQ stepX+24(FP), R11
	MOVQ factor+32(FP), AX
	MOVQ shift+40(FP), BX
	MOVQ rows+48(FP), CX
	MOVQ cols+56(FP), R9
	VBROADCASTSS lo+64(FP), Y14
	VBROADCASTSS hi+68(FP), Y15
	SHLQ $2, R13
	SHLQ $2, R11
	SHLQ $2, R9
row:
	XORQ R8, R8
column:
	VMOVUPS (SI)(R8*1), Y0
	VMOVUPS (AX)(R8*1), Y1
	VFMADD213PS (BX)(R8*1), Y1, Y0
	VMAXPS Y0, Y14, Y0
	VMINPS Y0, Y15, Y0
	VMOVUPS Y0, (DX)(R8*1)
	ADDQ $32, R8
	CMPQ R8, R9
	JLT column
	ADDQ R13, DX
	ADDQ R11, SI
	DECQ CX
	JNE row
	VZEROUPPER
	RET

// func rowsBlend(to *float32, stepTo int, x *float32, stepX int, y *float32, stepY int, a, b, shift *float32, rows, cols int)
TEXT ·rowsBlend(SB), NOSPLIT, $0-88
	MOVQ to+0(FP), DX
	MOVQ stepTo+8(FP), R13
	MOVQ x+16(FP), SI
	MOVQ stepX+24(FP), R11
	MOVQ y+32(FP), DI
	MOVQ stepY+40(FP), R12
	MOVQ a+48(FP), AX
	MOVQ b+56(FP), BX
	MOVQ shift+64(FP), R10
	MOVQ rows+72(FP), CX
	MOVQ cols+80(FP), R9
	SHLQ $2, R13
	SHLQ $2, R11
	SHLQ $2, R12
	SHLQ $2, R9
row:
	XORQ R8, R8
column:
	VMOVUPS (DI)(R8*1), Y0
	VMOVUPS (BX)(R8*1), Y1
	VFMADD213PS (R10)(R8*1), Y1, Y0
	VMOVUPS (SI)(R8*1), Y2
	VFMADD231PS (AX)(R8*1), Y2, Y0
	VMOVUPS Y0, (DX)(R8*1)
	ADDQ $32, R8
	CMPQ R8, R9
	JLT column
	ADDQ R13, DX
	ADDQ R11, SI
	ADDQ R12, DI
	DECQ CX
	JNE row
	VZEROUPPER
	RET

// func rowsAddScaled(to *float32, stepTo int, x *float32, stepX int, factor *float32, rows, cols int)
TEXT ·rowsAddScaled(SB), NOSPLIT, $0-56
	MOVQ to+0(FP), DX
	MOVQ stepTo+8(FP), R13
	MOVQ x+16(FP), SI
	MOVQ stepX+24(FP), R11
	MOVQ factor+32(FP), AX
	MOVQ rows+40(FP), CX
	MOVQ cols+48(FP), R9
	SHLQ $2, R13
	SHLQ $2, R11
	SHLQ $2, R9
row:
	XORQ R8, R8
column:
	VMOVUPS (DX)(R8*1), Y0
	VMOVUPS (SI)(R8*1), Y1
	VFMADD231PS (AX)(R8*1), Y1, Y0
	VMOVUPS Y0, (DX)(R8*1)
	ADDQ $32, R8
	CMPQ R8, R9
	JLT column
	ADDQ R13, DX
	ADDQ R11, SI
	DECQ CX
	JNE row
	VZEROUPPER
	RET

// func rowsClaim(to *float32, stepTo int, x *float32, stepX int, y *float32, stepY int, left *float32, stepLeft, rows, cols int)
TEXT ·rowsClaim(SB), NOSPLIT, $0-80
	MOVQ to+0(FP), DX
	MOVQ stepTo+8(FP), R13
	MOVQ x+16(FP), SI
	MOVQ stepX+24(FP), R11
	MOVQ y+32(FP), DI
	MOVQ stepY+40(FP), R12
	MOVQ left+48(FP), AX
	MOVQ stepLeft+56(FP), R10
	MOVQ rows+64(FP), CX
	MOVQ cols+72(FP), R9
	SHLQ $2, R13
	SHLQ $2, R11
	SHLQ $2, R12
	SHLQ $2, R10
	SHLQ $2, R9
row:
	XORQ R8, R8
column:
	VMOVUPS (SI)(R8*1), Y0
	VCMPPS $0, (DI)(R8*1), Y0, Y0
	VMOVUPS (AX)(R8*1), Y1
	VANDPS Y1, Y0, Y2
	VANDNPS Y1, Y0, Y1
	VADDPS (DX)(R8*1), Y2, Y2
	VMOVUPS Y2, (DX)(R8*1)
	VMOVUPS Y1, (AX)(R8*1)
	ADDQ $32, R8
	CMPQ R8, R9
	JLT column
	ADDQ R13, DX
	ADDQ R11, SI
	ADDQ R12, DI
	ADDQ R10, AX
	DECQ CX
	JNE row
	VZEROUPPER
	RET

// func vectorGate(to, x, y *float32, n int, lo, hi float32)
TEXT ·vectorGate(SB), NOSPLIT, $0-40
	MOVQ to+0(FP), DX
	MOVQ x+8(FP), SI
	MOVQ y+16(FP), DI
	MOVQ n+24(FP), R9
	VBROADCASTSS lo+32(FP), Y14
	VBROADCASTSS hi+36(FP), Y15
	SHLQ $2, R9
	XORQ R8, R8
loop:
	VMOVUPS (DI)(R8*1), Y0
	VCMPPS $1, Y0, Y14, Y1 // lo < y
	VCMPPS $1, Y15, Y0, Y2 // y < hi
	VANDPS Y1, Y2, Y1
	VANDPS (SI)(R8*1), Y1, Y1
	VMOVUPS Y1, (DX)(R8*1)
	ADDQ $32, R8
	CMPQ R8, R9
	JLT loop
	VZEROUPPER
	RET
