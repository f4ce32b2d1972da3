//! Account numbers that have one form in the whole country.

use payrun_domain::{
    country::Country,
    fault::{Fault, Field},
};

use super::{damaged, digits, entity, shaped};

/// CCI, Peru. That its check digits must fit is written nowhere, and examples of providers break
/// it.
pub(crate) fn cci(number: &str) -> Vec<Fault> {
    let damage = damaged(Field::BankAccount, number, "CCI", 20, digits::is_cci);
    if let Some(fault) = damage.or_else(|| length(number, 20, "CCI")) {
        return vec![fault];
    }
    let mut faults = Vec::new();
    if !digits::is_cci(number) {
        let reason = "the last two digits of the CCI, which check the others, do not fit; compare it with what the beneficiary gave";
        faults.push(Fault::warning(Field::BankAccount, "cci_check_digits", reason));
    }
    if number.get(..3).is_some_and(|code| entity::name(Country::Pe, code).is_none()) {
        let reason = "the first three digits of the CCI are those of no entity that payrun knows";
        faults.push(Fault::warning(Field::BankAccount, "cci_entity", reason));
    }
    faults
}

/// CLABE, Mexico.
pub(crate) fn clabe(number: &str) -> Vec<Fault> {
    checked(number, 18, "CLABE", digits::is_clabe)
}

/// CBU or CVU, Argentina.
pub(crate) fn cbu(number: &str) -> Vec<Fault> {
    checked(number, 22, "CBU or CVU", digits::is_cbu)
}

/// The account of an entity begins with the entity's code, in Argentina, Mexico and Peru.
pub(crate) fn of_bank(country: Country, entity: &str, number: &str) -> Option<Fault> {
    if number.starts_with(entity) {
        return None;
    }
    let named =
        |code: &str| entity::name(country, code).map_or_else(String::new, |name| format!(" ({name})"));
    let found = number.get(..entity.len()).unwrap_or_default();
    let reason = format!(
        "the account begins with {found}{}, and the column bank says {entity}{}; were two columns swapped?",
        named(found),
        named(entity)
    );
    Some(Fault::of(Field::BankAccount, "bank_mismatch", reason))
}

fn checked(number: &str, count: usize, name: &str, holds: fn(&str) -> bool) -> Vec<Fault> {
    let wrong =
        || (!holds(number)).then(|| format!("the check digits of the {name} do not fit: a digit is wrong"));
    let fault = damaged(Field::BankAccount, number, name, count, holds)
        .or_else(|| length(number, count, name))
        .or_else(|| wrong().map(|reason| Fault::of(Field::BankAccount, "bank_account", reason)));
    fault.into_iter().collect()
}

fn length(number: &str, count: usize, name: &str) -> Option<Fault> {
    let wrong = !shaped(number, count..=count, false);
    wrong.then(|| {
        Fault::of(
            Field::BankAccount,
            "bank_account",
            format!("the account must be a {name}: {count} digits and nothing between them"),
        )
    })
}

#[cfg(test)]
mod tests {
    use payrun_domain::fault::Severity;

    use super::*;

    fn found(faults: &[Fault]) -> Vec<(Severity, &str)> {
        faults.iter().map(|fault| (fault.severity, fault.code)).collect()
    }

    #[test]
    fn what_is_not_official_is_a_warning() {
        assert_eq!(found(&cci("00320000300123456731")), []);
        assert_eq!(found(&cci("00320000300123456732")), [(Severity::Warning, "cci_check_digits")]);
        assert_eq!(
            found(&cci("12345678901234567890")),
            [(Severity::Warning, "cci_check_digits"), (Severity::Warning, "cci_entity")]
        );
        assert_eq!(found(&clabe("032180000118359718")), [(Severity::Error, "bank_account")]);
        assert_eq!(found(&cbu("0000053600000000000566")), [(Severity::Error, "bank_account")]);
    }

    #[test]
    fn a_lost_zero_is_named() {
        for (faults, name, fits) in [
            (cci("0320000300123456731"), "CCI has 20", true),
            (clabe("32180000118359719"), "CLABE has 18", true),
            (cbu("850590940090418135201"), "CBU or CVU has 22", false),
        ] {
            let [fault] = faults.as_slice() else { panic!("{faults:?}") };
            assert_eq!(fault.code, "cell_leading_zeros");
            assert!(fault.reason.contains(name), "{}", fault.reason);
            assert_eq!(fault.reason.contains("check digits fit"), fits, "{}", fault.reason);
        }
    }

    #[test]
    fn two_columns_swapped_name_both_banks() {
        assert_eq!(of_bank(Country::Pe, "003", "00320000300123456731"), None);
        let fault = of_bank(Country::Pe, "002", "00320000300123456731").unwrap();
        assert!(
            fault.reason.contains("003 (INTERBANK)") && fault.reason.contains("002 (BCP)"),
            "{}",
            fault.reason
        );
    }
}
