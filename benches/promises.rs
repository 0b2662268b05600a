//! What performance promises.
fn main() {}
