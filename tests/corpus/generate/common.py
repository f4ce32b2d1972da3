"""A payroll in memory, what was done to it, and what payrun must say of the file that it becomes."""

import csv
import io
import json
import pathlib
import re
import zipfile

HERE = pathlib.Path(__file__).parent
FILES = HERE.parent / "files"
EXPECTED = HERE.parent / "expected"
PEOPLE = json.loads((HERE / "people.json").read_text(encoding="utf-8"))
COLUMNS = list(PEOPLE["pe"][0])

# Headers as clerks write them. The keys are kept in the order of COLUMNS.
HEADERS = {
    "canonical": COLUMNS,
    "pe": "Referencia|Cuenta de cargo|País|Moneda|Monto a pagar|Medio de pago|Nombres|Apellidos|Razón social|Tipo Doc.|"
    "Nº Documento|Banco|Cuenta CCI|Tipo de cuenta|Glosa",
    "pe2": "Código de pago|Cuenta origen|Pais|Divisa|Importe|Forma de pago|Nombre|Apellido|Razon Social|Tipo de documento|"
    "Número de documento|Código de banco|CCI|Tipo cta.|Concepto",
    "co": "ID de pago|Cuenta origen|País|Moneda|Valor a pagar|Forma de pago|Nombres|Apellidos|Razón social|Tipo de identificación|"
    "N° de identificación|Código del banco|Número de cuenta|Tipo de cuenta|Descripción",
    "mx": "Referencia de pago|Cuenta ordenante|País|Divisa|Importe|Método de pago|Nombre(s)|Apellidos|Razón social|"
    "Tipo de documento|CURP / RFC|Banco|CLABE interbancaria|Tipo de cuenta|Concepto de pago",
    "ar": "Referencia|Cuenta de débito|País|Moneda|Neto a pagar|Medio de pago|Nombre|Apellido|Razón social|Tipo de documento|"
    "CUIL/CUIT|Banco|CBU/CVU|Tipo de cuenta|Detalle",
    "cl": "Nº de pago|Cuenta de cargo|País|Moneda|Líquido a pagar|Forma de pago|Nombres|Apellidos|Razón social|Tipo de documento|"
    "RUT|Código banco|Nº de cuenta|Tipo de cuenta|Glosa",
    "br": "ID do pagamento|Conta de débito|País|Moeda|Valor líquido|Forma de pagamento|Nome|Sobrenome|Razão social|"
    "Tipo de documento|Documento de identidade|Banco|Chave PIX|Tipo de chave|Descrição",
    "br2": "Identificador|Conta pagadora|Pais|Moeda|Valor a pagar|Método de pagamento|Primeiro nome|Último nome|Empresa|"
    "Tipo doc.|CPF/CNPJ|Código do banco|Chave Pix|Tipo da chave|Histórico",
    "en": "Payment ID|Paying account|Country|Currency|Net pay|Payment method|First name|Surname|Company|ID type|ID number|"
    "Bank code|Account number|Account type|Payment details",
    "en2": "Reference|Source account|Country|Currency|Amount|Method|Given name|Family name|Company name|Document type|"
    "Document number|Bank|Beneficiary account|Type of account|Description",
}
HEADERS = {name: names if isinstance(names, list) else names.split("|") for name, names in HEADERS.items()}


class Row:
    """A record below the header: a payout, or something else that clerks leave there."""

    def __init__(self, cells, kind="row"):
        self.cells, self.kind, self.faults = cells, kind, []

    def __getitem__(self, column):
        return self.cells[column]

    def __setitem__(self, column, value):
        self.cells[column] = value


class Payroll:
    """Rows of one country, the columns in their order, and the faults that are put into them."""

    def __init__(self, country, count=6, prefix=None, header="canonical", first=1):
        prefix = prefix or f"{country.upper()}-2026-11"
        rows = PEOPLE[country][first - 1 : first - 1 + count]
        self.rows = [Row(dict(row, client_id=f"{prefix}-{number:03}")) for number, row in enumerate(rows, first)]
        self.columns = list(COLUMNS)
        self.names = dict(zip(COLUMNS, HEADERS[header]))

    def set(self, place, **cells):
        """Changes cells of the row `place` (from one); nothing is wrong with them."""
        self.rows[place - 1].cells.update(cells)
        return self

    def spoil(self, place, column, value, code, hint=None, severity=None):
        """Puts a value into a cell, and what must be said of it."""
        self.rows[place - 1][column] = value
        return self.fault(place, column, code, hint, severity)

    def fault(self, place, column, code, hint=None, severity=None):
        found = {"column": column, "code": code, "hint": hint, "severity": severity}
        self.rows[place - 1].faults.append({key: value for key, value in found.items() if value is not None})
        return self

    def insert(self, place, kind, code=None, **cells):
        """A record that is no payout, before row `place`."""
        row = Row(dict.fromkeys(self.columns, "") | cells, kind)
        if code:
            row.faults.append({"code": code})
        self.rows.insert(place - 1, row)
        return self

    def each(self, column, change):
        for row in self.rows:
            if row.kind == "row" or row.cells.get(column):
                row[column] = change(row[column])
        return self

    def extra(self, name, values, at=None):
        """A column that payrun does not know."""
        self.columns.insert(len(self.columns) if at is None else at, name)
        self.names[name] = name
        for place, row in enumerate(self.rows):
            row[name] = values[place % len(values)]
        return self

    def header(self):
        return [self.names[column] for column in self.columns]

    def cells(self, row):
        return [row.cells.get(column, "") for column in self.columns]

    def judged(self, lines):
        """Accepted, rejected and faults, when the rows stand on these lines."""
        accepted = rejected = 0
        faults = []
        for row, line in zip(self.rows, lines, strict=True):
            if row.kind == "blank":
                continue
            wrong = any(fault.get("severity") != "warning" for fault in row.faults)
            accepted, rejected = accepted + (not wrong), rejected + wrong
            order = {column: place for place, column in enumerate(COLUMNS)}
            faults += [{"line": line} | fault for fault in sorted(row.faults, key=lambda one: order.get(one.get("column"), -1))]
        return {"accepted": accepted, "rejected": rejected, "faults": faults}


def expect(name, found, judged=None, refused=None):
    """Beside the file: what payrun must say of it."""
    answer = {"found": found, "refused": refused} | (judged or {"accepted": 0, "rejected": 0, "faults": []})
    text = json.dumps(answer, ensure_ascii=False, indent=2) + "\n"
    (EXPECTED / f"{name}.json").write_text(text, encoding="utf-8")


def keep(name, data):
    (FILES / name).write_bytes(data)


def text(payroll, separator=",", end="\r\n", quoting=csv.QUOTE_MINIMAL, before=(), header=True):
    """The text as Python's csv module writes it, and the line of each row."""
    parts, lines = list(before), []
    line = 1 + sum(len(part.splitlines()) for part in before)

    def record(cells):
        out = io.StringIO()
        csv.writer(out, delimiter=separator, lineterminator=end, quoting=quoting).writerow(cells)
        return out.getvalue()

    def add(part):
        nonlocal line
        parts.append(part)
        line += len(part.replace("\r\n", "\n").replace("\r", "\n").split("\n")) - 1

    if header:
        add(record(payroll.header()))
    for row in payroll.rows:
        lines.append(line)
        empty = row.kind == "blank" and row.cells.get("separators") is None
        add(end if empty else record(payroll.cells(row)))
    return "".join(parts), lines


def csv_found(encoding="utf-8", separator=",", end="crlf", decimal="point", container="plain"):
    word = {"\t": "tab"}.get(separator, separator)
    found = {"container": container, "format": "csv", "encoding": encoding, "separator": word, "line_end": end, "decimal": decimal}
    return {key: value for key, value in found.items() if value is not None}


def book_found(format="xlsx", decimal=None, container="plain"):
    """`decimal` is for workbooks that hold amounts as text; numbers need no decision."""
    found = {"container": container, "format": format, "decimal": decimal}
    return {key: value for key, value in found.items() if value is not None}


def comma(amount, group=".", cents=True):
    """1234.56 as 1.234,56."""
    whole, _, fraction = amount.partition(".")
    grouped = f"{int(whole):,}".replace(",", group)
    return f"{grouped},{fraction or '00'}" if cents else grouped


def point(amount, group=","):
    """1234.56 as 1,234.56."""
    whole, _, fraction = amount.partition(".")
    grouped = f"{int(whole):,}".replace(",", group)
    return f"{grouped}.{fraction}" if fraction else grouped


def with_fixed_dates(data, moment=None):
    """The same parts in the same order, without the moment at which they were written."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.infolist():
            made = zipfile.ZipInfo(entry.filename, (2026, 11, 30, 12, 0, 0))
            made.compress_type, made.external_attr = entry.compress_type, entry.external_attr
            part = old.read(entry)
            if moment and entry.filename in ("docProps/core.xml", "meta.xml"):
                part = re.sub(rb"(<(?:dcterms:created|dcterms:modified|meta:creation-date|dc:date)[^>]*>)[^<]*", rb"\g<1>" + f"{moment:%Y-%m-%dT%H:%M:%SZ}".encode(), part)
            new.writestr(made, part)
    return out.getvalue()
