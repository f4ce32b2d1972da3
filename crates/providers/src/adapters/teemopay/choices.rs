//! What can be chosen from in a payroll for TeemoPay.

use payrun_domain::{
    beneficiary::{AccountKind, Method},
    country::Country,
    fault::Field,
};

use super::{banks, rules};
use crate::{
    ExampleDestination,
    choices::{self, Choices},
};

/// None in Uruguay, where it does not pay.
pub(super) fn choices(country: Country) -> Option<Choices> {
    let methods = rules::methods(country).to_vec();
    if methods.is_empty() {
        return None;
    }
    let (wants, takes) = match country {
        Country::Cl => (vec![Field::Phone, Field::Email], Vec::new()),
        Country::Pe => (Vec::new(), vec![Field::BankAccountLocal, Field::Phone]),
        Country::Ar | Country::Co => (Vec::new(), vec![Field::Phone, Field::Email]),
        Country::Br | Country::Mx | Country::Uy => (Vec::new(), vec![Field::Phone]),
    };
    let all = banks::all(country);
    let (wallets, banks): (Vec<_>, Vec<_>) = all.into_iter().partition(|(code, _)| *code == banks::YAPE);
    let of = |method: Method, codes: Vec<(&str, &str)>| {
        codes.into_iter().map(|(code, name)| choices::bank(method, code, name)).collect()
    };
    Some(Choices {
        banks: of(Method::Bank, banks),
        // In Argentina the account tells its bank; elsewhere an account's settings may name further
        // ones.
        other_banks: methods.contains(&Method::Bank) && country != Country::Pe,
        wallets: of(Method::Wallet, wallets),
        documents: rules::documents(country).iter().map(|(kind, _)| *kind).collect(),
        account_kinds: match country {
            // Any is taken, as the account tells; these are the ones that the country has.
            Country::Ar => vec![AccountKind::Savings, AccountKind::Checking],
            Country::Br | Country::Cl | Country::Co | Country::Mx | Country::Pe | Country::Uy => {
                rules::account_kinds(country)
            }
        },
        key_kinds: rules::key_kinds(country).to_vec(),
        methods,
        wants,
        takes,
        examples: examples(country),
        ..Choices::of(country)
    })
}

/// Where its own numbers of banks make another account of the example.
fn examples(country: Country) -> Vec<(Method, ExampleDestination)> {
    let new = ExampleDestination::new;
    match country {
        Country::Pe => vec![
            (
                Method::Bank,
                ExampleDestination { local: "2000000000001", ..new("2", "00300000000000000178", "savings") },
            ),
            (Method::Wallet, new(banks::YAPE, "900000001", "")),
        ],
        Country::Co => vec![(Method::Bank, new("1014", "00000000001", "savings"))],
        Country::Mx => vec![(Method::Bank, new("40012", "012180000000000015", "savings"))],
        Country::Ar | Country::Br | Country::Cl | Country::Uy => Vec::new(),
    }
}
