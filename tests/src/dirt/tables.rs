//! Clean tables of several shapes, types and languages.

use super::{Cell, Dice, Document, Item, Kind, Quoting};

/// A language, which decides the encodings that are possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Language {
    English,
    German,
    Polish,
    Russian,
    Greek,
    Japanese,
    Chinese,
    Taiwanese,
    Korean,
}

struct Words {
    language: Language,
    names: [&'static str; 5],
    people: &'static [&'static str],
    notes: &'static [&'static str],
}

const WORDS: [Words; 9] = [
    Words {
        language: Language::English,
        names: ["id", "customer", "comment", "amount", "ordered"],
        people: &["Anna Smith", "Bert Jones", "Carla Brown", "Dora Green", "Emil White", "Frank Black"],
        notes: &[
            "delivered on time",
            "call back, please",
            "paid in cash",
            "returned: wrong size",
            "regular",
            "new, from fair",
        ],
    },
    Words {
        language: Language::German,
        names: ["Nummer", "Kunde", "Bemerkung", "Betrag", "Bestellt"],
        people: &["Jürgen Müller", "Käthe Groß", "Björn Weiß", "Zoë Schäfer", "Uwe Böhm", "Jörg Köhler"],
        notes: &[
            "pünktlich geliefert",
            "bitte zurückrufen, danke",
            "bar bezahlt",
            "Größe passt nicht",
            "Stammkunde",
            "über die Messe",
        ],
    },
    Words {
        language: Language::Polish,
        names: ["numer", "nazwisko", "uwagi", "kwota", "dzień"],
        people: &[
            "Łukasz Żółkiewski",
            "Małgorzata Wójcik",
            "Święcicki",
            "Paweł Gąsior",
            "Żaneta Źrebięca",
            "Grażyna Śmigły",
        ],
        notes: &[
            "zapłacono gotówką",
            "proszę oddzwonić, dziękuję",
            "zwrócono: zły rozmiar",
            "stały klient",
            "część zamówienia",
            "wysłano później",
        ],
    },
    Words {
        language: Language::Russian,
        names: ["номер", "клиент", "примечание", "сумма", "дата"],
        people: &["Анна Иванова", "Пётр Смирнов", "Мария Кузнецова", "Дмитрий Попов", "Ольга Соколова", "Юрий Лебедев"],
        notes: &[
            "доставлено вовремя",
            "перезвонить, пожалуйста",
            "оплачено наличными",
            "возврат: не тот размер",
            "постоянный клиент",
            "новый заказ",
        ],
    },
    Words {
        language: Language::Greek,
        names: ["αριθμός", "πελάτης", "σχόλιο", "ποσό", "ημέρα"],
        people: &[
            "Γιώργος Παπαδόπουλος",
            "Μαρία Νικολάου",
            "Ελένη Γεωργίου",
            "Κώστας Δημητρίου",
            "Άννα Ιωάννου",
            "Νίκος Βασιλείου",
        ],
        notes: &[
            "παραδόθηκε στην ώρα",
            "να τηλεφωνήσουμε, παρακαλώ",
            "πληρώθηκε μετρητοίς",
            "λάθος μέγεθος",
            "τακτικός πελάτης",
            "νέα παραγγελία",
        ],
    },
    Words {
        language: Language::Japanese,
        names: ["番号", "顧客名", "備考", "金額", "注文日"],
        people: &["山田太郎", "鈴木花子", "佐藤一郎", "田中さくら", "高橋けんじ", "渡辺ゆうこ"],
        notes: &[
            "予定どおり配達しました",
            "折り返しお電話ください",
            "現金で支払い済み",
            "サイズ違いのため返品",
            "いつものお客様です",
            "展示会からの新規注文",
        ],
    },
    Words {
        language: Language::Chinese,
        names: ["编号", "客户", "备注", "金额", "日期"],
        people: &["王小明", "李建国", "张美丽", "刘德华", "陈志强", "杨晓东"],
        notes: &[
            "按时送达客户手中",
            "请尽快回电话谢谢",
            "已经用现金付款",
            "尺寸不合适退货",
            "我们的老客户",
            "展会上的新订单",
        ],
    },
    Words {
        language: Language::Taiwanese,
        names: ["編號", "客戶", "備註", "金額", "日期"],
        people: &["王小明", "李建國", "張美麗", "劉德華", "陳志強", "楊曉東"],
        notes: &[
            "準時送達客戶手中",
            "請儘快回電話謝謝",
            "已經用現金付款",
            "尺寸不合適退貨",
            "我們的老客戶",
            "展覽會上的新訂單",
        ],
    },
    Words {
        language: Language::Korean,
        names: ["번호", "고객", "비고", "금액", "날짜"],
        people: &["김영희", "이철수", "박지민", "최수진", "정민호", "강서연"],
        notes: &[
            "제시간에 배달되었습니다",
            "다시 전화해 주세요",
            "현금으로 결제했습니다",
            "크기가 맞지 않아 반품",
            "단골 고객입니다",
            "전시회에서 새로 주문",
        ],
    },
];

/// The clean tables; English ones first.
#[must_use]
pub fn tables() -> Vec<Document> {
    let mut dice = Dice::new(7);
    let mut tables: Vec<Document> = WORDS.iter().map(|words| sales(words, &mut dice)).collect();
    tables.insert(1, wide(&mut dice));
    tables.insert(2, narrow(&mut dice));
    tables
}

fn document(language: Language, names: &[&str], kinds: &[Kind], rows: Vec<Vec<Cell>>) -> Document {
    Document {
        language,
        before: Vec::new(),
        header: vec![names.iter().map(|name| (*name).to_owned()).collect()],
        names: names.iter().map(|name| Some((*name).to_owned())).collect(),
        kinds: kinds.to_vec(),
        items: rows.into_iter().map(|cells| Item::Record(cells, None)).collect(),
        delimiter: ",".into(),
        quoting: Quoting::Double,
        quote_all: false,
        line_ends: vec!["\n"],
        encoding: ("utf-8", false),
        ended: true,
    }
}

fn sales(words: &Words, dice: &mut Dice) -> Document {
    let rows = (0..36).map(|row| {
        let (month, day) = (1 + dice.below(12), 1 + dice.below(28));
        vec![
            Cell::same((1001 + row * 7).to_string()),
            Cell::same(words.people[dice.below(words.people.len())]),
            Cell::same(words.notes[(row + dice.below(2)) % words.notes.len()]),
            Cell::same(format!("{}.{:02}", 5 + dice.below(90_000), 1 + dice.below(99))),
            Cell::same(format!("2023-{month:02}-{day:02}")),
        ]
    });
    let kinds = [Kind::Int, Kind::Text, Kind::Text, Kind::Float, Kind::Date];
    document(words.language, &words.names, &kinds, rows.collect())
}

fn wide(dice: &mut Dice) -> Document {
    let names = ["station", "t_min", "t_max", "rain", "wind", "sun", "snow", "cloudy", "pressure", "humidity"];
    let rows = (0..30).map(|row| {
        let mut cells = vec![Cell::same(format!("S{:03}", 100 + row))];
        for column in 1..names.len() {
            cells.push(Cell::same(match column {
                7 => ["true", "false"][dice.below(2)].to_owned(),
                4 | 9 => dice.below(100).to_string(),
                _ => format!("{}.{}", dice.below(40), 1 + dice.below(9)),
            }));
        }
        cells
    });
    let mut kinds = [Kind::Float; 10];
    (kinds[0], kinds[4], kinds[7], kinds[9]) = (Kind::Text, Kind::Int, Kind::Bool, Kind::Int);
    document(Language::English, &names, &kinds, rows.collect())
}

fn narrow(dice: &mut Dice) -> Document {
    let rows = (0..25).map(|row| {
        vec![
            Cell::same(format!("item {}", (b'A' + row as u8) as char)),
            Cell::same((10 + dice.below(9000)).to_string()),
        ]
    });
    document(Language::English, &["product", "stock"], &[Kind::Text, Kind::Int], rows.collect())
}
