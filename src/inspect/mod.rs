//! L1 · bytes → facts: what an object, archive, executable or library says of itself.
