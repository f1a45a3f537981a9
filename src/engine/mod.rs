//! L3 · conduct: runs the steps of a plan, from the cache where it can.
