/* Called by functions with more than a page of locals, their number of bytes in rax: touches each page in turn, as the
   system grows the stack only by the page below the last. All registers stay as they are; the caller subtracts rax. */
    .text
    .globl __chkstk
    .def __chkstk
    .scl 2
    .type 32
    .endef
    .p2align 4
__chkstk:
    pushq %rcx
    pushq %rax
    leaq 24(%rsp), %rcx         /* where the stack was before the call */
1:
    cmpq $0x1000, %rax
    jb 2f
    subq $0x1000, %rcx
    orb $0, (%rcx)
    subq $0x1000, %rax
    jmp 1b
2:
    subq %rax, %rcx
    orb $0, (%rcx)
    popq %rax
    popq %rcx
    ret
