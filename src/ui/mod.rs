//! L4 · what a person or a machine sees of the work: bars, plain lines, JSON lines, failures.
