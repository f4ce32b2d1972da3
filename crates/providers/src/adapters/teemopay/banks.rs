//! TeemoPay's own numbers of banks, which no other provider shares: its 2 is Interbank, where
//! others number BCP so. The name must be sent beside.

use payrun_domain::country::Country;

use crate::knowledge;

/// A bank as TeemoPay knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PeruvianBank {
    pub(super) name: &'static str,
    /// The digits of its own account numbers: for savings, for checking. 20 where the CCI is the
    /// account.
    pub(super) lengths: (usize, usize),
}

/// Where the account's own field takes the CCI.
pub(super) const CCI: usize = 20;

/// Code, name, and the prefix of its CCIs where it is known beyond doubt.
const PE: [(&str, &str, &str); 38] = [
    ("1", "BCP", "002"),
    ("2", "INTERBANK", "003"),
    ("3", "BBVA", "011"),
    ("4", "SCOTIABANK", "009"),
    ("5", "COMERCIO", "023"),
    ("6", "INTERAMERICANO DE FINANZAS (BIF)", "038"),
    ("7", "PICHINCHA", "035"),
    ("8", "CITIBANK", "007"),
    ("9", "MIBANCO", "049"),
    ("11", "GNB", ""),
    ("12", "FALABELLA", "054"),
    ("13", "RIPLEY", "055"),
    ("14", "SANTANDER", ""),
    ("15", "AZTECA", ""),
    ("16", "CENCOSUD", ""),
    ("17", "ICBC", ""),
    ("18", "BANCO DE LA NACION", "018"),
    ("19", "CMAC AREQUIPA", "803"),
    ("20", "CUSCO", "806"),
    ("21", "HUANCAYO", "808"),
    ("22", "MAYNAS", ""),
    ("23", "CAJA METROPOLITANA", "800"),
    ("24", "ICA", "809"),
    ("25", "PIURA", "801"),
    ("26", "SULLANA", "805"),
    ("27", "TACNA", "813"),
    ("28", "TRUJILLO", "802"),
    ("43", "CREDISCOTIA", "043"),
    ("58", "ALFIN", "058"),
    ("62", "BANK OF CHINA", ""),
    ("63", "BCI PERU", ""),
    ("91", "COMPARTAMOS", "091"),
    ("93", "QAPAQ", ""),
    ("94", "OH", "094"),
    ("96", "EFECTIVA", "096"),
    ("99", "CONFIANZA", "099"),
    ("836", "CAJA RAIZ", ""),
    ("100", "YAPE", ""),
];

/// The wallet among them.
pub(super) const YAPE: &str = "100";

const CL: [(&str, &str); 23] = [
    ("001", "CHILE"),
    ("009", "INTERNACIONAL"),
    ("012", "ESTADO"),
    ("014", "SCOTIABANK"),
    ("016", "BCI"),
    ("017", "BRASIL"),
    ("027", "ITAU-CORPBANCA"),
    ("028", "BICE"),
    ("031", "HSBC"),
    ("037", "SANTANDER"),
    ("039", "ITAU"),
    ("041", "JPM"),
    ("043", "NACION"),
    ("045", "TOKYO-MITSUBISHI"),
    ("049", "SECURITY"),
    ("051", "FALABELLA"),
    ("052", "DEUTSCHE"),
    ("053", "RIPLEY"),
    ("055", "CONSORCIO"),
    ("056", "PENTA"),
    ("059", "BTG"),
    ("152", "LOS HEROES"),
    ("672", "COOPEUCH"),
];

const MX: [(&str, &str); 4] =
    [("40012", "BBVA"), ("40014", "SANTANDER"), ("90646", "STP"), ("2001", "BANXICO")];

const CO: [(&str, &str); 3] = [("1014", "ITAU"), ("1097", "DALE"), ("1151", "RAPPIPAY")];

/// How keys of Colombia's instant payments are addressed.
pub(super) const BREB: (&str, &str) = ("1098", "BREB");

/// The name that `code` is sent with, as far as it is known. Further ones are settings of the
/// account.
pub(super) fn name(country: Country, code: &str) -> Option<&'static str> {
    all(country).into_iter().find(|(known, _)| *known == code).map(|(_, name)| name)
}

/// Every code that is known, with its name: in Argentina those of the accounts.
pub(super) fn all(country: Country) -> Vec<(&'static str, &'static str)> {
    match country {
        Country::Pe => PE.iter().map(|(code, name, _)| (*code, *name)).collect(),
        Country::Cl => CL.to_vec(),
        Country::Mx => MX.to_vec(),
        Country::Co => CO.to_vec(),
        Country::Ar => knowledge::entities(country).to_vec(),
        Country::Br | Country::Uy => Vec::new(),
    }
}

/// A Peruvian bank.
pub(super) fn peruvian(code: &str) -> Option<PeruvianBank> {
    let (_, name, _) = PE.iter().find(|(known, ..)| *known == code)?;
    let lengths = match code {
        "1" => (14, 13),
        "2" => (13, 13),
        "3" => (18, 18),
        "4" => (10, 10),
        YAPE => (9, 9),
        _ => (CCI, CCI),
    };
    Some(PeruvianBank { name, lengths })
}

/// The code of the bank that supervisors number `entity`. Elsewhere the two are the same.
pub(super) fn of_entity(country: Country, entity: &str) -> Option<&str> {
    match country {
        Country::Pe => PE.iter().find(|(.., prefix)| *prefix == entity).map(|(code, ..)| *code),
        Country::Mx => MX
            .iter()
            .map(|(code, _)| *code)
            .find(|code| code.len() == 5 && code.ends_with(entity) && entity.len() == 3),
        // A number that TeemoPay gave to another use than the supervisor.
        Country::Cl if entity == "729" => Some("152"),
        Country::Ar | Country::Cl | Country::Co => knowledge::entity_name(country, entity).map(|_| entity),
        Country::Br | Country::Uy => None,
    }
}

/// The first three digits of its CCIs, where that is known beyond doubt.
pub(super) fn cci_prefix(code: &str) -> Option<&'static str> {
    PE.iter()
        .find(|(known, ..)| *known == code)
        .map(|(.., prefix)| *prefix)
        .filter(|prefix| !prefix.is_empty())
}
