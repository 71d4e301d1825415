//! Charts, drawn by the painter alone: axes with round ticks, curves reduced to extremes per pixel, read-outs.
//!
//! A chart is a plain struct of what to show and a function that draws it at the full width it is given. Each
//! carries one sentence that says what it shows: the accessible name. Values that are not finite leave a gap.
//!
//! Reading order: [`scale`] (numbers to pixels, ticks), [`reduce`] (many points to few), [`ink`] (text), [`plot`]
//! (the frame with axes), then one file for each kind of chart.

pub mod bars;
pub mod confusion;
pub mod histogram;
pub mod ink;
pub mod intervals;
pub mod line;
pub mod plot;
pub mod ramp;
pub mod reduce;
pub mod scale;
pub mod scatter;
pub mod steps;
pub mod tile;

pub use bars::{Bar, BarChart, bar_chart};
pub use confusion::confusion;
pub use histogram::{HistogramChart, histogram};
pub use intervals::dots_with_intervals;
pub use line::{ChartOutput, LineChart, LineSeries, Marker, line_chart};
pub use plot::Plot;
pub use ramp::viridis;
pub use scale::{Scale, Tick};
pub use scatter::{Mark, ScatterChart, ScatterPoint, scatter};
pub use steps::{StepHistory, step_history};
pub use tile::{Change, MetricTile, metric_tile};
