//! Made-up people, good by the rules of their country; no real person's, as far as a number can
//! show.

use payrun_domain::country::Country;

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
