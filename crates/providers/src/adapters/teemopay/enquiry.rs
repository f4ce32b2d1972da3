//! The balance, and the list of payouts.

use jiff::Timestamp;
use payrun_domain::{
    money::Currency,
    verdict::{Doubt, Verdict},
};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    account::TeemoPay,
    reply::{Payout, data, text},
    request::{Fields, Value},
};
use crate::{
    Balance, Effect, EnquiryError, PageRequest, PayoutEntry, PayoutPage, Reply, Request, Stamp,
    settlement_sla::standard_time,
};

/// The largest page that is taken.
const PAGE_ROWS: u16 = 1000;

impl TeemoPay {
    pub(super) fn ask_balance(&self, stamp: &Stamp<'_>) -> Option<Request> {
        self.post(Effect::ReadOnly, "/api/pay/merchant/balance", Fields::new(), stamp)
    }

    /// The whole of a window of at most 31 days that begins at most 90 days ago; the provider
    /// refuses others.
    pub(super) fn ask_list(&self, page: &PageRequest<'_>, stamp: &Stamp<'_>) -> Option<Request> {
        let local = |at: Timestamp| {
            // Fixed, without daylight saving: the provider's own.
            standard_time(self.rules.country).to_datetime(at).strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()
        };
        let mut fields = Fields::from([
            ("type", Value::Text("PAYOUT".to_owned())),
            ("pageSize", Value::Number(PAGE_ROWS)),
            ("beginTime", Value::Text(local(page.from))),
            ("endTime", Value::Text(local(page.to))),
        ]);
        if let Some(cursor) = page.cursor {
            fields.insert("pageIndex", Value::Text(cursor.to_owned()));
        }
        self.post(Effect::ReadOnly, "/api/pay/transaction/queryList", fields, stamp)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BalanceBody<'a> {
    #[serde(borrow)]
    total_amount: &'a RawValue,
    #[serde(borrow)]
    avail_amount: &'a RawValue,
}

pub(super) fn read_balance(reply: &Reply, currency: Currency) -> Result<Vec<Balance>, EnquiryError> {
    let balance: BalanceBody<'_> =
        serde_json::from_str(data(reply)?.get()).map_err(EnquiryError::Unreadable)?;
    Ok(vec![Balance {
        currency: currency.code().to_owned(),
        available: text(balance.avail_amount).to_owned(),
        total: Some(text(balance.total_amount).to_owned()),
    }])
}

/// The page's member of records has no documented name: it is the one that is a list.
pub(super) fn read_list(reply: &Reply, currency: Currency) -> Result<PayoutPage, EnquiryError> {
    let members: std::collections::BTreeMap<String, &RawValue> =
        serde_json::from_str(data(reply)?.get()).map_err(EnquiryError::Unreadable)?;
    let list = members.values().find(|value| value.get().starts_with('['));
    let payouts: Vec<Payout<'_>> = match list {
        Some(list) => serde_json::from_str(list.get()).map_err(EnquiryError::Unreadable)?,
        None => Vec::new(),
    };
    let cursor =
        members.get("pageIndex").map(|value| text(value)).filter(|cursor| !matches!(*cursor, "" | "null"));
    let record = |payout: Payout<'_>| PayoutEntry {
        verdict: payout
            .amount(currency)
            .map_or(Verdict::Unknown(Doubt::Unreadable), |amount| payout.of_amount(amount, None)),
        reference: payout.merchant_order_no,
    };
    Ok(PayoutPage {
        cursor: cursor.filter(|_| !payouts.is_empty()).map(str::to_owned),
        records: payouts.into_iter().map(record).collect(),
    })
}
