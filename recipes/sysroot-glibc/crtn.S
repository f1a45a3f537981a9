/* The closing halves of what crti.S opens. */
    .section .init, "ax", @progbits
#if defined(__x86_64__)
    addq $8, %rsp
    ret
#elif defined(__aarch64__)
    ldp x29, x30, [sp], #16
    ret
#endif

    .section .fini, "ax", @progbits
#if defined(__x86_64__)
    addq $8, %rsp
    ret
#elif defined(__aarch64__)
    ldp x29, x30, [sp], #16
    ret
#endif

    .section .note.GNU-stack, "", @progbits
