//! The languages in which people are answered.

/// A language that clerks and operators read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Spanish, as all of Latin America reads it.
    Spanish,
    /// Portuguese, as Brazil writes it.
    Portuguese,
}

impl Language {
    /// Every language, in the order in which texts stand side by side.
    pub const ALL: [Self; 3] = [Self::English, Self::Spanish, Self::Portuguese];

    /// The one in this language of texts that stand in the order of [`Language::ALL`].
    pub fn among<T>(self, [english, spanish, portuguese]: [T; 3]) -> T {
        match self {
            Self::English => english,
            Self::Spanish => spanish,
            Self::Portuguese => portuguese,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_among_those_of_all_languages() {
        assert_eq!(Language::ALL.map(|language| language.among(Language::ALL)), Language::ALL);
    }
}
