#!/usr/bin/env python3
"""Files 301-339: workbooks by openpyxl. Its parts are the same on every run; the dates in the zip are set. One is encrypted, with a random salt."""

import datetime
import gzip
import io

import msoffcrypto
from msoffcrypto.format.ooxml import OOXMLFile
from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table

from common import COLUMNS, Payroll, book_found, comma, expect, keep, with_fixed_dates

MOMENT = datetime.datetime(2026, 11, 30, 12)


def filled(sheet, payroll, top=1, left=1, header=True):
    """Writes the payroll with its header in row `top`; gives the row of each record."""
    if header:
        for place, name in enumerate(payroll.header()):
            sheet.cell(top, left + place, name or None)
    lines = []
    for line, row in enumerate(payroll.rows, top + header):
        lines.append(line)
        for place, cell in enumerate(payroll.cells(row)):
            target = sheet.cell(line, left + place)
            form = None
            if isinstance(cell, tuple):
                cell, form = cell
            if cell == "" or cell is None:
                continue
            target.value = cell
            # Text that begins with = stays a formula, as the person who types it has it.
            if form:
                target.number_format = form
            elif isinstance(cell, str) and not cell.startswith(("=", "#")):
                target.number_format = "@"
    return lines


def saved(book):
    book.properties.creator, book.properties.created, book.properties.modified = "Oficina de planillas", MOMENT, MOMENT
    out = io.BytesIO()
    book.save(out)
    # Saving sets the moment of the change again.
    return with_fixed_dates(out.getvalue(), MOMENT)


def simple(name, payroll, decimal=None, top=1, left=1, change=None, title="Planilla", refused=None, suffix="xlsx"):
    book = Workbook()
    sheet = book.active
    sheet.title = title
    lines = filled(sheet, payroll, top, left)
    if change:
        change(book, sheet)
    keep(f"{name}.{suffix}", saved(book))
    expect(name, book_found("xlsx", decimal), None if refused else payroll.judged(lines), refused)


def number(payroll, form="#,##0.00"):
    """Amounts as numbers."""
    return payroll.each("amount", lambda amount: (float(amount) if "." in amount else int(amount), form) if amount else "")


def titles(sheet, *words):
    for line, word in enumerate(words, 1):
        sheet.cell(line, 1, word).font = Font(bold=True, size=14)
        sheet.merge_cells(start_row=line, start_column=1, end_row=line, end_column=8)


def sheets():
    simple("301-bogota-all-text", Payroll("co", 6), "point")
    simple("302-lima-titles-merged-header-in-the-fourth-row", number(Payroll("pe", 8, header="pe")), top=4,
           change=lambda _, sheet: titles(sheet, "EMPRESA DE PRUEBA SAC", "Planilla de noviembre de 2026"))
    simple("303-mexico-begins-at-b3", number(Payroll("mx", 5, header="mx")), top=3, left=2)

    def groups(_, sheet):
        for first, last, word in [(1, 6, "Datos del pago"), (7, 11, "Beneficiario"), (12, 15, "Abono")]:
            sheet.cell(1, first, word)
            sheet.merge_cells(start_row=1, start_column=first, end_row=1, end_column=last)

    simple("304-lima-two-header-rows-merged", number(Payroll("pe", 6, header="pe")), top=2, change=groups)
    simple("305-bogota-empty-second-and-third-sheet", number(Payroll("co", 5, header="co")), title="Nómina",
           change=lambda book, _: [book.create_sheet(name) for name in ("Hoja2", "Hoja3")])

    def second(book, _):
        filled(book.create_sheet("Practicantes"), number(Payroll("pe", 3, "PRA", header="pe", first=9)))

    simple("306-lima-two-sheets-with-data", number(Payroll("pe", 5, header="pe")), title="Empleados", change=second, refused="sheets")

    def lists(state):
        def change(book, sheet):
            hidden = book.create_sheet("Listas", 0)
            for line, word in enumerate(["savings", "checking"], 1):
                hidden.cell(line, 1, word)
            hidden.sheet_state = state
            book.active = 1
            check = DataValidation("list", formula1="=Listas!$A$1:$A$2")
            sheet.add_data_validation(check)
            check.add("N2:N20")

        return change

    simple("307-buenos-aires-hidden-sheet-of-lists", number(Payroll("ar", 6, header="ar")), change=lists("hidden"))
    simple("308-sao-paulo-very-hidden-sheet-of-lists", number(Payroll("br", 6, header="br")), change=lists("veryHidden"), title="Folha")

    def old_month(book, _):
        sheet = book.create_sheet("Octubre", 0)
        filled(sheet, number(Payroll("pe", 4, "PE-2026-10", header="pe")))
        sheet.sheet_state = "hidden"
        book.active = 1

    simple("309-lima-last-month-in-a-hidden-sheet", number(Payroll("pe", 5, header="pe")), change=old_month, title="Noviembre")

    def hide(_, sheet):
        for line in (3, 5):
            sheet.row_dimensions[line].hidden = True
        sheet.column_dimensions["B"].hidden = True
        sheet.auto_filter.ref = "A1:O7"

    hidden = number(Payroll("co", 6, header="co"))
    hidden.fault(2, None, "row_hidden", severity="warning").fault(4, None, "row_hidden", severity="warning")
    simple("310-bogota-hidden-rows-and-column", hidden, change=hide)

    def conceal(_, sheet):
        sheet.column_dimensions["E"].hidden = True

    flat = number(Payroll("co", 4, header="co"))
    simple("313-bogota-hidden-amounts", flat, change=conceal)
    expect("313-bogota-hidden-amounts", book_found("xlsx") | {"hidden": flat.header()[4]}, flat.judged(range(2, 6)))

    def protect(book, sheet):
        sheet.protection.sheet = True
        sheet.protection.password = "prueba"
        book.security.lockStructure = True

    simple("311-lima-protected-sheet", number(Payroll("pe", 5, header="pe")), change=protect)

    def table(_, sheet):
        sheet.add_table(Table(displayName="Pagos", ref="A1:Q6"))
        sheet["E3"].comment = Comment("Incluye gratificación", "Oficina de planillas", height=60, width=200)
        sheet["E4"].fill = PatternFill("solid", fgColor="FFFF00")

    more = number(Payroll("cl", 5, header="cl"), "#,##0").extra("Centro de costo", ["CC-100", "CC-200"])
    more.extra("Notas", ["", "Licencia médica", ""], 3)
    simple("312-santiago-table-with-notes-and-comments", more, change=table)


def numbers():
    padded = number(Payroll("pe", 11, header="pe"))
    for row in padded.rows:
        if row["document_type"] == "DNI":
            row["document_number"] = (int(row["document_number"]), "00000000")
        if row["method"] == "bank":
            row["bank"] = (int(row["bank"]), "000")
    simple("320-lima-zeros-kept-by-a-format", padded)
    long = number(Payroll("pe", 6, header="pe"))
    for place, form in [(1, "General"), (2, "0"), (3, "0"), (4, "00000000000000000000"), (5, "0.00E+00")]:
        digits = long.rows[place - 1]["bank_account"]
        cut = float(digits.lstrip("0")[:15] + "0" * (len(digits.lstrip("0")) - 15))
        long.spoil(place, "bank_account", (cut, form), "cell_scientific" if form in ("General", "0.00E+00") else "cell_zero_fill")
    simple("321-lima-cci-as-numbers", long)
    short = number(Payroll("pe", 11, header="pe"))
    for place in (3, 8, 11):
        whole = short.rows[place - 1]["document_number"]
        short.spoil(place, "document_number", int(whole), "cell_leading_zeros", whole)
    simple("322-lima-documents-as-numbers", short)
    brazil = number(Payroll("br", 8, header="br"), "R$ #,##0.00")
    for place in (3, 4, 8):
        whole = brazil.rows[place - 1]["document_number"]
        brazil.spoil(place, "document_number", int(whole), "cell_leading_zeros", whole)
    for place in (1, 2, 5, 6, 7):
        brazil.set(place, document_number=int(brazil.rows[place - 1]["document_number"]))
    simple("323-sao-paulo-cpf-as-numbers", brazil)
    colombia = number(Payroll("co", 6, header="co"), '"$" #,##0.00')
    for row in colombia.rows:
        # Eleven digits and ten: nothing is lost.
        row["bank_account"], row["document_number"] = int(row["bank_account"]), int(row["document_number"])
        row["bank"] = int(row["bank"]) if row["bank"] else ""
    simple("324-bogota-short-numbers-lose-nothing", colombia)
    forms = Payroll("pe", 12, header="en")
    for place, cell in enumerate([(1250.5, "0.00"), (1250.0999999999999, "General"), (0.1 + 0.2, "General"), (2486.31, '"S/" #,##0.00'),
                                  (2903.56, "[$S/-280A] #,##0.00"), (3320, "General"), (3738.06, "#,##0.00_);(#,##0.00)")], 1):
        forms.set(place, amount=cell)
    forms.spoil(8, "amount", (12.345, "0.00"), "amount_shown").spoil(9, "amount", (0, "#,##0.00"), "amount_zero")
    forms.spoil(10, "amount", (-1250, "#,##0.00_);(#,##0.00)"), "amount_negative").spoil(11, "amount", (datetime.date(2026, 5, 1), "dd/mm/yyyy"), "cell_date")
    forms.spoil(12, "amount", (True, "General"), "amount_form")
    simple("325-lima-amounts-as-numbers-in-many-formats", forms)
    words = Payroll("pe", 5, header="pe").each("amount", comma).set(3, amount=(2069.06, "#,##0.00"))
    simple("326-lima-amounts-as-text-with-decimal-comma", words, "comma")
    dates = number(Payroll("pe", 7, header="pe"))
    for place, form in [(1, "yyyy-mm-dd"), (2, "d-m-yy"), (3, "mmm-yy"), (4, "[$-280A]d \"de\" mmmm \"de\" yyyy")]:
        dates.spoil(place, "document_number", (datetime.date(2045, 2, 1), form), "cell_date")
    dates.spoil(5, "bank_account", (datetime.datetime(2045, 2, 1, 8, 30), "yyyy-mm-dd hh:mm"), "cell_date")
    simple("327-lima-documents-became-dates", dates)
    simple("328-santiago-since-1904", number(Payroll("cl", 4, header="cl"), "#,##0").spoil(
        2, "document_number", (datetime.date(2045, 2, 1), "d-mmm-yy"), "cell_date").extra("Fecha de ingreso", [(datetime.date(2019, 3, 1), "dd-mm-yyyy")]),
        change=lambda book, _: setattr(book, "epoch", CALENDAR_MAC_1904))
    clabes = number(Payroll("mx", 5, header="mx"))
    for place in (1, 2):
        digits = clabes.rows[place - 1]["bank_account"].lstrip("0")
        clabes.spoil(place, "bank_account", (float(digits[:15] + "0" * (len(digits) - 15)), "0"), "cell_zero_fill")
    simple("329-mexico-clabe-as-numbers", clabes)


def cells():
    formulas = Payroll("pe", 6, header="pe")
    formulas.set(1, amount=(1234.56, "#,##0.00"))
    # Written by a program: no spreadsheet program has computed them yet.
    for place in (2, 3):
        formulas.spoil(place, "amount", f"=E{place}+100", "cell_formula")
    formulas.spoil(4, "client_id", '=CONCATENATE("PE-",ROW())', "cell_formula")
    simple("330-lima-formulas-never-computed", formulas, "point")
    errors = number(Payroll("pe", 6, header="pe")).spoil(1, "bank_account", "#N/A", "cell_error").spoil(2, "amount", "#REF!", "cell_error")
    errors.spoil(3, "bank", "#VALUE!", "cell_error").spoil(4, "document_number", "#DIV/0!", "cell_error").spoil(5, "last_name", "#NAME?", "cell_error")
    simple("331-lima-error-cells", errors)
    totals = number(Payroll("pe", 5, header="pe")).insert(6, "total", "row_total", client_id="TOTAL", amount=("=SUM(E2:E6)", "#,##0.00"))
    simple("332-lima-total-by-formula", totals)
    shown = Payroll("pe", 6, header="pe").each("amount", lambda amount: (float(amount), "#,##0.00"))
    for place, form in [(1, "#,##0"), (2, ";;;"), (3, '"pagado"'), (4, "0.0")]:
        shown.spoil(place, "amount", (1234.56, form), "amount_shown")
    shown.set(5, amount=(1234.00, "#,##0")).set(6, amount=(1234.5, "0.##"))
    for form in ('0.00" mil"', "0\\.00", "(0.00)", "-0.00"):
        shown.rows.append(type(shown.rows[0])(dict(shown.rows[5].cells, client_id=f"PE-2026-12-{len(shown.rows)}")))
        shown.spoil(len(shown.rows), "amount", (1234.5 if "mil" in form or "(" in form or "-" in form else 1234, form), "amount_shown")
    simple("339-lima-amounts-that-the-sheet-shows-otherwise", shown)
    whole = number(Payroll("pe", 5, header="pe"))
    whole.insert(3, "total", "row_total", **dict(whole.rows[1].cells, client_id="SUBTOTAL"))
    whole.insert(7, "total", "row_total", **dict(whole.rows[4].cells, client_id="PE-2026-11-099", last_name="Total General"))
    simple("349-lima-totals-among-complete-rows", whole)
    gaps = number(Payroll("co", 6, header="co")).insert(3, "blank").insert(6, "blank").insert(7, "blank")

    def frame(_, sheet):
        # Cells with a colour and nothing in them, as far as a person drew the table.
        for line in range(11, 60):
            for column in range(1, 16):
                sheet.cell(line, column).fill = PatternFill("solid", fgColor="EEEEEE")

    simple("333-bogota-empty-rows-and-coloured-ones", gaps, change=frame)
    rich = number(Payroll("pe", 4, header="pe"))
    bold = InlineFont(b=True)
    rich.set(1, last_name=CellRichText("Muñoz ", TextBlock(bold, "Puna"))).set(3, bank_account=CellRichText(TextBlock(bold, "011"), "20300300125831772"))
    simple("334-lima-bold-letters-within-cells", rich)
    quoted = number(Payroll("mx", 5, header="mx")).spoil(4, "bank_account", "'012180018090413769", "cell_apostrophe", "012180018090413769")

    def prefix(_, sheet):
        # The apostrophe as Excel keeps it: no part of the text.
        for line in (2, 3):
            sheet.cell(line, 13).quotePrefix = True

    simple("335-mexico-apostrophes-as-excel-has-them-and-not", quoted, change=prefix)
    unseen = number(Payroll("pe", 6, header="pe")).spoil(1, "bank_account", "00320100300124247919\u00a0", "cell_blanks", "00320100300124247919")
    unseen.spoil(2, "document_number", "\u200b99100002", "cell_invisible", "99100002").spoil(3, "last_name", "Peña\nNevado", "cell_invisible")
    unseen.spoil(4, "first_name", "Lucía ", "cell_blanks", "Lucía").set(5, description="Planilla & <noviembre> 2026")
    unseen.names |= {"document_number": "Nº\nDocumento", "bank_account": "Cuenta\nCCI"}
    simple("336-lima-unseen-blanks-and-line-ends", unseen)
    warned = number(Payroll("pe", 4, header="pe"))
    warned.rows.append(type(warned.rows[0])(dict(warned.rows[0].cells, client_id="PE-2026-11-005")))
    warned.rows.append(type(warned.rows[0])(dict(warned.rows[3].cells, client_id="PE-2026-11-006", first_name="Lucas", document_number="99100099")))
    warned.rows.append(type(warned.rows[0])(dict(warned.rows[1].cells, amount=(100, "0.00"))))
    warned.fault(5, None, "equal_rows", severity="warning").fault(6, "bank_account", "account_two_names", severity="warning")
    warned.fault(7, "client_id", "client_id_used")
    simple("337-lima-doubled-in-three-ways", warned)
    again = number(Payroll("mx", 4, header="mx")).insert(3, "header", "row_header", **dict(zip(COLUMNS, Payroll("mx", 1, header="mx").header())))
    again.spoil(5, "bank_account", "4111111111111111", "card_number")
    simple("338-mexico-header-again-and-a-card", again)


def containers():
    simple("340-lima-workbook-named-csv", number(Payroll("pe", 4, header="pe")), suffix="csv")
    payroll = number(Payroll("co", 4, header="co"))
    book = Workbook()
    lines = filled(book.active, payroll)
    keep("341-bogota-workbook-in-gzip.xlsx.gz", gzip.compress(saved(book), mtime=0))
    expect("341-bogota-workbook-in-gzip", book_found(container="gzip"), payroll.judged(lines))
    book = Workbook()
    filled(book.active, number(Payroll("pe", 4, header="pe")))
    out = io.BytesIO()
    OOXMLFile(io.BytesIO(saved(book))).encrypt("prueba", out)
    keep("342-lima-encrypted.xlsx", out.getvalue())
    assert msoffcrypto.OfficeFile(io.BytesIO(out.getvalue())).is_encrypted()
    expect("342-lima-encrypted", {}, refused="encrypted")
    simple("343-lima-workbook-with-a-header-only", Payroll("pe", 0, header="pe"), refused="empty")
    book = Workbook()
    keep("344-workbook-without-cells.xlsx", saved(book))
    expect("344-workbook-without-cells", book_found(), refused="empty")
    without = number(Payroll("co", 3, header="co"))
    without.columns.remove("bank_account")
    simple("345-bogota-a-column-is-missing", without, refused="header")
    whole = number(Payroll("pe", 4, header="pe"))
    book = Workbook()
    filled(book.active, whole)
    keep("346-lima-workbook-cut-in-half.xlsx", saved(book)[:3000])
    expect("346-lima-workbook-cut-in-half", {}, refused="damaged")
    thousands = Payroll("pe", 3, header="pe").set(1, amount="1.000").set(2, amount="2.500").set(3, amount="3.750")
    simple("347-lima-thousands-as-text", thousands, refused="decimal_open")
    both = Payroll("pe", 3, header="pe").set(1, amount="1.234,56").set(2, amount="2,500.75")
    simple("348-lima-both-decimals-as-text", both, refused="decimal_mixed")


def main():
    for part in (sheets, numbers, cells, containers):
        part()


if __name__ == "__main__":
    main()
