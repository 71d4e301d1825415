//! What the name of a column says of its values.

use super::PersonalKind;

/// Words of a heading in lower case: `patientName` and `patient_name` are both `patient`, `name`.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for one in name.chars() {
        let breaks = !one.is_alphanumeric() || (one.is_uppercase() && before.is_lowercase());
        if breaks && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if let (true, Some(word)) = (one.is_alphanumeric(), words.last_mut()) {
            word.extend(one.to_lowercase());
        }
        before = one;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// How strongly a heading speaks of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Says {
    /// Not at all.
    Nothing,
    /// Values that look like it are likely it; the heading alone proves nothing.
    Perhaps,
    /// Half of the values have to look like it.
    Likely,
    /// The whole heading is the name of it: it is likely that whatever the values look like.
    Plainly,
}

/// Headings that are the name of a kind as a whole, without spaces and signs.
fn plainly(kind: PersonalKind) -> &'static [&'static str] {
    match kind {
        PersonalKind::Name => &[
            "firstname",
            "lastname",
            "surname",
            "forename",
            "givenname",
            "familyname",
            "fullname",
            "maidenname",
            "middlename",
            "nickname",
            "username",
            "patientname",
            "customername",
            "employeename",
            "personname",
            "contactname",
            "vorname",
            "nachname",
        ],
        PersonalKind::BirthDate => &["birthdate", "birthday", "dateofbirth", "dob", "birth", "born", "geburtsdatum"],
        PersonalKind::Email => &["email", "mail", "emailaddress"],
        PersonalKind::Phone => {
            &["phone", "telephone", "mobile", "phonenumber", "mobilephone", "cellphone", "fax", "tel", "telefon"]
        }
        PersonalKind::Address => {
            &["address", "street", "homeaddress", "streetaddress", "addressline1", "addressline2", "postaladdress"]
        }
        PersonalKind::Identity => &[
            "ssn",
            "passport",
            "passportnumber",
            "nationalid",
            "socialsecuritynumber",
            "taxid",
            "nhsnumber",
            "driverslicense",
            "driverslicence",
        ],
        PersonalKind::Iban => &["iban"],
        PersonalKind::Card | PersonalKind::IpAddress => &[],
    }
}

/// What a heading says of a kind.
pub(super) fn says(words: &[String], kind: PersonalKind) -> Says {
    let any = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    let together = words.concat();
    let holds = |known: &[&str]| known.iter().any(|known| together.contains(known));
    if plainly(kind).contains(&together.as_str()) {
        return Says::Plainly;
    }
    let likely = match kind {
        PersonalKind::Phone => {
            any(&["phone", "tel", "telephone", "telefon", "mobile", "cell", "fax", "handy"])
                && !any(&["brand", "model", "type", "color", "colour", "count", "price"])
        }
        PersonalKind::Identity => {
            any(&[
                "ssn", "passport", "nin", "nhs", "sin", "cpf", "dni", "nie", "aadhaar", "pesel", "svnr", "nino", "bsn",
            ]) || holds(&[
                "socialsecurity",
                "nationalid",
                "identitynumber",
                "personalid",
                "personnummer",
                "taxid",
                "steuerid",
                "insurancenumber",
            ])
        }
        PersonalKind::Name => {
            holds(&["firstname", "lastname", "fullname", "givenname", "familyname", "middlename", "maidenname"])
                || (any(&["name", "names"])
                    && any(&[
                        "patient", "customer", "client", "employee", "person", "user", "contact", "student", "author",
                        "doctor", "owner", "player",
                    ]))
        }
        PersonalKind::BirthDate => any(&["dob", "birth", "birthday", "birthdate", "born"]),
        PersonalKind::Address => {
            any(&[
                "address", "street", "addr", "adresse", "strasse", "straße", "postcode", "zip", "zipcode", "plz",
                "postal",
            ]) && !any(&["ip", "mac", "email", "mail", "web", "url", "network"])
        }
        PersonalKind::Email | PersonalKind::Card | PersonalKind::Iban | PersonalKind::IpAddress => false,
    };
    if likely {
        return Says::Likely;
    }
    const PERSONS: [&str; 12] = [
        "name", "names", "patient", "customer", "client", "employee", "person", "contact", "owner", "doctor", "author",
        "player",
    ];
    if kind == PersonalKind::Name && PERSONS.contains(&together.as_str()) { Says::Perhaps } else { Says::Nothing }
}
