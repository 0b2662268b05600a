//! bee-tui, layer by layer.
//!
//! Each layer imports only those above it in this list; `tests/it/architecture.rs` enforces that.
//!
//! A key press passes through the layers like this. `runtime` reads it from the terminal and passes it to
//! `app` as a message, with the time. `app` asks the screen or popup on top which key scopes are active, and
//! `input` finds the command. The screen updates its state and returns what it needs as `effect`s. `app`
//! draws one frame with the widgets of `kit` and the styles of `theme`. `runtime` then carries out the
//! effects: an edit goes to the journal on disk, and an `api` request to a background task, whose reply comes
//! back as a message too. `domain` holds the plans, records and changes that all this is about.

pub mod seeded;

pub mod domain;

pub mod api;

pub mod sandbox;

pub mod input;

pub mod config;

pub mod theme;

pub mod effect;

pub mod kit;

pub mod workspace;

pub mod nav;

pub mod screen;

pub mod popup;

pub mod app;

pub mod runtime;

pub mod cli;
