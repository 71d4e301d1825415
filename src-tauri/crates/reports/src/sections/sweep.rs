//! The search: every trial with the best so far, what the best one is, and the next ones.

use cairn_protocol::{
    ParamValue, Params,
    notebook::{Goal, SweepMethod},
    results::ReportContent,
    sweeps::{SweepState, Trial, TrialState},
};

use super::{Section, picture};
use crate::{
    ReportError,
    canvas::{self, DIM, slot},
    chart::{Frame, extent, padded},
    text::{brief, duration, esc, figure, label, plural},
};

const SIZE: (f64, f64) = (520.0, 220.0);
/// Trials in the table.
const TOP: usize = 10;

pub fn draw(content: &ReportContent) -> Result<Option<Section>, ReportError> {
    let sweeps: Vec<&SweepState> = content.sweeps.iter().filter(|sweep| !sweep.trials.is_empty()).collect();
    let Some(first) = sweeps.first() else { return Ok(None) };
    let mut body = String::new();
    for sweep in &sweeps {
        if sweeps.len() > 1 {
            body.push_str(&format!("<h3>{} <small>{}</small></h3>", esc(&sweep.name), esc(&summary(sweep))));
        }
        body.push_str(&format!(
            "<div class=\"pair\"><div>{}</div>{}</div>{}",
            history(sweep)?,
            best(sweep),
            trials(sweep)
        ));
    }
    let note = if sweeps.len() == 1 { summary(first) } else { plural(sweeps.len() as u64, "sweep", "sweeps") };
    Ok(Some(Section { id: "sweep", title: "Sweep", note, body }))
}

fn summary(sweep: &SweepState) -> String {
    let method = match sweep.method {
        SweepMethod::Grid => "grid",
        SweepMethod::Random => "random",
    };
    let of = |state| sweep.trials.iter().filter(|trial| trial.state == state).count() as u64;
    let mut out = format!("{method}, {}", plural(sweep.trials.len() as u64, "trial", "trials"));
    for (state, word) in
        [(TrialState::Pruned, "stopped early"), (TrialState::Failed, "failed"), (TrialState::Running, "unfinished")]
    {
        if of(state) > 0 {
            out.push_str(&format!(", {} {word}", of(state)));
        }
    }
    if sweep.duration_secs > 0.0 {
        out.push_str(&format!(", {}", duration(sweep.duration_secs)));
    }
    out
}

fn value(trial: &Trial) -> f64 {
    trial.value.map_or(f64::NAN, |value| value.0)
}

fn history(sweep: &SweepState) -> Result<String, ReportError> {
    let ends = (
        extent(sweep.trials.iter().map(|trial| trial.number as f64)),
        extent(sweep.trials.iter().filter(|trial| trial.state != TrialState::Failed).map(value)),
    );
    let (Some(x), Some(y)) = ends else { return Ok("<p class=\"dim\">No trial has a value.</p>".into()) };
    let goal = sweep.objective.goal;
    let svg = canvas::svg("the sweep's history", SIZE, |canvas| {
        let frame = Frame::new(SIZE, padded(x, 0.02), padded(y, 0.05));
        frame.draw(canvas, "trial", &sweep.objective.name);
        let mut steps: Vec<(f64, f64)> = Vec::new();
        for trial in sweep.trials.iter().filter(|trial| trial.state == TrialState::Complete && value(trial).is_finite())
        {
            let (number, so_far) = (trial.number as f64, steps.last().map_or(f64::NAN, |step| step.1));
            let now = if goal.better(value(trial), so_far) { value(trial) } else { so_far };
            steps.extend([(number, so_far), (number, now)]);
        }
        steps.push((x.1, steps.last().map_or(f64::NAN, |step| step.1)));
        canvas.line(steps.iter().map(|&(number, value)| frame.at(number, value)), slot(0).width(1.5));
        for trial in &sweep.trials {
            let ink = match trial.state {
                TrialState::Complete => slot(0).alpha(0.55),
                _ => DIM.alpha(0.35),
            };
            canvas.dot(frame.at(trial.number as f64, value(trial)), 2.75, ink);
        }
        if let Some(best) = &sweep.best {
            canvas.ring(frame.at(best.number as f64, best.value.0), 4.5, slot(0).width(1.75));
        }
    })?;
    let summary = match &sweep.best {
        Some(best) => format!(
            "Best {} {} at trial {} of {}",
            sweep.objective.name,
            figure(best.value.0),
            best.number,
            sweep.trials.len()
        ),
        None => format!("{} trials of {}", sweep.trials.len(), sweep.objective.name),
    };
    Ok(picture(&summary, &svg))
}

/// A hyperparameter's value as text.
fn shown(value: &ParamValue) -> String {
    match value {
        ParamValue::Float(real) => brief(*real, 4),
        ParamValue::Int(whole) => whole.to_string().replace('-', "−"),
        other => label(&other.to_string(), 40),
    }
}

fn best(sweep: &SweepState) -> String {
    let Some(best) = &sweep.best else { return String::new() };
    let rows: String = best
        .params
        .iter()
        .map(|(name, value)| {
            format!(
                "<tr><th scope=\"row\"><code>{}</code></th><td class=\"n\">{}</td></tr>",
                esc(name),
                esc(&shown(value))
            )
        })
        .collect();
    format!(
        "<div><h3>Best trial <small>{}, {} {}</small></h3><table><tbody>{rows}</tbody></table></div>",
        best.number,
        esc(&sweep.objective.name),
        figure(best.value.0)
    )
}

fn trials(sweep: &SweepState) -> String {
    let mut order: Vec<&Trial> =
        sweep.trials.iter().filter(|trial| trial.state == TrialState::Complete && value(trial).is_finite()).collect();
    order.sort_by(|a, b| match sweep.objective.goal {
        Goal::Minimize => value(a).total_cmp(&value(b)),
        Goal::Maximize => value(b).total_cmp(&value(a)),
    });
    // Parameters that do not differ between trials say nothing here.
    let differs = |name: &str| {
        let mut seen = sweep.trials.iter().map(|trial: &Trial| trial.params.get(name));
        let first = seen.next();
        seen.any(|other| Some(other) != first)
    };
    let empty = Params::new();
    let names: Vec<&String> =
        order.first().map_or(&empty, |trial| &trial.params).keys().filter(|name| differs(name)).take(8).collect();
    if order.is_empty() {
        return String::new();
    }
    let head: String =
        names.iter().map(|name| format!("<th scope=\"col\" class=\"n\"><code>{}</code></th>", esc(name))).collect();
    let rows: String = order
        .iter()
        .take(TOP)
        .map(|trial| {
            let cells: String = names
                .iter()
                .map(|name| format!("<td class=\"n\">{}</td>", trial.params.get(*name).map_or("–".into(), |value| esc(&shown(value)))))
                .collect();
            format!(
                "<tr><th scope=\"row\" class=\"n\">{}</th><td class=\"n strong\">{}</td>{cells}<td class=\"n dim\">{}</td></tr>",
                trial.number,
                figure(value(trial)),
                duration(trial.duration_secs)
            )
        })
        .collect();
    let table = format!(
        "<div class=\"scroll\"><table><thead><tr><th scope=\"col\" class=\"n\">Trial</th><th scope=\"col\" class=\"n\">{}</th>{head}\
         <th scope=\"col\" class=\"n\">Time</th></tr></thead><tbody>{rows}</tbody></table></div>",
        esc(&sweep.objective.name)
    );
    if order.len() == 1 {
        return table;
    }
    format!("<h3>Best {} trials <small>of {}</small></h3>{table}", order.len().min(TOP), sweep.trials.len())
}
