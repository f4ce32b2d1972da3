"""Writes people.json: twelve made-up people and companies for each country, whose documents and accounts have valid check digits.

Data of no real person: documents lie in ranges that no registry has reached, accounts were counted up, telephones are all zeros but the last.
"""

import json
import pathlib

HERE = pathlib.Path(__file__).parent
FIRST = {
    "pe": "José María,Ángela,Íñigo,Lucía,Martín,Rosa,,Sofía,Raúl,Inés,Óscar,Noemí",
    "co": "Andrés,Mónica,Julián,Sebastián,Paola,Iván,Adrián,Verónica,Darío,Liliana,Fabián,Marisol",
    "mx": "Guadalupe,Jesús,Xóchitl,Ramón,Belén,Joaquín,Araceli,Héctor,Zoé,Rubén,Concepción,Tomás",
    "ar": "Agustín,Malén,Nicolás,Rocío,Hernán,Micaela,Germán,Belén,Joaquín,Celeste,Damián,Sol",
    "br": "João,Conceição,Antônio,Luísa,Inácio,Márcia,Sebastião,Vitória,Estêvão,Heloísa,Tomé,Flávia",
    "cl": "Matías,Antonia,Benjamín,Ignacia,Cristóbal,Javiera,Tomás,Fernanda,Simón,Catalina,Nicolás,Ángela",
}
LAST = {
    "pe": "Muñoz Puna,Ibáñez Laguna,Peña Nevado,Quispe Dunas,Núñez Isla,Salazar Ñahui,,León Andina,Zúñiga Olivos,"
    "Cáceres Huerta,Bolaños Glaciar,Sedano Cañas",
    "co": "Peñaloza Isla,Castañeda Olivos,Gómez Nevado,Ordóñez Dunas,Patiño Huerta,Cárdenas Puna,Muñoz Andina,Bedoya Niño,"
    "Yáñez Laguna,Marín Glaciar,Pabón Isla,Cañón Estrella",
    "mx": "Ibarra Nuño,Treviño Puna,Peña Dunas,Ordaz Núñez,Castañón Isla,Avilés Laguna,Muñiz Olivos,Saldaña Huerta,"
    "Carreño Nevado,Galván Andina,Quiñones Puna,Zárate Dunas",
    "ar": "Giménez Isla,Núñez Puna,Etchegaray,Ibáñez Olivos,Acuña Dunas,Peñalba Nevado,Güiraldes Isla,Rocca Huerta,"
    "Bañuelos Puna,Álvarez Laguna,Zubiría Andina,Ledesma Ñandú",
    "br": "Gonçalves Ilha,Assunção Lagoa,Brandão Serra,Guimarães Dunas,Magalhães Neve,Araújo Horta,Simões Prata,Leitão Serra,"
    "Conceição Rio,Falcão Dunas,Corrêa Lagoa,Vilaça Horta",
    "cl": "Núñez Puna,Ibáñez Olivos,Peñailillo,Muñoz Dunas,Cañete Isla,Sepúlveda Nevado,Zúñiga Huerta,Yáñez Laguna,"
    "Órdenes Puna,Briceño Isla,Acuña Andina,Farías Dunas",
}


def weighted(digits, weights):
    return sum(int(digit) * weight for digit, weight in zip(digits, weights))


def cci(bank, office, number):
    def check(digits):
        products = (int(digit) * (1 + place % 2) for place, digit in enumerate(digits))
        return str(-sum(product // 10 + product % 10 for product in products) % 10)

    branch, account = f"{bank}{office:03}", f"{number:012}"
    return branch + account + check(branch) + check(account)


def ruc(number):
    body = f"20{number:08}"
    return body + str((11 - weighted(body, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11) % 10)


def clabe(bank, number):
    body = f"{bank}180{number:011}"
    return body + str(-sum(int(digit) * weight % 10 for digit, weight in zip(body, (3, 7, 1) * 6)) % 10)


def curp(number):
    body = f"XEXX{number // 28 // 12 % 100:02}{number // 28 % 12 + 1:02}{number % 28 + 1:02}HNEXXX0"
    alphabet = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ"
    return body + str(-sum(alphabet.index(letter) * (18 - place) for place, letter in enumerate(body)) % 10)


def cbu(bank, number):
    def block(body):
        return body + str(-weighted(reversed(body), (3, 1, 7, 9) * 4) % 10)

    return block(f"{bank}0590") + block(f"{number:013}")


def cuil(number):
    body = f"20{number:08}"
    check = (11 - weighted(body, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11) % 11
    # A remainder of ten has no digit; such numbers are not issued.
    return cuil(number + 37) if check == 10 else body + str(check)


def cpf(body):
    first = (11 - weighted(body, range(10, 1, -1)) % 11) % 11 % 10
    second = (11 - weighted(f"{body}{first}", range(11, 1, -1)) % 11) % 11 % 10
    return f"{body}{first}{second}"


def rut(number):
    rest = 11 - weighted(reversed(f"{number}"), (2, 3, 4, 5, 6, 7) * 2) % 11
    return f"{number}" + {11: "0", 10: "K"}.get(rest, str(rest))


def bank(code, account, kind="savings"):
    return {"method": "bank", "bank": code, "bank_account": account, "bank_account_type": kind}


def wallet(code, phone):
    return {"method": "wallet", "bank": code, "bank_account": phone, "bank_account_type": ""}


def instant(kind, key):
    return {"method": "instant", "bank": "", "bank_account": key, "bank_account_type": kind}


def of_pe(n):
    if n == 6:
        return wallet("901", "900000006") | {"document_type": "DNI", "document_number": "99100006"}
    code = "003 002 011 009 018 901 038 002 011 801 003 035".split()[n - 1]
    kind = "checking" if n % 4 == 0 else "savings"
    money = bank(code, cci(code, 200 + n, 3_001_234_560 + 7_919 * n), kind)
    if n == 7:
        return money | {"company_name": "Transportes Nevado SAC", "document_type": "RUC", "document_number": ruc(99_910_007)}
    # Some begin with a zero.
    number = f"{9_910_000 + n:08}" if n in (3, 8, 11) else f"{99_100_000 + n}"
    return money | {"document_type": "DNI", "document_number": number}


def of_co(n):
    document = {"document_type": "CC", "document_number": f"{1_991_000_000 + n}"}
    if n % 4 == 3:
        return instant("phone", f"3{100_000_000 + n}") | document
    if n % 4 == 0:
        return wallet("1507", f"3{200_000_000 + n}") | document
    return bank("1007 1051 1013".split()[n % 3], f"{52_573_180_000 + 104_729 * n}") | document


def of_mx(n):
    code = "012 002 072 014".split()[n % 4]
    return bank(code, clabe(code, 1_809_009_700 + 7_919 * n)) | {"document_type": "CURP", "document_number": curp(300 + n)}


def of_ar(n):
    code = "285 007 011 072 017".split()[n % 5]
    return bank(code, cbu(code, 4_009_041_813_500 + 7_919 * n)) | {"document_type": "CUIL", "document_number": cuil(99_100_000 + n)}


def of_br(n):
    body = f"{99_100_000 + n:09}" if n in (3, 4, 8) else f"{991_000_000 + n}"
    document = cpf(body)
    keys = [
        ("document", document),
        ("email", f"pessoa{n}@example.com"),
        ("phone", f"+5511900{n:06}"),
        ("random", f"123e4567-e89b-42d3-a456-426614174{n:03}"),
    ]
    return instant(*keys[n % 4]) | {"document_type": "CPF", "document_number": document}


def of_cl(n):
    code = "001 012 016 037 051".split()[n % 5]
    return bank(code, f"{7_312_400_000 + 104_729 * n}", "checking" if n % 2 else "savings") | {
        "document_type": "RUT",
        "document_number": rut(99_100_000 + n),
    }


COUNTRIES = {
    "pe": ("PEN", of_pe, "Planilla noviembre 2026", 1_234_56, 417_25),
    "co": ("COP", of_co, "Nómina noviembre 2026", 1_850_000_50, 312_450_00),
    "mx": ("MXN", of_mx, "Nómina quincena 22 de 2026", 8_750_50, 1_310_20),
    "ar": ("ARS", of_ar, "Haberes noviembre 2026", 912_340_75, 81_205_50),
    "br": ("BRL", of_br, "Salário novembro 2026", 2_345_67, 1_120_10),
    "cl": ("CLP", of_cl, "Remuneración noviembre 2026", 1_250_000_00, 87_310_00),
}


def row(country, n):
    currency, of, description, first, step = COUNTRIES[country]
    cents = first + step * (n - 1)
    major = f"{cents // 100}" if currency == "CLP" else f"{cents // 100}.{cents % 100:02}"
    made = of(n)
    return {
        "client_id": "",
        "account": f"bamboo-{country}",
        "country": country.upper(),
        "currency": currency,
        "amount": major,
        "method": made["method"],
        "first_name": FIRST[country].split(",")[n - 1],
        "last_name": LAST[country].split(",")[n - 1],
        "company_name": made.get("company_name", ""),
        "document_type": made["document_type"],
        "document_number": made["document_number"],
        "bank": made["bank"],
        "bank_account": made["bank_account"],
        "bank_account_type": made["bank_account_type"],
        "description": description,
    }


if __name__ == "__main__":
    people = {country: [row(country, n) for n in range(1, 13)] for country in COUNTRIES}
    text = json.dumps(people, ensure_ascii=False, indent=1) + "\n"
    (HERE / "people.json").write_text(text, encoding="utf-8")
