//! Files that are made to exhaust the reader: each is answered, within 280 MB and 10 s.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod compound;
mod spreadsheet;
mod text;
mod xlsx;
mod zip;

use std::{
    env,
    fs::{self, File},
    path::Path,
    process::Command,
};

use payrun_tabular::{Error, Request, open};

/// What the reader is to say of a file.
enum Answer {
    /// It reads so many rows.
    Rows(u64),
    /// It refuses the file with a sentence that has these words.
    Refusal(&'static str),
}

/// A file, and what the reader is to say of it.
struct Case {
    name: &'static str,
    file: fn() -> Vec<u8>,
    answer: Answer,
}

const fn refused(name: &'static str, file: fn() -> Vec<u8>, words: &'static str) -> Case {
    Case { name, file, answer: Answer::Refusal(words) }
}

const fn read(name: &'static str, file: fn() -> Vec<u8>, rows: u64) -> Case {
    Case { name, file, answer: Answer::Rows(rows) }
}

/// What the reader says of a file that grows without measure.
const DISPROPORTIONATE: &str = "holds far more than a table of its size";

const FILE: &str = "HOSTILE_FILE";
const RESIDENT_KB_MAX: u64 = 280 << 10;
/// Kills the reader. What it reserves and never touches counts here too, hence the reserve.
const ADDRESS_SPACE_KB_MAX: u64 = 640 << 10;
/// Seconds of the processor, so that a busy machine fails no test.
const SECONDS_MAX: u64 = 10;

/// Each file is read by this same test in a process of its own, whose peak of memory is the file's.
#[test]
fn every_hostile_file_is_answered_in_bounded_memory_and_time() {
    #[expect(clippy::disallowed_methods, reason = "a child is told its file so")]
    let file = env::var(FILE);
    if let Ok(file) = file {
        return answer(Path::new(&file));
    }
    let folder = tempfile::tempdir().unwrap();
    let cases = [zip::cases(), xlsx::cases(), spreadsheet::cases(), compound::cases(), text::cases()];
    let cases: Vec<Case> = cases.into_iter().flatten().collect();
    assert!(cases.len() >= 28, "{}", cases.len());
    let problems: Vec<String> = cases.iter().filter_map(|case| problem(case, folder.path()).err()).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// The part of the child: reads a file and writes the answer beside it.
fn answer(path: &Path) {
    let answer = match rows(path) {
        Ok(rows) => format!("{rows} rows"),
        Err(error) => error.to_string(),
    };
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    fs::write(path.with_extension("answer"), format!("{peak}\n{answer}")).unwrap();
}

fn rows(path: &Path) -> Result<u64, Error> {
    let mut table = open(File::open(path).unwrap(), &Request::default())?;
    let mut rows = 0;
    while table.read()?.is_some() {
        rows += 1;
    }
    Ok(rows)
}

/// Has the file read, and compares the answer.
fn problem(case: &Case, folder: &Path) -> Result<(), String> {
    let path = folder.join(case.name);
    fs::write(&path, (case.file)()).unwrap();
    let limits = format!("ulimit -v {ADDRESS_SPACE_KB_MAX}; ulimit -t {SECONDS_MAX}; exec \"$@\"");
    let output = Command::new("sh")
        .args(["-c", &limits, "sh"])
        .arg(env::current_exe().unwrap())
        .args(["every_hostile_file_is_answered_in_bounded_memory_and_time", "--exact", "--test-threads=1"])
        .env(FILE, &path)
        .output()
        .unwrap();
    fs::remove_file(&path).unwrap();
    let Ok(answer) = fs::read_to_string(path.with_extension("answer")) else {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("{}: {}: {said}", case.name, output.status));
    };
    let (peak, words) = answer.split_once('\n').unwrap();
    let is_right = match &case.answer {
        Answer::Rows(rows) => words == format!("{rows} rows"),
        // What the uploader is to do stands behind the semicolon.
        Answer::Refusal(part) => words.contains(part) && words.contains(';'),
    };
    if !is_right {
        return Err(format!("{}: {words}", case.name));
    }
    let peak: u64 = peak.parse().unwrap();
    if peak > RESIDENT_KB_MAX { Err(format!("{}: {peak} kB", case.name)) } else { Ok(()) }
}
