//! Countries that payouts go to.

use std::{fmt, str::FromStr};

use crate::{money::Currency, word::serialize_as_word};

serialize_as_word!(code: Country);

/// ISO 3166-1 countries with a provider that pays there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "ISO 3166-1 codes are their own documentation")]
pub enum Country {
    Ar,
    Br,
    Cl,
    Co,
    Mx,
    Pe,
    Uy,
}

impl Country {
    /// Every country.
    pub const ALL: [Self; 7] = [Self::Ar, Self::Br, Self::Cl, Self::Co, Self::Mx, Self::Pe, Self::Uy];

    /// Two capital letters.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ar => "AR",
            Self::Br => "BR",
            Self::Cl => "CL",
            Self::Co => "CO",
            Self::Mx => "MX",
            Self::Pe => "PE",
            Self::Uy => "UY",
        }
    }

    /// Before its telephone numbers, without the plus sign (ITU-T E.164).
    pub const fn calling_code(self) -> &'static str {
        match self {
            Self::Ar => "54",
            Self::Br => "55",
            Self::Cl => "56",
            Self::Co => "57",
            Self::Mx => "52",
            Self::Pe => "51",
            Self::Uy => "598",
        }
    }

    /// What its people are paid in.
    pub const fn currency(self) -> Currency {
        match self {
            Self::Ar => Currency::Ars,
            Self::Br => Currency::Brl,
            Self::Cl => Currency::Clp,
            Self::Co => Currency::Cop,
            Self::Mx => Currency::Mxn,
            Self::Pe => Currency::Pen,
            Self::Uy => Currency::Uyu,
        }
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl FromStr for Country {
    type Err = UnknownCountry;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|country| country.code() == text).ok_or(UnknownCountry)
    }
}

/// Not the ISO 3166-1 code of a country that payrun pays to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown country; write one of AR BR CL CO MX PE UY")]
pub struct UnknownCountry;
