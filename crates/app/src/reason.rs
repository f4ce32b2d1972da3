//! The words that people give for what they do.

use crate::Error;

/// As the tables want it: without blanks around it, 3 to 1000 characters.
pub(crate) fn checked(reason: &str) -> Result<&str, Error> {
    let reason = reason.trim();
    if !(3..=1000).contains(&reason.chars().count()) {
        return Err(Error::refused("a reason has 3 to 1000 characters; say why, for those who ask later"));
    }
    Ok(reason)
}
