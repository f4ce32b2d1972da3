#!/usr/bin/env python3
"""Writes payroll-latam.csv: one payroll of 800 rows over four providers and seven countries, the same on every run.

Every name, document, telephone and account is made up: the file is for the sandbox, never for a real provider.

Twelve rows are bad, each in its own way. Some good rows make the sandbox refuse them, return them after they were paid, lose
its answer, or make a twin: by their description where it reaches the provider, else by the last two digits of the amount.
"""

import csv
import pathlib
import random
import uuid

from generate_payroll import BANKS, COMPANY, FIRST, LAST, cci, ruc

COLUMNS = (
    "client_id account country currency amount method first_name last_name company_name document_type document_number "
    "bank bank_account bank_account_type description bank_account_local phone email"
).split()
DESCRIPTION = "Nomina noviembre 2026"


def weighted(digits, weights):
    return sum(int(digit) * weight for digit, weight in zip(digits, weights))


def mod11_pair(body):
    """Both check digits of a CPF."""
    first = (11 - weighted(body, range(10, 1, -1)) % 11) % 11 % 10
    second = (11 - weighted(f"{body}{first}", range(11, 1, -1)) % 11) % 11 % 10
    return f"{body}{first}{second}"


def clabe(bank, number):
    body = f"{bank}180{number:011}"
    return body + str(-sum(int(digit) * weight % 10 for digit, weight in zip(body, (3, 7, 1) * 6)) % 10)


def curp(number):
    """Of people without a place of birth, told apart by their dates."""
    body = f"XEXX{number // 28 // 12 % 100:02}{number // 28 % 12 + 1:02}{number % 28 + 1:02}HNEXXX0"
    alphabet = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ"
    total = sum(alphabet.index(letter) * (18 - place) for place, letter in enumerate(body))
    return f"{body}{-total % 10}"


def ci(number):
    total = sum(int(digit) * weight for digit, weight in zip(f"{number:07}", (2, 9, 8, 7, 6, 3, 4)))
    return f"{number:07}{-total % 10}"


def cbu(bank, number):
    def block(body):
        return body + str(-weighted(reversed(body), (3, 1, 7, 9) * 4) % 10)

    return block(f"{bank}0590") + block(f"{number:013}")


def cuil(number):
    body = f"20{number:08}"
    check = (11 - weighted(body, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11) % 11
    # A remainder of ten has no digit; such numbers are not issued.
    return cuil(number + 1) if check == 10 else body + str(check)


def rut(number):
    rest = 11 - weighted(reversed(f"{number}"), (2, 3, 4, 5, 6, 7) * 2) % 11
    return f"{number}" + {11: "0", 10: "K"}.get(rest, str(rest))


def person(number, draw, kind, document):
    return {
        "first_name": draw.choice(FIRST),
        "last_name": f"{draw.choice(LAST)} {draw.choice(LAST)}",
        "document_type": kind,
        "document_number": document(number),
    }


def bank(code, account, kind="savings", local=""):
    return {
        "method": "bank",
        "bank": code,
        "bank_account": account,
        "bank_account_type": kind,
        "bank_account_local": local,
    }


def bamboo_pe(number, draw):
    if number % 9 == 0:
        money = {"method": "wallet", "bank": "901", "bank_account": f"{900_000_000 + number}"}
    else:
        code = draw.choice(BANKS)
        money = bank(code, cci(code, draw.randint(1, 399), draw.randint(10**8, 10**12 - 1)))
    if number % 20 == 0:
        company = {"company_name": f"{draw.choice(COMPANY)} {draw.choice(LAST)} SAC", "document_type": "RUC"}
        return money | company | {"document_number": ruc(99_900_000 + number)}
    return money | person(number, draw, "DNI", lambda n: f"{99_000_000 + n}")


def bamboo_ar(number, draw):
    code = draw.choice(["007", "011", "017", "072", "285"])
    return bank(code, cbu(code, draw.randint(10**9, 10**12))) | person(number, draw, "CUIL", lambda n: cuil(99_000_000 + n))


def bamboo_br(number, draw):
    document = mod11_pair(f"{990_000_000 + number}")
    keys = [
        ("document", document),
        ("email", f"pessoa{number}@example.com"),
        ("phone", f"+5511900{number:06}"),
        ("random", str(uuid.UUID(int=draw.getrandbits(128), version=4))),
    ]
    kind, key = keys[number % 4]
    instant = {"method": "instant", "bank_account_type": kind, "bank_account": key}
    return instant | person(number, draw, "CPF", lambda _: document)


def bamboo_cl(number, draw):
    code = draw.choice(["001", "012", "016", "037", "051"])
    account = f"{draw.randint(10**9, 10**12)}"
    return bank(code, account, draw.choice(["checking", "savings"])) | person(number, draw, "RUT", lambda n: rut(99_000_000 + n))


def bamboo_co(number, draw):
    if number % 3 == 0:
        money = {"method": "instant", "bank_account_type": "phone", "bank_account": f"3{100_000_000 + number}"}
    elif number % 3 == 1:
        money = {"method": "wallet", "bank": "1507", "bank_account": f"3{200_000_000 + number}"}
    else:
        money = bank(draw.choice(["1007", "1051", "1013"]), f"{draw.randint(10**9, 10**11)}")
    return money | person(number, draw, "CC", lambda n: f"{1_990_000_000 + n}")


def bamboo_mx(number, draw):
    code = draw.choice(["002", "012", "014", "072"])
    return bank(code, clabe(code, draw.randint(10**8, 10**11 - 1))) | person(number, draw, "CURP", curp)


def bamboo_uy(number, draw):
    return bank("113", f"{9_000_000 + number}") | person(number, draw, "CI", lambda n: ci(990_000 + n))


def teemopay_pe(number, draw):
    if number % 8 == 0:
        money = {"method": "wallet", "bank": "100", "bank_account": f"{900_000_000 + number}"}
    elif number % 2 == 0:
        # Interbank: an account of 13 digits beside the CCI.
        money = bank("2", cci("003", 200, 3_000_000_000 + number), local=f"{2_003_000_000_000 + number}")
    else:
        # Banco de la Nación: the account is the CCI.
        money = bank("supervisor:018", cci("018", draw.randint(1, 399), draw.randint(10**8, 10**12 - 1)))
    return money | person(number, draw, "DNI", lambda n: f"{98_000_000 + n}")


def qentaz_co(number, draw):
    money = bank(draw.choice(["1007", "1051", "1013"]), f"{draw.randint(10**9, 10**11)}")
    return money | {"phone": f"573{100_000_000 + number}"} | person(number, draw, "CC", lambda n: f"{1_980_000_000 + n}")


def kapaqnan_pe(number, draw):
    money = bank("supervisor:038", cci("038", 200, 4_000_000_000 + number), local=f"{2_003_100_000_000 + number}")
    return money | person(number, draw, "DNI", lambda n: f"{97_000_000 + n}")


# Account, country, currency, rows, and the range of amounts in major units.
ACCOUNTS = [
    ("bamboo-pe", "PE", "PEN", 140, (1_025, 9_799), bamboo_pe),
    ("bamboo-ar", "AR", "ARS", 60, (400_000, 2_000_000), bamboo_ar),
    ("bamboo-br", "BR", "BRL", 80, (1_500, 12_000), bamboo_br),
    ("bamboo-cl", "CL", "CLP", 60, (500_000, 3_000_000), bamboo_cl),
    ("bamboo-co", "CO", "COP", 60, (1_400_000, 8_000_000), bamboo_co),
    ("bamboo-mx", "MX", "MXN", 80, (8_000, 60_000), bamboo_mx),
    ("bamboo-uy", "UY", "UYU", 40, (20_000, 150_000), bamboo_uy),
    ("teemopay-pe", "PE", "PEN", 140, (1_025, 9_799), teemopay_pe),
    ("qentaz-co", "CO", "COP", 80, (1_400_000, 8_000_000), qentaz_co),
    ("kapaqnan-pe", "PE", "PEN", 60, (1_025, 9_799), kapaqnan_pe),
]

# By account and its row: what the sandbox is asked to do.
DESCRIPTIONS = {
    ("bamboo-pe", 10): "sandbox:declined-813",
    ("bamboo-mx", 21): "sandbox:late-declined-711",
    ("bamboo-br", 30): "sandbox:rejected-910",
    ("bamboo-cl", 40): "sandbox:held",
    ("bamboo-ar", 50): "sandbox:twin-816",
    ("qentaz-co", 30): "sandbox:hang",
    ("qentaz-co", 60): "sandbox:failed",
}
CENTS = {
    ("teemopay-pe", 40): "91",
    ("teemopay-pe", 80): "92",
    ("teemopay-pe", 90): "92",
    ("teemopay-pe", 100): "92",
    ("teemopay-pe", 120): "93",
    ("kapaqnan-pe", 30): "91",
}

# By row of the file: what spoils it.
FAULTS = {
    21: {"amount": "2.450,00"},
    150: {"bank_account": "0000053600000000000566"},
    215: {"bank_account": "11999000215"},
    290: {"amount": "850000.50"},
    350: {"bank_account": "+573100000350"},
    420: {"bank_account": "03218000011835971"},
    500: {"bank_account": "12345"},
    530: {"bank": "002"},
    561: {"bank_account_local": "123", "bank": "2", "bank_account": cci("003", 200, 3_000_000_561)},
    670: {"amount": "1500000.75"},
    700: {"phone": ""},
    760: {"document_number": "09700030"},
}


def rows(draw):
    number = 0
    for account, country, currency, count, (least, most), make in ACCOUNTS:
        for place in range(1, count + 1):
            number += 1
            whole = currency in ("CLP",) or account == "qentaz-co"
            cents = CENTS.get((account, place), draw.choice(["00", "50", "25", "80"]))
            row = dict.fromkeys(COLUMNS, "") | {
                "client_id": f"LAT-2026-11-{number:05}",
                "account": account,
                "country": country,
                "currency": currency,
                "amount": f"{draw.randint(least, most)}" + ("" if whole else f".{cents}"),
                "description": DESCRIPTIONS.get((account, place), DESCRIPTION),
            }
            yield row | make(number, draw) | FAULTS.get(number, {})


def main():
    path = pathlib.Path(__file__).with_name("payroll-latam.csv")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows(random.Random(20261121)))


if __name__ == "__main__":
    main()
