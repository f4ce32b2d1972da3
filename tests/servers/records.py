"""Writes payouts into the provider's database as the provider would: a JSON array on standard
input, each with the members of a document and the BSON type of its amount."""

import json
import sys

from bson.int64 import Int64
from pymongo import MongoClient

TYPES = {"double": float, "int": int, "long": Int64, "text": str}
# A number of the database that is no text is made of the whole part: 1001.00 is 1001.
WHOLE = {"int", "long"}


def amount(row):
    text = row["amount"]
    return TYPES[row["type"]](text.split(".")[0] if row["type"] in WHOLE else text)


documents = [
    {
        "invoice_id": row["id"],
        "external_invoice_id": row["reference"],
        "status_cod": row["status"],
        "total_dcm": amount(row),
    }
    for row in json.load(sys.stdin)
]
MongoClient(sys.argv[1], serverSelectionTimeoutMS=20000)["dispersion"]["invoice"].insert_many(documents)
