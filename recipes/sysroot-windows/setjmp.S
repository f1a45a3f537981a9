/* The compiler calls them with the frame as second argument; the DLL has them under another name. */
    .text
    .globl _setjmp
    .globl _setjmpex
    .p2align 4
_setjmp:
_setjmpex:
    jmpq *__imp___intrinsic_setjmpex(%rip)
