//! How a type is one word, the same in tables, messages and JSON.

/// Serializes each type as the word that the method gives.
macro_rules! serialize_as_word {
    ($word:ident: $($name:ty),+) => {
        $(impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.$word())
            }
        })+
    };
}

pub(crate) use serialize_as_word;
