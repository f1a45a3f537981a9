//! L2 · gets bytes by digest from wherever they can be had.
