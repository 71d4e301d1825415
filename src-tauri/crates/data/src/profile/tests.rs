use super::*;
use cairn_protocol::table::Severity;
use polars::prelude::{DataFrame, IntoColumn, NamedFrom, Series, df};

fn close(found: Option<Real>, expected: f64) {
    let found = found.unwrap().0;
    assert!((found - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{found} is not {expected}");
}

#[test]
fn figures_are_those_of_numpy_and_scipy() {
    let frame = df!("x" => [Some(1.0), Some(2.0), Some(2.0), None, Some(7.5), Some(f64::NAN)]).unwrap();
    let column = profile(&frame).columns.remove(0);
    assert_eq!((column.nulls, column.distinct), (2, 3));
    assert_eq!((column.min, column.max), (Some(Scalar::Float(1.0)), Some(Scalar::Float(7.5))));
    close(column.mean, 3.125);
    // numpy.std(ddof=1), scipy.stats.skew, scipy.stats.kurtosis of [1, 2, 2, 7.5].
    close(column.std, 2.954_516_316_872_639_4);
    close(column.skew, 1.064_043_614_982_406_6);
    close(column.kurtosis, -0.725_480_032_581_268);
    let quantiles = column.quantiles.unwrap();
    close(quantiles.get("0.25").copied(), 1.75);
    close(quantiles.get("0.95").copied(), 6.675);
    let histogram = column.histogram.unwrap();
    assert_eq!(histogram.edges.len(), 51);
    assert_eq!(histogram.counts.iter().sum::<u64>(), 4);
    assert_eq!(histogram.counts[49], 1, "the last bin holds its upper edge");
    assert_eq!(column.top[0], TopValue { value: "2".into(), count: 2 });
}

#[test]
fn whole_numbers_texts_bools() {
    let frame = df!(
        "n" => [5i64, -3, 5, 1_000_000_000_000],
        "t" => [Some("b"), None, Some("a"), Some("b")],
        "y" => [Some(true), Some(false), None, Some(true)],
    )
    .unwrap();
    let columns = profile(&frame).columns;
    assert_eq!((&columns[0].min, columns[0].distinct), (&Some(Scalar::Int(-3)), 3));
    assert_eq!((&columns[1].min, &columns[1].max), (&Some(Scalar::Text("a".into())), &Some(Scalar::Text("b".into()))));
    assert_eq!((columns[1].nulls, columns[1].distinct, columns[1].mean), (1, 2, None));
    assert_eq!((&columns[2].max, columns[2].top[0].count), (&Some(Scalar::Bool(true)), 2));
    let few = profile(&df!("k" => [0i64, 1, 1, 3]).unwrap()).columns.remove(0).histogram.unwrap();
    assert_eq!(few.counts, [1, 2, 0, 1]);
    let empty = profile(&df!("k" => Vec::<i64>::new()).unwrap());
    assert_eq!((empty.rows, empty.columns[0].mean), (0, None));
    let infinite = profile(&df!("k" => [f64::INFINITY, 1.0, 2.0]).unwrap()).columns.remove(0);
    assert_eq!(infinite.max, Some(Scalar::Text("Infinity".into())));
    assert_eq!(infinite.histogram.unwrap().counts.iter().sum::<u64>(), 2);
}

#[test]
fn findings_name_what_is_odd() {
    let rows = 1000;
    let frame: DataFrame = df!(
        "id" => (0..rows).collect::<Vec<i64>>(),
        "same" => vec!["x"; rows as usize],
        "gaps" => (0..rows).map(|row| (row % 2 == 0).then_some(row % 7)).collect::<Vec<Option<i64>>>(),
        "level" => (0..rows).map(|row| if row < 3 { "rare" } else if row % 2 == 0 { "a" } else { "b" }).collect::<Vec<_>>(),
        "word" => (0..rows).map(|row| match row % 4 { 0 => None, 1 => Some("unknown"), _ => Some("known") }).collect::<Vec<_>>(),
        "tail" => (0..rows).map(|row| ((row * 7919 % 1000) as f64 / 100.0).exp()).collect::<Vec<f64>>(),
        "ill" => (0..rows).map(|row| row % 100 == 0).collect::<Vec<bool>>(),
    )
    .unwrap();
    let profile = profile(&frame);
    let kinds: Vec<(&str, &str)> = profile.findings.iter().map(|f| (f.column.as_str(), f.kind.as_str())).collect();
    for expected in [
        ("id", "identifier"),
        ("same", "constant"),
        ("gaps", "missing"),
        ("level", "rare_level"),
        ("word", "missing"),
        ("word", "unknown"),
        ("tail", "long_tail"),
        ("ill", "imbalance"),
    ] {
        assert!(kinds.contains(&expected), "{expected:?} is not among {kinds:?}");
    }
    assert_eq!(kinds.len(), 8, "{kinds:?}");
    assert_eq!(profile.findings[0].severity, Severity::High);

    let twice = df!("a" => [1i64, 2, 1, 1], "b" => [Some("x"), None, Some("x"), None]).unwrap();
    let found = super::profile(&twice).findings;
    let message = &found.iter().find(|finding| finding.kind == "duplicates").unwrap().message;
    assert!(message.starts_with("1 rows equal"), "{message}");
}

#[test]
fn rows_are_drawn_past_the_budget() {
    let frame = df!("a" => (0..1000i64).collect::<Vec<_>>()).unwrap();
    let profile = profile_within(&frame, 100);
    assert_eq!((profile.rows, profile.rows_profiled), (1000, 100));
}

#[test]
fn the_target_within_each_value() {
    let frame = df!(
        "g" => [Some("a"), Some("a"), Some("b"), None, Some("a")],
        "n" => (0..5i64).collect::<Vec<_>>(),
        "y" => ["no", "yes", "yes", "no", "no"],
    )
    .unwrap();
    let detail = column_detail(&frame, "g", Some("y")).unwrap();
    close(detail.overall, 0.4);
    let a = &detail.by_target[0];
    assert_eq!((a.value.as_deref(), a.count), (Some("a"), 3));
    close(Some(a.share), 1.0 / 3.0);
    // statsmodels.stats.proportion.proportion_confint(1, 3, method="wilson").
    close(Some(a.interval.0), 0.061_491_944_720_396_15);
    close(Some(a.interval.1), 0.792_340_399_197_952_3);
    assert_eq!(detail.by_target[2].value, None);
    assert!(column_detail(&frame, "y", Some("y")).unwrap().by_target.is_empty());
    assert!(column_detail(&frame, "z", None).is_err());
    let many =
        df!("n" => (0..100i64).collect::<Vec<_>>(), "y" => (0..100).map(|n| n >= 50).collect::<Vec<_>>()).unwrap();
    let fifths = column_detail(&many, "n", Some("y")).unwrap().by_target;
    assert_eq!(fifths.iter().map(|share| share.count).collect::<Vec<_>>(), [20; 5]);
    close(Some(fifths[4].share), 1.0);
}

/// A click on a bar filters by its edges: every value lies in the bin that counts it, the last bin closed.
#[test]
fn bins_hold_what_they_count() {
    let ages: Vec<i64> = (0..770).map(|row| 18 + row % 77).collect();
    let histogram = profile(&df!("age" => ages).unwrap()).columns.remove(0).histogram.unwrap();
    assert_eq!(&histogram.counts[..38], [20; 38], "whole numbers are cut at whole numbers");
    let large = df!("n" => [u64::MAX, u64::MAX - 1, 3, 3]).unwrap();
    let large = profile(&large).columns.remove(0);
    assert_eq!((large.distinct, large.max), (3, Some(Scalar::Text(u64::MAX.to_string()))));

    let days: Vec<i32> = (0..400).map(|row| 18_000 + row * row % 365).collect();
    let seconds: Vec<i64> = (0..400).map(|row| 1_600_000_000_000 + row * 86_399_123).collect();
    let dates = Series::new("d".into(), days.clone()).cast(&DataType::Date).unwrap();
    let times = Series::new("t".into(), seconds).cast(&DataType::Datetime(TimeUnit::Milliseconds, None)).unwrap();
    let columns = profile(&DataFrame::new(400, vec![dates.into_column(), times.into_column()]).unwrap()).columns;
    let dates = columns[0].histogram.clone().unwrap();
    assert_eq!(dates.edges_text.len(), dates.counts.len() + 1);
    assert_eq!(dates.edges_text[0], columns[0].min.clone().unwrap().to_string());
    for (bin, count) in dates.counts.iter().enumerate() {
        let inside = |day: &&i32| (dates.edges[bin].0..dates.edges[bin + 1].0).contains(&f64::from(**day));
        assert_eq!(days.iter().filter(inside).count() as u64, *count);
    }
    let times = columns[1].histogram.clone().unwrap();
    assert!(times.edges_text.iter().all(|edge| edge.ends_with("00:00:00")), "cut at days: {:?}", times.edges_text);
    assert_eq!(times.counts.iter().sum::<u64>(), 400);
}

#[test]
fn texts_are_measured() {
    let column = profile(&df!("t" => [Some("ab"), Some(" é "), Some(""), Some("  "), None, Some("ab")]).unwrap())
        .columns
        .remove(0);
    let text = column.text.unwrap();
    assert_eq!((text.shortest, text.longest, text.empty, text.blank, text.padded), (0, 3, 1, 1, 1));
    close(Some(text.mean_length), 9.0 / 5.0);
}

/// scipy.stats.median_abs_deviation(x, scale="normal") and pandas' median of the same.
#[test]
fn outliers_lie_far_from_the_median() {
    let values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 100.0, -50.0, 4.5];
    let spread = Numbers::of(&df!("x" => values).unwrap().columns()[0]).unwrap().spread().unwrap();
    assert_eq!(spread.median, 4.25);
    close(Some(Real(spread.robust_std)), 2.0 * 1.482_602_218_505_602);
    assert_eq!((spread.below, spread.above), (1, 1));
    assert!(Numbers::of(&df!("x" => [1i64, 1, 1, 9]).unwrap().columns()[0]).unwrap().spread().is_none());
}
