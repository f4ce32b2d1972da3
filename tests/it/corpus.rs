//! Payrolls as clerks send them, from `tests/corpus/`: what payrun says of each is what is
//! expected, and what it accepts is what stands there.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use payrun_tests::binary;
use serde_json::Value;

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// Six countries, one account each; a folder that has what their sections name.
fn configured() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut text = "[keys]\nfile = \"payrun.keys\"\n".to_owned();
    for (country, currency) in
        [("PE", "PEN"), ("CO", "COP"), ("MX", "MXN"), ("AR", "ARS"), ("BR", "BRL"), ("CL", "CLP")]
    {
        let name = country.to_lowercase();
        text.push_str(&format!(
            "[accounts.bamboo-{name}]\nprovider = \"bamboo\"\nbase_url = \"http://127.0.0.1:1\"\ncountry = \"{country}\"\n\
             currency = \"{currency}\"\nmodel = \"L2L\"\nprivate_key_file = \"bamboo.key\"\n\
             [accounts.bamboo-{name}.limits]\namount_max = \"900000000\"\n"
        ));
    }
    let key = "index AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\n1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    for (name, text) in [("payrun.toml", text.as_str()), ("bamboo.key", "sandbox-key"), ("payrun.keys", key)]
    {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    }
    folder
}

/// The report, and the refusal of the whole file.
fn judged(configuration: &tempfile::TempDir, file: &Path, copy: Option<&Path>) -> (Value, Value) {
    let mut command = Command::new(binary());
    command
        .arg("--config")
        .arg(configuration.path().join("payrun.toml"))
        .arg("check")
        .arg(file)
        .arg("--json");
    if let Some(copy) = copy {
        command.arg("--annotated").arg(copy);
    }
    let output = command.output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    let error = errors.lines().find_map(|line| serde_json::from_str(line).ok()).unwrap_or(Value::Null);
    (serde_json::from_slice(&output.stdout).unwrap_or(Value::Null), error)
}

/// Line, column, code and severity of each fault, in one order.
fn faults(list: &Value) -> Vec<String> {
    let word = |fault: &Value, name: &str, usual: &str| fault[name].as_str().unwrap_or(usual).to_owned();
    let mut faults: Vec<String> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| {
            format!(
                "line {} {} {} {}",
                fault["line"],
                word(fault, "column", "-"),
                word(fault, "code", "-"),
                word(fault, "severity", "error")
            )
        })
        .collect();
    faults.sort();
    faults
}

/// What is said of the file, in the words of the expectation.
fn found(report: &Value, name: &str) -> Option<String> {
    let found = &report["found"];
    let word = |name: &str| found[name].as_str().map(str::to_owned);
    match name {
        "encoding" if found["byte_order_mark"] == true && found["encoding"] == "utf-8" => {
            Some("utf-8-bom".to_owned())
        }
        "separator" => word("separator").map(|separator| match separator.as_str() {
            "comma" => ",".to_owned(),
            "semicolon" => ";".to_owned(),
            "bar" => "|".to_owned(),
            _ => separator,
        }),
        "line_end" => word("line_ends")
            .map(|ends| if ends.contains(" and ") { "mixed".to_owned() } else { ends.to_lowercase() }),
        "hidden" => found["hidden"]
            .as_array()
            .map(|names| names.iter().filter_map(serde_json::Value::as_str).collect::<Vec<_>>().join(", ")),
        _ => word(name),
    }
}

#[test]
fn every_file_of_the_corpus_is_answered_as_expected() {
    let configuration = configured();
    let mut files: Vec<PathBuf> =
        fs::read_dir(corpus().join("files")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 200, "{}", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let stem = name.split('.').next().unwrap();
        let expected = fs::read(corpus().join(format!("expected/{stem}.json"))).unwrap();
        let expected: Value = serde_json::from_slice(&expected).unwrap();
        let copy = configuration.path().join(format!("{stem}.copy.csv"));
        let (report, error) = judged(&configuration, &file, Some(&copy));
        if !expected["refused"].is_null() {
            if error["code"] != expected["refused"] {
                wrong.push(format!("{name}: refused as {error}, expected {}", expected["refused"]));
            }
            continue;
        }
        if report.is_null() {
            wrong.push(format!("{name}: refused: {error}"));
            continue;
        }
        if report["rejected"] != 0 {
            // What was refused is refused again, until a clerk has changed it.
            let (again, _) = judged(&configuration, &copy, None);
            let is_same = (&again["accepted"], &again["sums"]) == (&report["accepted"], &report["sums"]);
            if !again.is_null() && !is_same {
                wrong
                    .push(format!("{name}: its copy has {} good rows, {}", again["accepted"], again["sums"]));
            }
        }
        for count in ["accepted", "rejected"] {
            if report[count] != expected[count] {
                wrong.push(format!("{name}: {count} {}, expected {}", report[count], expected[count]));
            }
        }
        let (told, known) = (faults(&report["faults"]), faults(&expected["faults"]));
        if told != known {
            wrong.push(format!("{name}: {told:#?}, expected {known:#?}"));
        }
        for (what, is) in expected["found"].as_object().unwrap() {
            let is = if is == "\t" { "tab" } else { is.as_str().unwrap() };
            if found(&report, what).as_deref() != Some(is) {
                wrong.push(format!("{name}: {what} {:?}, expected {is}", found(&report, what)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn records(bytes: &[u8], delimiter: u8) -> Vec<Vec<String>> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(bytes);
    let cells = |record: csv::StringRecord| record.iter().map(str::to_owned).collect();
    reader.records().map_while(Result::ok).map(cells).collect()
}

/// Byte by byte, by another reader than ours, where the file is plain enough for one.
#[test]
fn what_is_accepted_is_what_stands_in_the_file() {
    let configuration = configured();
    let (mut files, mut compared) = (0, 0);
    for entry in fs::read_dir(corpus().join("expected")).unwrap() {
        let path = entry.unwrap().path();
        let expected: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let found = &expected["found"];
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let is_plain = expected["refused"].is_null()
            && found["container"] == "plain"
            && found["format"] == "csv"
            && found["encoding"] == "utf-8"
            && found["line_end"] != "cr";
        let Some(delimiter) = is_plain.then(|| found["separator"].as_str().unwrap().as_bytes()[0]) else {
            continue;
        };
        let mut all = fs::read_dir(corpus().join("files")).unwrap().map(|entry| entry.unwrap().path());
        let file = all
            .find(|file| file.file_name().unwrap().to_str().unwrap().split('.').next() == Some(stem))
            .unwrap();
        let copy = configuration.path().join("copy.csv");
        let _ = fs::remove_file(&copy);
        let mut command = Command::new(binary());
        command.arg("--config").arg(configuration.path().join("payrun.toml")).arg("check").arg(&file);
        let judged = command.arg("--annotated").arg(&copy).output().unwrap();
        assert!(matches!(judged.status.code(), Some(0 | 4)), "{stem}");
        let source = records(&fs::read(&file).unwrap(), delimiter);
        files += 1;
        for row in records(&fs::read(&copy).unwrap(), delimiter).into_iter().skip(1) {
            let (note, cells) = row.split_last().unwrap();
            if note.is_empty() {
                assert!(
                    source.iter().any(|record| record.ends_with(cells)),
                    "{stem}: {cells:?} does not stand there"
                );
                compared += 1;
            }
        }
    }
    assert!(files >= 30 && compared >= 100, "{files} files, {compared} rows");
}
