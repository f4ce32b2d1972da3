//! The sheets of a workbook, to choose from.

use crate::{
    error::{Error, Refusal},
    found::Sheet,
};

/// More than any person looks through.
pub(crate) const TABS_MAX: usize = 1_000;

/// A sheet of a workbook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tab {
    pub(crate) name: String,
    pub(crate) is_hidden: bool,
}

/// Which of `tabs` is read: the one that is asked for, or the only visible one that `has_data`.
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
        ([], Some(name)) => Err(Refusal::SheetMissing { name: name.to_owned(), names }.into()),
        ([], None) => Err(Refusal::SheetsEmpty { names }.into()),
        (several, None) => {
            let names = several.iter().map(|(_, tab)| tab.name.clone()).collect();
            Err(Refusal::SheetsSeveral { names }.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(asked: Option<&str>, full: &[usize]) -> Result<(usize, bool), Refusal> {
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
        assert_eq!(choice(None, &[0, 2]), Err(Refusal::SheetsSeveral { names: names(&["a", "c"]) }));
        assert_eq!(choice(None, &[1]), Err(Refusal::SheetsEmpty { names: names(&["a", "b", "c"]) }));
        assert_eq!(choice(Some("b"), &[]), Ok((1, true)));
        let missing = Refusal::SheetMissing { name: "B".to_owned(), names: names(&["a", "b", "c"]) };
        assert_eq!(choice(Some("B"), &[1]), Err(missing));
    }
}
