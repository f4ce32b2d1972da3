//! A provider's codes in words: what its documents say of them, for the person who has to act.

use std::collections::HashMap;

use payrun_domain::language::Language;

/// What begins a line of the file, in the order of [`Language::ALL`].
const MARKS: [&str; 3] = ["en: ", "es: ", "pt: "];

/// The meanings of a provider's codes, as the file beside its adapter has them. A code that no
/// document explains is not there, and is shown alone: a guess would send people to correct what is
/// right.
pub(crate) struct Codes(HashMap<&'static str, [&'static str; 3]>);

impl Codes {
    /// Blocks, each of the codes and then a line for each language. That every block of every file
    /// is whole is for a test to say.
    pub(crate) fn read(file: &'static str) -> Self {
        let blocks = file.split("\n\n").filter_map(|block| {
            let (codes, texts) = block.split_once('\n')?;
            let texts = texts.lines().zip(MARKS).map(|(line, mark)| line.strip_prefix(mark));
            Some((codes, texts.collect::<Option<Vec<_>>>()?.try_into().ok()?))
        });
        Self(blocks.flat_map(|(codes, texts)| codes.split(", ").map(move |code| (code, texts))).collect())
    }

    /// What `code` means; none where no document says it.
    pub(crate) fn meaning(&self, code: &str, language: Language) -> Option<&'static str> {
        self.0.get(code).map(|texts| language.among(*texts))
    }
}
