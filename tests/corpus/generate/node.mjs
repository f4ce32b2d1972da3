// Files 601-629: what scripts in Node write, by hand and with SheetJS. `node node.mjs`, with `xlsx` installed beside it or under NODE_PATH.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";

// Dates become serial numbers by the local clock.
process.env.TZ = "UTC";
const require = createRequire(import.meta.url);
const XLSX = require("xlsx");
const here = new URL("./", import.meta.url);
const people = JSON.parse(readFileSync(new URL("people.json", here), "utf8"));
const columns = Object.keys(people.pe[0]);
const headers = {
  co: "ID de pago|Cuenta origen|País|Moneda|Valor a pagar|Forma de pago|Nombres|Apellidos|Razón social|Tipo de identificación|N° de identificación|Código del banco|Número de cuenta|Tipo de cuenta|Descripción".split("|"),
  pe: "Referencia|Cuenta de cargo|País|Moneda|Monto a pagar|Medio de pago|Nombres|Apellidos|Razón social|Tipo Doc.|Nº Documento|Banco|Cuenta CCI|Tipo de cuenta|Glosa".split("|"),
  br: "ID do pagamento|Conta de débito|País|Moeda|Valor líquido|Forma de pagamento|Nome|Sobrenome|Razão social|Tipo de documento|Documento de identidade|Banco|Chave PIX|Tipo de chave|Descrição".split("|"),
};

function payroll(country, count, header = columns) {
  const rows = people[country].slice(0, count).map((row, place) => ({ ...row, client_id: `${country.toUpperCase()}-2026-11-${String(place + 1).padStart(3, "0")}` }));
  return { header, rows, faults: [] };
}

function spoil(made, place, column, value, code, hint) {
  made.rows[place - 1][column] = value;
  made.faults.push({ line: place + 1, column, code, ...(hint === undefined ? {} : { hint }) });
}

function expect(name, found, made, refused = null) {
  const at = (fault) => fault.line * 100 + columns.indexOf(fault.column);
  const faults = made ? [...made.faults].sort((one, next) => at(one) - at(next)) : [];
  const rejected = new Set(faults.map((fault) => fault.line)).size;
  const answer = { found, refused, accepted: made ? made.rows.length - rejected : 0, rejected, faults };
  writeFileSync(new URL(`../expected/${name}.json`, here), JSON.stringify(answer, null, 2) + "\n");
}

const keep = (name, bytes) => writeFileSync(new URL(`../files/${name}`, here), bytes);
const table = (made) => [made.header, ...made.rows.map((row) => columns.map((column) => row[column]))];
const found = (encoding, separator, line_end, decimal, container = "plain") => ({ container, format: "csv", encoding, separator, line_end, decimal });

function lines(made, separator, end) {
  const cell = (value) => (/[";,\t\r\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
  return table(made).map((row) => row.map(cell).join(separator)).join(end) + end;
}

function amounts(made, change) {
  for (const row of made.rows) row.amount = change(row.amount);
  return made;
}

function plain() {
  const bogota = payroll("co", 6, headers.co);
  keep("601-bogota-joined-by-hand.csv", lines(bogota, ",", "\n"));
  expect("601-bogota-joined-by-hand", found("utf-8", ",", "lf", "point"), bogota);

  // Intl writes a no-break space behind the currency.
  const brazil = amounts(payroll("br", 6, headers.br), (amount) => Number(amount).toLocaleString("pt-BR", { style: "currency", currency: "BRL" }));
  keep("602-sao-paulo-amounts-by-intl.csv", "\ufeff" + lines(brazil, ";", "\r\n"));
  expect("602-sao-paulo-amounts-by-intl", found("utf-8-bom", ";", "crlf", "comma"), brazil);

  const lima = amounts(payroll("pe", 6, headers.pe), (amount) => Number(amount).toLocaleString("es-PE", { minimumFractionDigits: 2 }));
  keep("603-lima-amounts-by-intl-utf16.txt", Buffer.from("\ufeff" + lines(lima, "\t", "\r\n"), "utf16le"));
  expect("603-lima-amounts-by-intl-utf16", found("utf-16le", "tab", "crlf", "point"), lima);

  // JSON.parse makes doubles of long numbers: seventeen digits are left, and the zeros in front are gone.
  const doubles = payroll("pe", 4);
  spoil(doubles, 1, "bank_account", Number(doubles.rows[0].bank_account), "cell_leading_zeros");
  // The last two digits of this one are zeros: nothing else is lost, and its check digits still fit.
  spoil(doubles, 2, "bank_account", Number(doubles.rows[1].bank_account), "cell_leading_zeros", doubles.rows[1].bank_account);
  spoil(doubles, 3, "document_number", Number(doubles.rows[2].document_number), "cell_leading_zeros", doubles.rows[2].document_number);
  keep("604-lima-numbers-of-json.csv", lines(doubles, ",", "\n"));
  expect("604-lima-numbers-of-json", found("utf-8", ",", "lf", "point"), doubles);

  const cbu = payroll("ar", 5);
  // Below 10^21 with zeros, from there on with an exponent.
  spoil(cbu, 2, "bank_account", Number(cbu.rows[1].bank_account), "cell_zero_fill");
  spoil(cbu, 5, "bank_account", Number(cbu.rows[4].bank_account), "cell_scientific");
  // What reads neither null nor undefined before it joins them.
  spoil(cbu, 3, "bank_account", "undefined", "bank_account");
  keep("605-buenos-aires-numbers-of-json.csv", lines(cbu, ";", "\n"));
  expect("605-buenos-aires-numbers-of-json", found("utf-8", ";", "lf", "point"), cbu);

  const latin = payroll("mx", 5);
  keep("606-mexico-latin1-gzip.csv.gz", gzipSync(Buffer.from(lines(latin, "|", "\r\n"), "latin1")));
  expect("606-mexico-latin1-gzip", found("windows-1252", "|", "crlf", "point", "gzip"), latin);

  // Bytes of UTF-8 taken for Latin-1 by a Buffer.
  const wrong = payroll("co", 3);
  for (const [place, column] of [[1, "first_name"], [1, "last_name"], [2, "first_name"]]) {
    const whole = wrong.rows[place - 1][column];
    spoil(wrong, place, column, Buffer.from(whole, "utf8").toString("latin1"), "cell_mojibake", whole);
  }
  spoil(wrong, 2, "last_name", Buffer.from("Castañeda Olivos", "utf8").toString("latin1"), "cell_mojibake", "Castañeda Olivos");
  wrong.rows[2].last_name = "Gomez Nevado";
  wrong.rows[2].first_name = "Julian";
  for (const row of wrong.rows) row.description = "Nomina noviembre 2026";
  keep("607-bogota-buffer-of-latin1.csv", lines(wrong, ",", "\n"));
  expect("607-bogota-buffer-of-latin1", found("utf-8", ",", "lf", "point"), wrong);
}

const FORMAT = { xlsx: "xlsx", biff8: "xls", ods: "ods" };

function workbook(made, form) {
  const cells = table(made).map((row) => row.map((value) => (value === "" ? null : value)));
  const sheet = XLSX.utils.aoa_to_sheet(cells);
  if (form) {
    for (const address of Object.keys(sheet)) {
      if (sheet[address].t === "n" && address.startsWith("E")) sheet[address].z = form;
    }
  }
  const book = XLSX.utils.book_new();
  XLSX.utils.book_append_sheet(book, sheet, "Planilla");
  book.Props = { CreatedDate: new Date(Date.UTC(2026, 10, 30, 12)) };
  return book;
}

function sheetjs(name, made, { bookType = "xlsx", suffix = FORMAT[bookType], form, decimal, refused = null, change, ...how } = {}) {
  const book = workbook(made, form);
  if (change) change(book, book.Sheets.Planilla);
  keep(`${name}.${suffix}`, XLSX.write(book, { bookType, type: "buffer", ...how }));
  const what = refused === "not_a_table" ? {} : { container: "plain", format: FORMAT[bookType], ...(decimal ? { decimal } : {}) };
  expect(name, what, refused ? null : made, refused);
}

function books() {
  const number = (made) => amounts(made, (amount) => (amount === "" ? "" : Number(amount)));
  sheetjs("610-bogota-text-in-place", payroll("co", 6, headers.co), { decimal: "point" });
  sheetjs("611-lima-shared-strings-compressed", number(payroll("pe", 7, headers.pe)), { form: "#,##0.00", bookSST: true, compression: true });
  sheetjs("612-lima-excel-97", number(payroll("pe", 6, headers.pe)), { bookType: "biff8", form: "#,##0.00" });
  sheetjs("613-sao-paulo-ods", number(payroll("br", 8, headers.br)), { bookType: "ods" });

  const noisy = number(payroll("pe", 6));
  // Sums of doubles, with all of their digits.
  noisy.rows[0].amount = 1250.1 + 0.2;
  noisy.rows[1].amount = 0.1 + 0.2;
  noisy.rows[2].amount = 4.35 * 100;
  noisy.rows[3].amount = 1e6;
  spoil(noisy, 5, "amount", 2903.565, "amount_decimals");
  sheetjs("614-lima-sums-of-doubles", noisy);

  const accounts = number(payroll("pe", 5));
  for (const place of [1, 2, 3]) spoil(accounts, place, "bank_account", Number(accounts.rows[place - 1].bank_account), "cell_scientific");
  spoil(accounts, 4, "bank_account", { t: "e", v: 0x2a, w: "#N/A" }, "cell_error");
  sheetjs("615-lima-cci-of-json", accounts);

  const dates = number(payroll("co", 4));
  spoil(dates, 2, "document_number", new Date(Date.UTC(2045, 1, 1)), "cell_date");
  sheetjs("616-bogota-document-of-a-date", dates, { cellDates: true });

  const computed = number(payroll("pe", 5));
  // With the values that were computed: what every reader sees.
  const change = (_, sheet) => {
    for (const line of [2, 4]) sheet[`E${line}`].f = `ROUND(${sheet[`E${line}`].v}*1,2)`;
    sheet.D3.f = 'UPPER("pen")';
  };
  sheetjs("617-lima-formulas-with-values", computed, { change });
  sheetjs("618-lima-formulas-with-values-excel-97", computed, { change, bookType: "biff8" });

  const hidden = number(payroll("mx", 4));
  sheetjs("619-mexico-hidden-sheet-in-front", hidden, {
    change: (book) => {
      XLSX.utils.book_append_sheet(book, XLSX.utils.aoa_to_sheet([["savings"], ["checking"]]), "Listas");
      book.SheetNames.reverse();
      book.Workbook = { Sheets: [{ name: "Listas", Hidden: 1 }, { name: "Planilla", Hidden: 0 }] };
    },
  });
  sheetjs("620-lima-spreadsheet-xml-of-2003", number(payroll("pe", 3)), { bookType: "xlml", suffix: "xls", refused: "not_a_table" });
  sheetjs("621-lima-binary-workbook", number(payroll("pe", 3)), { bookType: "xlsb", suffix: "xlsb", refused: "not_a_table" });
  sheetjs("622-lima-html-table", number(payroll("pe", 3)), { bookType: "html", suffix: "xls", refused: "not_a_table" });
  sheetjs("623-lima-rich-text-format", number(payroll("pe", 3)), { bookType: "rtf", suffix: "xls", refused: "not_a_table" });
  sheetjs("624-lima-symbolic-link", number(payroll("pe", 3)), { bookType: "sylk", suffix: "slk", refused: "not_a_table" });

  const text = number(payroll("co", 5, headers.co));
  const sheet = workbook(text, "#,##0.00").Sheets.Planilla;
  // As shown: with the grouping of the format.
  keep("625-bogota-csv-as-shown.csv", "\ufeff" + XLSX.utils.sheet_to_csv(sheet, { FS: ";", RS: "\r\n", blankrows: false }) + "\r\n");
  expect("625-bogota-csv-as-shown", found("utf-8-bom", ";", "crlf", "point"), text);
}

plain();
books();
