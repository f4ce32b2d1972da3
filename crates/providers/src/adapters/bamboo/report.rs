//! The report of payouts: what Bamboo has, found without knowing a reference. Its documents say
//! that it may be a day behind, so that what it lacks proves nothing.

use jiff::{Timestamp, ToSpan as _, civil::DateTime, tz::TimeZone};
use payrun_domain::verdict::{Doubt, ProviderId, ProviderRefusal, Record, Verdict};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    account::Bamboo,
    enquiry::read,
    reply::{code, id},
};
use crate::{EnquiryError, PageRequest, PayoutEntry, PayoutPage, Reply, Request};

/// How large a page may be is not documented.
const PAGE_ROWS: usize = 200;

impl Bamboo {
    /// A page of the days that a time lies in; none without the account's number at Bamboo.
    pub(super) fn report(&self, page: &PageRequest<'_>) -> Option<Request> {
        let account = self.rules.merchant_account.as_deref()?;
        let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
        // The last day is left out.
        let (from, to) = (day(page.from), day(page.to).checked_add(1.day()).ok()?);
        let number = page.cursor.unwrap_or("1");
        Some(self.get(format!(
            "/api/payout/getreport?merchantAccount={account}&from={from}&to={to}&page={number}&pageSize={PAGE_ROWS}"
        )))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    #[serde(borrow)]
    data: Vec<Line<'a>>,
    page: usize,
    page_size: usize,
    total: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    #[serde(borrow)]
    payout_id: &'a RawValue,
    merchant_reference: String,
    /// By its name, where look-ups have its number.
    status: String,
    #[serde(default)]
    created: Option<String>,
    #[serde(borrow, default)]
    error_code: Option<&'a RawValue>,
}

/// The entries of a page that were made within its time.
pub(super) fn read_report(reply: &Reply, from: Timestamp, to: Timestamp) -> Result<PayoutPage, EnquiryError> {
    let report: Report<'_> = read(reply)?;
    let is_within = |line: &Line<'_>| line.made_at().is_none_or(|at| (from..to).contains(&at));
    let has_more = !report.data.is_empty() && report.page.saturating_mul(report.page_size) < report.total;
    Ok(PayoutPage {
        records: report.data.iter().filter(|line| is_within(line)).map(Line::entry).collect(),
        cursor: has_more.then(|| report.page.saturating_add(1).to_string()),
    })
}

impl Line<'_> {
    /// In UTC, which the report writes without saying so.
    fn made_at(&self) -> Option<Timestamp> {
        let local: DateTime = self.created.as_deref()?.trim_end_matches('Z').parse().ok()?;
        Some(local.to_zoned(TimeZone::UTC).ok()?.timestamp())
    }

    fn entry(&self) -> PayoutEntry {
        let verdict = id(self.payout_id).map_or(Verdict::Unknown(Doubt::Unreadable), |id| self.verdict(id));
        PayoutEntry { reference: self.merchant_reference.clone(), verdict }
    }

    fn verdict(&self, id: ProviderId) -> Verdict {
        let record = |id| Record { id, status: self.status.clone() };
        match self.status.as_str() {
            "Paid" => Verdict::Settled(record(id)),
            "Received" | "Validated" | "Held" | "Pending" | "Processing" => Verdict::Accepted(record(id)),
            // The reference was used before, perhaps by this very payout.
            "Rejected" | "Declined" if self.error_code.and_then(code) == Some(816) => {
                Verdict::Unknown(Doubt::DuplicateReference)
            }
            "Rejected" | "Declined" => {
                let code =
                    self.error_code.and_then(code).map_or("refused".to_owned(), |code| code.to_string());
                Verdict::Rejected(ProviderRefusal { id: Some(id), code, pause: None })
            }
            word => Verdict::unlisted(id, word),
        }
    }
}
