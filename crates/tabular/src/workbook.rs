//! A workbook of any format: which one it is, and its rows made as wide as its header.

use std::io::Read;

use crate::{
    detected::{Format, Sheet},
    error::{Error, FileRefusal},
    ods,
    package::{Package, part::PartReader},
    record::{Cell, Record},
    request::Request,
    sniff::{EXPORT, SAVE_AS, UNPACK},
    source::Source,
    xls::{self, cfb_file::CfbFile},
    xlsx,
};

/// The rows of a workbook's sheet.
pub(crate) struct Workbook {
    rows: Rows,
    bytes_total: u64,
    /// How many cells a record has at least; zero until it is known.
    width: usize,
}

enum Rows {
    Xlsx(Box<xlsx::rows::Rows<PartReader<Source>>>),
    Ods(Box<ods::Rows<PartReader<Source>>>),
    Xls(Box<xls::rows::Rows>),
}

impl Workbook {
    /// Opens an XLSX or ODS workbook. `file_bytes` is the size of the file as it was uploaded.
    pub(crate) fn from_zip(
        source: Source,
        file_bytes: u64,
        request: &Request,
    ) -> Result<(Self, Format), Error> {
        let mut package = Package::open(source, file_bytes, request.limits.inflated_bytes_max)?;
        if package.contains("EncryptedPackage") || package.contains("encrypted-package") {
            return Err(FileRefusal::Encrypted.into());
        }
        if package.contains("content.xml") {
            let mut kind = String::new();
            if package.contains("mimetype") {
                let read = package.small_part("mimetype")?.take(100).read_to_string(&mut kind);
                read.map_err(Error::read)?;
            }
            if kind.is_empty() || kind.contains("spreadsheet") {
                let (rows, sheet, bytes) = ods::open(package, request)?;
                return Ok((Self::new(Rows::Ods(Box::new(rows)), bytes), Format::Ods(sheet)));
            }
        } else if package.contains("[Content_Types].xml")
            && package.any(|name| name.ends_with("workbook.xml"))
        {
            let (rows, sheet, bytes) = xlsx::open(package, request)?;
            return Ok((Self::new(Rows::Xlsx(Box::new(rows)), bytes), Format::Xlsx(sheet)));
        }
        Err(foreign(&package).into())
    }

    /// Opens an XLS workbook.
    pub(crate) fn from_cfb(source: Source, request: &Request) -> Result<(Self, Format), Error> {
        let file = CfbFile::open(source)?;
        let not_a_table = |what, advice| Err(FileRefusal::NotATable { what, advice }.into());
        if file.contains("EncryptedPackage") {
            Err(FileRefusal::Encrypted.into())
        } else if file.contains("Workbook") {
            let (rows, sheet, bytes): (_, Sheet, _) = xls::open(file, request)?;
            Ok((Self::new(Rows::Xls(Box::new(rows)), bytes), Format::Xls(sheet)))
        } else if file.contains("Book") {
            not_a_table("a workbook of Excel 95 or older", SAVE_AS)
        } else if file.contains("WordDocument") {
            not_a_table("a Word document", EXPORT)
        } else {
            not_a_table("a document of an old Office program", EXPORT)
        }
    }

    const fn new(rows: Rows, bytes_total: u64) -> Self {
        Self { rows, bytes_total, width: 0 }
    }

    /// The next row that shows something.
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

/// Why an archive is refused that is no workbook to be read.
fn foreign(package: &Package) -> FileRefusal {
    let under = |folder: &str| package.any(|name| name.starts_with(folder));
    let (what, advice) = if package.contains("xl/workbook.bin") {
        ("an XLSB workbook", SAVE_AS)
    } else if under("word/") {
        ("a Word document", EXPORT)
    } else if under("ppt/") {
        ("a presentation", EXPORT)
    } else if package.contains("Index/Document.iwa") {
        ("a document of Apple's programs", EXPORT)
    } else if package.contains("content.xml") {
        ("an OpenDocument file that is no spreadsheet", EXPORT)
    } else {
        ("a ZIP archive", UNPACK)
    };
    FileRefusal::NotATable { what, advice }
}
