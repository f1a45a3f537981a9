/* What the loader shall know: where the cookie is, and for programs linked with /guard:cf where indirect calls may go.
   The linker defines the names that begin with __guard and stand nowhere else. The structure is
   IMAGE_LOAD_CONFIG_DIRECTORY64, documented by Microsoft. */
    .section .rdata, "dr"
    .globl _load_config_used
    .p2align 3
_load_config_used:
    .long 280                               /* Size */
    .zero 84                                /* what is left to the system */
    .quad __security_cookie                 /* SecurityCookie, at 88 */
    .zero 16                                /* SEHandlerTable and SEHandlerCount: 32-bit only */
    .quad __guard_check_icall_fptr          /* GuardCFCheckFunctionPointer, at 112 */
    .quad __guard_dispatch_icall_fptr       /* GuardCFDispatchFunctionPointer */
    .quad __guard_fids_table                /* GuardCFFunctionTable */
    .quad __guard_fids_count                /* GuardCFFunctionCount */
    .long __guard_flags                     /* GuardFlags, at 144 */
    .zero 12                                /* CodeIntegrity */
    .quad __guard_iat_table                 /* GuardAddressTakenIatEntryTable, at 160 */
    .quad __guard_iat_count
    .quad __guard_longjmp_table             /* GuardLongJumpTargetTable */
    .quad __guard_longjmp_count
    .zero 72                                /* DynamicValueRelocTable and others, from 192 */
    .quad __guard_eh_cont_table             /* GuardEHContinuationTable, at 264 */
    .quad __guard_eh_cont_count

    /* The loader replaces both where it supports the guard; else every call goes through. */
    .section .00cfg, "dr"
    .globl __guard_check_icall_fptr
    .globl __guard_dispatch_icall_fptr
    .p2align 3
__guard_check_icall_fptr:
    .quad check_nothing
__guard_dispatch_icall_fptr:
    .quad dispatch_anywhere

    .text
    .def check_nothing
    .scl 3
    .type 32
    .endef
    .p2align 4
check_nothing:
    ret
    .def dispatch_anywhere
    .scl 3
    .type 32
    .endef
    .p2align 4
dispatch_anywhere:
    jmpq *%rax
