//! L1 · recipes: from what was written (YAML) to what it means (a build).
