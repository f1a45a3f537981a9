//! L1 · what a link needs: inittab, objects, libraries, arguments, as values.
