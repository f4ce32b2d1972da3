#!/usr/bin/env python3
"""Files 431-436: workbooks of Excel 97-2003 by xlwt. The same bytes on every run."""

import datetime
import io

import xlwt

from common import COLUMNS, Payroll, book_found, comma, expect, keep


def filled(sheet, payroll, top=0):
    for place, name in enumerate(payroll.header()):
        sheet.write(top, place, name)
    lines = []
    for line, row in enumerate(payroll.rows, top + 1):
        lines.append(line + 1)
        for place, cell in enumerate(payroll.cells(row)):
            form = None
            if isinstance(cell, tuple):
                cell, form = cell
            if cell == "":
                continue
            sheet.write(line, place, cell, xlwt.easyxf(num_format_str=form) if form else xlwt.Style.default_style)
    return lines


def book(name, payroll, decimal=None, top=0, change=None, refused=None):
    made = xlwt.Workbook(encoding="utf-8")
    sheet = made.add_sheet("Planilla")
    lines = filled(sheet, payroll, top)
    if change:
        change(made, sheet)
    out = io.BytesIO()
    made.save(out)
    keep(f"{name}.xls", out.getvalue())
    expect(name, book_found("xls", decimal), None if refused else payroll.judged(lines), refused)


def number(payroll, form="#,##0.00"):
    return payroll.each("amount", lambda amount: (float(amount), form) if amount else "")


def main():
    book("431-lima-all-text", Payroll("pe", 7, header="pe").each("amount", comma), "comma")

    def titles(_, sheet):
        sheet.write_merge(0, 0, 0, 6, "EMPRESA DE PRUEBA SAS")
        sheet.write_merge(1, 1, 0, 6, "Nómina de noviembre de 2026")

    book("432-bogota-titles-and-numbers", number(Payroll("co", 6, header="co")), top=3, change=titles)
    padded = number(Payroll("pe", 11, header="pe"))
    for place in (3, 8):
        padded.set(place, document_number=(int(padded.rows[place - 1]["document_number"]), "00000000"))
    whole = padded.rows[10]["document_number"]
    padded.spoil(11, "document_number", (int(whole), "0"), "cell_leading_zeros", whole)
    padded.spoil(5, "document_number", (datetime.date(2045, 2, 1), "D-MMM-YY"), "cell_date")
    padded.spoil(1, "bank_account", (3.20100300124247e17, "General"), "cell_scientific")
    padded.spoil(2, "bank_account", (2.20200300125039e17, "0"), "cell_zero_fill")
    book("433-lima-numbers-dates-and-formats", padded)

    def hidden(made, _):
        sheet = made.add_sheet("Listas")
        sheet.write(0, 0, "savings")
        sheet.visibility = 1

    argentina = number(Payroll("ar", 5, header="ar"))
    argentina.spoil(2, "bank_account", "'0110590240090418293383", "cell_apostrophe", "0110590240090418293383")
    book("434-buenos-aires-hidden-sheet-and-apostrophe", argentina, change=hidden)

    def other(made, _):
        filled(made.add_sheet("Practicantes"), number(Payroll("mx", 2, "PRA", header="mx", first=9)))

    book("435-mexico-two-sheets-with-data", number(Payroll("mx", 4, header="mx")), change=other, refused="sheets")
    again = number(Payroll("br", 5, header="br")).insert(3, "header", "row_header", **dict(zip(COLUMNS, Payroll("br", 1, header="br").header())))
    again.insert(5, "blank").insert(8, "total", "row_total", client_id="TOTAL GERAL", amount=(22929.35, "#,##0.00"))
    book("436-sao-paulo-header-again-and-a-total", again)


if __name__ == "__main__":
    main()
