//! What an empty payroll says, in the clerk's language.

use std::{collections::HashMap, sync::LazyLock};

use payrun_domain::language::Language;

use crate::output::language::Lang;

/// By what it is: English, Spanish, Portuguese.
static PHRASES: LazyLock<HashMap<&'static str, [&'static str; 3]>> = LazyLock::new(|| {
    lines().map(|[what, english, spanish, portuguese]| (what, [english, spanish, portuguese])).collect()
});

/// The phrase for `what` of a `kind`, as `heading` of a column.
pub(crate) fn phrase(lang: Lang, kind: &str, what: &str) -> &'static str {
    let texts = PHRASES.get(format!("{kind} {what}").as_str()).copied();
    Language::from(lang).among(texts.unwrap_or_default())
}

fn lines() -> impl Iterator<Item = [&'static str; 4]> {
    let lines = include_str!("phrases.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split(" | ").collect::<Vec<_>>().try_into().ok())
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Cursor},
        sync::{Arc, Mutex},
    };

    use clap::ValueEnum as _;
    use payrun_domain::{
        beneficiary::{AccountKind, Destination, KeyKind, Method},
        country::Country,
        fault::Field,
        money::Currency,
    };
    use payrun_ingest::{Copy, Directory, Reading, Report, Route, Upload, headings};
    use payrun_store::HoldPolicy;

    use super::*;

    fn upload(text: String) -> Upload<Cursor<String>> {
        Upload { source: Cursor::new(text), reading: Reading::default(), progress: Box::new(|_| ()) }
    }

    #[test]
    fn every_heading_is_read_as_its_column() {
        for lang in Lang::value_variants() {
            let named = Field::ALL.map(|field| phrase(*lang, "heading", field.column()));
            let read = headings(upload(format!("{}\n", named.join(",")))).unwrap();
            let read: Vec<Option<Field>> = read.into_iter().map(|(_, field)| field).collect();
            assert_eq!(read, Field::ALL.map(Some), "{lang:?}");
        }
    }

    /// How a row pays, in payrun's words, and in those of a clerk.
    fn ways(lang: Lang) -> Vec<([&'static str; 2], [&'static str; 2])> {
        let method = |method: Method| phrase(lang, "method", method.as_str());
        let accounts = AccountKind::ALL.into_iter().map(AccountKind::as_str);
        let accounts =
            accounts.map(|kind| (["bank", kind], [method(Method::Bank), phrase(lang, "kind", kind)]));
        let keys = KeyKind::ALL.into_iter().map(KeyKind::as_str);
        let keys = keys.map(|kind| (["instant", kind], [method(Method::Instant), phrase(lang, "key", kind)]));
        let others =
            [Method::Wallet, Method::Cash].into_iter().map(|way| ([way.as_str(), ""], [method(way), ""]));
        accounts.chain(keys).chain(others).collect()
    }

    #[test]
    fn every_word_is_read_as_what_it_means() {
        for lang in Lang::value_variants() {
            let mut text = "country,currency,amount,method,first_name,last_name,document_type,document_number,bank,bank_account,\
                            bank_account_type\n"
                .to_owned();
            for ([ours, _], [method, kind]) in ways(*lang) {
                let bank = if matches!(ours, "bank" | "wallet") { "003" } else { "" };
                let account = if ours == "cash" { "" } else { "900000001" };
                text.push_str(&format!(
                    "PE,PEN,1,{method},Ana,Prueba,DNI,99000001,{bank},{account},{kind}\n"
                ));
            }
            let asked = Arc::new(Mutex::new(Vec::new()));
            let orders = Arc::clone(&asked);
            let route = Route {
                name: "paying".parse().unwrap(),
                country: Country::Pe,
                currency: Currency::Pen,
                amount_minor_max: 1_000,
                bank_code: Box::new(|_| None),
                check: Box::new(move |order| {
                    let destination = &order.beneficiary.destination;
                    let kind = match destination {
                        Destination::Bank { kind, .. } => kind.as_str(),
                        Destination::Instant { kind, .. } => kind.as_str(),
                        Destination::Wallet { .. } | Destination::Cash => "",
                    };
                    orders.lock().unwrap().push([destination.method().as_str(), kind]);
                    Vec::new()
                }),
            };
            let holds = HoldPolicy { flags: Vec::new(), repeat_days: 1 };
            let mut report = Report::new(io::sink(), Copy::Rejected, Language::English);
            payrun_ingest::check(upload(text), &Directory::new(vec![route], holds), &mut report).unwrap();
            assert_eq!(report.rejected(), 0, "{lang:?}: {:?}", report.faults());
            let meant: Vec<_> = ways(*lang).into_iter().map(|(ours, _)| ours).collect();
            assert_eq!(*asked.lock().unwrap(), meant, "{lang:?}");
        }
    }

    #[test]
    fn every_line_is_whole_and_stands_once() {
        assert_eq!(lines().count(), PHRASES.len());
        assert_eq!(lines().count() + 1, include_str!("phrases.txt").lines().count());
        assert!(lines().flatten().all(|text| !text.trim().is_empty()));
    }

    #[test]
    fn there_is_one_for_each_column_and_word() {
        let columns = Field::ALL.map(Field::column).into_iter();
        let named = columns
            .clone()
            .map(|column| ("heading", column))
            .chain(columns.map(|column| ("meaning", column)));
        let words = Method::ALL.into_iter().map(|method| ("method", method.as_str()));
        let words = words.chain(AccountKind::ALL.into_iter().map(|kind| ("kind", kind.as_str())));
        let words = words.chain(KeyKind::ALL.into_iter().map(|kind| ("key", kind.as_str())));
        for (kind, what) in named.chain(words) {
            assert!(!phrase(Lang::Es, kind, what).is_empty(), "{kind} {what}");
        }
    }
}
