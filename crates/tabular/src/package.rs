//! The parts of a ZIP package, which XLSX and ODS workbooks are.
//!
//! **Invariant**: neither counts nor sizes that the package claims are believed, and a part that is
//! read to its end is what its checksum says.

pub(crate) mod part;
pub(crate) mod xml;

use std::{
    collections::BTreeMap,
    io::{Cursor, Read, Seek, SeekFrom},
    sync::{Arc, atomic::AtomicU64},
};

use zip::{
    ZipArchive, ZipReadOptions,
    read::{ArchiveOffset, Config, OwnedZipFileEntry},
    result::ZipError,
};

use crate::{
    error::{Error, FileRefusal},
    little_endian::{u16_at, u32_at, u64_at},
    package::{
        part::{Allowed, PartReader},
        xml::Xml,
    },
    source::{Source, inflated_bytes_allowed},
};

/// The parts of a package.
pub(crate) struct Package {
    source: Source,
    /// The entries of the directory, by the [`key`] of their names.
    entries: BTreeMap<String, OwnedZipFileEntry>,
    inflated_bytes_max: u64,
    /// How many bytes all readings of all parts may still come to.
    allowance: Arc<AtomicU64>,
    /// How many elements all readings of all parts may still have.
    elements: Arc<AtomicU64>,
}

/// A workbook has a dozen parts, and one for each sheet, picture and chart.
const ENTRIES_MAX: u64 = 10_000;
const DIRECTORY_BYTES_MAX: u64 = 8 << 20;
const END_BYTES: usize = 22;
const COMMENT_BYTES_MAX: u64 = 0xffff;
/// The elements of a payroll of 100,000 rows. An element costs far more time than its bytes do.
const ELEMENTS_FREE: u64 = 4 << 20;
/// A cell is two elements of two compressed bytes or more, and may be read twice. Of 900 workbooks
/// of all kinds of programs none has more than one element for each of its bytes.
const ELEMENTS_OF_BYTE_MAX: u64 = 2;
/// A sheet is read to see whether it has data, for its merged cells, and for its rows.
const READINGS_MAX: u64 = 4;

fn damaged(problem: &'static str) -> FileRefusal {
    FileRefusal::damaged("the archive", problem)
}

/// Parts are named in any case and with either slash.
fn key(name: &str) -> String {
    name.trim_start_matches('/').replace('\\', "/").to_ascii_lowercase()
}

impl Package {
    /// Reads the directory. `file_bytes` is the size of the file as it was uploaded, which limits
    /// how far its parts may grow.
    pub(crate) fn open(mut source: Source, file_bytes: u64, inflated_bytes_max: u64) -> Result<Self, Error> {
        let directory = directory(&mut source)?;
        // The crate looks for the end of an archive by itself, falls back to earlier ends, and
        // believes their number of entries before it reads one. It is shown the directory alone,
        // whose end is not to be mistaken, and never the file.
        let config = Config { archive_offset: ArchiveOffset::Known(0) };
        let archive = ZipArchive::with_config(config, Cursor::new(directory));
        let metadata = archive.map_err(|_| damaged("its directory is not sound"))?.metadata();
        if metadata.has_duplicate_names() {
            return Err(damaged("two parts have one name").into());
        }
        let mut entries = BTreeMap::new();
        for index in 0..metadata.len() {
            let entry = metadata.entry(index).map_err(|_| damaged("its directory is not sound"))?;
            if entry.encrypted() {
                return Err(FileRefusal::Encrypted.into());
            }
            let name = key(&String::from_utf8_lossy(entry.name_raw()));
            if entries.insert(name, entry.into()).is_some() {
                return Err(damaged("two parts have one name").into());
            }
        }
        let allowance = inflated_bytes_allowed(file_bytes).saturating_mul(READINGS_MAX);
        let allowance = Arc::new(AtomicU64::new(allowance));
        let elements = file_bytes.saturating_mul(ELEMENTS_OF_BYTE_MAX).max(ELEMENTS_FREE);
        let elements = Arc::new(AtomicU64::new(elements));
        Ok(Self { source, entries, inflated_bytes_max, allowance, elements })
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.entries.contains_key(&key(name))
    }

    /// Whether a part has a name, in lower case, that `matches`.
    pub(crate) fn any(&self, matches: impl Fn(&str) -> bool) -> bool {
        self.entries.keys().any(|name| matches(name))
    }

    /// The size of a part after decompression, which the package only claims.
    pub(crate) fn size(&self, name: &str) -> u64 {
        self.entries.get(&key(name)).map_or(0, OwnedZipFileEntry::size)
    }

    /// A part of which a package needs no more than a few megabytes, such as a list of parts.
    pub(crate) fn small_part(&mut self, name: &str) -> Result<PartReader<&mut Source>, Error> {
        let too_large = FileRefusal::damaged(name, "it is too large");
        let allowed = Allowed { bytes: SMALL_PART_BYTES_MAX, too_large, ..self.allowed() };
        self.allowed_part(name, allowed)
    }

    pub(crate) fn part(&mut self, name: &str) -> Result<PartReader<&mut Source>, Error> {
        self.allowed_part(name, self.allowed())
    }

    fn allowed(&self) -> Allowed {
        let max = self.inflated_bytes_max;
        let too_large = FileRefusal::InflatedBytes { max };
        Allowed { bytes: max, too_large, in_all: Arc::clone(&self.allowance) }
    }

    fn allowed_part(&mut self, name: &str, allowed: Allowed) -> Result<PartReader<&mut Source>, Error> {
        let entry = find(&self.entries, name)?;
        let start = start(entry, &mut self.source, name)?;
        PartReader::new(&mut self.source, entry, name, start, allowed)
    }

    /// A part as XML.
    pub(crate) fn xml(&mut self, name: &str) -> Result<Xml<PartReader<&mut Source>>, Error> {
        let elements = Arc::clone(&self.elements);
        Ok(Xml::new(self.part(name)?, name, elements))
    }

    /// A small part as XML.
    pub(crate) fn small_xml(&mut self, name: &str) -> Result<Xml<PartReader<&mut Source>>, Error> {
        let elements = Arc::clone(&self.elements);
        Ok(Xml::new(self.small_part(name)?, name, elements))
    }

    /// The one part that is read while the table is.
    pub(crate) fn into_xml(mut self, name: &str) -> Result<Xml<PartReader<Source>>, Error> {
        let allowed = self.allowed();
        let entry = find(&self.entries, name)?;
        let start = start(entry, &mut self.source, name)?;
        let part = PartReader::new(self.source, entry, name, start, allowed)?;
        Ok(Xml::new(part, name, self.elements))
    }
}

/// More than the styles of the largest workbooks.
const SMALL_PART_BYTES_MAX: u64 = 32 << 20;

const UNKNOWN_METHOD: &str = "it is compressed in an unknown way";
const MISPLACED: &str = "it is not where it should be";

fn find<'a>(
    entries: &'a BTreeMap<String, OwnedZipFileEntry>,
    name: &str,
) -> Result<&'a OwnedZipFileEntry, FileRefusal> {
    entries.get(&key(name)).ok_or_else(|| FileRefusal::damaged(name, "it is missing"))
}

/// Where the bytes of a part begin. The crate reads on from there only for as long as it borrows
/// the file, and a sheet is read for as long as its table lives.
fn start(entry: &OwnedZipFileEntry, source: &mut Source, name: &str) -> Result<u64, FileRefusal> {
    let file = entry.as_ref().with_reader(source, ZipReadOptions::new());
    let start = file.map(|file| file.data_start()).map_err(|error| {
        use ZipError::{CompressionMethodNotSupported, UnsupportedArchive};
        let is_unknown = matches!(error, UnsupportedArchive(_) | CompressionMethodNotSupported(_));
        FileRefusal::damaged(name, if is_unknown { UNKNOWN_METHOD } else { MISPLACED })
    });
    start?.ok_or_else(|| FileRefusal::damaged(name, MISPLACED))
}

/// The list of all parts, which is at the end of the file, as an archive of its own.
fn directory(source: &mut Source) -> Result<Vec<u8>, Error> {
    let tail_bytes = COMMENT_BYTES_MAX + 22;
    let length = source.seek(SeekFrom::End(0)).map_err(Error::Read)?;
    let tail = read_at(source, length.saturating_sub(tail_bytes), tail_bytes)?;
    // A comment that does not reach the end of the file is not one: something follows the archive.
    let end = (0..tail.len().saturating_sub(END_BYTES - 1)).rev().find(|at| {
        let comment = u16_at(&tail, at + 20).map(usize::from);
        tail[*at..].starts_with(b"PK\x05\x06") && comment == Some(tail.len() - at - END_BYTES)
    });
    let end = end.ok_or_else(|| damaged("its end is missing"))?;
    let small = |at| u16_at(&tail, end + at).map(u64::from);
    let wide = |at| u32_at(&tail, end + at).map(u64::from);
    let (mut count, mut bytes, mut offset) = (small(10), wide(12), wide(16));
    if count == Some(0xffff) || bytes == Some(0xffff_ffff) || offset == Some(0xffff_ffff) {
        let locator = end.checked_sub(20).filter(|at| tail[*at..].starts_with(b"PK\x06\x07"));
        if let Some(at) = locator.and_then(|at| u64_at(&tail, at + 8)) {
            let big = read_at(source, at, 56)?;
            (count, bytes, offset) = (u64_at(&big, 32), u64_at(&big, 40), u64_at(&big, 48));
        }
    }
    match (count, bytes, offset) {
        (Some(count), Some(bytes), Some(offset)) if count <= ENTRIES_MAX && bytes <= DIRECTORY_BYTES_MAX => {
            let directory = read_at(source, offset, bytes)?;
            Ok(with_end(directory, count))
        }
        _ => Err(damaged("it has too many parts").into()),
    }
}

/// A directory with the end of an archive that consists of nothing else.
fn with_end(mut directory: Vec<u8>, count: u64) -> Vec<u8> {
    let count = u16::try_from(count).unwrap_or(u16::MAX).to_le_bytes();
    let bytes = u32::try_from(directory.len()).unwrap_or(u32::MAX).to_le_bytes();
    directory.extend([&b"PK\x05\x06"[..], &[0; 4], &count, &count, &bytes, &[0; 4], &[0; 2]].concat());
    directory
}

/// At most `count` bytes, fewer at the end of the file.
fn read_at(source: &mut Source, at: u64, count: u64) -> Result<Vec<u8>, Error> {
    source.seek(SeekFrom::Start(at)).map_err(Error::Read)?;
    let mut bytes = Vec::new();
    source.take(count).read_to_end(&mut bytes).map_err(Error::Read)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::*;

    fn made(names: &[&str]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for name in names {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(name.as_bytes()).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn open(bytes: Vec<u8>) -> Result<Package, Error> {
        let length = u64::try_from(bytes.len()).unwrap();
        Package::open(Box::new(Cursor::new(bytes)), length, 100)
    }

    fn read(package: &mut Package, name: &str) -> String {
        let mut text = String::new();
        package.part(name).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn parts_are_found_by_their_names() {
        let mut package = open(made(&["xl/A.xml", "b"])).unwrap();
        assert_eq!(
            (read(&mut package, "/XL/a.xml"), read(&mut package, "b")),
            ("xl/A.xml".into(), "b".into())
        );
        assert_eq!((package.size("b"), package.contains("xl"), package.part("c").is_err()), (1, false, true));
    }

    /// Some writers keep the place of the directory in 64 bits, however small the archive is.
    #[test]
    fn a_directory_of_64_bits_is_found() {
        let mut bytes = made(&["a", "b"]);
        let end = bytes.split_off(bytes.len() - 22);
        let [count, length, offset] = [
            u64::from(u16_at(&end, 10).unwrap()),
            u32_at(&end, 12).unwrap().into(),
            u32_at(&end, 16).unwrap().into(),
        ];
        let place = u64::try_from(bytes.len()).unwrap();
        bytes.extend(
            [&b"PK\x06\x06"[..], &44_u64.to_le_bytes(), &[45, 0, 45, 0], &[0; 8], &count.to_le_bytes()]
                .concat(),
        );
        bytes.extend([count, length, offset].map(u64::to_le_bytes).concat());
        bytes.extend([&b"PK\x06\x07"[..], &[0; 4], &place.to_le_bytes(), &[1, 0, 0, 0]].concat());
        bytes.extend([&end[..8], &[0xff; 12], &end[20..]].concat());
        assert_eq!(read(&mut open(bytes).unwrap(), "b"), "b");
    }

    /// The sizes of an entry may be kept in 64 bits in its extra field, however small they are.
    #[test]
    fn sizes_of_64_bits_are_read() {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.start_file("a", SimpleFileOptions::default().large_file(true)).unwrap();
        writer.write_all(b"text").unwrap();
        let mut package = open(writer.finish().unwrap().into_inner()).unwrap();
        assert_eq!((package.size("a"), read(&mut package, "a")), (4, "text".into()));
    }

    #[test]
    fn an_archive_that_claims_too_much_is_refused() {
        let whole = made(&["a"]);
        let end = whole.len() - 22;
        for (at, claim) in [(10, 20_000_u16), (14, 0x100), (18, 0x100)] {
            let mut bytes = whole.clone();
            bytes[end + at..end + at + 2].copy_from_slice(&claim.to_le_bytes());
            assert!(matches!(open(bytes), Err(Error::Refused(FileRefusal::Damaged { .. }))), "{at}");
        }
    }

    #[test]
    fn nothing_may_follow_an_archive() {
        let followed = [&made(&["a"])[..], b"\n"].concat();
        let problem = open(followed).err().unwrap().to_string();
        assert!(problem.contains("its end is missing"), "{problem}");
    }
}
