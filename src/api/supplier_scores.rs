//! Supplier scores, of the Supplier Management System: two endpoints.

use crate::api::page::{check_not_html, read_page, read_record};
use crate::api::reply::Reply;
use crate::api::request::{Method, Product, Request};
use crate::domain::id::VendorCode;
use crate::domain::record::supplier_score::SUPPLIER_SCORE;
use crate::domain::shape_error::ShapeError;

/// A call of the Scores page.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// Check that the service responds and accepts the key.
    Heartbeat(VendorCode),
    /// All scores of a supplier.
    Scores(VendorCode),
}

impl Call {
    pub(super) fn request(&self) -> Request {
        let get = |template, path| Request::new(Product::Suppliers, Method::Get, template, path);
        let path = |code: &VendorCode| format!("/api/v1/suppliers/{}/scores", code.segment());
        match self {
            Self::Heartbeat(code) => {
                get("/api/v1/suppliers/{vendor_code}/scores/heartbeat", path(code) + "/heartbeat")
            }
            Self::Scores(code) => get("/api/v1/suppliers/{vendor_code}/scores", path(code)),
        }
    }

    pub(super) fn read(&self, body: &[u8]) -> Result<Reply, ShapeError> {
        Ok(match self {
            Self::Heartbeat(_) => {
                check_not_html(body)?;
                Reply::Alive
            }
            Self::Scores(_) => Reply::Records(read_page(body, |json| read_record(&SUPPLIER_SCORE, json))?),
        })
    }
}
