//! The sheets of a workbook, to choose from.

use crate::{
    detected::Sheet,
    error::{Error, FileRefusal},
};

/// More sheets than any person looks through.
const TABS_MAX: usize = 1_000;
/// Excel takes 31 characters.
const NAME_BYTES_MAX: usize = 4_096;

/// A sheet of a workbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tab {
    pub(crate) name: String,
    pub(crate) is_hidden: bool,
}

/// Adds a sheet of the workbook.
pub(crate) fn add(tabs: &mut Vec<Tab>, name: String, is_hidden: bool) -> Result<(), FileRefusal> {
    let refuse = |problem| Err(FileRefusal::damaged("the workbook", problem));
    if tabs.len() == TABS_MAX {
        return refuse("it has too many sheets");
    }
    if name.len() > NAME_BYTES_MAX {
        return refuse("the name of a sheet is too long");
    }
    tabs.push(Tab { name, is_hidden });
    Ok(())
}

/// The sheet to be read: the one that is asked for, or the only visible one that `has_data`.
pub(crate) fn choose(
    tabs: &[Tab],
    asked: Option<&str>,
    mut has_data: impl FnMut(usize) -> Result<bool, Error>,
) -> Result<(usize, Sheet), Error> {
    let names: Vec<String> = tabs.iter().map(|tab| tab.name.clone()).collect();
    let mut chosen = Vec::new();
    for (place, tab) in tabs.iter().enumerate() {
        let is_chosen = match asked {
            Some(name) => tab.name == name,
            None => !tab.is_hidden && has_data(place)?,
        };
        if is_chosen {
            chosen.push((place, tab));
        }
    }
    match (chosen.as_slice(), asked) {
        ([(place, tab), ..], Some(_)) | ([(place, tab)], None) => {
            Ok((*place, Sheet { name: tab.name.clone(), is_hidden: tab.is_hidden, names }))
        }
        ([], Some(name)) => Err(FileRefusal::SheetMissing { name: name.to_owned(), names }.into()),
        ([], None) => Err(FileRefusal::SheetsEmpty { names }.into()),
        (several, None) => {
            let names = several.iter().map(|(_, tab)| tab.name.clone()).collect();
            Err(FileRefusal::SheetsSeveral { names }.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(asked: Option<&str>, full: &[usize]) -> Result<(usize, bool), FileRefusal> {
        let tabs = [("a", false), ("b", true), ("c", false)]
            .map(|(name, is_hidden)| Tab { name: name.to_owned(), is_hidden });
        match choose(&tabs, asked, |place| Ok(full.contains(&place))) {
            Ok((place, sheet)) => Ok((place, sheet.is_hidden)),
            Err(Error::Refused(refusal)) => Err(refusal),
            Err(other) => panic!("{other}"),
        }
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn only_one_visible_sheet_with_data_is_chosen() {
        assert_eq!(choice(None, &[1, 2]), Ok((2, false)));
        assert_eq!(choice(None, &[0, 2]), Err(FileRefusal::SheetsSeveral { names: names(&["a", "c"]) }));
        assert_eq!(choice(None, &[1]), Err(FileRefusal::SheetsEmpty { names: names(&["a", "b", "c"]) }));
        assert_eq!(choice(Some("b"), &[]), Ok((1, true)));
        let missing = FileRefusal::SheetMissing { name: "B".to_owned(), names: names(&["a", "b", "c"]) };
        assert_eq!(choice(Some("B"), &[1]), Err(missing));
    }
}
