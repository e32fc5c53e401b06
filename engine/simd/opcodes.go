package simd

// Opcodes, by the names of the WebAssembly core specification and of the relaxed SIMD proposal.
const (
	opLoop       = 0x03
	opIf         = 0x04
	opEnd        = 0x0b
	opBrIf       = 0x0d
	opDrop       = 0x1a
	opCall       = 0x10
	opSelect     = 0x1b
	opLocalGet   = 0x20
	opLocalSet   = 0x21
	opLocalTee   = 0x22
	opI32Load    = 0x28
	opI32Load8   = 0x2d // i32.load8_u
	opI32Store   = 0x36
	opI32Const   = 0x41
	opI32LtS     = 0x48
	opI32LtU     = 0x49
	opI32GtS     = 0x4a
	opI32LeS     = 0x4c
	opI32GtU     = 0x4b
	opI32Add     = 0x6a
	opI32Sub     = 0x6b
	opI32Mul     = 0x6c
	opI32And     = 0x71
	opF32Convert = 0xb2 // f32.convert_i32_s
	opBulk       = 0xfc
	opVector     = 0xfd

	blockEmpty = 0x40
)

// Opcodes after the bulk prefix.
const (
	bulkCopy = 10
	bulkFill = 11
)

// Opcodes after the vector prefix.
const (
	vecLoad        = 0x00 // v128.load
	vecLoadSplat32 = 0x09
	vecStore       = 0x0b
	vecConst       = 0x0c
	vecShuffle8    = 0x0d // i8x16.shuffle
	vecSplatF32    = 0x13
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
	vecShlI32      = 0xab
	vecAddI32      = 0xae
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
	vecRelaxedMadd = 0x105 // f32x4.relaxed_madd
)
