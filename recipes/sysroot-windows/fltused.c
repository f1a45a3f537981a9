/* Objects that use floating point refer to it. Where a C library may come without its part for that, it brings it
   along; the UCRT always has it. */
int _fltused = 0x9875;
