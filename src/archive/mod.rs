//! L2 · archives in and out: checked unpacking, deterministic packing, patches.
