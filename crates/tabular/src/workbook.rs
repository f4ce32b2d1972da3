//! A workbook of any format: which one it is, and its rows made as wide as its header.

use std::io::Read;

use crate::{
    archive::{Archive, PartReader},
    error::{Error, Refusal},
    found::{Format, Sheet},
    ods,
    ole::Compound,
    record::{Cell, Record},
    sheet,
    sniff::{EXPORT, SAVE_AS, UNPACK},
    source::Source,
    table::Request,
    xls, xlsx,
};

/// The rows of a workbook's sheet.
pub(crate) struct Workbook {
    rows: Rows,
    bytes_total: u64,
    /// Zero until it is known.
    width: usize,
}

enum Rows {
    Xlsx(Box<sheet::Rows<PartReader<Source>>>),
    Ods(Box<ods::Rows<PartReader<Source>>>),
    Xls(Box<xls::Rows>),
}

impl Workbook {
    /// XLSX or ODS.
    pub(crate) fn of_zip(source: Source, request: &Request) -> Result<(Self, Format), Error> {
        let mut archive = Archive::open(source, request.limits.inflated_bytes_max)?;
        if archive.contains("EncryptedPackage") || archive.contains("encrypted-package") {
            return Err(Refusal::Encrypted.into());
        }
        if archive.contains("content.xml") {
            let mut kind = String::new();
            if archive.contains("mimetype") {
                let read = archive.part("mimetype")?.take(100).read_to_string(&mut kind);
                read.map_err(Error::read)?;
            }
            if kind.is_empty() || kind.contains("spreadsheet") {
                let (rows, sheet, bytes) = ods::open(archive, request)?;
                return Ok((Self::new(Rows::Ods(Box::new(rows)), bytes), Format::Ods(sheet)));
            }
        } else if archive.contains("[Content_Types].xml")
            && archive.any(|name| name.ends_with("workbook.xml"))
        {
            let (rows, sheet, bytes) = xlsx::open(archive, request)?;
            return Ok((Self::new(Rows::Xlsx(Box::new(rows)), bytes), Format::Xlsx(sheet)));
        }
        Err(foreign(&archive).into())
    }

    /// XLS.
    pub(crate) fn of_ole(source: Source, request: &Request) -> Result<(Self, Format), Error> {
        let compound = Compound::open(source)?;
        let not_a_table = |what, advice| Err(Refusal::NotATable { what, advice }.into());
        if compound.contains("EncryptedPackage") {
            Err(Refusal::Encrypted.into())
        } else if compound.contains("Workbook") {
            let (rows, sheet, bytes): (_, Sheet, _) = xls::open(compound, request)?;
            Ok((Self::new(Rows::Xls(Box::new(rows)), bytes), Format::Xls(sheet)))
        } else if compound.contains("Book") {
            not_a_table("a workbook of Excel 95 or older", SAVE_AS)
        } else if compound.contains("WordDocument") {
            not_a_table("a Word document", EXPORT)
        } else {
            not_a_table("a document of an old Office program", EXPORT)
        }
    }

    const fn new(rows: Rows, bytes_total: u64) -> Self {
        Self { rows, bytes_total, width: 0 }
    }

    /// Rows that show nothing are passed over.
    pub(crate) fn read(&mut self) -> Result<Option<Record>, Error> {
        loop {
            let record = match &mut self.rows {
                Rows::Xlsx(rows) => rows.read()?,
                Rows::Ods(rows) => rows.read()?,
                Rows::Xls(rows) => rows.read()?,
            };
            let Some(mut record) = record else { return Ok(None) };
            if !record.cells.is_empty() {
                if self.width == 0 && record.cells.len() > 1 {
                    self.width = record.cells.len();
                }
                let width = record.cells.len().max(self.width);
                record.cells.resize(width, Cell::default());
                return Ok(Some(record));
            }
        }
    }

    /// Whether the sheet does not show a column, counted from zero.
    pub(crate) fn hides(&self, place: usize) -> bool {
        match &self.rows {
            Rows::Xlsx(rows) => rows.hidden(),
            Rows::Ods(rows) => rows.hidden(),
            Rows::Xls(rows) => rows.hidden(),
        }
        .contains(place)
    }

    pub(crate) const fn pad_to(&mut self, cells: usize) {
        self.width = cells;
    }

    pub(crate) const fn bytes_read(&self) -> u64 {
        match &self.rows {
            Rows::Xlsx(rows) => rows.bytes_read(),
            Rows::Ods(rows) => rows.bytes_read(),
            Rows::Xls(rows) => rows.bytes_read(),
        }
    }

    pub(crate) const fn bytes_total(&self) -> u64 {
        self.bytes_total
    }
}

/// What an archive is that is no workbook to be read.
fn foreign(archive: &Archive) -> Refusal {
    let under = |folder: &str| archive.any(|name| name.starts_with(folder));
    let (what, advice) = if archive.contains("xl/workbook.bin") {
        ("an XLSB workbook", SAVE_AS)
    } else if under("word/") {
        ("a Word document", EXPORT)
    } else if under("ppt/") {
        ("a presentation", EXPORT)
    } else if archive.contains("Index/Document.iwa") {
        ("a document of Apple's programs", EXPORT)
    } else if archive.contains("content.xml") {
        ("an OpenDocument file that is no spreadsheet", EXPORT)
    } else {
        ("a ZIP archive", UNPACK)
    };
    Refusal::NotATable { what, advice }
}
