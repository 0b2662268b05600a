//! The program: arguments, configuration, terminal or shell verb, exit code.

fn main(){}
