# The commands of this house; `just` lists them.

_list:
    @just --list

# What CI runs
check:
    .ci/run

# The demo, as a user gets it
demo:
    cargo run --release -- --demo

# The tests; snapshots that differ are written anew with `just accept`, to be read before they are committed
test:
    cargo test

# Write snapshots and the README's picture anew
accept:
    INSTA_UPDATE=always cargo test --test it

# What performance promises
bench:
    cargo bench
