//! `payrun batch held`, `release` and `exclude`: what a second person looks at before an approval.

use payrun_app::{exclude, held, release};
use payrun_domain::id::BatchId;
use payrun_store::RiskFlag;

use crate::{
    context::{Acting, Context},
    failure::Failure,
    output::{amount, table},
};

pub(crate) async fn show(context: &Context, id: BatchId) -> Result<(), Failure> {
    let held = held::held(&context.store_of_reader().await?, id).await?;
    context.output.answer(&held, |held| {
        if held.is_empty() {
            return "no row of this batch is held".to_owned();
        }
        let rows = held.iter().map(|held| {
            [
                held.row.to_string(),
                held.client_id.clone(),
                amount(held.amount.minor(), held.amount.currency()),
                held.flag.code().to_owned(),
                held.reason.clone(),
            ]
        });
        let table = table(["row", "client id", "amount", "held for", "what was seen"], rows);
        format!(
            "{table}\n\nto release, as another person than the uploader: payrun --as NAME batch release {id} [--rows 3,7-9] [--code CODE] \
             --reason TEXT\nto pay them never: payrun --as NAME batch exclude {id} --rows 3,7-9"
        )
    })
}

pub(crate) async fn release(
    context: &Context,
    id: BatchId,
    rows: Option<Rows>,
    flag: Option<RiskFlag>,
    reason: &str,
) -> Result<(), Failure> {
    let which = release::Which { rows: rows.map_or_else(Vec::new, |rows| rows.0), flag };
    let Acting { store, actor } = context.store_of_person().await?;
    let released = release::release(&store, &actor, id, which, reason).await?;
    context.output.answer(&released, |done| {
        let next = if done.more_held {
            format!("others are still held: payrun batch held {id}")
        } else {
            format!("next: payrun batch show {id}")
        };
        format!("{} rows await approval now; {next}", done.released)
    })
}

pub(crate) async fn exclude(context: &Context, id: BatchId, rows: &Rows) -> Result<(), Failure> {
    let Acting { store, actor } = context.store_of_person().await?;
    let excluded = exclude::exclude(&store, &actor, id, &rows.0).await?;
    context.output.answer(&excluded, |done| {
        format!("{} rows are excluded and will not be paid; next: payrun batch show {id}", done.excluded)
    })
}

/// Numbers of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rows(pub(crate) Vec<i32>);

/// No more can be meant by hand.
const ROWS_MAX: usize = 100_000;

/// Reads `3,7-9`.
pub(crate) fn rows(text: &str) -> Result<Rows, String> {
    let mut rows = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str| {
            let number = text.trim().parse::<i32>().ok().filter(|number| *number > 0);
            number.ok_or_else(|| format!("{part} names no rows; write 3,7-9"))
        };
        let (first, last) = (number(first)?, number(last)?);
        if first > last || usize::try_from(last.saturating_sub(first)).map_or(true, |count| count >= ROWS_MAX)
        {
            return Err(format!("{part} names no rows, or too many; write 3,7-9"));
        }
        rows.extend(first..=last);
    }
    Ok(Rows(rows))
}

/// Reads a code.
pub(crate) fn flag(code: &str) -> Result<RiskFlag, String> {
    RiskFlag::of(code).ok_or_else(|| format!("it is one of {}", RiskFlag::ALL.map(RiskFlag::code).join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_named_one_by_one_or_from_to() {
        assert_eq!(rows("3,7-9"), Ok(Rows(vec![3, 7, 8, 9])));
        for wrong in ["", "0", "9-7", "a", "1-", "1-2000000000"] {
            assert!(rows(wrong).is_err(), "{wrong}");
        }
    }
}
