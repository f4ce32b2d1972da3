#!/usr/bin/env python3
"""Reads every file that is not refused with other libraries than payrun's, and holds it against what is expected of it.

Rows are counted, lines of faults must exist, hints must be what the damage was made from, and what is accepted must have check digits that fit.
"""

import csv
import gzip
import io
import json
import re

import openpyxl
import xlrd
from odf import opendocument, table, teletype
from odf.namespaces import TABLENS

import people
from common import COLUMNS, EXPECTED, FILES, HEADERS

FIELDS = {name.lower(): column for names in HEADERS.values() for column, name in zip(COLUMNS, names)}


def records(path, found):
    """Line and cells of each record."""
    data = path.read_bytes()
    if found["container"] == "gzip":
        data = gzip.decompress(data)
    if found["format"] == "csv":
        codec = {"utf-8-bom": "utf-8-sig", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be", "windows-1252": "cp1252"}.get(found["encoding"], found["encoding"])
        content = data.decode(codec).removeprefix("\ufeff")
        separator = {"tab": "\t"}.get(found["separator"], found["separator"])
        ends = {end for end in ("\r\n", "\r", "\n") if re.search(r"(?<!\r)\n" if end == "\n" else r"\r(?!\n)" if end == "\r" else end, unquoted(content))}
        word = {"\r\n": "crlf", "\r": "cr", "\n": "lf"}
        assert found["line_end"] == (word[ends.pop()] if len(ends) == 1 else "mixed"), (path.name, ends)
        reader, before = csv.reader(io.StringIO(content, newline=""), delimiter=separator), 0
        for cells in reader:
            yield before + 1, cells
            before = reader.line_num
    elif found["format"] == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
        [sheet] = [sheet for sheet in book if sheet.sheet_state == "visible" and sheet.max_row > 1]
        for line, row in enumerate(sheet.iter_rows(), 1):
            yield line, [shown(cell.value, cell.number_format) for cell in row]
    elif found["format"] == "xls":
        book = xlrd.open_workbook(file_contents=data, formatting_info=True)
        [sheet] = [sheet for sheet in book.sheets() if sheet.visibility == 0 and sheet.nrows > 1]
        for line in range(sheet.nrows):
            yield line + 1, [shown(cell.value, book.format_map[book.xf_list[cell.xf_index].format_key].format_str) for cell in sheet.row(line)]
    else:
        [sheet] = [one for one in opendocument.load(path).getElementsByType(table.Table) if one.getElementsByType(table.TableRow).__len__() > 3]
        line = 0
        for row in sheet.getElementsByType(table.TableRow):
            cells = []
            for cell in row.getElementsByType(table.TableCell):
                times = int(cell.attributes.get((TABLENS, "number-columns-repeated"), 1))
                cells += [teletype.extractText(cell)] * min(times, 30)
            for _ in range(min(int(row.attributes.get((TABLENS, "number-rows-repeated"), 1)), 30)):
                line += 1
                yield line, cells


def unquoted(content):
    return re.sub(r'"[^"]*"', "", content)


def shown(value, form):
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and re.fullmatch("0{2,}", form or ""):
        return f"{value:0{len(form)}}"
    return "" if value is None else str(value)


def fits(row):
    """The check digits of what is accepted."""
    country, account, number = row["country"].lower(), row["bank_account"], row["document_number"]
    if row["method"] == "bank":
        remade = {
            "pe": lambda: people.cci(account[:3], int(account[3:6]), int(account[6:18])),
            "mx": lambda: people.clabe(account[:3], int(account[6:17])),
            "ar": lambda: people.cbu(account[:3], int(account[8:21])),
        }.get(country, lambda: account)()
        assert account == remade and (country in ("co", "cl") or account.startswith(row["bank"])), row
    if row["document_type"] == "DNI":
        assert re.fullmatch(r"\d{8}", number), row
    remade = {"RUC": lambda: people.ruc(int(number[2:10])), "CPF": lambda: people.cpf(number[:9]), "RUT": lambda: people.rut(int(number[:-1])),
              "CUIL": lambda: people.cuil(int(number[2:10]))}.get(row["document_type"], lambda: number)()
    assert number == remade, row


def check(path, expected):
    found, faults = expected["found"], expected["faults"]
    rejected = {fault["line"] for fault in faults if fault.get("severity") != "warning"}
    assert len(rejected) == expected["rejected"], path.name
    header, rows = None, {}
    for line, cells in records(path, found):
        known = [FIELDS.get(cell.strip().lower()) for cell in cells]
        if header is None:
            # Worn headers have no names in the list; the widest of the first records is theirs.
            if len([name for name in known if name]) >= 5 or "REFERENCIA" in cells:
                header = known if "REFERENCIA" not in cells else COLUMNS
            continue
        if any(cells) and cells != ["\x1a"]:
            rows[line] = dict(zip(header, cells)) | {"_cells": cells}
    assert len(rows) == expected["accepted"] + expected["rejected"], (path.name, len(rows), expected["accepted"], expected["rejected"])
    for fault in faults:
        assert fault["line"] in rows, (path.name, fault)
        text = rows[fault["line"]].get(fault.get("column"))
        if fault["code"] == "cell_leading_zeros" and "hint" in fault and text is not None:
            assert fault["hint"].lstrip("0") == text, (path.name, fault, text)
    for line, row in rows.items():
        if line not in rejected and {"country", "bank_account", "document_number", "bank"} <= row.keys():
            fits(row)
    return len(rows)


def main():
    names = {path.name.partition(".")[0]: path for path in sorted(FILES.iterdir())}
    expectations = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(EXPECTED.iterdir())}
    assert names.keys() == expectations.keys(), names.keys() ^ expectations.keys()
    read = 0
    for name, expected in expectations.items():
        if expected["refused"] is None:
            read += check(names[name], expected)
    refused = sum(expected["refused"] is not None for expected in expectations.values())
    print(f"{len(names)} files, {refused} of them refused; {read} rows in the others; {sum(path.stat().st_size for path in names.values())} bytes")


if __name__ == "__main__":
    main()
