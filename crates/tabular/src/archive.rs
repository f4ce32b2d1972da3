//! A ZIP archive by its directory: which parts it has, and one of them at a time.
//!
//! **Invariant**: sizes that the archive claims are not believed, and a part that is read to its end is what its checksum says.

use std::{
    collections::BTreeMap,
    io::{self, Read, Seek, SeekFrom, Take},
};

use flate2::{Crc, read::DeflateDecoder};

use crate::{
    binary::{u16_at, u32_at, u64_at},
    error::{Error, Refusal},
    source::{Limited, Source},
};

/// The parts of an archive.
pub(crate) struct Archive {
    source: Source,
    /// By [`key`].
    parts: BTreeMap<String, Part>,
    inflated_bytes_max: u64,
}

/// Where a part is, as the directory says.
#[derive(Debug, Clone, Copy)]
struct Part {
    header: u64,
    method: u16,
    packed: u64,
    /// As claimed.
    size: u64,
    crc: u32,
}

/// A part being inflated.
pub(crate) type PartReader<R> = Limited<Checked<Inflater<Take<R>>>>;

/// A workbook has a dozen parts and one for each sheet, picture and chart.
const PARTS_MAX: u64 = 10_000;
const DIRECTORY_BYTES_MAX: u64 = 8 << 20;
const END_BYTES: u64 = 22;
const COMMENT_BYTES_MAX: u64 = 0xffff;

fn damaged(problem: &'static str) -> Refusal {
    Refusal::damaged("the archive", problem)
}

/// Parts are named in any case and with either slash.
fn key(name: &str) -> String {
    name.trim_start_matches('/').replace('\\', "/").to_ascii_lowercase()
}

impl Archive {
    pub(crate) fn open(mut source: Source, inflated_bytes_max: u64) -> Result<Self, Error> {
        let directory = directory(&mut source)?;
        let mut parts = BTreeMap::new();
        let mut rest = directory.as_slice();
        while let Some((name, part, length)) = entry(rest)? {
            if parts.insert(key(&name), part).is_some() {
                return Err(damaged("two parts have one name").into());
            }
            rest = rest.get(length..).unwrap_or_default();
        }
        Ok(Self { source, parts, inflated_bytes_max })
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.parts.contains_key(&key(name))
    }

    /// Names are in lower case.
    pub(crate) fn any(&self, matches: impl Fn(&str) -> bool) -> bool {
        self.parts.keys().any(|name| matches(name))
    }

    /// As the archive claims.
    pub(crate) fn size(&self, name: &str) -> u64 {
        self.parts.get(&key(name)).map_or(0, |part| part.size)
    }

    pub(crate) fn part(&mut self, name: &str) -> Result<PartReader<&mut Source>, Error> {
        let part = self.find(name)?;
        reader(&mut self.source, part, name, self.inflated_bytes_max)
    }

    /// For the one part that is read while the table is.
    pub(crate) fn into_part(self, name: &str) -> Result<PartReader<Source>, Error> {
        let part = self.find(name)?;
        reader(self.source, part, name, self.inflated_bytes_max)
    }

    fn find(&self, name: &str) -> Result<Part, Refusal> {
        self.parts.get(&key(name)).copied().ok_or_else(|| Refusal::damaged(name, "it is missing"))
    }
}

/// The list of all parts, which is at the end.
fn directory(source: &mut Source) -> Result<Vec<u8>, Error> {
    let length = source.seek(SeekFrom::End(0)).map_err(Error::Read)?;
    let tail_at = length.saturating_sub(END_BYTES + COMMENT_BYTES_MAX);
    let tail = read_at(source, tail_at, END_BYTES + COMMENT_BYTES_MAX)?;
    let end = (0..tail.len().saturating_sub(21)).rev().find(|at| {
        let comment = u16_at(&tail, at + 20).map(usize::from);
        tail[*at..].starts_with(b"PK\x05\x06") && comment == Some(tail.len() - at - 22)
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
        (Some(count), Some(bytes), Some(offset)) if count <= PARTS_MAX && bytes <= DIRECTORY_BYTES_MAX => {
            read_at(source, offset, bytes)
        }
        _ => Err(damaged("it has too many parts").into()),
    }
}

/// At most `count` bytes, fewer at the end of the file.
fn read_at(source: &mut Source, at: u64, count: u64) -> Result<Vec<u8>, Error> {
    source.seek(SeekFrom::Start(at)).map_err(Error::Read)?;
    let mut bytes = Vec::new();
    source.take(count).read_to_end(&mut bytes).map_err(Error::Read)?;
    Ok(bytes)
}

/// The first entry of what is left of the directory, and its length there. None at the end.
fn entry(rest: &[u8]) -> Result<Option<(String, Part, usize)>, Refusal> {
    if !rest.starts_with(b"PK\x01\x02") {
        return if rest.is_empty() { Ok(None) } else { Err(damaged("its directory is not one")) };
    }
    let read = || {
        let small = |at| u16_at(rest, at);
        let [name, extra, comment] = [small(28)?, small(30)?, small(32)?].map(usize::from);
        let text = String::from_utf8_lossy(rest.get(46..46 + name)?).into_owned();
        let wide = [u32_at(rest, 24)?, u32_at(rest, 20)?, u32_at(rest, 42)?];
        let [size, packed, header] = zip64(rest.get(46 + name..46 + name + extra)?, wide)?;
        let part = Part { header, method: small(10)?, packed, size, crc: u32_at(rest, 16)? };
        Some((text, part, small(8)?, 46 + name + extra + comment))
    };
    let (name, part, flags, length) = read().ok_or_else(|| damaged("its directory is cut off"))?;
    if flags & 1 != 0 {
        return Err(Refusal::Encrypted);
    }
    Ok(Some((name, part, length)))
}

/// The numbers that do not fit, in the order in which they are stored.
fn zip64(mut extra: &[u8], numbers: [u32; 3]) -> Option<[u64; 3]> {
    let mut big: &[u8] = &[];
    while let (Some(id), Some(length)) = (u16_at(extra, 0), u16_at(extra, 2)) {
        let end = 4 + usize::from(length);
        if id == 1 {
            big = extra.get(4..end)?;
        }
        extra = extra.get(end..).unwrap_or_default();
    }
    let mut result = [0; 3];
    for (slot, number) in result.iter_mut().zip(numbers) {
        *slot = u64::from(number);
        if number == u32::MAX {
            *slot = u64_at(big, 0)?;
            big = big.get(8..)?;
        }
    }
    Some(result)
}

fn reader<R: Read + Seek>(mut source: R, part: Part, name: &str, max: u64) -> Result<PartReader<R>, Error> {
    let mut header = Vec::new();
    source.seek(SeekFrom::Start(part.header)).map_err(Error::Read)?;
    source.by_ref().take(30).read_to_end(&mut header).map_err(Error::Read)?;
    let lengths = u16_at(&header, 26).zip(u16_at(&header, 28)).filter(|_| header.starts_with(b"PK\x03\x04"));
    let (name_bytes, extra_bytes) =
        lengths.ok_or_else(|| Refusal::damaged(name, "it is not where it should be"))?;
    let start = part.header.saturating_add(30 + u64::from(name_bytes) + u64::from(extra_bytes));
    source.seek(SeekFrom::Start(start)).map_err(Error::Read)?;
    let packed = source.take(part.packed);
    let input = match part.method {
        0 => Inflater::Stored(packed),
        8 => Inflater::Deflated(DeflateDecoder::new(packed)),
        _ => return Err(Refusal::damaged(name, "it is compressed in an unknown way").into()),
    };
    let checked = Checked { input, crc: Crc::new(), expected: part.crc, name: name.to_owned() };
    Ok(Limited::new(checked, Refusal::InflatedBytes { max }, max))
}

/// The ways in which workbooks compress their parts.
pub(crate) enum Inflater<R> {
    Stored(R),
    Deflated(DeflateDecoder<R>),
}

impl<R: Read> Read for Inflater<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Stored(input) => input.read(buffer),
            Self::Deflated(input) => input.read(buffer),
        }
    }
}

/// A reader that refuses to end with another checksum.
pub(crate) struct Checked<R> {
    input: R,
    crc: Crc,
    expected: u32,
    name: String,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let refuse = |problem| io::Error::other(Refusal::damaged(&self.name, problem));
        let is_damage = |kind| {
            use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
            matches!(kind, InvalidInput | InvalidData | UnexpectedEof)
        };
        let count = self.input.read(buffer).map_err(|error| {
            if is_damage(error.kind()) { refuse("it cannot be decompressed") } else { error }
        })?;
        if count == 0 && !buffer.is_empty() && self.crc.sum() != self.expected {
            return Err(refuse("its checksum is wrong"));
        }
        self.crc.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

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

    fn open(bytes: Vec<u8>) -> Result<Archive, Error> {
        Archive::open(Box::new(Cursor::new(bytes)), 100)
    }

    fn read(archive: &mut Archive, name: &str) -> String {
        let mut text = String::new();
        archive.part(name).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn parts_are_found_by_their_names() {
        let mut archive = open(made(&["xl/A.xml", "b"])).unwrap();
        assert_eq!(
            (read(&mut archive, "/XL/a.xml"), read(&mut archive, "b")),
            ("xl/A.xml".into(), "b".into())
        );
        assert_eq!((archive.size("b"), archive.contains("xl"), archive.part("c").is_err()), (1, false, true));
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

    #[test]
    fn numbers_of_64_bits_are_those_that_do_not_fit() {
        let extra =
            [&[9, 0, 1, 0, 7][..], &[1, 0, 16, 0], &5_u64.to_le_bytes(), &6_u64.to_le_bytes()].concat();
        assert_eq!(zip64(&extra, [u32::MAX, 3, u32::MAX]), Some([5, 3, 6]));
        assert_eq!(zip64(&extra, [u32::MAX; 3]), None);
        assert_eq!(zip64(&[], [1, 2, 3]), Some([1, 2, 3]));
    }

    #[test]
    fn an_archive_that_claims_too_much_is_refused() {
        let mut bytes = made(&["a"]);
        let end = bytes.len() - 22;
        bytes[end + 10..end + 12].copy_from_slice(&20_000_u16.to_le_bytes());
        assert!(matches!(open(bytes), Err(Error::Refused(Refusal::Damaged { .. }))));
    }
}
