//! The report as a whole: what a stranger gets must be complete, harmless, and the same every time.
#![allow(clippy::unwrap_used)]

mod sample;

use cairn_protocol::{
    FeatureImportance, Real,
    notebook::ReportSection,
    results::{MetricValue, PartEvaluation, ReportContent, ReportDataset, ReportRecipe, SplitResult, TrainResult},
};
use cairn_reports::html;

const IDS: [&str; 9] = ["data", "recipe", "split", "leaderboard", "curves", "importance", "sweep", "lineage", "repeat"];

/// Every tag of the document with its attributes, so that text cannot be mistaken for markup.
fn tags(html: &str) -> Vec<&str> {
    html.split('<').skip(1).filter_map(|rest| rest.split('>').next()).collect()
}

fn self_contained(html: &str) {
    for tag in tags(html) {
        let name = tag.split([' ', '\n']).next().unwrap_or_default().trim_start_matches('/').to_lowercase();
        assert!(
            !["script", "link", "img", "iframe", "object", "embed", "a", "base", "form", "image", "use"]
                .contains(&name.as_str()),
            "{tag}"
        );
        for attribute in [" on", " href", " src=", "http://", "https://", "javascript:"] {
            assert!(
                !tag.to_lowercase().contains(attribute)
                    || tag.starts_with("meta http-equiv")
                    || tag.contains("aria-label"),
                "{tag}"
            );
        }
    }
    assert!(!html.contains("url(") && !html.contains("@import"));
}

/// Elements opened are closed, in order.
fn balanced(html: &str) {
    let void = ["!doctype", "meta", "br", "hr"];
    let mut open: Vec<&str> = Vec::new();
    for tag in tags(html) {
        let name = tag.split([' ', '\n']).next().unwrap_or_default();
        if void.contains(&name) || tag.ends_with('/') {
            continue;
        }
        if let Some(closed) = name.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed), "after {open:?}");
        } else {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn every_section_with_content_appears_in_the_order_given() {
    let mut content = sample::content();
    let page = html(&content).unwrap();
    let places: Vec<usize> = IDS.iter().map(|id| page.find(&format!("<section id=\"{id}\"")).unwrap()).collect();
    assert!(places.is_sorted());
    self_contained(&page);
    balanced(&page);
    for needed in [
        "0.8420",
        "95 % interval 0.8090 – 0.873",
        "95 <i>of 147 found</i>",
        "20,003 records read",
        "3 rejected",
        "! fits on all rows",
        "fit: train, 14,000 rows",
        "Split certified",
        "6 checks passed, 1 remark",
        "Commit a41f9c2",
        "20 November 2026, 12:06 UTC",
        "bmi ← median 28.1",
        "<strong>most of the signal</strong>",
        "cairn verify",
    ] {
        assert!(page.contains(needed), "{needed}");
    }
    content.sections = vec![ReportSection::Repeat, ReportSection::Split, ReportSection::Repeat];
    let page = html(&content).unwrap();
    assert!(page.find("id=\"repeat\"").unwrap() < page.find("id=\"split\"").unwrap());
    assert_eq!(page.matches("<section id=").count(), 2);
}

#[test]
fn figures_and_tables_speak() {
    let page = html(&sample::content()).unwrap();
    assert!(page.matches("<figure").count() >= 20);
    assert_eq!(page.matches("<figure").count(), page.matches("<figure role=\"img\" aria-label=\"").count());
    assert!(!page.contains("aria-label=\"\""));
    assert_eq!(page.matches("<th ").count() + page.matches("<th>").count(), page.matches("<th scope=").count());
    assert!(page.contains("aria-label=\"Best valid.auc 0.8530 at trial"));
}

#[test]
fn the_same_content_gives_the_same_bytes() {
    assert_eq!(html(&sample::content()).unwrap(), html(&sample::content()).unwrap());
}

#[test]
fn nothing_from_data_becomes_markup() {
    let evil = "</style><script>alert(1)</script><img src=x onerror='alert(2)'>\"&\u{202E}";
    let mut content = sample::content();
    content.title = evil.into();
    content.project = evil.into();
    content.summary =
        format!("{evil}\n\n[a](javascript:alert(3)) ![b](https://elsewhere.example/x.png) <https://elsewhere.example>");
    content.headline = vec![evil.into()];
    content.warnings = vec![evil.into()];
    content.repeat = vec![evil.into()];
    content.facts.insert(evil.into(), evil.into());
    let data = &mut content.datasets[0];
    data.target = evil.into();
    data.import.file = evil.into();
    data.import.notes = vec![evil.into()];
    data.import.encoding = evil.into();
    data.import.delimiter = evil.into();
    data.import.rejects[0].text = evil.into();
    data.import.rejects[0].reason = evil.into();
    for column in &mut data.profile.columns {
        column.name = evil.into();
        column.top.iter_mut().for_each(|top| top.value = evil.into());
    }
    data.profile.findings[0].message = evil.into();
    let (columns, step) = &mut content.recipes[0].steps[0];
    *columns = evil.into();
    (step.title, step.learned, step.warnings) = (evil.into(), vec![evil.into()], vec![evil.into()]);
    let split = &mut content.splits[0].1;
    split.by = evil.into();
    split.classes[0].class = evil.into();
    split.checks[0].name = evil.into();
    split.checks[0].figure = evil.into();
    for model in &mut content.models {
        let run = &mut model.run;
        for text in [&mut run.name, &mut run.id, &mut run.kernel, &mut run.algorithm, &mut run.commit] {
            *text = evil.into();
        }
        run.warnings = vec![evil.into()];
        model.evaluation.classes = vec![evil.into(), evil.into()];
        model.importance[0].feature = evil.into();
        model.curves.iter_mut().for_each(|series| series.key = format!("valid.{evil}"));
        for part in &mut model.evaluation.parts {
            part.metrics.iter_mut().for_each(|metric| metric.title = evil.into());
        }
    }
    let sweep = &mut content.sweeps[0];
    sweep.name = evil.into();
    sweep.objective.name = evil.into();
    for node in &mut content.lineage.nodes {
        (node.name, node.figure, node.digest) = (evil.into(), evil.into(), evil.into());
    }
    let page = html(&content).unwrap();
    self_contained(&page);
    balanced(&page);
    assert!(!page.contains('\u{202E}'));
    assert!(!page.contains("<script") && page.contains("&lt;script&gt;"));
    assert_eq!(page.matches("</style>").count(), 1);
}

#[test]
fn what_is_empty_is_left_out() {
    let page = html(&ReportContent { sections: ReportSection::ALL.to_vec(), ..ReportContent::default() }).unwrap();
    assert!(page.contains("<h1>Experiment report</h1>") && !page.contains("<section id="));
    balanced(&page);

    let bare = ReportContent {
        sections: ReportSection::ALL.to_vec(),
        datasets: vec![ReportDataset::default()],
        recipes: vec![ReportRecipe::default()],
        splits: vec![("s".into(), SplitResult::default())],
        models: vec![TrainResult::default()],
        ..ReportContent::default()
    };
    let page = html(&bare).unwrap();
    assert!(page.contains("id=\"data\"") && page.contains("id=\"split\"") && !page.contains("id=\"curves\""));
    assert!(!page.contains("NaN"));
}

#[test]
fn what_is_not_a_number_is_a_dash() {
    let nan = Real(f64::NAN);
    let mut content = sample::content();
    for model in &mut content.models {
        for part in &mut model.evaluation.parts {
            for metric in &mut part.metrics {
                *metric = MetricValue {
                    value: nan,
                    std_error: Some(nan),
                    interval: Some((nan, Real(f64::INFINITY))),
                    baseline: Some(nan),
                    ..metric.clone()
                };
            }
            part.roc = vec![(nan, nan); 3];
            part.calibration.iter_mut().for_each(|bin| (bin.predicted, bin.interval) = (nan, (nan, nan)));
            part.threshold = Some(nan);
        }
        model.curves.iter_mut().flat_map(|series| &mut series.points).for_each(|point| point.1 = nan);
        model.importance.iter_mut().for_each(|feature| feature.value = f64::NAN);
    }
    content.sweeps[0].trials.iter_mut().for_each(|trial| trial.value = Some(nan));
    content.datasets[0].profile.columns[2].mean = Some(nan);
    let page = html(&content).unwrap();
    assert!(!page.contains("NaN") && !page.contains("inf\"") && page.contains("<b>–</b>"));
    balanced(&page);
}

#[test]
fn ten_classes_and_65_columns_fold() {
    let content = sample::digits();
    let page = html(&content).unwrap();
    assert!(
        page.contains("51 more columns")
            && page.contains("Most frequent confusions")
            && page.contains("All 64 features")
    );
    // The target stands first, before what is folded.
    assert!(page.find(">digit</th>").unwrap() < page.find(">pixel_0</th>").unwrap());
    assert!(page.contains("aria-label=\"250 of "), "the sentence of the confusion matrix");
    balanced(&page);
}

#[test]
fn residuals_are_drawn_for_numbers() {
    let mut content = sample::content();
    content.models.truncate(1);
    let points = (0..300).map(|at| (Real(f64::from(at)), Real(f64::from(at) * 1.1 - 3.0))).collect();
    content.models[0].evaluation.parts =
        vec![PartEvaluation { part: "test".into(), rows: 300, residuals: points, ..PartEvaluation::default() }];
    content.models[0].importance = vec![FeatureImportance { feature: "x".into(), value: 0.0, std_error: 0.0 }];
    let page = html(&content).unwrap();
    assert!(page.contains("Predicted and true") && page.contains("predicted − true") && !page.contains("<h3>ROC"));
    assert!(page.matches("<circle").count() >= 600);
}
