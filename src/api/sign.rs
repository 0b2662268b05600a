//! The signature of a request (Authentication, "Signature").

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// Rounds of HMAC in a signature, unless the key was issued with another number.
pub const DEFAULT_FOLDS: u32 = 5;

/// Signs the path as sent (without the query) and the exact bytes of the body; no body counts as an empty
/// one.
///
/// The result, in Base64, goes into `Authorization: HMAC …`. It covers neither method nor time: whoever has
/// it can repeat the request, so it must be kept as secret as the secret itself.
pub fn signature(secret: &str, path: &str, body: &[u8], folds: u32) -> String {
    let mut text = format!("{path}{}", hex(&Sha256::digest(body)));
    for _ in 0..folds {
        text = hex(&hmac(secret.as_bytes(), text.as_bytes()));
    }
    STANDARD.encode(text)
}

#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
fn hmac(secret: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// Bytes in lowercase hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        out.push(DIGITS[usize::from(byte >> 4)] as char);
        out.push(DIGITS[usize::from(byte & 15)] as char);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_toolkits_golden_vector() {
        let body = br#"{"scorecard":{"description":"YTD Scorecard Nov 2024","start_date":"2024-01-01","end_date":"2024-11-30","charter_id":"bravo_generic","province":"National"}}"#;
        assert_eq!(
            hex(&Sha256::digest(body)),
            "726a4d0e2707c29beda838e4d0c8cca5753486c3057cf5a722abf65e8f4b3af1"
        );
        assert_eq!(
            signature(
                "d197b7819d6f914677270f939a4c67ad9dc4bd44076e6a0ca7bafab9235a7126",
                "/api/public/v1/scorecards",
                body,
                5
            ),
            "ODNjMzY5N2JmNDI4NWFkZjMwNzlhOTJiMTdmOTVjZGJkMzk0MzM4OGZiYTE5OTEyMWVlOWZjOTZkNmEzNTQ4Mg=="
        );
    }

    #[test]
    fn the_supplier_systems_golden_vector() {
        let body = br#"{"supplier":{"trading_name":"New Supplier Ltd","vendor_code":"NS002"}}"#;
        assert_eq!(
            signature("6OZ0oHt0y3ICVaje95yGrQtt", "/api/v1/suppliers", body, 5),
            "YmQ5MzUyNTIxNGMyNmQ2ODdmNmFhNzQ1MTY1NjBmNWVhZTUwMmQ1OWEyODMwYWJiNDc5ZjY1NTYxOGMyMTA3OQ=="
        );
    }

    #[test]
    fn an_absent_body_is_the_empty_string() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hex(&Sha256::digest(b"")), empty);
    }
}
