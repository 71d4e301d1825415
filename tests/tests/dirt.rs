//! Damaged files of which the answer is known: every record must be accounted for, and every value right that was not
//! damaged. `cargo test -p cairn-tests --test dirt -- --nocapture` prints the table by kind of damage.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use std::collections::BTreeMap;

use cairn_data::{NoProgress, import};
use cairn_protocol::notebook::ImportOptions;
use cairn_tests::dirt::{DAMAGES, Damage, Dice, Document, Verdict, Weight, judge, sweep, tables, weigh};

/// Files, of these accounted for, of these right.
#[derive(Default, Clone, Copy)]
struct Score {
    files: usize,
    accounted: usize,
    right: usize,
}

fn read(document: &Document, name: &str, folder: &std::path::Path) -> Verdict {
    let (bytes, truths) = document.write();
    let path = folder.join("dirt.csv");
    std::fs::write(&path, &bytes).unwrap();
    let verdict = match import(&path, &ImportOptions::default(), &NoProgress) {
        Ok(imported) => {
            let verdict = judge(document, &truths, &imported);
            if !verdict.right && std::env::var_os("DIRT_SHOW").is_some() {
                println!("{:#?}", imported.report);
            }
            verdict
        }
        Err(error) => Verdict { accounted: false, right: false, why: error.to_string() },
    };
    if !verdict.right {
        println!("{name} ({:?}): {}", document.language, verdict.why);
        if let Some(kept) = std::env::var_os("DIRT_KEEP") {
            let name = format!("{name}-{:?}.csv", document.language).replace(['/', ' ', '|', '>'], "_");
            std::fs::write(std::path::Path::new(&kept).join(name), &bytes).unwrap();
        }
    }
    verdict
}

fn apply(clean: &Document, damages: &[&Damage], dice: &mut Dice) -> Option<Document> {
    let mut document = clean.clone();
    // What is written into fields first, how all is encoded last.
    let order = |damage: &Damage| match damage.group {
        "numbers" | "dates" | "words" => 0,
        "delimiter" => 1,
        "quote" | "missing" => 2,
        "encoding" => 9,
        "layout" => 8,
        "tail" => 6,
        "head" => 5,
        _ => 4,
    };
    let mut damages = damages.to_vec();
    damages.sort_by_key(|damage| order(damage));
    damages.iter().all(|damage| (damage.apply)(&mut document, dice)).then_some(document)
}

/// Whether two kinds of damage can be done to one file and leave an answer that is one.
fn together(a: &Damage, b: &Damage) -> bool {
    let pair = |x: &str, y: &str| (a.name == x && b.name == y) || (a.name == y && b.name == x);
    let group = |x: &str, y: &str| (a.group == x && b.group == y) || (a.group == y && b.group == x);
    let either = |x: &str| a.name == x || b.name == x;
    let aligned = either("aligned by spaces");
    a.group != b.group
        && !(aligned && ["quote", "field", "record", "middle", "delimiter", "head", "tail", "missing"].iter().any(|g| group("layout", g)))
        && !(aligned && (either("thousands by space") || either("day first with time") || either("text among numbers")))
        // Without quotes that mean something, what is in fields means nothing either.
        && !((either("backslash before delimiters") || either("typographic quotes")) && (group("quote", "field") || group("quote", "record") || group("quote", "middle") || group("quote", "tail")))
        && !(either("single quotes") && (group("quote", "record") || either("thousands by apostrophe") || either("apostrophes in fields")))
        && !(either("all three line ends") && either("line ends in fields"))
        && !(either("CR") && either("line ends in fields"))
        && !(either("delimiter changed") && (group("middle", "quote") || group("middle", "field") || group("middle", "numbers") || group("middle", "record") || group("middle", "tail")))
        && !(either("no header") && either("header again"))
        && !(either("two header rows") || either("units below the names") || either("grouped header")) | !either("header again")
        && !(either("comma and space") && (group("delimiter", "field") || group("delimiter", "record") || group("delimiter", "middle")))
        // A word for a missing value is text in a column of text.
        && !((either("leading zeros") || either("beyond 64 bits") || either("text among numbers")) && group("numbers", "missing"))
        && !pair("blank name", "header again")
        && !pair("second table", "truncated last record")
        && !(either("second table") && group("middle", "tail"))
}

#[test]
fn every_record_is_accounted_for() {
    let folder = tempfile::tempdir().unwrap();
    let tables = tables();
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    let mut note = |name: &str, verdict: &Verdict| {
        let score = scores.entry(name.to_owned()).or_default();
        score.files += 1;
        score.accounted += usize::from(verdict.accounted);
        score.right += usize::from(verdict.right);
    };
    for table in &tables {
        note("no damage", &read(table, "no damage", folder.path()));
    }
    let mut dice = Dice::new(1);
    for damage in DAMAGES {
        let mut done = 0;
        for table in &tables {
            if done < 4
                && let Some(document) = apply(table, &[damage], &mut dice)
            {
                note(damage.name, &read(&document, damage.name, folder.path()));
                done += 1;
            }
            // Encodings are tried in each language.
            done -= usize::from(damage.group == "encoding" && done > 0);
        }
        let possible = tables.iter().any(|table| apply(table, &[damage], &mut dice).is_some());
        assert!(possible, "{} can be done to no table", damage.name);
    }
    let mut wanted = 240;
    while wanted > 0 {
        let count = 2 + dice.below(2);
        let damages: Vec<&Damage> = (0..count).map(|_| &DAMAGES[dice.below(DAMAGES.len())]).collect();
        let fit = |(i, a): (usize, &&Damage)| damages[i + 1..].iter().all(|b| together(a, b));
        if !damages.iter().enumerate().all(fit) {
            continue;
        }
        let table = &tables[dice.below(tables.len())];
        if let Some(document) = apply(table, &damages, &mut dice) {
            let name = damages.iter().map(|damage| damage.name).collect::<Vec<_>>().join(" + ");
            note(&format!("~ {count} kinds together"), &read(&document, &name, folder.path()));
            wanted -= 1;
        }
    }
    let mut sum = Score::default();
    println!("{:34} {:>6} {:>12} {:>8}", "damage", "files", "accounted %", "right %");
    for (name, score) in &scores {
        let share = |part: usize| 100.0 * part as f64 / score.files as f64;
        println!("{name:34} {:6} {:12.1} {:8.1}", score.files, share(score.accounted), share(score.right));
        sum.files += score.files;
        sum.accounted += score.accounted;
        sum.right += score.right;
    }
    println!("{:34} {:6} {:12} {:8}", "all", sum.files, sum.accounted, sum.right);
    assert!(sum.files >= 500);
    assert_eq!(sum.accounted, sum.files, "records went missing");
    assert!(sum.right * 1000 >= sum.files * RIGHT_PER_MILLE, "{} of {} are right", sum.right, sum.files);
}

/// What is reached; a lower figure is a step back.
const RIGHT_PER_MILLE: usize = 1000;

/// Every cell of one table spoilt in turn, and the table written in every way. Of the damage at single cells every 41st
/// file; `DIRT_STRIDE=1` makes all of them, `DIRT_SHOW=1` prints what is wrong with each.
#[test]
fn every_cell_may_be_damaged() {
    let stride = std::env::var("DIRT_STRIDE").ok().and_then(|text| text.parse().ok()).unwrap_or(41);
    let show = std::env::var_os("DIRT_SHOW").is_some();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sales.csv");
    let text = ImportOptions { text_only: true, ..ImportOptions::default() };
    let begin = std::time::Instant::now();
    let mut scores: BTreeMap<&str, (Score, usize)> = BTreeMap::new();
    sweep(stride, |case| {
        std::fs::write(&path, case.bytes()).unwrap();
        let mut weight = match import(&path, &text, &NoProgress) {
            Ok(imported) => weigh(&case, &imported),
            Err(error) => Weight { accounted: false, right: false, why: error.to_string() },
        };
        // With types every record is accounted for as well, and damage to one field costs no column its type.
        let mut typed = true;
        match import(&path, &ImportOptions::default(), &NoProgress) {
            Ok(imported) => {
                let report = &imported.report;
                if report.records_counted != report.rows + report.rejects_total {
                    weight.lost(format!("{} counted with types", report.records_counted));
                }
                let types: Vec<&str> = report.columns.iter().map(|column| column.column_type.as_str()).collect();
                typed = !keeps_types(case.group) || case.place.starts_with("the names") || types == SAMPLE_TYPES;
                if !typed {
                    weight.why = format!("{} (types {types:?})", weight.why);
                }
            }
            Err(error) => weight.lost(error.to_string()),
        }
        if show && !(weight.right && typed) {
            println!("{} at {}: {}", case.group, case.place, weight.why);
            if let Some(kept) = std::env::var_os("DIRT_KEEP") {
                let name = format!("{}-{}.csv", case.group, case.place).replace(['/', ' ', '|', '>', '\0', '"'], "_");
                std::fs::write(std::path::Path::new(&kept).join(name), case.bytes()).unwrap();
            }
        }
        let (score, types) = scores.entry(case.group).or_default();
        score.files += 1;
        score.accounted += usize::from(weight.accounted);
        score.right += usize::from(weight.right);
        *types += usize::from(typed);
    });
    let (mut sum, mut all_typed) = (Score::default(), 0);
    println!("{:28} {:>6} {:>12} {:>8} {:>8}", "pollution", "files", "accounted %", "right %", "types %");
    for (group, (score, types)) in &scores {
        let share = |part: usize| 100.0 * part as f64 / score.files as f64;
        let (accounted, right) = (share(score.accounted), share(score.right));
        println!("{group:28} {:6} {accounted:12.2} {right:8.2} {:8.2}", score.files, share(*types));
        sum.files += score.files;
        sum.accounted += score.accounted;
        sum.right += score.right;
        all_typed += types;
    }
    println!(
        "{:28} {:6} {:12} {:8} {all_typed:8} in {:?}",
        "all",
        sum.files,
        sum.accounted,
        sum.right,
        begin.elapsed()
    );
    assert!(sum.files > 200, "{}", sum.files);
    for (what, part, least) in
        [("accounted for", sum.accounted, 95), ("right", sum.right, 90), ("typed", all_typed, 90)]
    {
        assert!(part * 100 >= sum.files * least, "{part} of {} files are {what}", sum.files);
    }
}

/// What the columns of the table hold.
const SAMPLE_TYPES: [&str; 9] = ["date", "time", "int", "text", "float", "text", "text", "text", "text"];

/// Whether a kind of damage leaves the types of the columns as they are.
fn keeps_types(group: &str) -> bool {
    !["header", "one column", "second table", "no quotes", "quote turns to '"].contains(&group)
}

/// The acid test of <https://github.com/maxogden/csv-spectrum>: 12 files with their answers as JSON.
#[test]
fn csv_spectrum() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/csv-spectrum");
    let mut right = 0;
    for entry in std::fs::read_dir(folder.join("csvs")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let json = std::fs::read_to_string(folder.join("json").join(format!("{name}.json"))).unwrap();
        let mut expected: serde_json::Value = serde_json::from_str(&json).unwrap();
        if name == "location_coordinates" {
            // The answer has another telephone number than the file, and is no list.
            expected["Contact Phone Number"] = "2095257564".into();
            expected = serde_json::Value::Array(vec![expected]);
        }
        let imported = import(&path, &ImportOptions::default(), &NoProgress).unwrap();
        let shown = cairn_data::page(&imported.frame, None, 0, u64::MAX, 0, u64::MAX).columns;
        let rows: Vec<serde_json::Value> = (0..imported.frame.height())
            .map(|row| {
                let cell = |cells: &[Option<String>]| cells[row].clone().unwrap_or_default().into();
                shown.iter().map(|column| (column.name.clone(), cell(&column.cells))).collect::<serde_json::Map<_, _>>()
            })
            .map(serde_json::Value::Object)
            .collect();
        assert_eq!(serde_json::Value::Array(rows), expected, "{name}: {:#?}", imported.report);
        assert_eq!(imported.report.rejects_total, 0, "{name}");
        right += 1;
    }
    assert_eq!(right, 12);
}
