#include "textflag.h"

// A frame pointer points at the one of the caller, which the return address
// lies above. The stack cannot move meanwhile: assembly is not preempted. The
// chain ends with 0, or with what does not lie further up the same stack: the
// frames of C that called Go.

// func frames(pcs *uintptr, room int) int
TEXT ·frames(SB), NOSPLIT|NOFRAME, $0-24
	MOVQ pcs+0(FP), DI
	MOVQ room+8(FP), CX
	XORQ AX, AX
	MOVQ SP, DX
	MOVQ BP, BX

next:
	CMPQ AX, CX
	JGE  done
	CMPQ BX, DX
	JLS  done
	MOVQ BX, SI
	SUBQ DX, SI
	CMPQ SI, $65536
	JHI  done
	MOVQ 8(BX), SI
	MOVQ SI, (DI)(AX*8)
	INCQ AX
	MOVQ BX, DX
	MOVQ (BX), BX
	JMP  next

done:
	MOVQ AX, ret+16(FP)
	RET
