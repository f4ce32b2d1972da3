#!/usr/bin/env python3
"""Writes payroll-pe.csv: a Peruvian payroll of 1,000 rows for the account bamboo-pe, the same on every run.

Every name, document, telephone and account is made up: the file is for the sandbox, never for a real provider.

Twelve rows are bad, each in its own way, and are rejected on import. Eight good rows ask the sandbox, in their
description, to refuse them.
"""

import csv
import pathlib
import random

ROWS = 1_000
COLUMNS = (
    "client_id account country currency amount method first_name last_name company_name document_type document_number "
    "bank bank_account bank_account_type description"
).split()

# Codes of Bamboo's list; a CCI begins with its bank's code.
BANKS = ["002"] * 6 + ["003"] * 4 + ["011"] * 4 + ["009"] * 3 + ["018", "035", "038", "049", "801", "803", "806"]
WALLETS = ["901", "901", "902"]
FIRST = "Alba Bruno Carla Dario Elena Fabio Gala Hugo Inés Jaime Karina León Mara Nadia Óscar Pilar Quirino Rita Saúl Tania".split()
LAST = "Andina Bosque Cordillera Dunas Estrella Fuentes Glaciar Huerta Isla Jacaranda Laguna Montaña Nevado Olivos Puna".split()
COMPANY = ["Transportes", "Limpieza", "Vigilancia", "Comedores", "Talleres", "Sistemas"]
DESCRIPTION = "Planilla noviembre 2026"

SANDBOX = {
    101: "sandbox:declined-813",
    202: "sandbox:declined-710",
    303: "sandbox:late-declined-708",
    404: "sandbox:late-declined-711",
    505: "sandbox:rejected-901",
    606: "sandbox:rejected-902",
    707: "sandbox:rejected-909",
    808: "sandbox:rejected-907",
}


def cci_check(digits):
    """Every second digit counts double; of a product the digits are added."""
    products = (int(digit) * (1 + place % 2) for place, digit in enumerate(digits))
    return str(-sum(product // 10 + product % 10 for product in products) % 10)


def cci(bank, office, number):
    branch, account = f"{bank}{office:03}", f"{number:012}"
    return branch + account + cci_check(branch) + cci_check(account)


def ruc(number):
    """A company's tax number."""
    body = f"20{number:08}"
    total = sum(int(digit) * weight for digit, weight in zip(body, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)))
    return body + str((11 - total % 11) % 10)


def good_row(number, draw):
    row = dict.fromkeys(COLUMNS, "")
    row.update(
        client_id=f"PLA-2026-11-{number:05}",
        account="bamboo-pe",
        country="PE",
        currency="PEN",
        amount=f"{draw.randint(1_025, 9_799)}.{draw.choice(['00', '50', '25', '80'])}",
        description=SANDBOX.get(number, DESCRIPTION),
    )
    if number % 50 == 0:
        row.update(company_name=f"{draw.choice(COMPANY)} {draw.choice(LAST)} SAC", document_type="RUC", document_number=ruc(99_900_000 + number))
    else:
        row.update(
            first_name=draw.choice(FIRST),
            last_name=f"{draw.choice(LAST)} {draw.choice(LAST)}",
            document_type="DNI",
            document_number=f"{99_000_000 + number}",
        )
    if number % 7 == 0 and not row["company_name"]:
        row.update(method="wallet", bank=draw.choice(WALLETS), bank_account=f"{900_000_000 + number}")
    else:
        bank = draw.choice(BANKS)
        account = cci(bank, draw.randint(1, 399), draw.randint(10**8, 10**12 - 1))
        row.update(method="bank", bank=bank, bank_account=account, bank_account_type=draw.choice(["savings", "savings", "checking"]))
    return row


# Row number and what spoils it. None of the rows is a wallet's or a company's.
FAULTS = {
    37: {"amount": "2.450,00"},
    113: {"amount": "2.45E+03"},
    191: {"amount": "0.00"},
    265: {"amount": "-1850.00"},
    347: {"amount": "1850.005"},
    431: {"currency": "PNE"},
    # The leading zero of 09900037 is lost.
    499: {"document_number": "9900037"},
    # And of a CCI of Interbank.
    577: {"bank": "003", "bank_account": cci("003", 200, 3_001_234_567)[1:]},
    # TeemoPay's code of BCP.
    659: {"bank": "1"},
    743: {"client_id": "PLA-2026-11-00742"},
    # A card that no bank has issued, as it is commonly used in tests.
    871: {"bank_account": "4111111111111111"},
    953: {"last_name": ""},
}


def main():
    draw = random.Random(20261121)
    path = pathlib.Path(__file__).with_name("payroll-pe.csv")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for number in range(1, ROWS + 1):
            writer.writerow(good_row(number, draw) | FAULTS.get(number, {}))


if __name__ == "__main__":
    main()
