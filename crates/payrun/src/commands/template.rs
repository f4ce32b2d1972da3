//! `payrun template`: an empty payroll for a clerk.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::{
    Args,
    builder::{PossibleValuesParser, TypedValueParser as _},
};
use payrun_domain::{country::Country, name::AccountName};
use payrun_providers::{ADAPTERS, Adapter, named};
use serde::Serialize;

use crate::{
    failure::Failure,
    output::{
        Output,
        language::Lang,
        new_file::NewFile,
        template::{Known, Template},
        workbook,
    },
};

#[derive(Debug, Args)]
pub(crate) struct TemplateArgs {
    /// Where the beneficiaries are: AR BR CL CO MX PE UY.
    pub(crate) country: Country,
    /// Who pays them.
    #[arg(long, value_parser = PossibleValuesParser::new(ADAPTERS.map(|adapter| adapter.name))
        .try_map(|name| named(&name).ok_or("no provider")))]
    pub(crate) provider: &'static Adapter,
    /// A new file that ends in .xlsx or .csv.
    #[arg(long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Language of headings, words and explanations.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) lang: Lang,
    /// Adds a column with the account that pays; needed where several pay that currency in the
    /// country.
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<AccountName>,
}

/// Writes it. Needs no configuration.
pub(crate) fn run(output: Output, arguments: &TemplateArgs) -> Result<(), Failure> {
    let TemplateArgs { country, provider, output: path, lang, account } = arguments;
    let Some(choices) = provider.choices(*country) else {
        return Err(Failure::refused(not_there(provider, *country)));
    };
    if fs::symlink_metadata(path).is_ok() {
        return Err(Failure::refused(format!("{} is there already; name another file", path.display())));
    }
    let known = Known { country: *country, choices: &choices, lang: *lang };
    let template = Template::new(&known, account.as_ref());
    let unwritten = || format!("{} cannot be written", path.display());
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("xlsx") => {
            let (new, file) = NewFile::begin(path, 0o644, None)?;
            workbook::write(&template, file).with_context(unwritten)?;
            new.keep()?;
        }
        Some("csv") => {
            let (new, file) = NewFile::begin(path, 0o644, None)?;
            template.write_csv(file).with_context(unwritten)?;
            new.keep()?;
        }
        Some(_) | None => {
            return Err(Failure::refused("--output: name a file that ends in .xlsx or .csv"));
        }
    }
    print_report(output, path, &template)
}

#[derive(Serialize)]
struct Written {
    file: String,
    columns: Vec<&'static str>,
    examples: usize,
}

fn print_report(output: Output, path: &Path, template: &Template) -> Result<(), Failure> {
    let written = Written {
        file: path.display().to_string(),
        columns: template.columns.iter().map(|column| column.field.column()).collect(),
        examples: template.examples.len(),
    };
    output.answer(&written, |written| {
        let zeros = if path.extension().is_some_and(|ending| ending == "csv") {
            "\na spreadsheet program drops leading zeros of a CSV; for one, write .xlsx"
        } else {
            ""
        };
        format!(
            "written to {0}; its rows are examples: delete them{zeros}\nnext, when it is filled in: payrun check {0}",
            written.file
        )
    })
}

fn not_there(provider: &Adapter, country: Country) -> String {
    let paid = Country::ALL.into_iter().filter(|country| provider.choices(*country).is_some());
    let paid = paid.map(Country::code).collect::<Vec<_>>().join(", ");
    let others = ADAPTERS.into_iter().filter(|other| other.choices(country).is_some());
    let others = others.map(|other| other.name).collect::<Vec<_>>().join(", ");
    format!("{} pays in {paid}, not in {country}; there pays: {others}", provider.name)
}
