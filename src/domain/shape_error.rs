//! Why JSON from the server does not have the documented shape.

/// Why JSON from the server does not have the documented shape. The text names fields and positions and never
/// quotes the data, which may be personal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ShapeError(String);

impl From<&str> for ShapeError {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for ShapeError {
    fn from(text: String) -> Self {
        Self(text)
    }
}
