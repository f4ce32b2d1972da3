//! Made-up accounts, good by the rules of their provider and country; nobody's, as far as a number can show.

use payrun_domain::{beneficiary::Method, country::Country};

/// What an example row says of where the money goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Example {
    pub(crate) bank: &'static str,
    pub(crate) account: &'static str,
    /// Of the account, or of the key; empty for a wallet.
    pub(crate) kind: &'static str,
    /// The bank's own number of the account; empty where it is not asked for.
    pub(crate) local: &'static str,
}

/// A made-up account that `provider` pays to.
pub(crate) fn account(provider: &str, country: Country, method: Method) -> Example {
    let of = |bank, account, kind| Example { bank, account, kind, local: "" };
    match (method, country, provider) {
        (Method::Bank, Country::Pe, "kapaqnan") => {
            Example { local: "7000000000001", ..of("6", "03800000000000000168", "savings") }
        }
        (Method::Bank, Country::Pe, "teemopay") => {
            Example { local: "2000000000001", ..of("2", "00300000000000000178", "savings") }
        }
        (Method::Bank, Country::Pe, _) => of("003", "00300000000000000178", "savings"),
        (Method::Bank, Country::Ar, _) => of("007", "0070001600000000000017", "savings"),
        (Method::Bank, Country::Cl, _) => of("012", "000000001", "checking"),
        (Method::Bank, Country::Co, "teemopay") => of("1014", "00000000001", "savings"),
        (Method::Bank, Country::Co, _) => of("1007", "00000000001", "savings"),
        (Method::Bank, Country::Mx, "teemopay") => of("40012", "012180000000000015", "savings"),
        (Method::Bank, Country::Mx, _) => of("012", "012180000000000015", "savings"),
        (Method::Bank, Country::Uy, _) => of("113", "0000001", "savings"),
        (Method::Wallet, Country::Pe, "teemopay") => of("100", "900000001", ""),
        (Method::Wallet, Country::Pe, _) => of("901", "900000001", ""),
        (Method::Wallet, Country::Co, _) => of("1507", "3000000001", ""),
        (Method::Instant, Country::Co, _) => of("", "3000000001", "phone"),
        (Method::Instant, Country::Br, _) => of("", "example@example.com", "email"),
        (Method::Bank | Method::Wallet | Method::Instant | Method::Cash, _, _) => of("", "", ""),
    }
}

/// The number of a made-up document; all of them have the form that their check digits demand.
pub(crate) fn document(country: Country, kind: &str) -> &'static str {
    match (country, kind) {
        (Country::Ar, "CUIT" | "CUIL") => "20990000019",
        (Country::Br, _) => "99000000130",
        (Country::Cl, _) => "990000018",
        (Country::Co, _) => "1990000001",
        (Country::Mx, _) => "XEXX010101HNEXXX04",
        (Country::Ar | Country::Pe, _) => "99000001",
        (Country::Uy, _) => "99000017",
    }
}

/// The number of a made-up mobile telephone, as its country writes it at home.
pub(crate) const fn phone(country: Country) -> &'static str {
    match country {
        Country::Co => "3000000001",
        Country::Ar | Country::Br | Country::Mx => "9900000001",
        Country::Cl | Country::Pe | Country::Uy => "900000001",
    }
}
