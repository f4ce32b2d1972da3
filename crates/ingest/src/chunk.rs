//! Some rows, judged: each is a payout or has an error, never both, never neither.

use jiff::Timestamp;
use payrun_domain::{
    fault::{Fault, Field, Severity},
    id::{Ids, PayoutId, kind},
};
use payrun_store::{NewPayout, RiskFlag, RowFault};

use crate::{
    cell,
    directory::Directory,
    duplicates::DuplicateRows,
    row::Row,
    validate::{ValidRow, validate},
};

/// Consecutive rows and what became of each.
pub struct Chunk {
    /// As they stand in the file or message; none at its end.
    pub rows: Vec<Row>,
    /// The rows that are payouts.
    pub payouts: Vec<NewPayout>,
    /// What is wrong with rows, and what is strange about payouts.
    pub faults: Vec<RowFault>,
}

/// Judges the rows of one file or message.
pub struct Validator {
    ids: Ids<kind::Payout>,
    /// Knows the rows before.
    duplicates: DuplicateRows,
}

impl Validator {
    /// For rows that came at `now`.
    pub fn at(now: Timestamp) -> Self {
        Self { ids: Ids::at(now), duplicates: DuplicateRows::default() }
    }

    /// What becomes of the next rows.
    pub fn chunk(&mut self, rows: Vec<Row>, directory: &Directory) -> Chunk {
        let (mut payouts, mut faults) = (Vec::new(), Vec::new());
        for row in &rows {
            let id = self.ids.fresh();
            let (valid, mut found) = validate(row, directory, id);
            if let Some(payout) = valid.map(|valid| payout(row, id, valid)) {
                if row.has_derived_id() {
                    found.push(without_id());
                }
                if row.is_hidden() {
                    found.push(hidden());
                }
                if EXAMPLES.iter().any(|example| payout.client_id.starts_with(example)) {
                    found.push(example());
                }
                found.extend(self.duplicates.of(&payout));
                payouts.push(payout);
            }
            faults.extend(found.into_iter().map(|fault| row_fault(row, fault)));
        }
        Chunk { rows, payouts, faults }
    }
}

fn payout(row: &Row, id: PayoutId, valid: ValidRow) -> NewPayout {
    NewPayout {
        id,
        row: row.number,
        line: row.line,
        client_id: row.get(Field::ClientId).to_owned(),
        account: valid.account,
        order: valid.order,
    }
}

/// How the ids of a template's example rows begin.
const EXAMPLES: [&str; 3] = ["EXAMPLE-", "EJEMPLO-", "EXEMPLO-"];

fn example() -> Fault {
    let reason = "this is the row of a template that shows how to fill it in; delete it";
    Fault::warning(Field::ClientId, RiskFlag::ExampleRow.code(), reason)
}

fn hidden() -> Fault {
    let reason = "the workbook hides or filters this row; is it meant to be paid?".to_owned();
    Fault { severity: Severity::Warning, field: None, code: RiskFlag::RowHidden.code(), reason }
}

fn without_id() -> Fault {
    let reason = "the file has no column client_id; only its content can tell whether the row came before";
    Fault::warning(Field::ClientId, RiskFlag::ClientIdDerived.code(), reason)
}

fn row_fault(row: &Row, fault: Fault) -> RowFault {
    RowFault {
        line: row.line,
        row: row.number,
        severity: fault.severity,
        field: fault.field,
        code: fault.code.to_owned(),
        value_masked: fault.field.and_then(|field| cell::shown(field, row.get(field))),
        reason: fault.reason,
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, sync::Arc};

    use payrun_domain::{beneficiary::Destination, country::Country, money::Currency};
    use proptest::{prelude::*, sample::select};

    use payrun_store::HoldPolicy;

    use super::*;
    use crate::{directory::Route, header::Header};

    const GOOD: [&str; 19] = [
        "a-1",
        "bamboo-pe",
        "PE",
        "PEN",
        "1250.50",
        "bank",
        "Ana",
        "Prueba",
        "",
        "DNI",
        "99000001",
        "003",
        "00320000300123456731",
        "savings",
        "Planilla",
        "",
        "",
        "",
        "",
    ];

    fn directory() -> Directory {
        let check = |order: &payrun_domain::order::Order| match order.beneficiary.document.kind.as_str() {
            "DNI" => Vec::new(),
            "CE" => vec![Fault::warning(Field::DocumentType, "document_type_rare", "look again")],
            _ => vec![Fault::of(Field::DocumentType, "document_type_unknown", "unknown document")],
        };
        let routes = vec![Route {
            name: "bamboo-pe".parse().unwrap(),
            country: Country::Pe,
            currency: Currency::Pen,
            amount_minor_max: 1_000_000,
            check: Box::new(check),
            bank_code: Box::new(|entity| (entity == "003").then(|| "2".to_owned())),
        }];
        Directory::new(routes, HoldPolicy { flags: Vec::new(), repeat_days: 1 })
    }

    fn judge(rows: Vec<Vec<String>>) -> Chunk {
        let header = Arc::new(Header::canonical());
        let rows = rows.into_iter().zip(1..).map(|(cells, number)| Row::of_message(cells, number, &header));
        Validator::at(Timestamp::UNIX_EPOCH).chunk(rows.collect(), &directory())
    }

    fn cell() -> impl Strategy<Value = String> {
        let words = [
            "",
            "PE",
            "CL",
            "PEN",
            "USD",
            "bamboo-pe",
            "1",
            "1250.50",
            "1e3",
            "-1",
            "bank",
            "wallet",
            "instant",
            "cash",
            "savings",
            "email",
            "4111111111111111",
            "1.2E+15",
            "Ana ",
            "DNI",
            "CE",
        ];
        prop_oneof![4 => select(words.to_vec()).prop_map(str::to_owned), 1 => any::<String>()]
    }

    fn row() -> impl Strategy<Value = Vec<String>> {
        let changed = prop::collection::vec((0..GOOD.len(), cell()), 0..4).prop_map(|changes| {
            let mut cells = GOOD.map(str::to_owned).to_vec();
            for (place, cell) in changes {
                cells[place] = cell;
            }
            cells
        });
        prop_oneof![4 => changed, 1 => prop::collection::vec(cell(), 0..20)]
    }

    proptest! {
        #[test]
        fn every_row_is_a_payout_or_is_rejected(rows in prop::collection::vec(row(), 1..20)) {
            let chunk = judge(rows);
            let paid: BTreeSet<i32> = chunk.payouts.iter().map(|payout| payout.row).collect();
            let errors = chunk.faults.iter().filter(|fault| fault.severity == Severity::Error);
            let rejected: BTreeSet<i32> = errors.map(|fault| fault.row).collect();
            prop_assert!(paid.is_disjoint(&rejected));
            prop_assert_eq!(paid.len() + rejected.len(), chunk.rows.len());
            prop_assert_eq!(paid.len(), chunk.payouts.len());
        }

        #[test]
        fn an_accepted_row_says_what_was_written(row in row()) {
            let chunk = judge(vec![row.clone()]);
            if let [payout] = chunk.payouts.as_slice() {
                prop_assert_eq!(&payout.client_id, &row[0]);
                prop_assert_eq!(payout.order.description.expose(), &row[14]);
                prop_assert_eq!(payout.order.beneficiary.document.number.expose(), &row[10]);
                let number = payout.order.beneficiary.destination.number().map_or("", |number| number.expose());
                prop_assert_eq!(number, &row[12]);
            }
        }
    }

    #[test]
    fn a_warning_leaves_the_row_a_payout() {
        let mut cells = GOOD.map(str::to_owned);
        cells[9] = "CE".to_owned();
        let chunk = judge(vec![cells.to_vec()]);
        let [fault] = chunk.faults.as_slice() else { panic!("{:?}", chunk.faults) };
        assert_eq!((fault.severity, fault.row, chunk.payouts.len()), (Severity::Warning, 1, 1));
        cells[4] = "0".to_owned();
        let chunk = judge(vec![cells.to_vec()]);
        let codes: Vec<&str> = chunk.faults.iter().map(|fault| fault.code.as_str()).collect();
        assert_eq!((codes, chunk.payouts.len()), (vec!["amount_zero", "document_type_rare"], 0));
    }

    /// Decided once, when the row comes in; an unknown one is said, not guessed.
    #[test]
    fn a_neutral_bank_becomes_the_providers() {
        let mut cells = GOOD.map(str::to_owned);
        cells[11] = "supervisor:003".to_owned();
        let chunk = judge(vec![cells.to_vec()]);
        let [payout] = chunk.payouts.as_slice() else { panic!("{:?}", chunk.faults) };
        let Destination::Bank { bank, .. } = &payout.order.beneficiary.destination else { panic!("no bank") };
        assert_eq!(bank, "2");
        cells[11] = "supervisor:999".to_owned();
        let chunk = judge(vec![cells.to_vec()]);
        let codes: Vec<&str> = chunk.faults.iter().map(|fault| fault.code.as_str()).collect();
        assert_eq!((codes, chunk.payouts.len()), (vec!["bank_entity"], 0));
    }

    #[test]
    fn a_good_row_is_a_payout() {
        let chunk = judge(vec![GOOD.map(str::to_owned).to_vec()]);
        let [payout] = chunk.payouts.as_slice() else { panic!("{:?}", chunk.faults) };
        assert_eq!(payout.order.amount.to_string(), "1250.50 PEN");
        assert_eq!((payout.row, payout.account.as_str()), (1, "bamboo-pe"));
    }
}
