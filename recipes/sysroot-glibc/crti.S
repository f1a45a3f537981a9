/* The opening halves of _init and _fini, which clang's driver links first; crtn.S closes them. Nothing adds to the
   middle any more, but BOLT wants the DT_FINI that their presence makes. */
    .section .init, "ax", @progbits
    .globl _init
    .hidden _init
    .type _init, @function
_init:
#if defined(__x86_64__)
    endbr64
    subq $8, %rsp
#elif defined(__aarch64__)
    stp x29, x30, [sp, #-16]!
#else
#error "no _init for this processor"
#endif

    .section .fini, "ax", @progbits
    .globl _fini
    .hidden _fini
    .type _fini, @function
_fini:
#if defined(__x86_64__)
    endbr64
    subq $8, %rsp
#elif defined(__aarch64__)
    stp x29, x30, [sp, #-16]!
#endif

    .section .note.GNU-stack, "", @progbits
