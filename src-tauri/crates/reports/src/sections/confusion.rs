//! The confusion matrix of the best model: shares of the true class as tint, rows as figures. With many classes the
//! figures go first, then the picture gives way to a list of the most frequent confusions.

use cairn_protocol::results::PartEvaluation;

use super::curves::{Chart, SIZE};
use crate::{
    ReportError,
    canvas::{self, ACCENT, Anchor, CARD, DIM, GRID, TEXT, Type},
    text::{brief, count, esc, label, percent, share},
};

/// Classes up to which the matrix is drawn.
const DRAWN: usize = 40;
/// Classes up to which the cells hold figures.
const FIGURES: usize = 15;

fn classes(part: &PartEvaluation) -> usize {
    let many = part.confusion.len();
    if part.confusion.iter().all(|row| row.len() == many) { many } else { 0 }
}

fn name(names: &[String], index: usize) -> String {
    names.get(index).cloned().unwrap_or_else(|| index.to_string())
}

pub fn chart(part: &PartEvaluation, names: &[String]) -> Result<Option<Chart>, ReportError> {
    let many = classes(part);
    if !(2..=DRAWN).contains(&many) || part.confusion.iter().flatten().all(|rows| *rows == 0) {
        return Ok(None);
    }
    let wide = many > 5;
    let size = if wide { (536.0, 430.0) } else { SIZE };
    let longest = (0..many).map(|index| name(names, index).chars().count()).max().unwrap_or(1);
    let left = 14.0 + 6.5 * longest.min(14) as f64;
    let (top, bottom) = (10.0, 38.0);
    let (cell_w, cell_h) = ((size.0 - left - 6.0) / many as f64, (size.1 - top - bottom) / many as f64);
    let svg = canvas::svg("the confusion matrix", size, |canvas| {
        for (truth, row) in part.confusion.iter().enumerate() {
            let total: u64 = row.iter().sum();
            let y = top + truth as f64 * cell_h;
            canvas.text(
                label(&name(names, truth), 14),
                (left - 6.0, y + cell_h / 2.0),
                Type::new(TEXT, 11.0, Anchor::End),
            );
            for (predicted, &rows) in row.iter().enumerate() {
                let x = left + predicted as f64 * cell_w;
                let tint = share(rows, total);
                let gap = if many > FIGURES { 0.5 } else { 2.0 };
                canvas.bar((x, y), (cell_w - gap, cell_h - gap), GRID);
                canvas.bar(
                    (x, y),
                    (cell_w - gap, cell_h - gap),
                    ACCENT.alpha(if tint.is_nan() { 0.0 } else { tint.sqrt() * 0.9 }),
                );
                let middle = (x + (cell_w - gap) / 2.0, y + (cell_h - gap) / 2.0);
                let ink = if tint > 0.4 { CARD } else { TEXT };
                if many <= 5 {
                    canvas.text(count(rows), (middle.0, middle.1 - 8.0), Type::new(ink, 13.0, Anchor::Middle).strong());
                    canvas.text(percent(tint), (middle.0, middle.1 + 9.0), Type::new(ink, 11.0, Anchor::Middle));
                } else if many <= FIGURES && rows > 0 {
                    canvas.text(count(rows), middle, Type::new(ink, 11.0, Anchor::Middle));
                }
            }
        }
        for predicted in 0..many {
            let x = left + (predicted as f64 + 0.5) * cell_w;
            let room = (cell_w / 6.5).max(1.0) as usize;
            if many <= FIGURES || predicted % 5 == 0 {
                canvas.text(
                    label(&name(names, predicted), room),
                    (x, size.1 - bottom + 10.0),
                    Type::new(TEXT, 11.0, Anchor::Middle),
                );
            }
        }
        canvas.text("↑ true", (2.0, size.1 - 8.0), Type::new(DIM, 11.0, Anchor::Start));
        canvas.text("predicted", (size.0 - 6.0, size.1 - 8.0), Type::new(DIM, 11.0, Anchor::End));
    })?;
    let right: u64 = (0..many).map(|index| part.confusion[index][index]).sum();
    let total: u64 = part.confusion.iter().flatten().sum();
    let note = match part.threshold {
        Some(at) if many == 2 => format!("best model, threshold {}", brief(at.0, 3)),
        _ => "best model, rows by true class".into(),
    };
    let summary = format!("{} of {} rows are predicted as the class they are", count(right), count(total));
    Ok(Some(Chart { title: "Confusion", note, summary, svg, wide }))
}

/// The ten most frequent confusions, when there are more than a few classes; empty otherwise.
pub fn pairs(part: &PartEvaluation, names: &[String]) -> String {
    let many = classes(part);
    if many <= 5 {
        return String::new();
    }
    let mut pairs: Vec<(u64, usize, usize)> = part
        .confusion
        .iter()
        .enumerate()
        .flat_map(|(truth, row)| row.iter().enumerate().map(move |(predicted, &rows)| (rows, truth, predicted)))
        .filter(|(rows, truth, predicted)| truth != predicted && *rows > 0)
        .collect();
    pairs.sort_by(|a, b| b.0.cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    if pairs.is_empty() {
        return String::new();
    }
    let rows: String = pairs
        .iter()
        .take(10)
        .map(|&(rows, truth, predicted)| {
            let total: u64 = part.confusion[truth].iter().sum();
            format!(
                "<tr><th scope=\"row\">{}</th><td>{}</td><td class=\"n\">{}</td><td class=\"n dim\">{}</td></tr>",
                esc(&name(names, truth)),
                esc(&name(names, predicted)),
                count(rows),
                percent(share(rows, total))
            )
        })
        .collect();
    format!(
        "<div class=\"chart\"><h3>Most frequent confusions</h3><table><thead><tr><th scope=\"col\">True</th>\
         <th scope=\"col\">Predicted</th><th scope=\"col\" class=\"n\">Rows</th><th scope=\"col\" class=\"n\">Of class</th></tr></thead>\
         <tbody>{rows}</tbody></table></div>"
    )
}
