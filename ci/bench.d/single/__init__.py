"""`ci/bench single`: executables in one file, as `pbs link` makes them."""
