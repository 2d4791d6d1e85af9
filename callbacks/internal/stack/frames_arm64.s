#include "textflag.h"

// See frames_amd64.s; R29 is the frame pointer.

// func frames(pcs *uintptr, room int) int
TEXT ·frames(SB), NOSPLIT|NOFRAME, $0-24
	MOVD pcs+0(FP), R0
	MOVD room+8(FP), R1
	MOVD $0, R2
	MOVD RSP, R3
	SUB  $16, R3
	MOVD R29, R4

next:
	CMP  R1, R2
	BGE  done
	CMP  R3, R4
	BLS  done
	SUB  R3, R4, R5
	CMP  $65536, R5
	BHI  done
	MOVD 8(R4), R6
	MOVD R6, (R0)(R2<<3)
	ADD  $1, R2
	MOVD R4, R3
	MOVD (R4), R4
	B    next

done:
	MOVD R2, ret+16(FP)
	RET
