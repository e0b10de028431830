//! Bailiff.
fn main() {}
