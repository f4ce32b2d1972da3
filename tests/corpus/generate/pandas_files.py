#!/usr/bin/env python3
"""Files 401-429: what scripts with pandas write, by to_csv and to_excel (openpyxl, XlsxWriter and odfpy). The same bytes on every run."""

import datetime
import io

import pandas

from common import COLUMNS, Payroll, book_found, csv_found, expect, keep, text, with_fixed_dates

MOMENT = datetime.datetime(2026, 11, 30, 12)


def frame(payroll):
    return pandas.DataFrame([payroll.cells(row) for row in payroll.rows], columns=payroll.header())


def to_csv(name, payroll, encoding="utf-8", separator=",", decimal="point", found=None, data=None, suffix="csv", container="plain", **how):
    how = {"index": False, "lineterminator": "\n", "sep": separator} | how
    out = io.BytesIO()
    (frame(payroll) if data is None else data).to_csv(out, encoding={"utf-8-bom": "utf-8-sig", "windows-1252": "cp1252"}.get(encoding, encoding), **how)
    keep(f"{name}.{suffix}", out.getvalue())
    end = {"\n": "lf", "\r\n": "crlf"}[how["lineterminator"]]
    found = csv_found(found or encoding, separator, end, decimal, container)
    expect(name, found, payroll.judged(range(2, 2 + len(payroll.rows))))


def to_excel(name, payroll, engine, decimal=None, top=1, refused=None, sheets=None, data=None, suffix="xlsx", **how):
    out = io.BytesIO()
    with pandas.ExcelWriter(out, engine=engine) as writer:
        data = frame(payroll) if data is None else data
        data.to_excel(writer, sheet_name="Planilla", **({"index": False} | how))
        for title, other in (sheets or {}).items():
            other.to_excel(writer, sheet_name=title, index=False)
    format = "ods" if engine == "odf" else "xlsx"
    keep(f"{name}.{suffix}", with_fixed_dates(out.getvalue(), MOMENT))
    lines = range(1 + top, 1 + top + len(payroll.rows))
    expect(name, book_found(format, decimal), None if refused else payroll.judged(lines), refused)


def numbers(payroll):
    return payroll.each("amount", lambda amount: float(amount) if amount else None)


def texts():
    to_csv("401-bogota-index-column", Payroll("co", 6), index=True)
    commas = Payroll("pe", 6, header="pe")
    commas_frame = frame(commas)
    commas_frame["Monto a pagar"] = commas_frame["Monto a pagar"].astype(float)
    to_csv_frame("402-lima-for-excel-utf8-bom", commas, commas_frame, "utf-8-bom", ";", "comma", lineterminator="\r\n", decimal=",")
    to_csv("403-buenos-aires-latin1", Payroll("ar", 6, header="ar"), "latin-1", ";", found="windows-1252")
    to_csv("404-sao-paulo-gzip", Payroll("br", 8, header="br"), compression={"method": "gzip", "mtime": 1}, suffix="csv.gz", container="gzip")
    to_csv("405-mexico-utf16", Payroll("mx", 5, header="mx"), "utf-16", "\t", found="utf-16le", suffix="txt")
    read_again("406-lima-read-again-without-dtype", "pe", [1, 2, 3, 4, 5, 8, 9, 11])
    read_again("407-mexico-read-again-without-dtype", "mx", [1, 2, 3, 4])
    missing = Payroll("pe", 5)
    data = frame(missing)
    # One empty cell makes floats of a whole column of whole numbers.
    data["document_number"] = [None, *data["document_number"].iloc[1:].astype(float)]
    data["bank_account"] = data["bank_account"].astype(float)
    missing.spoil(1, "document_number", "", "missing")
    for place in range(1, 6):
        if place > 1:
            missing.spoil(place, "document_number", str(data["document_number"].iloc[place - 1]), "document_number")
        missing.spoil(place, "bank_account", str(data["bank_account"].iloc[place - 1]), "cell_scientific")
    to_csv_frame("408-lima-floats-of-a-column-with-a-gap", missing, data, "utf-8", ",", "point")
    moments = Payroll("co", 5)
    data = frame(moments)
    data.loc[1, "document_number"] = str(pandas.Timestamp(2045, 2, 1))
    moments.fault(2, "document_number", "cell_date")
    data["fecha_de_pago"] = pandas.Timestamp(2026, 11, 30)
    to_csv_frame("409-bogota-timestamps", moments, data, "utf-8", ",", "point")
    nan = Payroll("ar", 4, header="ar")
    data = frame(nan)
    data.loc[1, "CBU/CVU"] = None
    nan.spoil(2, "bank_account", "NaN", "bank_account")
    to_csv_frame("410-buenos-aires-nan", nan, data, "utf-8-bom", ";", "point", na_rep="NaN")


def to_csv_frame(name, payroll, data, encoding, separator, written, **how):
    """Of a frame whose cells pandas holds as numbers or dates."""
    how = {"index": False, "lineterminator": "\n"} | how
    out = io.BytesIO()
    data.to_csv(out, encoding={"utf-8-bom": "utf-8-sig"}.get(encoding, encoding), sep=separator, **how)
    keep(f"{name}.csv", out.getvalue())
    found = csv_found(encoding, separator, {"\n": "lf", "\r\n": "crlf"}[how["lineterminator"]], written)
    expect(name, found, payroll.judged(range(2, 2 + len(payroll.rows))))


def read_again(name, country, places):
    """A good file, read without saying that its columns are text, and written again."""
    payroll = Payroll(country, 12)
    payroll.rows = [payroll.rows[place - 1] for place in places]
    content, _ = text(payroll)
    data = pandas.read_csv(io.StringIO(content))
    for place, row in enumerate(payroll.rows, 1):
        for column in COLUMNS:
            whole = row[column]
            if whole.isdigit() and whole.startswith("0"):
                payroll.spoil(place, column, whole.lstrip("0"), "cell_leading_zeros", whole)
    to_csv_frame(name, payroll, data, "utf-8", ",", "point")


def books():
    to_excel("420-bogota-text-by-openpyxl", Payroll("co", 6, header="co"), "openpyxl", "point")
    to_excel("421-lima-numbers-by-xlsxwriter", numbers(Payroll("pe", 6, header="pe")), "xlsxwriter")
    to_excel("422-mexico-index-by-xlsxwriter", numbers(Payroll("mx", 5, header="mx")), "xlsxwriter", index=True)
    two = numbers(Payroll("ar", 4, header="ar"))
    resumen = pandas.DataFrame({"Concepto": ["Empleados", "Total"], "Valor": [4, 4134595.5]})
    to_excel("423-buenos-aires-data-and-summary", two, "xlsxwriter", refused="sheets", sheets={"Resumen": resumen})
    to_excel("424-sao-paulo-ods-by-odfpy", numbers(Payroll("br", 8, header="br")), "odf", suffix="ods")
    levels = numbers(Payroll("pe", 5, header="pe"))
    data = frame(levels)
    groups = ["Pago"] * 6 + ["Beneficiario"] * 5 + ["Abono"] * 4
    data.columns = pandas.MultiIndex.from_arrays([groups, levels.header()])
    # pandas leaves an empty row between the names and the data, and writes the index.
    to_excel("425-lima-two-levels-of-names", levels, "xlsxwriter", data=data, index=True, top=3)
    to_excel("426-lima-begins-at-row-four", numbers(Payroll("pe", 4, header="en")), "openpyxl", startrow=3, startcol=1, top=4)
    damaged = numbers(Payroll("pe", 6, header="pe"))
    data = frame(damaged)
    # Python's integers are exact; XlsxWriter makes doubles of them and prints sixteen digits.
    data["Cuenta CCI"] = [int(cell) for cell in data["Cuenta CCI"]]
    for place in (1, 2, 3, 4, 5):
        damaged.spoil(place, "bank_account", None, "cell_scientific")
    to_excel("427-lima-cci-as-integers-by-xlsxwriter", damaged, "xlsxwriter", data=data)
    short = numbers(Payroll("br", 8, header="br"))
    data = frame(short)
    data["Documento de identidade"] = [int(cell) for cell in data["Documento de identidade"]]
    for place in (3, 4, 8):
        whole = short.rows[place - 1]["document_number"]
        short.spoil(place, "document_number", whole.lstrip("0"), "cell_leading_zeros", whole)
    to_excel("428-sao-paulo-cpf-as-integers-in-ods", short, "odf", data=data, suffix="ods")
    dated = numbers(Payroll("co", 5, header="co"))
    data = frame(dated).astype(object)
    data.loc[1, "N° de identificación"] = pandas.Timestamp(2045, 2, 1)
    dated.fault(2, "document_number", "cell_date")
    data["Fecha de pago"] = pandas.Timestamp(2026, 11, 30)
    to_excel("429-bogota-dates-by-openpyxl", dated, "openpyxl", data=data)


def main():
    texts()
    books()


if __name__ == "__main__":
    main()
