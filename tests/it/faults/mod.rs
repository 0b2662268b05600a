//! Servers and networks that misbehave, and what the program promises all the same.

mod promises;
pub mod records;
#[cfg(feature = "seeded-faults")]
mod seeded;
mod tolerance;
