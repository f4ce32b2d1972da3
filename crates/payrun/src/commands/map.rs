//! `payrun map`: a customer's own columns, to be saved.

use std::{io::Write as _, path::PathBuf};

use clap::Args;
use payrun_domain::fault::Field;
use payrun_ingest::{Layout, headings};

use crate::{
    commands::reading::{ReadingArgs, upload},
    context::Context,
    failure::Failure,
    output::new_file::NewFile,
};

#[derive(Debug, Args)]
pub(crate) struct MapArgs {
    /// A payroll file of theirs.
    file: PathBuf,
    /// What all rows have in common, such as `country=PE`.
    #[arg(long = "value", value_name = "COLUMN=VALUE")]
    values: Vec<String>,
    /// Write the layout to this file instead of the terminal.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Which sheet of a workbook.
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
}

/// Writes down what each heading is read as, and leaves open what is not understood.
pub(crate) async fn run(context: &Context, arguments: &MapArgs) -> Result<(), Failure> {
    let MapArgs { file, values, output, sheet } = arguments;
    let reading = ReadingArgs { sheet: sheet.clone(), ..ReadingArgs::default() };
    let upload = upload(context, file, &reading)?;
    let found = tokio::task::spawn_blocking(move || headings(upload)).await.map_err(anyhow::Error::from)?;
    let found = found.map_err(|error| Failure::refused(format!("{}: {error}", file.display())))?;
    let values = values.iter().map(|value| pair(value)).collect::<Result<Vec<_>, Failure>>()?;
    // Which of two amounts is meant, only a person knows: both are left open.
    let times = |field: Field| found.iter().filter(|(_, other)| *other == Some(field)).count();
    let column =
        |field: Option<Field>| field.filter(|field| times(*field) == 1).map_or("", Field::column).to_owned();
    let layout = Layout {
        columns: found.iter().map(|(name, field)| (name.clone(), column(*field))).collect(),
        values: values.into_iter().collect(),
    };
    layout.check().map_err(|error| Failure::refused(error.to_string()))?;
    let text = written(&layout);
    if let Some(path) = output.as_deref().filter(|path| path.exists()) {
        return Err(Failure::refused(format!("{} is there already; name another file", path.display())));
    }
    let Some(path) = output.as_deref() else {
        return context.output.answer(&layout, |_| text);
    };
    let (new, mut file) = NewFile::begin(path, 0o644, Some(file))?;
    file.write_all(text.as_bytes()).map_err(anyhow::Error::from)?;
    new.keep()?;
    context
        .output
        .line(&format!("written to {0}; complete it, then: payrun check FILE --layout {0}", path.display()));
    Ok(())
}

fn pair(text: &str) -> Result<(String, String), Failure> {
    let (column, value) =
        text.split_once('=').ok_or_else(|| Failure::refused(format!("--value {text}: write country=PE")))?;
    Ok((column.to_owned(), value.to_owned()))
}

fn written(layout: &Layout) -> String {
    // A JSON string is a TOML string.
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut text = "# Which heading is which column of payrun; \"\" is passed over.\n[columns]\n".to_owned();
    for (name, column) in &layout.columns {
        text.push_str(&format!("{} = {}\n", quoted(name), quoted(column)));
    }
    let open: Vec<&str> = Field::ALL
        .map(Field::column)
        .into_iter()
        .filter(|column| {
            !layout.columns.values().any(|known| known == column) && !layout.values.contains_key(*column)
        })
        .collect();
    text.push_str("\n# What all rows have in common.");
    text.push_str(&if open.is_empty() {
        String::new()
    } else {
        format!(" Not in the file: {}.", open.join(", "))
    });
    text.push_str("\n[values]\n");
    for (column, value) in &layout.values {
        text.push_str(&format!("{column} = {}\n", quoted(value)));
    }
    text
}
