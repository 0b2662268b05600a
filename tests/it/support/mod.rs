//! What the tests share: the program without a terminal, a server that misbehaves, a pseudo-terminal.

pub mod fault_server;
pub mod harness;
pub mod pty;
