//! A month's history as a file: JSON, one payout a line, within GZIP.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, ensure};
use data_encoding::HEXLOWER;
use flate2::{Compression, bufread::GzDecoder, write::GzEncoder};
use payrun_store::Archived;
use ring::digest::{self, SHA256};

use crate::{failure::Failure, output::new_file::NewFile};

/// A file that is being written.
pub(crate) struct ArchiveFile {
    path: PathBuf,
    new: NewFile,
    gzip: GzEncoder<Hashed<BufWriter<File>>>,
}

impl ArchiveFile {
    /// Begins a file that only its owner can read.
    pub(crate) fn begin(path: &Path) -> Result<Self, Failure> {
        let (new, file) = NewFile::begin(path, 0o600, None)?;
        // No name and no time in the header: the same history is the same file.
        let gzip = GzEncoder::new(Hashed::new(BufWriter::new(file)), Compression::default());
        Ok(Self { path: path.to_owned(), new, gzip })
    }

    /// Adds lines.
    pub(crate) fn write(&mut self, lines: &[String]) -> anyhow::Result<()> {
        let written = lines.iter().try_for_each(|line| writeln!(self.gzip, "{line}"));
        written.with_context(|| format!("writing {}", self.path.display()))
    }

    /// The file on its disk, which appears when it is kept; its SHA-256.
    pub(crate) fn finish(self) -> anyhow::Result<(NewFile, String)> {
        let finish = || {
            let mut hashed = self.gzip.finish()?;
            hashed.flush()?;
            hashed.inner.get_ref().sync_all()?;
            io::Result::Ok(hashed.digest())
        };
        let digest = finish().with_context(|| format!("writing {}", self.path.display()))?;
        Ok((self.new, digest))
    }
}

/// Whether a file is the one that was archived: each of its bytes, and as many lines of JSON as
/// there are payouts.
pub(crate) fn check(path: &Path, archived: &Archived) -> anyhow::Result<()> {
    let reading = || format!("reading {} back", path.display());
    let mut hashed = Hashed::new(io::sink());
    io::copy(&mut File::open(path).with_context(reading)?, &mut hashed).with_context(reading)?;
    ensure!(
        hashed.digest() == archived.digest,
        "{} is not the file with the SHA-256 {}",
        path.display(),
        archived.digest
    );
    let mut text = BufReader::new(GzDecoder::new(BufReader::new(File::open(path).with_context(reading)?)));
    let (mut lines, mut line) = (0, Vec::new());
    while text.read_until(b'\n', &mut line).with_context(reading)? > 0 {
        serde_json::from_slice::<serde::de::IgnoredAny>(&line).with_context(reading)?;
        line.clear();
        lines += 1;
    }
    let payouts = archived.counts.payouts;
    ensure!(lines == payouts, "{} has {lines} lines, and {payouts} payouts were archived", path.display());
    Ok(())
}

/// Writes on, and remembers what.
struct Hashed<W> {
    inner: W,
    hash: digest::Context,
}

impl<W> Hashed<W> {
    fn new(inner: W) -> Self {
        Self { inner, hash: digest::Context::new(&SHA256) }
    }

    fn digest(self) -> String {
        HEXLOWER.encode(self.hash.finish().as_ref())
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.hash.update(bytes.get(..count).unwrap_or(bytes));
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
