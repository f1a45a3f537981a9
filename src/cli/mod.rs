//! L4 · the command line: one file per command; each parses, loads, calls, renders.
