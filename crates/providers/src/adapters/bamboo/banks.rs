//! Bamboo's codes of banks and wallets where accounts are checked against them. The provider's own list is the truth; one that is
//! missing here is refused before approval rather than by Bamboo afterwards.

use payrun_domain::country::Country;

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

const PE_BANKS: &str = "002 003 007 009 011 018 023 035 038 043 049 054 055 058 091 094 096 099 800 801 802 803 805 806 808 809 813 849 910 921";
const PE_WALLETS: &str = "775 776 901 902 922";
const CO_BANKS: &str = "1001 1002 1006 1007 1009 1012 1013 1019 1023 1031 1032 1040 1047 1051 1052 1053 1060 1061 1062 1063 1065 1066 1067 \
                        1069 1070 1071 1121 1283 1286 1289 1291 1292 1370 1558 1805 1809";
const CO_WALLETS: &str = "1303 1507 1551 1560 1637 1801 1802 1803 1804";
const CO_EITHER: &str = "1811";
const CL_BANKS: &str = "001 009 012 014 016 028 031 037 039 049 051 053 055 504 672 729 730 732 738 875";
const UY_BANKS: &str = "001 091 110 113 128 137 153 157 162 205 246 361 603 610 611";

/// What `code` is in `country`. Argentina and Mexico use the first three digits of the account, of any institution.
pub(super) fn kind(country: Country, code: &str) -> Kind {
    let listed = |list: &str| list.split_whitespace().any(|known| known == code);
    let three_digits = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit());
    match country {
        Country::Pe if listed(PE_BANKS) => Kind::Bank,
        Country::Pe if listed(PE_WALLETS) => Kind::Wallet,
        Country::Co if listed(CO_BANKS) => Kind::Bank,
        Country::Co if listed(CO_WALLETS) => Kind::Wallet,
        Country::Co if listed(CO_EITHER) => Kind::Either,
        Country::Cl if listed(CL_BANKS) => Kind::Bank,
        Country::Uy if listed(UY_BANKS) => Kind::Bank,
        Country::Ar | Country::Mx if three_digits => Kind::Bank,
        Country::Ar | Country::Br | Country::Cl | Country::Co | Country::Mx | Country::Pe | Country::Uy => {
            Kind::Unlisted
        }
    }
}
