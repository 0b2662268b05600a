//! bee-tui, layer by layer.
//!
//! Each layer imports only those above it in this list; `tests/it/architecture.rs` holds that.
//!
//! One key press, from the outside in and back: `runtime` reads it from the terminal and hands it to `app`
//! with the time. `app` asks the screen on top which scopes of keys are open, and `input` which command the key
//! is there. The screen changes its own state and says what it wants of the outside as `effect`s. `app` draws
//! once, with `kit`'s widgets and `theme`'s styles. Then `runtime` does the effects: an edit goes to the journal
//! on disk, a call of the `api` to a background task, whose reply comes back the way the key came. What the
//! things are that all this is about stands in `domain`.

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
