#!/usr/bin/env python3
"""What libreoffice.sh converts, written to the folder that is given, and what is expected of files 501-524."""

import pathlib
import sys
from xml.sax.saxutils import escape

from common import Payroll, book_found, comma, csv_found, expect, text

FOLDER = pathlib.Path(sys.argv[1])
DATE = "2045-02-01"


def table(name, payroll, separator=";"):
    """CSV in UTF-8; gives the line of each row."""
    content, lines = text(payroll, separator, "\n")
    (FOLDER / f"{name}.csv").write_text(content, encoding="utf-8")
    return lines


def leave(name, payroll, lines, found, refused=None):
    expect(name, found, None if refused else payroll.judged(lines), refused)


def texts():
    """Imported with every column as text: nothing changes."""
    for name, payroll, format in [
        ("501-bogota-text-columns-ods", Payroll("co", 8, header="co"), "ods"),
        ("502-lima-text-columns-xls", Payroll("pe", 8, header="pe"), "xls"),
        ("503-mexico-text-columns-xlsx", Payroll("mx", 6, header="mx"), "xlsx"),
    ]:
        leave(name, payroll, table(name, payroll), book_found(format, "point"))
    buenos_aires = Payroll("ar", 6, header="ar").each("amount", comma)
    lines = table("text-ar", buenos_aires)
    leave("504-buenos-aires-text-columns-csv-ansi", buenos_aires, lines, csv_found("windows-1252", ";", "lf", "comma"))
    leave("505-buenos-aires-csv-latin1-tab", buenos_aires, lines, csv_found("windows-1252", "\t", "lf", "comma"))
    leave("506-buenos-aires-csv-utf16", buenos_aires, lines, csv_found("utf-16le", ";", "lf", "comma"))
    leave("507-buenos-aires-csv-utf8-quoted", buenos_aires, lines, csv_found("utf-8", ",", "lf", "comma"))


def opened():
    """Imported as it is opened by a double click: columns of digits become numbers, month and year become dates."""
    spoiled = damaged(Payroll("ar", 7).each("amount", lambda amount: amount.replace(".", ",")))
    lines = table("open-ar", spoiled["source"])
    for name, found in [("508-buenos-aires-opened-and-saved-xlsx", book_found("xlsx")), ("509-buenos-aires-opened-and-saved-ods", book_found("ods")),
                        ("510-buenos-aires-opened-and-saved-xls", book_found("xls")),
                        ("511-buenos-aires-opened-and-saved-csv", csv_found("windows-1252", ";", "lf", "comma"))]:
        leave(name, spoiled["payroll"], lines, found)


def damaged(payroll):
    source = Payroll("ar", 7).each("amount", lambda amount: amount.replace(".", ","))
    for row, other in zip(payroll.rows, source.rows):
        assert row.cells == other.cells
    source.set(6, document_number="feb-45")
    payroll.spoil(6, "document_number", "", "cell_date")
    for place, row in enumerate(source.rows, 1):
        payroll.spoil(place, "bank", "", "cell_leading_zeros", row["bank"]) if row["bank"].startswith("0") else None
        payroll.spoil(place, "bank_account", "", "cell_scientific")
    return {"payroll": payroll, "source": source}


# Styles of the flat document: the number formats that clerks choose.
STYLES = """
<number:number-style style:name="N8"><number:number number:min-integer-digits="8" number:decimal-places="0"/></number:number-style>
<number:number-style style:name="N3"><number:number number:min-integer-digits="3" number:decimal-places="0"/></number:number-style>
<number:number-style style:name="N0"><number:number number:min-integer-digits="1" number:decimal-places="0"/></number:number-style>
<number:number-style style:name="NM"><number:number number:min-integer-digits="1" number:decimal-places="2" number:min-decimal-places="2"
 number:grouping="true"/></number:number-style>
<number:currency-style style:name="NC"><number:currency-symbol>S/</number:currency-symbol><number:text> </number:text><number:number
 number:min-integer-digits="1" number:decimal-places="2" number:min-decimal-places="2" number:grouping="true"/></number:currency-style>
<number:date-style style:name="ND"><number:day/><number:text>-</number:text><number:month/><number:text>-</number:text><number:year/></number:date-style>
""" + "".join(
    f'<style:style style:name="c{name}" style:family="table-cell" style:data-style-name="{name}"/>' for name in ("N8", "N3", "N0", "NM", "NC", "ND")
)


def cell(value):
    """A text, or (kind, value, style), or (kind, value, style, formula)."""
    if value == "":
        return "<table:table-cell/>"
    if isinstance(value, str):
        return f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'
    kind, worth, style, *formula = value
    if formula:
        # Without a value, so that it is computed.
        style = f' table:style-name="{style}"' if style else ""
        return f'<table:table-cell{style} table:formula="of:={escape(formula[0], {chr(34): "&quot;"})}"/>'
    attribute = {"float": "value", "currency": "value", "date": "date-value", "string": "string-value"}[kind]
    style = f' table:style-name="{style}"' if style else ""
    return f'<table:table-cell{style} office:value-type="{kind}" office:{attribute}="{worth}"/>'


def flat(name, sheets):
    """`sheets` maps a title to (rows, whether it is hidden)."""
    tables = ""
    for title, (rows, hidden) in sheets.items():
        style = ' table:style-name="hidden"' if hidden else ""
        tables += f'<table:table table:name="{title}"{style}>'
        for row in rows:
            if isinstance(row, tuple):
                tables += f'<table:table-row table:visibility="collapse">{"".join(map(cell, row))}</table:table-row>'
            else:
                tables += f'<table:table-row>{"".join(map(cell, row))}</table:table-row>'
        tables += "</table:table>"
    spaces = "".join(
        f' xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
        for short, long in [("office", "office"), ("table", "table"), ("text", "text"), ("style", "style"), ("number", "datastyle")]
    )
    (FOLDER / f"{name}.fods").write_text(
        f'<?xml version="1.0" encoding="UTF-8"?><office:document{spaces} xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2" office:version="1.2" '
        f'office:mimetype="application/vnd.oasis.opendocument.spreadsheet"><office:automatic-styles>{STYLES}<style:style style:name="hidden" '
        'style:family="table"><style:table-properties table:display="false"/></style:style></office:automatic-styles><office:body>'
        f"<office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document>\n",
        encoding="utf-8",
    )


def rows(payroll):
    return [payroll.header(), *(payroll.cells(row) for row in payroll.rows)]


def number(payroll, style="cNM", kind="float"):
    return payroll.each("amount", lambda amount: (kind, amount, style))


def made():
    """Workbooks with formats, formulas, hidden things and errors."""
    formats = number(Payroll("pe", 8, header="pe"), "cNC", "currency")
    for place in (1, 2, 3, 4):
        formats.set(place, document_number=("float", formats.rows[place - 1]["document_number"].lstrip("0"), "cN8"))
    for place in (1, 2, 3):
        formats.set(place, bank=("float", formats.rows[place - 1]["bank"].lstrip("0"), "cN3"))
    whole = formats.rows[7]["document_number"]
    formats.spoil(8, "document_number", ("float", whole.lstrip("0"), "cN0"), "cell_leading_zeros", whole)
    formats.spoil(5, "document_number", ("date", DATE, "cND"), "cell_date")
    formats.spoil(4, "bank_account", ("float", "920400300126623000", "cN0"), "cell_zero_fill")
    flat("formats", {"Planilla": (rows(formats), False), "Listas": ([["savings"], ["checking"]], True)})
    for name, format in [("512-lima-formats-ods", "ods"), ("513-lima-formats-xlsx", "xlsx"), ("514-lima-formats-xls", "xls")]:
        leave(name, formats, range(2, 10), book_found(format))

    computed = number(Payroll("pe", 7, header="pe"))
    computed.set(1, amount=("float", 0, "cNM", "ROUND(1000*1.23456;2)"), last_name=("string", "", None, 'UPPER("Muñoz Puna")'))
    computed.spoil(3, "bank", ("string", "", None, 'VLOOKUP("X";[.A1:.B3];2;0)'), "cell_error")
    computed.spoil(4, "amount", ("float", 0, "cNM", "1/0"), "cell_error").insert(6, "blank").insert(9, "total", "row_total", client_id="TOTAL",
                   amount=("float", 0, "cNM", "SUM([.E2:.E9])"))
    flat("formulas", {"Planilla": ([tuple(cells) if place == 4 else cells for place, cells in enumerate(rows(computed))], False)})
    for name, format in [("515-lima-formulas-computed-ods", "ods"), ("516-lima-formulas-computed-xlsx", "xlsx"), ("517-lima-formulas-computed-xls", "xls")]:
        leave(name, computed, range(2, 11), book_found(format))
    leave("518-lima-formulas-computed-csv", computed, range(2, 11), csv_found("windows-1252", ";", "lf", "point"))

    november, interns = number(Payroll("ar", 4, header="ar")), number(Payroll("ar", 3, "PAS", header="ar", first=9))
    flat("two", {"Empleados": (rows(november), False), "Pasantes": (rows(interns), False)})
    leave("519-buenos-aires-two-sheets-ods", november, range(2, 6), book_found("ods"), "sheets")

    shown = number(Payroll("mx", 6, header="mx"))
    flat("shown", {"Nomina": (rows(shown), False)})
    leave("520-mexico-csv-as-shown", shown, range(2, 8), csv_found("utf-8", ",", "lf", "point"))
    leave("521-mexico-csv-not-as-shown-gzip", shown, range(2, 8), csv_found("utf-8", "|", "lf", "point", "gzip"))
    for name in ("522-mexico-html-as", "523-mexico-printed-as"):
        leave(name, shown, (), {}, "not_a_table")
    brazil = number(Payroll("br", 8, header="br"))
    flat("shown-br", {"Folha": (rows(brazil), False)})
    leave("524-sao-paulo-csv-as-shown", brazil, range(2, 10), csv_found("windows-1252", ";", "lf", "comma"))


texts()
opened()
made()
