//! An experiment report as one HTML file that a stranger can read, trust and repeat.
//!
//! The contract: [`html`] takes the report as data and returns one self-contained document. No script, no link, no
//! font and no picture is fetched from elsewhere (a content security policy in the head forbids it as well); whatever
//! comes from data is escaped; the same content gives the same bytes. Every picture is drawn by plotters as inline SVG.
//!
//! Reading order: `page` (head, tiles, placing the sections), `sections` (one file each), `chart` (axes),
//! `canvas` (plotters), `text` (escaping and numbers).
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod canvas;
mod chart;
mod error;
mod evaluation;
mod markdown;
mod page;
mod sections;
mod text;

pub use error::ReportError;
pub use page::html;
