//! L2 · reads `recipes/`, `patches/` and `docker/` into (path, text) pairs; nobody else opens them.
