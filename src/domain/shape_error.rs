//! Errors that are a sentence: a type for each, so that a signature says what can fail.

/// Defines an error that is a sentence for the person: what failed, and where it helps, what to do.
macro_rules! message_error {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        #[error("{0}")]
        pub struct $name(String);

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl From<$name> for String {
            fn from(error: $name) -> Self {
                error.0
            }
        }
    };
}
pub(crate) use message_error;

message_error! {
    /// Why JSON from the server is not what the documents describe. It names fields and positions and never quotes the data,
    /// which may be personal.
    ShapeError
}
