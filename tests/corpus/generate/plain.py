#!/usr/bin/env python3
"""Files 001-099: text as Excel, portals and scripts leave it, by Python's csv module and by bytes. The same bytes on every run."""

import csv
import gzip
import io
import re
import struct
import zipfile
import zlib

from common import HEADERS, Payroll, comma, csv_found, expect, keep, point, text

BOMS = {"utf-8-bom": ("utf-8", b"\xef\xbb\xbf"), "utf-16le": ("utf-16-le", b"\xff\xfe"), "utf-16be": ("utf-16-be", b"\xfe\xff"),
        "utf-8": ("utf-8", b""), "windows-1252": ("cp1252", b"")}
NBSP, NARROW, ZERO_WIDTH = "\u00a0", "\u202f", "\u200b"


def encoded(content, encoding, bom=True):
    codec, mark = BOMS[encoding]
    return (mark if bom else b"") + content.encode(codec)


def plain(name, payroll, encoding="utf-8", separator=",", end="crlf", decimal="point", change=None, suffix="csv", refused=None, bom=True, **how):
    """Writes the file and what is expected; `change` is done to the text last, and may not move lines."""
    content, lines = text(payroll, separator, {"crlf": "\r\n", "lf": "\n", "cr": "\r"}[end], **how)
    content = change(content) if change else content
    keep(f"{name}.{suffix}", encoded(content, encoding, bom))
    found = csv_found(encoding, separator, end, decimal)
    expect(name, found, None if refused else payroll.judged(lines), refused)


def mojibake(word, times=1):
    """UTF-8 read as Windows-1252 and written as UTF-8; the five bytes that it lacks become control characters, as Windows has it."""
    for _ in range(times):
        word = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in word.encode())
    return word


def formats():
    plain("001-bogota-comma-utf8", Payroll("co"), end="lf")
    plain("002-lima-comma-utf8-bom-headers-es", Payroll("pe", 8, header="pe"), "utf-8-bom")
    plain("003-lima-semicolon-1252-headers-es", Payroll("pe", 7, header="pe2").each("amount", lambda a: a.replace(".", ",")),
          "windows-1252", ";", decimal="comma")
    latin = Payroll("ar", 6, header="ar").each("amount", comma)
    content, lines = text(latin, ";", "\n")
    keep("004-buenos-aires-semicolon-latin1.csv", content.encode("iso-8859-1"))
    # Without a byte between 80 and 9F the two cannot be told apart.
    expect("004-buenos-aires-semicolon-latin1", csv_found("windows-1252", ";", "lf", "comma"), latin.judged(lines))
    plain("005-mexico-excel-unicode-text-utf16le", Payroll("mx", 7, header="mx"), "utf-16le", "\t", suffix="txt")
    plain("006-mexico-tab-utf16be", Payroll("mx", 5, header="mx"), "utf-16be", "\t", "lf", suffix="txt")
    plain("007-bogota-pipe-utf8", Payroll("co", 8, header="co").each("amount", comma), separator="|", end="lf", decimal="comma")
    plain("008-sao-paulo-semicolon-cr-of-a-mac", Payroll("br", 6, header="br").each("amount", comma), "utf-8", ";", "cr", "comma")
    mixed = Payroll("pe", 6)
    content, lines = text(mixed, ",", "\n")
    records = content.splitlines()
    keep("009-lima-mixed-line-ends.csv", "".join(record + ["\r\n", "\n", "\r"][place % 3] for place, record in enumerate(records)).encode())
    expect("009-lima-mixed-line-ends", csv_found("utf-8", ",", "mixed"), mixed.judged(lines))
    plain("010-santiago-semicolon-1252-whole-pesos-grouped", Payroll("cl", 8, header="cl").each("amount", lambda a: comma(a, cents=False)),
          "windows-1252", ";", decimal="comma")
    sep = Payroll("pe", 5, header="pe").each("amount", comma)
    plain("011-lima-sep-line", sep, "windows-1252", ";", decimal="comma", before=["sep=;\r\n"])
    plain("012-excel-lima-semicolon-1252", Payroll("pe", 9, header="pe").each("amount", comma), "windows-1252", ";", decimal="comma")
    words = Payroll("pe", 4, header="pe").each("amount", comma)
    words.each("description", lambda _: "Planilla “noviembre” – 1.ª parte, en €…")
    plain("013-lima-1252-typographic-signs", words, "windows-1252", ";", decimal="comma")
    plain("014-mexico-tab-utf16le-without-bom", Payroll("mx", 4, header="mx"), "utf-16le", "\t", suffix="txt", bom=False)
    quoted = Payroll("co", 6, header="co").each("amount", comma)
    plain("015-bogota-every-cell-quoted", quoted, "utf-8-bom", ";", decimal="comma", quoting=csv.QUOTE_ALL)
    plain("016-sao-paulo-tab-1252", Payroll("br", 8, header="br2").each("amount", comma), "windows-1252", "\t", decimal="comma", suffix="txt")
    last = Payroll("cl", 5)
    plain("017-santiago-last-line-without-end", last, end="lf", decimal="none", change=lambda t: t.rstrip("\n"))
    plain("018-mexico-sep-line-tab-utf16le", Payroll("mx", 4, header="mx"), "utf-16le", "\t", before=["sep=\t\r\n"])


def amounts():
    plain("020-mexico-grouped-point", Payroll("mx", 6, header="mx").each("amount", point), "utf-8-bom")
    blanks = Payroll("co", 6, header="co").each("amount", lambda a: comma(a, NBSP))
    for place in (3, 4):
        blanks.set(place, amount=blanks.rows[place - 1]["amount"].replace(NBSP, NARROW))
    blanks.set(5, amount=blanks.rows[4]["amount"].replace(NBSP, " "))
    plain("021-bogota-grouped-by-nbsp", blanks, "utf-8", ";", decimal="comma")
    swiss = Payroll("ar", 6, header="ar").each("amount", lambda a: point(a, "'"))
    swiss.set(6, amount=swiss.rows[5]["amount"].replace("'", "’"))
    plain("022-buenos-aires-grouped-by-apostrophe", swiss, "utf-8", ";")
    soles = Payroll("pe", 6, header="pe").each("amount", lambda a: f"S/ {point(a)}")
    soles.set(2, amount="S/. 1,651.81").set(3, amount="S/2,069.06").set(4, amount="PEN 2,486.31")
    plain("023-lima-signs-of-soles", soles, "windows-1252", ",")
    reais = Payroll("br", 6, header="br").each("amount", lambda a: f"R$ {comma(a)}")
    reais.set(3, amount=f"R${NBSP}4.585,87").set(4, amount="R$5.705,97").set(5, amount="6.826,07")
    plain("024-sao-paulo-signs-of-reais", reais, "utf-8-bom", ";", decimal="comma")
    pesos = Payroll("mx", 6, header="mx").each("amount", lambda a: f"${point(a)}")
    pesos.set(2, amount="$ 10,060.70").set(3, amount="MXN 11,370.90").set(4, amount="$12,681.10 MXN")
    pesos.spoil(5, "amount", "US$ 13,991.30", "amount_form").spoil(6, "amount", "R$ 15,301.50", "amount_form")
    plain("025-mexico-signs-of-pesos-and-of-others", pesos)
    thousands = Payroll("pe", 4, header="pe")
    for place, amount in enumerate(["1.000", "2.500", "850", "3.200"], 1):
        thousands.set(place, amount=amount)
    plain("026-lima-thousands-or-thousandths", thousands, "windows-1252", ";", decimal=None, refused="decimal_open")
    commas = Payroll("co", 4)
    for place, amount in enumerate(["850,000", "920,500", "700", "815,000"], 1):
        commas.set(place, amount=amount)
    plain("027-bogota-thousands-by-comma-alone", commas, decimal=None, refused="decimal_open")
    both = Payroll("pe", 6, header="pe").each("amount", comma).set(4, amount="2,486.31").set(5, amount="2903.56")
    plain("028-lima-both-decimals", both, "windows-1252", ";", decimal=None, refused="decimal_mixed")
    settled = Payroll("pe", 5, header="pe").each("amount", comma).set(1, amount="1.000").set(3, amount="2500").set(4, amount="12.345")
    plain("029-lima-one-amount-settles-the-others", settled, "windows-1252", ";", decimal="comma")
    forms = Payroll("pe", 12, header="en")
    for place, amount, code in [
        (2, "(1,250.00)", "amount_form"), (3, "-1250.00", "amount_negative"), (4, "1e3", "amount_form"), (5, "0.00", "amount_zero"),
        (6, "12.345", "amount_decimals"), (7, "01/05/2026", "cell_date"), (8, "01-may", "cell_date"), (9, "mil doscientos", "amount_form"),
        (10, "", "missing"), (11, "1.250.00", "amount_form"), (12, "1,25,000.00", "amount_form"),
    ]:
        forms.spoil(place, "amount", amount, code)
    plain("030-lima-amounts-in-other-forms", forms)
    negative = Payroll("co", 5, header="co").each("amount", comma)
    negative.spoil(2, "amount", "(2.162.450,50)", "amount_form").spoil(3, "amount", "-2.474.900,50", "amount_negative")
    negative.spoil(4, "amount", "2.787.350,50-", "amount_form").spoil(5, "amount", "0,00", "amount_zero")
    plain("031-bogota-deductions-in-brackets", negative, "windows-1252", ";", decimal="comma")
    padded = Payroll("pe", 4, header="pe").each("amount", point)
    padded.set(2, amount=" 1,651.81 ").set(4, amount=" S/ 2,486.31 ")
    plain("032-lima-accounting-format-with-blanks", padded, "windows-1252")
    cents = Payroll("cl", 4, header="cl").each("amount", lambda a: comma(a, cents=False))
    cents.spoil(3, "amount", "1.424.620,50", "amount_decimals")
    plain("033-santiago-pesos-with-cents", cents, "windows-1252", ";", decimal="comma")
    swollen = Payroll("ar", 5, header="ar").each("amount", lambda a: comma(a).replace(".", "")).set(2, amount="993546,2").set(3, amount="1074751")
    plain("034-buenos-aires-one-decimal-and-none", swollen, "utf-8-bom", ";", decimal="comma")


def headers():
    titles = ["EMPRESA DE PRUEBA SAC" + ";" * 14 + "\r\n", "Planilla de remuneraciones" + ";" * 14 + "\r\n", ";" * 14 + "\r\n"]
    plain("040-lima-titles-above-the-header", Payroll("pe", 6, header="pe").each("amount", comma), "windows-1252", ";", decimal="comma", before=titles)
    short = ["Nómina de empleados\n", "Período: noviembre de 2026\n", "\n"]
    plain("041-bogota-header-in-the-fourth-line", Payroll("co", 6, header="co"), end="lf", before=short)
    plain("042-sao-paulo-headers-pt", Payroll("br", 8, header="br").each("amount", comma), "utf-8-bom", ";", decimal="comma")
    plain("043-lima-headers-en", Payroll("pe", 6, header="en"), end="lf")
    plain("044-bogota-headers-en-other-words", Payroll("co", 6, header="en2"), end="lf")
    turned = Payroll("pe", 6, header="pe")
    turned.columns.reverse()
    turned.extra("Centro de costo", ["CC-100", "CC-200"], 3).extra("Observaciones", ["", "Vuelve de vacaciones; revisar", "Sí, nuevo"])
    turned.extra("Fecha de ingreso", ["01/03/2019", "15/07/2021"], 0)
    plain("045-lima-columns-turned-and-more-of-them", turned, "windows-1252", ";")
    worn = Payroll("mx", 5, header="mx")
    worn.names |= {"amount": " IMPORTE ($) * ", "bank_account": "CLABE INTERBANCARIA (18 dígitos)", "document_number": "curp/rfc:",
                   "first_name": "NOMBRE(S)", "bank": f"Clave{NBSP}banco", "client_id": "REFERENCIA  DE PAGO", "currency": "moneda*"}
    plain("046-mexico-worn-headers", worn, "utf-8-bom")
    bare = Payroll("pe", 5)
    bare.names = {column: name for column, name in zip(bare.names, "REFERENCIA CUENTA_CARGO PAIS MONEDA MONTO_A_PAGAR MEDIO_PAGO NOMBRES "
                  "APELLIDOS RAZON_SOCIAL TIPO_DOC NUM_DOCUMENTO COD_BANCO CUENTA_CCI TIPO_CUENTA GLOSA".split())}
    plain("047-lima-headers-of-a-payroll-program", bare, "windows-1252", "|", "crlf", suffix="txt")
    broken = Payroll("pe", 5, header="pe")
    broken.names |= {"document_number": "Nº\nDocumento", "amount": "Monto a\npagar (S/)", "bank_account": "Cuenta\nCCI"}
    plain("048-lima-line-ends-within-the-header", broken, "utf-8-bom", ";", decimal="point")
    groups = ["Pago;;;;;;Beneficiario;;;Documento;;Abono;;;\r\n"]
    plain("049-lima-groups-above-the-header", Payroll("pe", 5, header="pe").each("amount", comma), "windows-1252", ";", decimal="comma", before=groups)
    without = Payroll("co", 4, header="co")
    without.columns.remove("document_number")
    plain("050-bogota-a-column-is-missing", without, end="lf", refused="header", decimal=None)
    plain("051-lima-no-header", Payroll("pe", 4), header=False, refused="header", decimal=None)
    twice = Payroll("pe", 4, header="pe").extra("CCI", ["00320100300124247919"])
    plain("052-lima-two-columns-for-one-account", twice, "windows-1252", ";", refused="header", decimal=None)
    halves = Payroll("ar", 4, header="ar")
    upper = [name.split()[0] for name in halves.header()]
    halves.names = {column: " ".join(name.split()[1:]) for column, name in halves.names.items()}
    plain("053-buenos-aires-header-cut-into-two-lines", halves, "utf-8", ";", before=[";".join(upper) + "\r\n"], refused="header", decimal=None)
    plain("054-header-only", Payroll("pe", 0, header="pe"), "utf-8-bom", ";", refused="empty", decimal=None)
    keep("055-empty.csv", b"")
    expect("055-empty", {}, refused="empty")
    keep("056-nothing-but-line-ends.csv", b"\xef\xbb\xbf\r\n\r\n\r\n")
    expect("056-nothing-but-line-ends", {}, refused="empty")
    phantom = Payroll("pe", 5, header="pe2")
    for place in range(3):
        phantom.columns.append(f"empty{place}")
        phantom.names[f"empty{place}"] = ""
    plain("057-lima-phantom-columns", phantom, "windows-1252", ";")
    ours = Payroll("pe", 3)
    ours.extra("line", ["2", "5", "9"], 0).extra("fault", ["bank_account: mended"], 1)
    plain("058-the-sheet-of-rejected-rows-comes-again", ours, end="lf")
    sylk = Payroll("co", 4, header="co")
    sylk.names["client_id"] = "ID"
    plain("059-bogota-begins-with-id", sylk, separator=";", end="lf")


def damage():
    point_form = Payroll("pe", 6, header="pe")
    point_form.spoil(1, "bank_account", "3.20100E+17", "cell_scientific").spoil(2, "bank_account", "5.25731E+13", "cell_scientific")
    point_form.spoil(4, "document_number", "9.91E+07", "cell_scientific")
    plain("060-lima-scientific-with-point", point_form, "windows-1252")
    comma_form = Payroll("co", 6, header="co").each("amount", comma)
    comma_form.spoil(1, "bank_account", "5,25733E+10", "cell_scientific").spoil(2, "document_number", "1,991E+09", "cell_scientific")
    comma_form.spoil(4, "bank_account", "3,2E+09", "cell_scientific")
    plain("061-bogota-scientific-with-comma", comma_form, "windows-1252", ";", decimal="comma")
    filled = Payroll("pe", 6, header="pe")
    for place in (1, 2, 3, 5):
        digits = filled.rows[place - 1]["bank_account"].lstrip("0")
        filled.spoil(place, "bank_account", digits[:15] + "0" * (len(digits) - 15), "cell_zero_fill")
    plain("062-lima-cci-cut-to-fifteen-digits", filled, "windows-1252", ";")
    clabes = Payroll("mx", 5, header="mx")
    for place in (1, 2, 3):
        digits = clabes.rows[place - 1]["bank_account"].lstrip("0")
        clabes.spoil(place, "bank_account", digits[:15] + "0" * (len(digits) - 15), "cell_zero_fill")
    plain("063-mexico-clabe-cut-to-fifteen-digits", clabes)
    cbus = Payroll("ar", 6, header="ar").each("amount", comma)
    for place in (1, 2, 5):
        digits = cbus.rows[place - 1]["bank_account"].lstrip("0")
        cbus.spoil(place, "bank_account", digits[:15] + "0" * (len(digits) - 15), "cell_zero_fill")
    plain("064-buenos-aires-cbu-cut-to-fifteen-digits", cbus, "windows-1252", ";", decimal="comma")

    def strip(payroll, *cells):
        for place, column in cells:
            whole = payroll.rows[place - 1][column]
            payroll.spoil(place, column, whole.lstrip("0"), "cell_leading_zeros", whole)
        return payroll

    lima = strip(Payroll("pe", 11, header="pe"), (1, "bank_account"), (3, "bank_account"), (3, "document_number"), (8, "document_number"),
                 (9, "bank_account"), (11, "document_number"), (11, "bank_account"))
    plain("065-lima-lost-zeros", lima, "windows-1252", ";")
    plain("066-mexico-lost-zeros", strip(Payroll("mx", 6, header="mx"), (1, "bank_account"), (2, "bank_account"), (4, "bank_account")))
    argentina = strip(Payroll("ar", 7, header="ar").each("amount", comma), (1, "bank_account"), (2, "bank_account"), (3, "bank_account"))
    plain("067-buenos-aires-lost-zeros", argentina, "windows-1252", ";", decimal="comma")
    brazil = strip(Payroll("br", 8, header="br").each("amount", comma), (3, "document_number"), (4, "document_number"), (4, "bank_account"),
                   (8, "bank_account"))
    plain("068-sao-paulo-lost-zeros-of-cpf", brazil, "windows-1252", ";", decimal="comma")
    plain("069-lima-lost-zeros-of-banks", strip(Payroll("pe", 5, header="pe"), (1, "bank"), (2, "bank"), (3, "bank")), "windows-1252", ";")
    dates = Payroll("pe", 8, header="pe")
    for place, value in enumerate(["1-2-45", "2045-02-01", "ene-45", "01/02/2045", "2045-02-01 00:00:00", "12-feb"], 1):
        dates.spoil(place, "document_number", value, "cell_date")
    plain("070-lima-documents-became-dates", dates, "windows-1252", ";")
    bad = Payroll("co", 6, header="co")
    for place, column in [(1, "first_name"), (1, "last_name"), (2, "last_name"), (3, "first_name"), (4, "last_name"), (6, "last_name")]:
        whole = bad.rows[place - 1][column]
        bad.spoil(place, column, mojibake(whole), "cell_mojibake", whole)
    plain("071-bogota-mojibake", bad, "utf-8-bom", ";")
    letters = Payroll("pe", 4, header="pe")
    # The second byte of í is a soft hyphen, and that of Á has no character in Windows-1252.
    for place, column, whole in [(1, "first_name", "María"), (2, "first_name", "Ángela"), (3, "last_name", "Vílchez Isla"), (4, "last_name", "MUÑOZ PUNA")]:
        letters.spoil(place, column, mojibake(whole), "cell_mojibake", whole)
    plain("072-lima-mojibake-with-unseen-second-bytes", letters, end="lf")
    double = Payroll("br", 6, header="br").each("amount", comma)
    for place, column in [(1, "first_name"), (1, "last_name"), (2, "last_name"), (4, "last_name"), (6, "last_name")]:
        whole = double.rows[place - 1][column]
        double.spoil(place, column, mojibake(whole, 2), "cell_mojibake", whole)
    plain("073-sao-paulo-mojibake-twice", double, "utf-8-bom", ";", decimal="comma")
    lost = Payroll("pe", 6, header="pe").spoil(1, "last_name", "Mu\ufffdoz Puna", "cell_utf8").spoil(2, "first_name", "\ufffdngela", "cell_utf8")
    lost.spoil(3, "last_name", "Pe?a Nevado", "name_letters").spoil(4, "last_name", "Qui¤ones", "name_letters")
    plain("074-lima-letters-that-are-gone", lost, "utf-8-bom", ";")
    unseen = Payroll("pe", 9, header="pe")
    for place, column, change, code in [
        (1, "bank_account", lambda v: v + NBSP, "cell_blanks"), (2, "document_number", lambda v: NBSP + v, "cell_blanks"),
        (3, "bank_account", lambda v: v[:3] + NBSP + v[3:6] + NBSP + v[6:], "cell_blanks"), (4, "bank_account", lambda v: ZERO_WIDTH + v, "cell_invisible"),
        (5, "bank_account", lambda v: v[:10] + ZERO_WIDTH + v[10:], "cell_invisible"), (6, "last_name", lambda v: v + " ", "cell_blanks"),
        (8, "document_number", lambda v: v + "\u200e", "cell_invisible"), (9, "first_name", lambda v: "\ufeff" + v, "cell_invisible"),
    ]:
        whole = unseen.rows[place - 1][column]
        unseen.spoil(place, column, change(whole), code, whole)
    plain("075-lima-unseen-blanks-in-numbers", unseen, "utf-8", ";")
    marked = Payroll("mx", 5, header="mx")
    for place, column in [(1, "bank_account"), (2, "document_number"), (3, "bank"), (5, "bank_account")]:
        whole = marked.rows[place - 1][column]
        marked.spoil(place, column, f"'{whole}", "cell_apostrophe", whole)
    plain("076-mexico-apostrophes-kept", marked, "utf-8-bom")
    formulas = Payroll("pe", 7, header="pe").spoil(2, "client_id", "=A2", "cell_formula").spoil(3, "amount", "=SUM(E2:E3)", "cell_formula")
    for place in (4, 5):
        whole = formulas.rows[place - 1]["bank_account"]
        formulas.spoil(place, "bank_account", f'="{whole}"', "cell_formula", whole)
    formulas.spoil(6, "description", "=CONCATENAR(A2;B2)", "cell_formula")
    plain("077-lima-formulas-as-text", formulas, "windows-1252", ",")
    errors = Payroll("pe", 10, header="pe")
    for place, column, value in [(1, "bank_account", "#N/A"), (2, "document_number", "#¡REF!"), (3, "amount", "#VALUE!"), (4, "bank", "#N/D"),
                                 (5, "amount", "#VALOR!"), (6, "last_name", "#REF!"), (8, "amount", "#DIV/0!"), (9, "first_name", "#¿NOMBRE?"),
                                 (10, "bank_account", "#########")]:
        errors.spoil(place, column, value, "cell_error")
    plain("078-lima-errors-of-formulas", errors, "windows-1252", ";")
    portuguese = Payroll("br", 4, header="br").each("amount", comma)
    portuguese.spoil(1, "bank_account", "#N/D", "cell_error").spoil(2, "amount", "#VALOR!", "cell_error").spoil(3, "document_number", "#NOME?", "cell_error")
    plain("079-sao-paulo-errors-of-formulas", portuguese, "windows-1252", ";", decimal="comma")


def rows():
    totals = Payroll("pe", 7, header="pe").each("amount", comma)
    totals.insert(4, "total", "row_total", client_id="Subtotal Ventas", amount="4.955,43")
    totals.insert(9, "total", "row_total", client_id="TOTAL", amount="17.404,17")
    plain("080-lima-totals", totals, "windows-1252", ";", decimal="comma")
    sums = Payroll("br", 4, header="br").each("amount", comma).insert(5, "total", "row_total", last_name="Total geral:", amount="16.103,28")
    sums.insert(3, "total", "row_total", amount="5.811,44")
    plain("081-sao-paulo-totals-with-and-without-a-word", sums, "utf-8-bom", ";", decimal="comma")
    empty = Payroll("co", 6, header="co").insert(3, "blank").insert(5, "blank", separators="").insert(6, "blank", separators="")
    for _ in range(4):
        empty.insert(len(empty.rows) + 1, "blank", separators="")
    empty.insert(len(empty.rows) + 1, "blank")
    plain("082-bogota-empty-rows", empty, "windows-1252", ";")
    pasted = Payroll("pe", 4, "LIM")
    second = Payroll("pe", 4, "LIM", first=9)
    pasted.insert(5, "header", "row_header", **dict(zip(pasted.columns, ["\ufeff" + pasted.columns[0], *pasted.columns[1:]])))
    pasted.rows += second.rows
    plain("083-lima-two-exports-pasted", pasted, "utf-8-bom")
    again = Payroll("mx", 6, header="mx").insert(4, "header", "row_header", **dict(zip(HEADERS["canonical"], HEADERS["mx"])))
    plain("084-mexico-header-on-every-page", again, "windows-1252")
    lines = Payroll("co", 5, header="co").extra("Notas", ["", "Revisar\ncuenta", 'Dice "urgente"'])
    lines.spoil(3, "description", "Nómina\nnoviembre 2026", "cell_invisible")
    plain("085-bogota-line-ends-within-cells", lines, "utf-8-bom", ";")
    open_quote = Payroll("pe", 6, header="pe").set(3, last_name="QUOTE Nevado")
    plain("086-lima-quote-never-closed", open_quote, change=lambda t: t.replace("QUOTE Nevado", '"Peña Nevado'), refused="quote", decimal=None)
    stray = Payroll("pe", 5, header="pe").set(2, first_name="STRAY").set(4, company_name="LEAD")
    stray.fault(2, None, "row_quotes").fault(4, None, "row_quotes")
    plain("087-lima-stray-quotes", stray, change=lambda t: t.replace("STRAY", 'Rosa "Charo"').replace("LEAD", '"Dunas" SAC'))
    cells = Payroll("co", 6, header="co").set(2, description="MANY").set(5, description="FEW")
    cells.fault(2, None, "row_cells").fault(5, None, "row_cells")
    plain("088-bogota-too-many-and-too-few-cells", cells, change=lambda t: t.replace("MANY", "Nómina, noviembre").replace(",savings,FEW", ""))
    split = Payroll("pe", 5, header="pe").each("amount", lambda a: "A" + a)
    for place in range(1, 6):
        split.fault(place, None, "row_cells")
    plain("089-lima-decimal-commas-between-commas", split, decimal=None, change=lambda t: re.sub(r"A(\d+)\.", r"\1,", t))
    cut = Payroll("mx", 6, header="mx").fault(6, None, "row_cells")
    plain("090-mexico-last-line-cut", cut, change=lambda t: t[: t.rindex(",MXN,") + 9])
    noted = Payroll("mx", 5, header="mx").set(5, description="Nómina, segunda quincena")
    plain("091-mexico-cut-within-quotes", noted, change=lambda t: t[: t.rindex("segunda")], refused="quote", decimal=None)
    plain("092-lima-trailing-control-z", Payroll("pe", 5, header="pe"), "windows-1252", ";", change=lambda t: t + "\x1a")
    plain("093-lima-nul-bytes", Payroll("pe", 5, header="pe").set(3, description="Planilla\0\0\0"), separator=";", refused="encoding", decimal=None)
    duplicate = Payroll("pe", 6, header="pe").set(4, client_id="PE-2026-11-002").fault(4, "client_id", "client_id_used")
    duplicate.set(6, client_id="PE-2026-11-002").fault(6, "client_id", "client_id_used")
    plain("094-lima-client-ids-twice", duplicate, "windows-1252", ";")
    equal = Payroll("pe", 5, header="pe")
    equal.rows.append(type(equal.rows[0])(dict(equal.rows[1].cells, client_id="PE-2026-11-006")))
    equal.fault(6, None, "equal_rows", severity="warning")
    plain("095-lima-equal-rows", equal, "windows-1252", ";")
    shared = Payroll("mx", 5, header="mx")
    shared.set(4, bank=shared.rows[1]["bank"], bank_account=shared.rows[1]["bank_account"])
    shared.fault(4, "bank_account", "account_two_names", severity="warning")
    plain("096-mexico-one-account-under-two-names", shared, "utf-8-bom")
    cards = Payroll("pe", 5, header="pe").spoil(2, "bank_account", "4111111111111111", "card_number")
    cards.spoil(4, "description", "Pago tarjeta 5555-5555-5555-4444", "card_number")
    plain("097-lima-card-numbers", cards, "windows-1252", ";")


def containers():
    upper, lower = Payroll("pe", 3, header="pe"), Payroll("pe", 4, header="pe", first=9)
    upper_text, _ = text(upper, ";")
    lower_text, _ = text(lower, ";", header=False)
    keep("201-lima-two-encodings-in-one-file.csv", upper_text.encode() + lower_text.encode("cp1252"))
    expect("201-lima-two-encodings-in-one-file", {}, refused="encoding_mixed")
    content, lines = text(Payroll("mx", 3, header="mx"), "\t")
    keep("202-mexico-utf16-cut-in-half-a-letter.txt", encoded(content, "utf-16le")[:-1])
    expect("202-mexico-utf16-cut-in-half-a-letter", {}, refused="encoding")
    payroll = Payroll("co", 8, header="co")
    content, lines = text(payroll, ",", "\n")
    packed = gzip.compress(content.encode(), mtime=0)
    keep("203-bogota-gzip.csv.gz", packed)
    expect("203-bogota-gzip", csv_found("utf-8", ",", "lf", container="gzip"), payroll.judged(lines))
    half = len(content) // 2
    keep("204-bogota-gzip-of-two-members.csv.gz", gzip.compress(content[:half].encode(), mtime=0) + gzip.compress(content[half:].encode(), mtime=0))
    expect("204-bogota-gzip-of-two-members", csv_found("utf-8", ",", "lf", container="gzip"), payroll.judged(lines))
    keep("205-bogota-gzip-cut.csv.gz", packed[: len(packed) * 2 // 3])
    expect("205-bogota-gzip-cut", {"container": "gzip"}, refused="gzip")
    keep("206-bogota-gzip-with-more-behind-it.csv.gz", packed + b"-- enviado desde el portal --\r\n")
    expect("206-bogota-gzip-with-more-behind-it", {"container": "gzip"}, refused="gzip")
    keep("207-bogota-gzip-of-a-gzip.csv.gz", gzip.compress(packed, mtime=0))
    expect("207-bogota-gzip-of-a-gzip", {"container": "gzip"}, refused="gzip")
    spoiled = bytearray(packed)
    spoiled[-8] ^= 0xFF
    keep("208-bogota-gzip-with-a-wrong-checksum.csv.gz", bytes(spoiled))
    expect("208-bogota-gzip-with-a-wrong-checksum", {"container": "gzip"}, refused="gzip")
    zipped("209-bogota-zip-of-a-csv.zip", {"planilla.csv": content})
    zipped("210-word-document-as.xlsx", {
        "[Content_Types].xml": '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
        "_rels/.rels": '<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>'
        "</Relationships>",
        "word/document.xml": '<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        "<w:body><w:p><w:r><w:t>Planilla de noviembre</w:t></w:r></w:p></w:body></w:document>",
    })
    plain("211-lima-csv-named-xlsx", Payroll("pe", 5, header="pe"), "windows-1252", ";", suffix="xlsx")
    payroll = Payroll("pe", 4, header="pe")
    cells = lambda row, tag: "<tr>" + "".join(f"<{tag}>{cell}</{tag}>" for cell in row) + "</tr>\r\n"
    body = cells(payroll.header(), "th") + "".join(cells(payroll.cells(row), "td") for row in payroll.rows)
    page = f'<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><meta charset="utf-8"></head><body><table border="1">\r\n{body}</table></body></html>\r\n'
    keep("212-lima-html-of-a-portal.xls", page.encode())
    expect("212-lima-html-of-a-portal", {}, refused="not_a_table")
    keep("213-pdf-named.csv", PDF)
    expect("213-pdf-named", {}, refused="not_a_table")
    keep("214-photograph-named.xlsx", JPEG)
    expect("214-photograph-named", {}, refused="not_a_table")
    keep("215-picture-named.csv", png())
    expect("215-picture-named", {}, refused="not_a_table")
    pairs = Payroll("pe", 4)
    content, _ = text(pairs, ";", "\n")
    either = "\n".join(",".join(";".join(pair) for pair in two(line.split(";"))) for line in content.splitlines()) + "\n"
    keep("216-lima-two-separators-that-fit-equally.csv", either.encode())
    expect("216-lima-two-separators-that-fit-equally", {}, refused="separator_open")
    keep("217-lima-payroll-program.dbf", dbase(Payroll("pe", 4)))
    expect("217-lima-payroll-program", {}, refused="encoding")


def dbase(payroll):
    """A table of dBase III in the letters of DOS, as old payroll programs keep it."""
    widths = [(column[:10].upper(), 40 if column in ("last_name", "description") else 24) for column in payroll.columns]
    head = struct.pack("<B3BIHH20x", 3, 126, 11, 30, len(payroll.rows), 33 + 32 * len(widths), 1 + sum(width for _, width in widths))
    fields = b"".join(struct.pack("<11sc4xBB14x", name.encode(), b"C", width, 0) for name, width in widths)
    records = b"".join(
        b" " + b"".join(cell.encode("cp850").ljust(width) for cell, (_, width) in zip(payroll.cells(row), widths)) for row in payroll.rows
    )
    return head + fields + b"\r" + records + b"\x1a"


def two(cells):
    """In twos, the last alone: as many separators of one kind as of the other."""
    return [cells[place : place + 2] for place in range(0, len(cells), 2)]


def zipped(name, parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for part, content in parts.items():
            packed.writestr(zipfile.ZipInfo(part, (2026, 11, 30, 12, 0, 0)), content)
    keep(name, out.getvalue())
    expect(name.rpartition(".")[0], {}, refused="not_a_table")


def png():
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0\xff\0\xff\0")) + chunk(b"IEND", b"")


# The smallest that viewers open: one empty page.
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
# The beginning and the end of a photograph, with a comment between them.
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xfe\0\x0bfoto.jpg\0\xff\xd9"


def main():
    for part in (formats, amounts, headers, damage, rows, containers):
        part()


if __name__ == "__main__":
    main()
