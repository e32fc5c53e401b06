package simd

// Opcodes, by the names of the WebAssembly core specification and of the relaxed SIMD proposal.
const (
	opUnreachable = 0x00
	opBlock       = 0x02
	opLoop        = 0x03
	opIf          = 0x04
	opEnd         = 0x0b
	opBr          = 0x0c
	opBrIf        = 0x0d
	opBrTable     = 0x0e
	opReturn      = 0x0f
	opCall        = 0x10
	opDrop        = 0x1a
	opSelect      = 0x1b
	opLocalGet    = 0x20
	opLocalSet    = 0x21
	opLocalTee    = 0x22
	opI32Load     = 0x28
	opI32Load8    = 0x2d // i32.load8_u
	opI32Store    = 0x36
	opI32Const    = 0x41
	opI64Const    = 0x42
	opI32Eqz      = 0x45
	opI32Eq       = 0x46
	opI32LtS      = 0x48
	opI32LtU      = 0x49
	opI32GtS      = 0x4a
	opI32LeS      = 0x4c
	opI32GtU      = 0x4b
	opI64Eq       = 0x51
	opI32Add      = 0x6a
	opI32Sub      = 0x6b
	opI32Mul      = 0x6c
	opI32DivU     = 0x6e
	opI32And      = 0x71
	opI32Shl      = 0x74
	opI32ShrU     = 0x76
	opI64Add      = 0x7c
	opI64Or       = 0x84
	opI64Shl      = 0x86
	opI64ShrU     = 0x88
	opI32Wrap     = 0xa7 // i32.wrap_i64
	opI64Extend   = 0xad // i64.extend_i32_u
	opF32Convert  = 0xb2 // f32.convert_i32_s
	opBulk        = 0xfc
	opVector      = 0xfd
	opAtomic      = 0xfe

	blockEmpty = 0x40
)

// Opcodes after the bulk prefix.
const (
	bulkCopy = 10
	bulkFill = 11
)

// Opcodes after the atomic prefix, of the threads proposal. Their alignment is that of what they access.
const (
	atomicNotify     = 0x00 // memory.atomic.notify
	atomicWait64     = 0x02
	atomicLoad32     = 0x10 // i32.atomic.load
	atomicLoad64     = 0x11
	atomicStore64    = 0x18
	atomicAdd32      = 0x1e // i32.atomic.rmw.add
	atomicExchange64 = 0x49 // i64.atomic.rmw.cmpxchg
)

// Opcodes after the vector prefix.
const (
	vecLoad        = 0x00 // v128.load
	vecLoadSplat32 = 0x09
	vecStore       = 0x0b
	vecConst       = 0x0c
	vecShuffle8    = 0x0d // i8x16.shuffle
	vecSplatF32    = 0x13
	vecNe          = 0x42 // f32x4.ne
	vecLt          = 0x43 // f32x4.lt
	vecAnd         = 0x4e // v128.and
	vecOr          = 0x50
	vecBitselect   = 0x52
	vecLoadLane32  = 0x56
	vecLoadZero32  = 0x5c
	vecStoreLane32 = 0x5a
	vecStoreLane64 = 0x5b
	vecCeil        = 0x67 // f32x4.ceil
	vecFloor       = 0x68
	vecNearest     = 0x6a
	vecExtendLow8  = 0x87 // i16x8.extend_low_i8x16_s
	vecExtendLow16 = 0xa7 // i32x4.extend_low_i16x8_s
	vecExtAddI32   = 0x7e // i32x4.extadd_pairwise_i16x8_s
	vecNarrowU8    = 0x66 // i8x16.narrow_i16x8_u
	vecNarrowI16   = 0x85 // i16x8.narrow_i32x4_s
	vecExtMulLow   = 0x9c // i16x8.extmul_low_i8x16_s
	vecExtMulHigh  = 0x9d
	vecShlI32      = 0xab
	vecAddI32      = 0xae
	vecDotI16      = 0xba // i32x4.dot_i16x8_s
	vecAbs         = 0xe0
	vecNeg         = 0xe1
	vecSqrt        = 0xe3
	vecAdd         = 0xe4
	vecSub         = 0xe5
	vecMul         = 0xe6
	vecDiv         = 0xe7
	vecMin         = 0xe8
	vecMax         = 0xe9
	vecPMin        = 0xea
	vecPMax        = 0xeb
	vecTruncI32    = 0xf8  // i32x4.trunc_sat_f32x4_s
	vecConvertI32  = 0xfa  // f32x4.convert_i32x4_s
	vecRelaxedMadd = 0x105 // f32x4.relaxed_madd

	vecRelaxedTrunc = 0x101 // i32x4.relaxed_trunc_f32x4_s
	vecRelaxedDot   = 0x112 // i16x8.relaxed_dot_i8x16_i7x16_s
)
