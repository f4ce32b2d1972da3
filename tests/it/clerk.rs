//! What a clerk and her colleague do with a file, from the command line.

use payrun_tests::{Options, Payroll, Provider, World};

const ROWS: usize = 12;

/// The usual payroll, as another program would export it: sorted backwards, with semicolons,
/// decimal commas, and ids of its own.
fn exported_again(world: &World, prefix: &str, from: &str) -> String {
    let csv = Payroll::csv(Provider::Bamboo, world.account(), prefix, ROWS);
    let mut lines = csv.lines();
    let header = lines.next().unwrap().replace(',', ";").replace("document_number", "Nº Documento");
    let rows = lines.rev().map(|line| {
        let line = line.replace(',', ";").replace(prefix, from);
        line.replacen(".50;", ",50;", 1)
    });
    std::iter::once(header).chain(rows).collect::<Vec<_>>().join("\r\n")
}

/// Pay day has come and gone, and a clerk sends the payroll once more under another name.
#[test]
fn a_copy_of_a_payroll_is_recognised_by_what_it_pays() {
    let world = World::with("payrun_it_copy", &Options { hold: "\"repeated\"", ..Options::default() });
    let run = world.start("run");
    let first = world.approved_batch("first", ROWS);
    assert_eq!(world.settled(&first), 12);
    let copy = world.file("Planilla corregida.csv", &exported_again(&world, "first", "copy"));
    let imported = world.run(&["--as", "ana", "import", copy.to_str().unwrap()]);
    assert_eq!((&imported["accepted"], &imported["held"]), (&12.into(), &12.into()), "{imported}");
    let batch = imported["batch"].as_str().unwrap();
    let held = world.run(&["batch", "held", batch]);
    assert_eq!((held[0]["row"].as_i64(), held.as_array().unwrap().len()), (Some(1), 12));
    assert!(held[0]["reason"].as_str().unwrap().contains(&format!("row 12 of batch {first}")), "{held}");
    let digest = world.run(&["batch", "show", batch])["digest"].as_str().unwrap().to_owned();
    let approve = ["--as", "luis", "batch", "approve", batch, "--digest", &digest];
    let (status, _, said) = world.try_run(&approve);
    assert!(status.code() == Some(3) && said.contains("12 rows of the batch are held"), "{said}");
    let reason = "--reason=a bonus of the same amount, asked payroll";
    let (status, ..) = world.try_run(&["--as", "ana", "batch", "release", batch, reason]);
    assert_eq!(status.code(), Some(3), "not by its uploader");
    world.run(&["--as", "luis", "batch", "release", batch, "--rows", "1,3-4", reason]);
    world.run(&["--as", "luis", "batch", "exclude", batch, "--rows", "2,5-12"]);
    world.run(&approve);
    assert_eq!(world.settled(batch), 3);
    run.kill();
    let audit = world.audit();
    assert_eq!((audit.paid, world.ledger().accepted), (15, 15), "excluded rows were never sent");
}

#[test]
fn a_file_that_adds_up_to_something_else_is_not_stored() {
    let world = World::new("payrun_it_expected");
    let file = world.file("payroll.csv", &Payroll::csv(Provider::Bamboo, world.account(), "sum", 2));
    let import = |count: &str, total: &str| {
        let arguments = [
            "--as",
            "ana",
            "import",
            file.to_str().unwrap(),
            "--expect-count",
            count,
            "--expect-total",
            total,
        ];
        world.try_run(&arguments)
    };
    for (count, total) in [("3", "PEN=2004.00"), ("2", "PEN=2004.01"), ("2", "USD=2004.00")] {
        let (status, _, said) = import(count, total);
        assert!(status.code() == Some(3) && said.contains("2 rows of 2004.00 PEN"), "{said}");
    }
    assert_eq!(world.run(&["batch", "list"]).as_array().unwrap().len(), 0);
    let (status, stored, said) = import("2", "PEN=2004.00");
    assert!(status.success() && stored["accepted"] == 2, "{said}");
}

/// Their columns, once written down, are read ever after.
#[test]
fn a_customers_own_layout_is_saved_and_read() {
    let world = World::new("payrun_it_layout");
    let theirs = "Colaborador;Apellidos;DNI;Neto quincena;Cod Bco;CCI;Sede\n\
                  Rosa;Prueba;40000001;1.250,50;003;00320000300123456731;Lima\n";
    let file = world.file("theirs.csv", theirs);
    let (status, _, said) = world.try_run(&["check", file.to_str().unwrap()]);
    assert!(status.code() == Some(3) && said.contains("payrun map"), "{said}");
    let layout = world.folder().join("acme.toml");
    let values =
        ["country=PE", "currency=PEN", "method=bank", "document_type=DNI", "bank_account_type=savings"];
    let values = values.map(|value| format!("--value={value}"));
    let mut arguments = vec!["map", file.to_str().unwrap(), "--output", layout.to_str().unwrap()];
    arguments.extend(values.iter().map(String::as_str));
    world.try_run(&arguments);
    let proposed = std::fs::read_to_string(&layout).unwrap();
    assert!(
        proposed.contains("\"DNI\" = \"document_number\"") && proposed.contains("\"Colaborador\" = \"\""),
        "{proposed}"
    );
    let completed = proposed
        .replace("\"Colaborador\" = \"\"", "\"Colaborador\" = \"first_name\"")
        .replace("\"Cod Bco\" = \"\"", "\"Cod Bco\" = \"bank\"")
        .replace("\"Neto quincena\" = \"\"", "\"Neto quincena\" = \"amount\"");
    world.file("acme.toml", &completed);
    let checked = world.run(&["check", file.to_str().unwrap(), "--layout", layout.to_str().unwrap()]);
    assert_eq!(
        (&checked["accepted"], &checked["found"]["decimal"]),
        (&1.into(), &"comma".into()),
        "{checked}"
    );
}

#[test]
fn a_doubt_is_explained_in_the_clerks_language() {
    let world = World::new("payrun_it_language");
    let csv = Payroll::csv(Provider::Bamboo, world.account(), "es", 2).replace("40000001", "4000001");
    let file = world.file("payroll.csv", &csv);
    let copy = world.folder().join("para corregir.csv");
    let (status, report, _) = world.try_run(&[
        "check",
        file.to_str().unwrap(),
        "--lang",
        "es",
        "--annotated",
        copy.to_str().unwrap(),
    ]);
    assert_eq!(status.code(), Some(4));
    let reason = report["faults"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("ceros iniciales") && reason.contains("8 digits; this one has 7"), "{report}");
    let (status, _, said) =
        world.try_run(&["check", file.to_str().unwrap(), "--lang", "pt", "--sheet", "Folha"]);
    assert!(status.code() == Some(3) && said.contains("não serve") && said.contains("--sheet"), "{said}");
    let copy = std::fs::read_to_string(copy).unwrap();
    assert_eq!(copy.lines().count(), 3);
    assert!(copy.lines().nth(1).unwrap().contains(&format!("document_number: {reason}")), "{copy}");
}

/// Who sends a workbook gets a workbook back, and may send that once it is mended.
#[test]
fn a_copy_may_be_a_workbook() {
    let world = World::new("payrun_it_workbook_copy");
    let csv = Payroll::csv(Provider::Bamboo, world.account(), "copy", 3).replace("40000001", "4000001");
    let file = world.file("payroll.csv", &csv);
    let copy = world.folder().join("copy.xlsx");
    let copy = copy.to_str().unwrap();
    let (_, first, _) = world.try_run(&["check", file.to_str().unwrap(), "--annotated", copy]);
    let (_, again, _) = world.try_run(&["check", copy]);
    assert_eq!(again["found"]["format"], "xlsx");
    assert_eq!((&again["accepted"], &again["sums"]), (&first["accepted"], &first["sums"]), "{again}");
    assert_eq!(again["faults"][0]["reason"], first["faults"][0]["reason"]);
    assert_eq!(
        std::fs::read_dir(world.folder())
            .unwrap()
            .filter(|entry| { entry.as_ref().unwrap().file_name().to_str().unwrap().starts_with("copy") })
            .count(),
        1,
        "nothing is left over"
    );
}

/// One reading pays a thousand times the other.
#[test]
fn an_amount_with_two_readings_is_refused_with_both() {
    let world = World::new("payrun_it_open");
    let csv = Payroll::csv(Provider::Bamboo, world.account(), "open", 2);
    let csv = csv.replace("1001.50", "1.000").replace("1002.50", "25.000");
    let file = world.file("payroll.csv", &csv);
    let (status, _, said) = world.try_run(&["check", file.to_str().unwrap()]);
    assert!(status.code() == Some(3) && said.contains("1000") && said.contains("1.000"), "{said}");
    let checked = world.run(&["check", file.to_str().unwrap(), "--decimal", "comma"]);
    assert_eq!(checked["accepted"], 2, "{checked}");
}
