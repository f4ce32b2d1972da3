//! Bamboo's codes of banks and wallets where accounts are checked against them. The provider's own
//! list is the truth; one that is missing here is refused before approval rather than by Bamboo
//! afterwards.

use payrun_domain::country::Country;

use crate::knowledge;

/// What a code stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bank,
    Wallet,
    /// Both, as one Colombian institution is.
    Either,
    /// Not on the country's list.
    Unlisted,
}

/// A code, its name, and what it stands for.
pub(super) type Listed = (&'static str, &'static str, Kind);

const PE: &str = "002 003 007 009 011 018 023 035 038 043 049 054 055 058 091 094 096 099 800 801 802 803 805 806 808 809 813 849 910";
const CO: &str = "1001 1002 1006 1007 1009 1012 1013 1019 1023 1031 1032 1040 1047 1051 1052 1053 1060 1061 1062 1063 1065 1066 1067 \
                  1069 1070 1071 1121 1283 1286 1289 1291 1292 1370 1558 1805 1809";
const CL: &str = "001 009 012 014 016 028 031 037 039 049 051 053 055 504 672 729 730 732 738 875";
const UY: &str = "001 091 110 113 128 137 153 157 162 205 246 361 603 610 611";

const PE_OTHERS: &[Listed] = &[
    ("775", "LUQEA", Kind::Wallet),
    ("776", "PREXPE", Kind::Wallet),
    ("901", "YAPE", Kind::Wallet),
    ("902", "PLIN", Kind::Wallet),
    ("921", "EEDE TARJETAS PERUANA", Kind::Bank),
    ("922", "DALE", Kind::Wallet),
];
const CO_OTHERS: &[Listed] = &[
    ("1303", "GIROS Y FINANZAS", Kind::Wallet),
    ("1507", "NEQUI", Kind::Wallet),
    ("1551", "DAVIPLATA", Kind::Wallet),
    ("1560", "PIBANK", Kind::Wallet),
    ("1637", "IRIS", Kind::Wallet),
    ("1801", "MOVII", Kind::Wallet),
    ("1802", "DING", Kind::Wallet),
    ("1803", "POWWI", Kind::Wallet),
    ("1804", "UALA", Kind::Wallet),
    ("1811", "RAPPIPAY", Kind::Either),
];
/// With which every CVU begins.
const AR_OTHERS: &[Listed] = &[("000", "CVU", Kind::Bank)];

/// Banks on the country's list that others number alike.
const fn neutral(country: Country) -> &'static str {
    match country {
        Country::Pe => PE,
        Country::Co => CO,
        Country::Cl => CL,
        Country::Uy => UY,
        Country::Ar | Country::Br | Country::Mx => "",
    }
}

/// Those that no supervisor numbers.
const fn others(country: Country) -> &'static [Listed] {
    match country {
        Country::Pe => PE_OTHERS,
        Country::Co => CO_OTHERS,
        Country::Ar => AR_OTHERS,
        Country::Br | Country::Cl | Country::Mx | Country::Uy => &[],
    }
}

/// Argentina and Mexico use the first three digits of the account, of any institution.
pub(super) const fn takes_any(country: Country) -> bool {
    matches!(country, Country::Ar | Country::Mx)
}

/// What `code` is in `country`.
pub(super) fn kind(country: Country, code: &str) -> Kind {
    if let Some((.., kind)) = others(country).iter().find(|(known, ..)| *known == code) {
        return *kind;
    }
    let is_bank = if takes_any(country) {
        knowledge::shaped(code, 3..=3, false)
    } else {
        neutral(country).split_whitespace().any(|known| known == code)
    };
    if is_bank { Kind::Bank } else { Kind::Unlisted }
}

/// Every code that is known, by code.
pub(super) fn all(country: Country) -> Vec<Listed> {
    let is_listed = |code: &str| kind(country, code) == Kind::Bank;
    let entities = knowledge::entities(country).iter().filter(|(code, _)| is_listed(code));
    let mut all: Vec<Listed> = entities.map(|(code, name)| (*code, *name, Kind::Bank)).collect();
    all.extend(others(country));
    all.sort_unstable_by_key(|(code, ..)| *code);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_name() {
        for country in Country::ALL {
            let all = all(country);
            for code in neutral(country).split_whitespace() {
                assert!(all.iter().any(|(known, ..)| *known == code), "{country} {code}");
            }
            assert!(all.iter().all(|(code, _, listed)| kind(country, code) == *listed));
        }
    }
}
