//! Bamboo's countries: what can be paid there, with which documents, into which accounts.

use super::account::AccountRule;
use super::document::{DocumentRule, Form, Holder};
use super::kind::Kind;
use super::model::Model;

/// One destination country.
pub(crate) struct Country {
    /// ISO 3166-1 alpha-2.
    pub(crate) code: &'static str,
    /// The currency a beneficiary there is paid in.
    pub(crate) currency: &'static str,
    pub(crate) kinds: &'static [Kind],
    pub(crate) models: &'static [Model],
    pub(crate) account: AccountRule,
    pub(crate) documents: &'static [DocumentRule],
}

impl Country {
    /// The country with an ISO code, if Bamboo pays there.
    pub(crate) fn find(code: &str) -> Option<&'static Self> {
        COUNTRIES.iter().find(|country| country.code == code)
    }

    /// Countries reached over SWIFT want a BIC and a remitter in place of a bank code.
    pub(crate) fn is_swift(&self) -> bool {
        !["AR", "BR", "CL", "CO", "MX", "PE", "UY"].contains(&self.code)
    }

    /// The model that a pair of currencies means here.
    pub(crate) fn model(&self, currency: &str, destination: &str) -> Option<Model> {
        let model = match (currency, destination) {
            ("USD", "USD") => Model::Usd2usd,
            ("USD", local) if local == self.currency => Model::Usd2l,
            (from, to) if from == self.currency && to == self.currency => Model::L2l,
            _ => return None,
        };
        self.models.contains(&model).then_some(model)
    }
}

/// Every currency the API knows.
pub(crate) const CURRENCIES: [&str; 22] = [
    "USD", "ARS", "BRL", "CLP", "COP", "MXN", "PEN", "UYU", "BAM", "BGN", "CRC", "DOP", "EGP", "GTQ", "ILS",
    "NIO", "NOK", "PYG", "TRY", "CNY", "BOB", "HNL",
];

/// Whether Bamboo pays in a country at all.
pub(crate) fn is_covered(code: &str) -> bool {
    Country::find(code).is_some()
}

const BANK: &[Kind] = &[Kind::Bank];
const LOCAL: &[Model] = &[Model::Usd2l, Model::L2l];
const LOCAL_AND_DOLLAR: &[Model] = &[Model::Usd2l, Model::L2l, Model::Usd2usd];
const FROM_DOLLAR: &[Model] = &[Model::Usd2l];
const DOLLAR: &[Model] = &[Model::Usd2usd];

const fn any(kind: &'static str, min: usize, max: usize) -> DocumentRule {
    document(kind, min, max, Form::Printed)
}

const fn digits(kind: &'static str, min: usize, max: usize) -> DocumentRule {
    document(kind, min, max, Form::Digits)
}

const fn document(kind: &'static str, min: usize, max: usize, form: Form) -> DocumentRule {
    DocumentRule { kind, min, max, form, holder: Holder::Both }
}

const fn of(holder: Holder, rule: DocumentRule) -> DocumentRule {
    DocumentRule { holder, ..rule }
}

const fn swift(
    code: &'static str,
    currency: &'static str,
    account: AccountRule,
    documents: &'static [DocumentRule],
) -> Country {
    Country { code, currency, kinds: BANK, models: FROM_DOLLAR, account, documents }
}

const fn dollarised(code: &'static str, documents: &'static [DocumentRule]) -> Country {
    let account = AccountRule::Alphanumeric { max: 35 };
    Country { code, currency: "USD", kinds: BANK, models: DOLLAR, account, documents }
}

const ALPHANUMERIC: AccountRule = AccountRule::Alphanumeric { max: 35 };
const PASSPORT: DocumentRule = any("PASSPORT", 1, 99);
const DNI: DocumentRule = any("DNI", 1, 99);

static COUNTRIES: [Country; 24] = [
    Country {
        code: "AR",
        currency: "ARS",
        kinds: BANK,
        models: LOCAL,
        account: AccountRule::Digits { min: 1, max: 22 },
        documents: &[digits("CUIT", 11, 11), of(Holder::Person, digits("CUIL", 11, 11))],
    },
    Country {
        code: "BR",
        currency: "BRL",
        kinds: &[Kind::Instant],
        models: LOCAL,
        account: AccountRule::None,
        documents: &[document("CPF", 11, 11, Form::Cpf), document("CNPJ", 14, 14, Form::Cnpj)],
    },
    Country {
        code: "CL",
        currency: "CLP",
        kinds: BANK,
        models: LOCAL,
        account: AccountRule::Digits { min: 1, max: 16 },
        documents: &[
            of(Holder::Person, document("CI", 8, 9, Form::DigitsOrFinalK)),
            of(Holder::Person, document("RUN", 8, 9, Form::DigitsOrFinalK)),
            document("RUT", 8, 9, Form::DigitsOrFinalK),
        ],
    },
    Country {
        code: "CO",
        currency: "COP",
        kinds: &[Kind::Bank, Kind::Wallet, Kind::Instant],
        models: LOCAL,
        account: AccountRule::Digits { min: 1, max: 17 },
        documents: &[
            digits("CC", 6, 10),
            digits("CE", 6, 10),
            of(Holder::Company, digits("NIT", 8, 15)),
            digits("PASSPORT", 6, 10),
        ],
    },
    Country {
        code: "MX",
        currency: "MXN",
        kinds: BANK,
        models: LOCAL,
        account: AccountRule::Clabe,
        documents: &[
            of(Holder::Person, document("CURP", 8, 18, Form::Alphanumeric)),
            document("RFC", 8, 18, Form::Alphanumeric),
        ],
    },
    Country {
        code: "PE",
        currency: "PEN",
        kinds: &[Kind::Bank, Kind::Wallet],
        models: LOCAL_AND_DOLLAR,
        account: AccountRule::Peru,
        documents: &[
            document("CE", 9, 9, Form::Alphanumeric),
            digits("DNI", 8, 8),
            document("DNI", 9, 9, Form::Alphanumeric),
            digits("PASSPORT", 7, 18),
            digits("RUC", 11, 11),
        ],
    },
    Country {
        code: "UY",
        currency: "UYU",
        kinds: BANK,
        models: LOCAL_AND_DOLLAR,
        account: AccountRule::Uruguay,
        documents: &[
            digits("CI", 6, 8),
            document("PASSPORT", 12, 12, Form::Alphanumeric),
            digits("RUT", 12, 12),
        ],
    },
    swift("BO", "BOB", AccountRule::Digits { min: 6, max: 35 }, &[any("CI", 7, 10)]),
    swift("BA", "BAM", AccountRule::Iban(20), &[PASSPORT, DNI]),
    swift("BG", "BGN", AccountRule::Iban(22), &[any("BULSTAT", 1, 99), PASSPORT]),
    swift("CN", "CNY", AccountRule::Digits { min: 1, max: 35 }, &[any("ID", 18, 18)]),
    swift("CR", "CRC", AccountRule::Iban(22), &[any("CI", 9, 12), PASSPORT]),
    swift("DO", "DOP", ALPHANUMERIC, &[any("CI", 11, 11), any("RNC", 11, 11)]),
    dollarised("EC", &[any("CI", 10, 10), any("RUC", 13, 13), any("PASSPORT", 6, 15)]),
    swift("EG", "EGP", AccountRule::Iban(29), &[DNI]),
    swift("GT", "GTQ", AccountRule::Iban(28), &[PASSPORT, DNI]),
    swift("HN", "HNL", AccountRule::Digits { min: 1, max: 35 }, &[any("ID", 13, 13), any("RTN", 14, 14)]),
    swift("IL", "ILS", AccountRule::Iban(23), &[PASSPORT, DNI]),
    swift("NI", "NIO", ALPHANUMERIC, &[any("CEDULA", 1, 99), any("RUC", 1, 99)]),
    swift("NO", "NOK", AccountRule::Iban(15), &[PASSPORT, DNI]),
    dollarised("PA", &[any("CEDULA", 7, 15), any("RUC", 7, 12), any("PASSPORT", 6, 15)]),
    swift("PY", "PYG", ALPHANUMERIC, &[any("CEDULA", 1, 99), any("RUC", 1, 99), PASSPORT]),
    dollarised("SV", &[any("DUI", 9, 9)]),
    swift("TR", "TRY", AccountRule::Iban(26), &[any("TCKN", 1, 99)]),
];
