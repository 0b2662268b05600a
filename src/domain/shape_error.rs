//! Why JSON from the server is not what the documents describe.

/// Why JSON from the server is not what the documents describe. It names fields and positions and never quotes the data,
/// which may be personal.
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
