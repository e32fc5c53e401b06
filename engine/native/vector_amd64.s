#include "textflag.h"

// Vectors of floats, eight at a time and four at the end. AX is the byte, BX the bytes of all, Y14 and Y15 are the bounds.

DATA one<>+0(SB)/4, $0x3f800000
GLOBL one<>(SB), RODATA, $4
DATA sign<>+0(SB)/4, $0x80000000
GLOBL sign<>(SB), RODATA, $4
DATA magnitude<>+0(SB)/4, $0x7fffffff
GLOBL magnitude<>(SB), RODATA, $4

// BINARY is to = OP(x, y), bounded: first is x and second y in every kind of vector.
#define BINARY(OP) \
	MOVQ to+0(FP), DX        \
	MOVQ x+8(FP), SI         \
	MOVQ y+16(FP), CX        \
	MOVQ n+24(FP), BX        \
	SHLQ $2, BX              \
	VBROADCASTSS lo+32(FP), Y14 \
	VBROADCASTSS hi+36(FP), Y15 \
	VXORPS Y13, Y13, Y13     \
	XORQ AX, AX              \
	SUBQ $32, BX             \
	JLT  last                \
loop:                        \
	VMOVUPS (SI)(AX*1), Y0   \
	VMOVUPS (CX)(AX*1), Y1   \
	OP(Y0, Y1, Y2, Y13)      \
	VMAXPS  Y0, Y14, Y0      \
	VMINPS  Y0, Y15, Y0      \
	VMOVUPS Y0, (DX)(AX*1)   \
	ADDQ $32, AX             \
	CMPQ AX, BX              \
	JLE  loop                \
last:                        \
	ADDQ $32, BX             \
	CMPQ AX, BX              \
	JGE  end                 \
	VMOVUPS (SI)(AX*1), X0   \
	VMOVUPS (CX)(AX*1), X1   \
	OP(X0, X1, X2, X13)      \
	VMAXPS  X0, X14, X0      \
	VMINPS  X0, X15, X0      \
	VMOVUPS X0, (DX)(AX*1)   \
end:                         \
	VZEROUPPER               \
	RET

#define ADD(x, y, t, zero) VADDPS y, x, x
#define SUB(x, y, t, zero) VSUBPS y, x, x
#define MUL(x, y, t, zero) VMULPS y, x, x
#define DIV(x, y, t, zero) VDIVPS y, x, x

// The processor's minimum and maximum are the second operand where one is NaN; the mask of those lanes is a NaN itself.
#define MIN(x, y, t, zero) VCMPPS $3, y, x, t; VMINPS y, x, x; VORPS t, x, x
#define MAX(x, y, t, zero) VCMPPS $3, y, x, t; VMAXPS y, x, x; VORPS t, x, x

// max(x, 0) + y*min(x, 0)
#define PRELU(x, y, t, zero) VMINPS x, zero, t; VMULPS y, t, t; VMAXPS x, zero, x; VADDPS t, x, x

// UNARY is x = OP(x) in place, with constants in Y13 to Y15.
#define UNARY(OP) \
	MOVQ x+0(FP), SI         \
	MOVQ n+8(FP), BX         \
	SHLQ $2, BX              \
	XORQ AX, AX              \
	SUBQ $32, BX             \
	JLT  last                \
loop:                        \
	VMOVUPS (SI)(AX*1), Y0   \
	OP(Y0, Y13, Y14, Y15)    \
	VMOVUPS Y0, (SI)(AX*1)   \
	ADDQ $32, AX             \
	CMPQ AX, BX              \
	JLE  loop                \
last:                        \
	ADDQ $32, BX             \
	CMPQ AX, BX              \
	JGE  end                 \
	VMOVUPS (SI)(AX*1), X0   \
	OP(X0, X13, X14, X15)    \
	VMOVUPS X0, (SI)(AX*1)   \
end:                         \
	VZEROUPPER               \
	RET

#define SQRT(x, a, b, c) VSQRTPS x, x
#define ABS(x, a, b, c) VANDPS c, x, x
#define NEG(x, a, b, c) VXORPS c, x, x
#define FLOOR(x, a, b, c) VROUNDPS $9, x, x
#define CEIL(x, a, b, c) VROUNDPS $10, x, x
#define ROUND(x, a, b, c) VROUNDPS $8, x, x
#define RECIPROCAL(x, a, b, c) VDIVPS x, c, x
#define CLAMP(x, a, lo, hi) VMAXPS x, lo, x; VMINPS x, hi, x
#define AFFINE(x, a, factor, plus) VMULPS x, factor, x; VADDPS x, plus, x

// func vectorAdd(to, x, y *float32, n int, lo, hi float32)
TEXT ·vectorAdd(SB), NOSPLIT, $0-40
	BINARY(ADD)

// func vectorSub(to, x, y *float32, n int, lo, hi float32)
TEXT ·vectorSub(SB), NOSPLIT, $0-40
	BINARY(SUB)

// func vectorMul(to, x, y *float32, n int, lo, hi float32)
TEXT ·vectorMul(SB), NOSPLIT, $0-40
	BINARY(MUL)

// func vectorDiv(to, x, y *float32, n int, lo, hi float32)
TEXT ·vectorDiv(SB), NOSPLIT, $0-40
	BINARY(DIV)

// func vectorMin(to, x, y *float32, n int, lo, hi float32)
TEXT ·vectorMin(SB), NOSPLIT, $0-40
	BINARY(MIN)

// func vectorMax(to, x, y *float32, n int, lo, hi float32)
TEXT ·vectorMax(SB), NOSPLIT, $0-40
	BINARY(MAX)

// func vectorPRelu(to, x, y *float32, n int, lo, hi float32)
TEXT ·vectorPRelu(SB), NOSPLIT, $0-40
	BINARY(PRELU)

// func vectorSqrt(x *float32, n int)
TEXT ·vectorSqrt(SB), NOSPLIT, $0-16
	UNARY(SQRT)

// func vectorAbs(x *float32, n int)
TEXT ·vectorAbs(SB), NOSPLIT, $0-16
	VBROADCASTSS magnitude<>(SB), Y15
	UNARY(ABS)

// func vectorNeg(x *float32, n int)
TEXT ·vectorNeg(SB), NOSPLIT, $0-16
	VBROADCASTSS sign<>(SB), Y15
	UNARY(NEG)

// func vectorFloor(x *float32, n int)
TEXT ·vectorFloor(SB), NOSPLIT, $0-16
	UNARY(FLOOR)

// func vectorCeil(x *float32, n int)
TEXT ·vectorCeil(SB), NOSPLIT, $0-16
	UNARY(CEIL)

// func vectorRound(x *float32, n int)
TEXT ·vectorRound(SB), NOSPLIT, $0-16
	UNARY(ROUND)

// func vectorReciprocal(x *float32, n int)
TEXT ·vectorReciprocal(SB), NOSPLIT, $0-16
	VBROADCASTSS one<>(SB), Y15
	UNARY(RECIPROCAL)

// func vectorClamp(x *float32, n int, lo, hi float32)
TEXT ·vectorClamp(SB), NOSPLIT, $0-24
	VBROADCASTSS lo+16(FP), Y14
	VBROADCASTSS hi+20(FP), Y15
	UNARY(CLAMP)

// func vectorAffine(x *float32, n int, factor, plus float32)
TEXT ·vectorAffine(SB), NOSPLIT, $0-24
	VBROADCASTSS factor+16(FP), Y14
	VBROADCASTSS plus+20(FP), Y15
	UNARY(AFFINE)

// func vectorHorner(p, z *float32, n int, c float32)
//
// p = p*z + c, rounded once.
TEXT ·vectorHorner(SB), NOSPLIT, $0-28
	MOVQ p+0(FP), SI
	MOVQ z+8(FP), CX
	MOVQ n+16(FP), BX
	SHLQ $2, BX
	VBROADCASTSS c+24(FP), Y15
	XORQ AX, AX
	SUBQ $32, BX
	JLT  last
loop:
	VMOVUPS (SI)(AX*1), Y0
	VMOVUPS (CX)(AX*1), Y1
	VFMADD213PS Y15, Y1, Y0
	VMOVUPS Y0, (SI)(AX*1)
	ADDQ $32, AX
	CMPQ AX, BX
	JLE  loop
last:
	ADDQ $32, BX
	CMPQ AX, BX
	JGE  end
	VMOVUPS (SI)(AX*1), X0
	VMOVUPS (CX)(AX*1), X1
	VFMADD213PS X15, X1, X0
	VMOVUPS X0, (SI)(AX*1)
end:
	VZEROUPPER
	RET

// The exponential, within 2 units in the last place: x = n ln 2 + r, and a polynomial in |r| < ln 2 / 2 (Cephes expf).
// Constants follow one another, repeated for a whole vector.
// the least and the greatest argument
DATA expLow<>+0(SB)/8, $0xc2ae0000c2ae0000
DATA expLow<>+8(SB)/8, $0xc2ae0000c2ae0000
DATA expLow<>+16(SB)/8, $0xc2ae0000c2ae0000
DATA expLow<>+24(SB)/8, $0xc2ae0000c2ae0000
GLOBL expLow<>(SB), RODATA|NOPTR, $32
DATA expHigh<>+0(SB)/8, $0x42b0000042b00000
DATA expHigh<>+8(SB)/8, $0x42b0000042b00000
DATA expHigh<>+16(SB)/8, $0x42b0000042b00000
DATA expHigh<>+24(SB)/8, $0x42b0000042b00000
GLOBL expHigh<>(SB), RODATA|NOPTR, $32
DATA expLog2e<>+0(SB)/8, $0x3fb8aa3b3fb8aa3b
DATA expLog2e<>+8(SB)/8, $0x3fb8aa3b3fb8aa3b
DATA expLog2e<>+16(SB)/8, $0x3fb8aa3b3fb8aa3b
DATA expLog2e<>+24(SB)/8, $0x3fb8aa3b3fb8aa3b
GLOBL expLog2e<>(SB), RODATA|NOPTR, $32
// ln 2 in two parts
DATA expLn2High<>+0(SB)/8, $0x3f3180003f318000
DATA expLn2High<>+8(SB)/8, $0x3f3180003f318000
DATA expLn2High<>+16(SB)/8, $0x3f3180003f318000
DATA expLn2High<>+24(SB)/8, $0x3f3180003f318000
GLOBL expLn2High<>(SB), RODATA|NOPTR, $32
DATA expLn2Low<>+0(SB)/8, $0xb95e8083b95e8083
DATA expLn2Low<>+8(SB)/8, $0xb95e8083b95e8083
DATA expLn2Low<>+16(SB)/8, $0xb95e8083b95e8083
DATA expLn2Low<>+24(SB)/8, $0xb95e8083b95e8083
GLOBL expLn2Low<>(SB), RODATA|NOPTR, $32
// the polynomial
DATA expP0<>+0(SB)/8, $0x3950696739506967
DATA expP0<>+8(SB)/8, $0x3950696739506967
DATA expP0<>+16(SB)/8, $0x3950696739506967
DATA expP0<>+24(SB)/8, $0x3950696739506967
GLOBL expP0<>(SB), RODATA|NOPTR, $32
DATA expP1<>+0(SB)/8, $0x3ab743ce3ab743ce
DATA expP1<>+8(SB)/8, $0x3ab743ce3ab743ce
DATA expP1<>+16(SB)/8, $0x3ab743ce3ab743ce
DATA expP1<>+24(SB)/8, $0x3ab743ce3ab743ce
GLOBL expP1<>(SB), RODATA|NOPTR, $32
DATA expP2<>+0(SB)/8, $0x3c0889083c088908
DATA expP2<>+8(SB)/8, $0x3c0889083c088908
DATA expP2<>+16(SB)/8, $0x3c0889083c088908
DATA expP2<>+24(SB)/8, $0x3c0889083c088908
GLOBL expP2<>(SB), RODATA|NOPTR, $32
DATA expP3<>+0(SB)/8, $0x3d2aa9c13d2aa9c1
DATA expP3<>+8(SB)/8, $0x3d2aa9c13d2aa9c1
DATA expP3<>+16(SB)/8, $0x3d2aa9c13d2aa9c1
DATA expP3<>+24(SB)/8, $0x3d2aa9c13d2aa9c1
GLOBL expP3<>(SB), RODATA|NOPTR, $32
DATA expP4<>+0(SB)/8, $0x3e2aaaaa3e2aaaaa
DATA expP4<>+8(SB)/8, $0x3e2aaaaa3e2aaaaa
DATA expP4<>+16(SB)/8, $0x3e2aaaaa3e2aaaaa
DATA expP4<>+24(SB)/8, $0x3e2aaaaa3e2aaaaa
GLOBL expP4<>(SB), RODATA|NOPTR, $32
DATA expP5<>+0(SB)/8, $0x3f0000003f000000
DATA expP5<>+8(SB)/8, $0x3f0000003f000000
DATA expP5<>+16(SB)/8, $0x3f0000003f000000
DATA expP5<>+24(SB)/8, $0x3f0000003f000000
GLOBL expP5<>(SB), RODATA|NOPTR, $32
DATA exp127<>+0(SB)/8, $0x0000007f0000007f
DATA exp127<>+8(SB)/8, $0x0000007f0000007f
DATA exp127<>+16(SB)/8, $0x0000007f0000007f
DATA exp127<>+24(SB)/8, $0x0000007f0000007f
GLOBL exp127<>(SB), RODATA|NOPTR, $32
DATA exp1<>+0(SB)/8, $0x3f8000003f800000
DATA exp1<>+8(SB)/8, $0x3f8000003f800000
DATA exp1<>+16(SB)/8, $0x3f8000003f800000
DATA exp1<>+24(SB)/8, $0x3f8000003f800000
GLOBL exp1<>(SB), RODATA|NOPTR, $32

#define EXP(x, n, p, t) \
	VMOVUPS expLow<>(SB), t        \
	VMAXPS  x, t, x                \
	VMOVUPS expHigh<>(SB), t       \
	VMINPS  x, t, x                \
	VMULPS  expLog2e<>(SB), x, n   \
	VROUNDPS $8, n, n              \
	VMULPS  expLn2High<>(SB), n, t \
	VSUBPS  t, x, x                \
	VMULPS  expLn2Low<>(SB), n, t  \
	VSUBPS  t, x, x                \
	VMOVUPS expP0<>(SB), p         \
	VFMADD213PS expP1<>(SB), x, p  \
	VFMADD213PS expP2<>(SB), x, p  \
	VFMADD213PS expP3<>(SB), x, p  \
	VFMADD213PS expP4<>(SB), x, p  \
	VFMADD213PS expP5<>(SB), x, p  \
	VMULPS  x, x, t                \
	VFMADD213PS x, t, p            \
	VADDPS  exp1<>(SB), p, p       \
	VCVTTPS2DQ n, n                \
	VPADDD  exp127<>(SB), n, n     \
	VPSLLD  $23, n, n              \
	VMULPS  n, p, x

// func vectorExp(x *float32, n int)
TEXT ·vectorExp(SB), NOSPLIT, $0-16
	UNARY(EXP)
