//! Empty payrolls, read back by the program that wrote them, for every provider and country.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs::{self, File},
    path::Path,
    process::{Command, ExitStatus},
};

use payrun_domain::{country::Country, money::Currency};
use payrun_providers::{ADAPTERS, Choices, named};
use payrun_tabular::{Kind, Record, Request};
use serde_json::Value;
use tempfile::TempDir;

const LANGUAGES: [(&str, &str); 3] = [("en", "Banks"), ("es", "Bancos"), ("pt", "Bancos")];

/// How it ended, its JSON answer, and what it said.
fn payrun(folder: &Path, arguments: &[&str]) -> (ExitStatus, Value, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_payrun"));
    let output = command.current_dir(folder).args(arguments).arg("--json").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status, serde_json::from_slice(&output.stdout).unwrap_or(Value::Null), said)
}

fn template(folder: &Path, country: &str, provider: &str, lang: &str, file: &str) -> Value {
    let arguments = ["template", country, "--provider", provider, "--lang", lang, "--output", file];
    let (status, answer, said) = payrun(folder, &arguments);
    assert!(status.success(), "{arguments:?}: {said}");
    answer
}

fn everywhere() -> impl Iterator<Item = (&'static str, Country, Choices)> {
    let pairs = ADAPTERS.into_iter().flat_map(|adapter| Country::ALL.map(|country| (adapter, country)));
    pairs.filter_map(|(adapter, country)| Some((adapter.name, country, adapter.choices(country)?)))
}

/// A configuration with the adapter's example account, in a country. Its keys are not on this
/// machine: rows are judged without them.
fn configure(folder: &Path, provider: &str, country: Country) {
    let mut settings = String::new();
    for line in named(provider).unwrap().example.settings.lines() {
        let line = match line.split_once(" = ").map(|(key, _)| key) {
            Some("country") => format!("country = \"{country}\""),
            Some("currency") => format!("currency = \"{}\"", country.currency()),
            Some("base_url") => "base_url = \"http://127.0.0.1:9\"".to_owned(),
            _ => line.to_owned(),
        };
        settings.push_str(&format!("{line}\n"));
    }
    let text = format!(
        "[keys]\nfile = \"payrun.keys\"\n[accounts.paying]\n{settings}limits.amount_max = \"1000\"\n"
    );
    fs::write(folder.join("payrun.toml"), text).unwrap();
}

#[test]
fn what_is_written_is_good_as_it_is() {
    for (provider, country, choices) in everywhere() {
        let folder = TempDir::new().unwrap();
        configure(folder.path(), provider, country);
        for (lang, _) in LANGUAGES {
            for ending in ["xlsx", "csv"] {
                let file = format!("{lang}.{ending}");
                let written = template(folder.path(), country.code(), provider, lang, &file);
                let (status, checked, said) = payrun(folder.path(), &["check", &file]);
                let place = format!("{provider} {country} {file}: {checked} {said}");
                assert!(status.success(), "{place}");
                let count = |name: &str| checked[name].as_u64().unwrap();
                let examples = u64::try_from(choices.methods.len().min(2)).unwrap();
                assert_eq!(
                    (count("accepted"), count("warned"), count("rejected")),
                    (examples, examples, 0),
                    "{place}"
                );
                assert_eq!(checked["counts"], serde_json::json!({"example_row": examples}), "{place}");
                let read: Vec<&Value> = checked["found"]["read"].as_object().unwrap().values().collect();
                let mut columns: Vec<&Value> = written["columns"].as_array().unwrap().iter().collect();
                assert_eq!(checked["found"]["extra"], serde_json::json!([]), "{place}");
                assert_eq!(read.len(), columns.len(), "{place}");
                columns.retain(|column| !read.contains(column));
                assert_eq!(columns, [] as [&Value; 0], "{place}");
            }
        }
    }
}

fn read(path: &Path, sheet: Option<&str>) -> Vec<Record> {
    let request = Request { sheet: sheet.map(str::to_owned), ..Request::default() };
    let mut table = payrun_tabular::open(File::open(path).unwrap(), &request).unwrap();
    std::iter::from_fn(|| table.read().unwrap()).collect()
}

/// The lists are those of the provider, and nothing loses its zeros.
#[test]
fn a_workbook_has_the_providers_lists() {
    for (provider, country, choices) in everywhere() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("payroll.xlsx");
        for (lang, banks) in LANGUAGES {
            let _ = fs::remove_file(&path);
            template(folder.path(), country.code(), provider, lang, "payroll.xlsx");
            for record in read(&path, None).iter().skip(1) {
                let numbers = record.cells.iter().filter(|cell| cell.kind == Kind::Number);
                assert_eq!(numbers.map(|cell| cell.text.as_str()).collect::<Vec<_>>(), [amount(&choices)]);
            }
            let known: Vec<[String; 2]> = choices
                .banks
                .iter()
                .chain(&choices.wallets)
                .map(|bank| [bank.code.clone(), bank.name.clone()])
                .collect();
            if known.is_empty() {
                continue;
            }
            let listed = read(&path, Some(banks)).into_iter().skip(1).map(|record| {
                assert!(record.cells.iter().all(|cell| cell.kind == Kind::Text), "{provider} {country}");
                [0, 1].map(|place: usize| record.cells[place].text.clone())
            });
            assert_eq!(listed.collect::<Vec<_>>(), known, "{provider} {country}");
        }
    }
}

/// One unit, as it is shown.
fn amount(choices: &Choices) -> &'static str {
    if choices.decimals == 0 { "1" } else { "1.00" }
}

/// What a spreadsheet program is told, part by part.
#[test]
fn a_workbook_guides_the_clerk() {
    let folder = TempDir::new().unwrap();
    template(folder.path(), "PE", "bamboo", "es", "payroll.xlsx");
    let file = File::open(folder.path().join("payroll.xlsx")).unwrap();
    let mut archive = zip::ZipArchive::new(file).unwrap();
    let mut part = |name: &str| std::io::read_to_string(archive.by_name(name).unwrap()).unwrap();
    assert!(part("xl/workbook.xml").contains("<sheet name=\"Bancos\" sheetId=\"2\" state=\"hidden\""));
    let sheet = part("xl/worksheets/sheet1.xml");
    assert!(sheet.contains("<pane ySplit=\"1\""), "the header is frozen");
    for rule in [
        "<formula1>Bancos!$A$2:$A$36</formula1>",
        "<formula1>\"DNI,RUC,CE,PASSPORT\"</formula1>",
        "<formula1>\"Transferencia,Billetera\"</formula1>",
        "<formula1>\"Ahorros,Corriente\"</formula1>",
        "<formula1>\"PEN\"</formula1>",
        "<formula1>\"PE\"</formula1>",
        "ROUND(D2,2)=D2",
    ] {
        assert!(sheet.contains(rule), "{rule}: {sheet}");
    }
    assert!(part("xl/styles.xml").contains("<b/>"), "the header is bold");
    let notes = part("xl/comments1.xml");
    for told in ["CCI, 20 dígitos", "003 INTERBANK", "901 YAPE", "Dos decimales"] {
        assert!(notes.contains(told), "{told}");
    }
}

#[test]
fn a_column_is_there_where_it_is_used() {
    let folder = TempDir::new().unwrap();
    let has = |country: &str, provider: &str, column: &str| {
        let file = format!("{country}-{provider}-{column}.csv");
        let written = template(folder.path(), country, provider, "en", &file);
        written["columns"].as_array().unwrap().contains(&column.into())
    };
    assert!(has("PE", "kapaqnan", "bank_account_local") && !has("PE", "bamboo", "bank_account_local"));
    assert!(has("CL", "teemopay", "email") && !has("PE", "teemopay", "email"));
    assert!(has("CO", "qentaz", "phone") && !has("PE", "kapaqnan", "phone"));
    assert!(!has("PE", "bamboo", "account"));
}

/// Three providers pay soles in the example: without the account's name a row could go to any.
#[test]
fn an_account_can_be_named() {
    let folder = TempDir::new().unwrap();
    configure(folder.path(), "bamboo", Country::Pe);
    let of = |name: &str| {
        let file = format!("{name}.xlsx");
        let arguments = ["template", "PE", "--provider", "bamboo", "--account", name, "--output", &file];
        assert!(payrun(folder.path(), &arguments).0.success());
        payrun(folder.path(), &["check", &file]).1
    };
    assert_eq!(of("paying")["accepted"], 2);
    assert_eq!(of("other")["counts"]["account_unknown"], 2);
}

#[test]
fn what_cannot_be_written_is_refused() {
    let folder = TempDir::new().unwrap();
    let refused = |arguments: &[&str]| {
        let (status, _, said) = payrun(folder.path(), &[&["template"], arguments].concat());
        assert_eq!(status.code(), Some(3), "{said}");
        said
    };
    let said = refused(&["UY", "--provider", "teemopay", "--output", "a.xlsx"]);
    assert!(
        said.contains("teemopay pays in AR, BR, CL, CO, MX, PE, not in UY; there pays: bamboo"),
        "{said}"
    );
    assert!(refused(&["PE", "--provider", "bamboo", "--output", "a.pdf"]).contains(".xlsx or .csv"));
    fs::write(folder.path().join("kept.csv"), "mine").unwrap();
    let said = refused(&["PE", "--provider", "bamboo", "--output", "kept.csv"]);
    assert!(said.contains("is there already"), "{said}");
    assert_eq!(fs::read_to_string(folder.path().join("kept.csv")).unwrap(), "mine");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left behind");
    for arguments in [["XX", "--provider", "bamboo"], ["PE", "--provider", "nobody"]] {
        let (status, ..) =
            payrun(folder.path(), &[&["template"], &arguments[..], &["--output", "b.csv"]].concat());
        assert_eq!(status.code(), Some(2));
    }
}

/// What Excel opens well where the language is spoken; currencies without decimals have none.
#[test]
fn a_csv_is_written_for_its_language() {
    let folder = TempDir::new().unwrap();
    template(folder.path(), "CL", "bamboo", "es", "es.csv");
    template(folder.path(), "CL", "bamboo", "en", "en.csv");
    let text = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(text("es.csv").starts_with("\u{feff}ID de pago;País;Moneda;Monto;"), "{}", text("es.csv"));
    assert!(text("en.csv").starts_with("Payment ID,Country,Currency,Amount,"), "{}", text("en.csv"));
    assert_eq!(named("bamboo").unwrap().choices(Country::Cl).unwrap().currency, Currency::Clp);
    assert!(text("en.csv").contains("EXAMPLE-1,CL,CLP,1,Transfer,"), "{}", text("en.csv"));
}
