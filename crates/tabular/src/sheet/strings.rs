//! The texts that a workbook keeps apart from its rows.
//!
//! **Invariant**: their memory has a limit.

use crate::error::FileRefusal;

/// All texts of a workbook, by their number.
#[derive(Debug, Default)]
pub(crate) struct SharedStrings {
    text: String,
    ends: Vec<u32>,
}

impl SharedStrings {
    /// Adds the next text, and returns its number.
    pub(crate) fn push(&mut self, text: &str, bytes_max: usize) -> Result<usize, FileRefusal> {
        self.refuse_more(text.len(), bytes_max)?;
        self.text.push_str(text);
        let end = u32::try_from(self.text.len());
        self.ends.push(end.map_err(|_| FileRefusal::StringsBytes { max: bytes_max })?);
        Ok(self.ends.len() - 1)
    }

    /// The memory that the texts take. Where a text ends takes memory too, and there may be
    /// millions of empty ones.
    pub(crate) const fn bytes(&self) -> usize {
        self.text.len().saturating_add(self.ends.len().saturating_mul(size_of::<u32>()))
    }

    /// Refuses a text of so many bytes more, if it is too much.
    pub(crate) fn refuse_more(&self, bytes: usize, max: usize) -> Result<(), FileRefusal> {
        if self.bytes().saturating_add(bytes) > max {
            return Err(FileRefusal::StringsBytes { max });
        }
        Ok(())
    }

    pub(crate) fn get(&self, number: usize) -> Option<&str> {
        let at = |number: usize| self.ends.get(number).and_then(|end| usize::try_from(*end).ok());
        let start = number.checked_sub(1).map_or(Some(0), at)?;
        self.text.get(start..at(number)?)
    }
}
