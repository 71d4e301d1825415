use super::*;
use PersonalKind::{Address, BirthDate, Card, Email, Iban, Identity, IpAddress, Name, Phone};

fn days(name: &str, many: i32) -> Column {
    let days: Vec<i32> = (0..many).map(|at| 4000 + 17 * at).collect();
    Series::new(name.into(), days).cast(&DataType::Date).unwrap().into_column()
}

#[test]
fn personal_data_is_found() {
    let frame = df!(
        "contact" => ["ann@example.org", "bo.b@mail.example.co.uk", "n/a", "x@localhost"],
        "paid with" => ["4111 1111 1111 1111", "5500-0000-0000-0004", "340000000000009", "cash"],
        "account" => ["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432", "DE00370400440532013000", ""],
        "Mobile Phone" => ["(030) 901820", "0171/1234567", "030 901 820", ""],
        "reach" => ["+49 30 901820", "+1 (212) 555-0100", "+44 20 7946 0958", "x"],
        "code" => ["123-45-6789", "078-05-1120", "000-12-3456", "AB 12 34 56 C"],
        "host" => ["10.0.0.1", "::1", "2001:db8::8a2e:370:7334", "1.2.3"],
        "patientName" => ["Ann de Vries", "Bo O'Neil", "ÉLAN", "x1"],
        "home" => ["12 Baker Street", "Hauptstraße 7", "221b Old Mill Rd.", "unknown"],
        "date_of_birth" => ["1980-05-17", "17.05.1980", "5/17/1980", "?"],
        "nif" => ["12345678Z", "X1234567L", "00000000T", "-"],
        "holder" => ["756.9217.0769.85", "RSSMRA85T10A562S", "44051401359", "529.982.247-25"],
        "product name" => ["Red Chair", "Blue Table", "Lamp", "Desk"],
        "amount" => [4_111_111_111_111_111i64, 12, 13, 14],
    )
    .unwrap();
    let found = personal_data(&frame).unwrap();
    let kinds: Vec<(&str, PersonalKind, u32)> =
        found.iter().map(|one| (one.column.as_str(), one.kind, (one.share * 100.0) as u32)).collect();
    assert_eq!(
        kinds,
        [
            ("contact", Email, 50),
            ("paid with", Card, 75),
            ("account", Iban, 66),
            ("Mobile Phone", Phone, 100),
            ("reach", Phone, 75),
            ("code", Identity, 75),
            ("host", IpAddress, 75),
            ("patientName", Name, 75),
            ("home", Address, 75),
            ("date_of_birth", BirthDate, 75),
            ("nif", Identity, 75),
            ("holder", Identity, 100),
        ]
    );
    assert_eq!(found[0].example_masked, "•••••••••••••rg");
    let born = DataFrame::new(1, vec![days("Birthday", 1), days("shipped", 1)]).unwrap();
    assert_eq!(personal_data(&born).unwrap().len(), 1);
}

#[track_caller]
fn check(name: &str, cells: &[&str], expected: Option<PersonalKind>) {
    let found = of_column(&Series::new(name.into(), cells)).unwrap();
    assert_eq!(found.as_ref().map(|found| found.kind), expected, "{name}: {found:?}");
}

#[test]
fn values_and_names_tell() {
    check("contact", &["a.b@example.org", "c+d@mail.example.co.uk", "e@f.de", "g@h.io", "none"], Some(Email));
    check(
        "card",
        &["4111 1111 1111 1111", "5500005555555559", "340000000000009", "6011000990139424", "4012888888881881"],
        Some(Card),
    );
    check("n", &["123-45-6789", "987-65-4321", "111-22-3333", "222-33-4444", "333-44-5555"], Some(Identity));
    check("from", &["10.0.0.1", "192.168.1.20", "::1", "2001:db8::1", "8.8.8.8"], Some(IpAddress));
    check("call", &["+49 30 123456", "030 1234567", "(020) 7946 0958", "+14155552671", "555-123-4567"], Some(Phone));
    check("rappel", &["01 23 45 67 89", "06.12.34.56.78", "04 50 00 00 00"], Some(Phone));
    check("First Name", &["Ada", "Grace", "Alan", "Edsger", "Barbara"], Some(Name));
    check("username", &["ada1815", "xX_grace_Xx", "alan"], Some(Name));
    check(
        "Patient",
        &["Ada Lovelace", "Grace B. Hopper", "Edsger W. Dijkstra", "Lovelace, Ada", "Ludwig van Beethoven"],
        Some(Name),
    );
    check("name", &["bolt", "nut", "screw", "washer", "nail"], None);
    check("email", &["redacted", "redacted"], Some(Email));
    check("birthday", &["17 May 1980", "3 June 1981"], Some(BirthDate));
    let number = Series::new("n".into(), [4_111_111_111_111_111i64; 6]);
    assert_eq!(of_column(&number).unwrap().map(|found| found.kind), Some(Card));
    let dialled = Series::new("phone".into(), [4_930_123_456i64; 3]);
    assert_eq!(of_column(&dialled).unwrap().map(|found| found.kind), Some(Phone));
    assert_eq!(of_column(&Series::new("mail".into(), [1i64, 2])).unwrap(), None);
}

/// What looks like personal data and is none.
#[test]
fn orders_prices_dates_and_places_are_not_personal() {
    let of = |many: u64, make: &dyn Fn(u64) -> String| (0..many).map(make).collect::<Vec<_>>();
    let columns: Vec<(&str, Vec<String>)> = vec![
        ("order", of(500, &|at| format!("2024-{at:04}"))),
        ("order_no", of(500, &|at| format!("ORD-{:08}", at * 7919))),
        ("reference", of(500, &|at| format!("{:010}", 1_000_000 + at * 104_729))),
        ("ean", of(500, &|at| format!("{:013}", 4_006_381_000_000 + at * 99_991))),
        ("invoice", of(500, &|at| format!("{}/{:05}-{}", 2020 + at % 5, at * 13, at % 9))),
        ("tracking", of(500, &|at| format!("{:016}", 4_111_000_000_000_000 + at * 7_919_113))),
        ("batch", of(500, &|at| format!("{:011}", 20_240_101_000 + at * 317))),
        ("sku", of(500, &|at| format!("{:09}", 120_000_000 + at * 7717))),
        ("price", of(500, &|at| format!("{}.{:03},{:02} €", at % 90 + 1, at * 37 % 1000, at % 100))),
        ("amount", of(500, &|at| format!("{} {:03}.{:02}", at % 90 + 1, at * 37 % 1000, at % 100))),
        ("cost", of(500, &|at| format!("{}.{:02}", at * 311, at % 100))),
        ("day", of(500, &|at| format!("2021-{:02}-{:02}", at % 12 + 1, at % 28 + 1))),
        ("gebucht", of(500, &|at| format!("{:02}.{:02}.2021", at % 28 + 1, at % 12 + 1))),
        ("when", of(500, &|at| format!("2021-{:02}-{:02} {:02}:15:00", at % 12 + 1, at % 28 + 1, at % 24))),
        ("stamp", of(500, &|at| format!("2021{:02}{:02}", at % 12 + 1, at % 28 + 1))),
        ("time", of(500, &|at| format!("{:02}:{:02}:{:02}", at % 24, at % 60, at * 7 % 60))),
        ("place", of(500, &|at| format!("52.{:06}, 13.{:06}", at * 1931 % 1_000_000, at * 7919 % 1_000_000))),
        ("point", of(500, &|at| format!("52.{:06} 13.{:06}", at * 1931 % 1_000_000, at * 7919 % 1_000_000))),
        ("lat", of(500, &|at| format!("52.{:06}", at * 1931 % 1_000_000))),
        ("dms", of(500, &|at| format!("52°{:02}'{:02}\"N", at % 60, at * 7 % 60))),
        ("version", of(500, &|at| format!("{}.{}.{}.{}", at % 4, at % 10, at % 7, at % 100))),
        ("isbn", of(500, &|at| format!("978-3-{:02}-{:06}-{}", at % 90 + 10, at * 997, at % 10))),
        ("phone model", of(500, &|at| format!("X{}00 Pro", at % 9))),
        ("country of birth", vec!["Kenya".into(), "Peru".into(), "Malta".into()]),
    ];
    for (name, cells) in columns {
        let found = of_column(&Series::new(name.into(), &cells)).unwrap();
        assert_eq!(found, None, "{name}, such as {}", cells[0]);
    }
    let wholes = |step: i64| (0..500i64).map(|at| 4_000_000_000_000_000 + at * step).collect::<Vec<_>>();
    for step in [1, 10, 7919] {
        assert_eq!(of_column(&Series::new("id".into(), wholes(step))).unwrap(), None, "step {step}");
    }
}
