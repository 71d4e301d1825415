//! The table of the sweep: 84 sales with dates, times, amounts, telephone numbers, addresses and free text.

use super::Dice;

/// Its columns.
pub const NAMES: [&str; 9] = ["DATE", "TIME", "Qty", "PRODUCTID", "Price", "Phone", "Address", "URL", "Comments"];

/// Its rows.
#[must_use]
pub fn sample_rows() -> Vec<Vec<String>> {
    let mut dice = Dice::new(84);
    let streets =
        ["12 Main St, Springfield", "7 rue de l'Église, Lyon", "Hauptstraße 5, 10115 Berlin", "221B Baker Street"];
    let comments = [
        "delivered on time",
        "",
        "call back, please",
        "said \"never again\", but came back",
        "two lines:\nthe first, and the second",
        "",
        "wants the 5\" version; not the 7\" one",
        "three lines\n\n\"with\" a blank, in the middle",
        "Größe passt nicht",
        "it's fine",
    ];
    (0..84)
        .map(|row| {
            let (month, day) = (1 + dice.below(12), 1 + dice.below(28));
            let (hour, minute, second) = (1 + dice.below(12), dice.below(60), dice.below(60));
            let half = ["AM", "PM"][dice.below(2)];
            let cents = 100 + dice.below(400_000);
            let price = match cents / 100 {
                whole @ 1000.. => format!("{},{:03}.{:02}", whole / 1000, whole % 1000, cents % 100),
                whole => format!("{whole}.{:02}", cents % 100),
            };
            let phone = match row % 3 {
                0 => format!("(555) 010-{:04}", dice.below(10_000)),
                1 => format!("+49 30 {:06}", 100_000 + dice.below(900_000)),
                _ => format!("555-010-{:04}", dice.below(10_000)),
            };
            vec![
                format!("{month}/{day}/2018"),
                format!("{hour:02}:{minute:02}:{second:02} {half}"),
                (1 + dice.below(40)).to_string(),
                format!("{}-{:04}", ["TR", "AB", "ZX"][dice.below(3)], dice.below(10_000)),
                price,
                phone,
                streets[dice.below(streets.len())].to_owned(),
                format!("http://shop.example.com/item?id={}&ref=a", 1000 + row),
                comments[(row + dice.below(2)) % comments.len()].to_owned(),
            ]
        })
        .collect()
}
