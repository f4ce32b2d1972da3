"""An upstream service in Python that knows of payrun what README.md says of payout messages, and nothing else.

Arguments: the broker's URL, the intake queue, an account. It asserts every answer by itself. Between its steps it prints a word and waits for a line:
meanwhile the test troubles the broker. Its last line is JSON: how many payouts were accepted, by batch.
"""

import json
import sys
import time

import pika
from pika.exceptions import AMQPChannelError, AMQPConnectionError, NackError

ANSWER_SECONDS_MAX = 60
ASK_SECONDS_MAX = 100


class Publisher:
    def __init__(self, url, intake):
        self.parameters = pika.URLParameters(url)
        self.intake = intake
        self.connection = None

    def connect(self):
        self.connection = pika.BlockingConnection(self.parameters)
        self.channel = self.connection.channel()
        self.channel.confirm_delivery()
        # Of this connection alone: gone when it is, and with the broker.
        self.answers = self.channel.queue_declare("", exclusive=True).method.queue

    def publish(self, body, correlation_id):
        """Returns once the broker has it; raises when it was returned, refused, or may be lost."""
        if self.connection is None:
            self.connect()
        properties = pika.BasicProperties(
            content_type="application/json",
            delivery_mode=pika.DeliveryMode.Persistent.value,
            reply_to=self.answers,
            correlation_id=correlation_id,
        )
        self.channel.basic_publish("", self.intake, body, properties, mandatory=True)

    def answer(self, correlation_id):
        messages = self.channel.consume(self.answers, auto_ack=True, inactivity_timeout=ANSWER_SECONDS_MAX)
        for _, properties, body in messages:
            if body is None:
                raise TimeoutError(f"no answer to {correlation_id}")
            if properties.correlation_id == correlation_id:
                return json.loads(body)

    def ask(self, body, correlation_id, confirmed=False):
        """Publishes the same bytes until they are answered: the same message again makes nothing new."""
        until = time.monotonic() + ASK_SECONDS_MAX
        while True:
            try:
                if not confirmed:
                    self.publish(body, correlation_id)
                return self.answer(correlation_id)
            except (AMQPConnectionError, AMQPChannelError, NackError):
                if time.monotonic() > until:
                    raise
                self.connection, confirmed = None, False
                time.sleep(0.2)


def message(name, payouts, **others):
    return json.dumps({"version": 1, "id": name, "payouts": payouts} | others).encode()


def payout(account, name, **others):
    return {
        "client_id": name, "account": account, "country": "PE", "currency": "PEN", "amount": "1250.50", "method": "bank",
        "first_name": "Rosa", "last_name": "Prueba", "document_type": "DNI", "document_number": "40000001", "bank": "003",
        "bank_account": "00320000300123456731", "bank_account_type": "savings", "description": "Planilla",
    } | others


def expect(answer, **members):
    for name, value in members.items():
        assert answer[name] == value, f"{name} is not {value!r}: {answer}"
    return answer


def wait(word):
    print(word, flush=True)
    sys.stdin.readline()


def good_messages(publisher, account):
    single = message("py-single", [payout(account, "PY-1")])
    first = expect(publisher.ask(single, "a"), id="py-single", status="accepted", accepted=1, rejected=[])
    expect(publisher.ask(single, "b"), status="repeated", batch=first["batch"], accepted=1)
    payouts = [payout(account, f"PY-2-{number}", amount=f"{number}.50") for number in range(1, 251)]
    group = expect(publisher.ask(message("py-group", payouts), "c"), status="accepted", accepted=250)
    other = message("py-single", [payout(account, "PY-3")])
    refused = expect(publisher.ask(other, "d"), status="rejected", accepted=0, batch=None)
    assert "another body" in refused["reason"], refused
    return [first, group]


def bad_messages(publisher, account):
    good = payout(account, "PY-4")
    unreadable = [
        (b"Rosa,Prueba,1250.50", "cannot be read"),
        (b'{"version": 1, "id": "py-cut", "payouts": [', "cannot be read"),
        (message("py-field", [good | {"salary": "1"}]), "a field that is no column"),
        (message("py-member", [good], note="x"), "`version`, `id`, `payouts`"),
        (message("py-version", [good], version=2), "its version is not 1"),
        (message("py-number", [good | {"amount": 1250.5}]), "amounts are strings"),
        (message("py-empty", []), "0 payouts"),
        (message("py id", [good]), "its id is not"),
        (message("py-many", [{}] * 1001), "1001 payouts"),
    ]
    for number, (body, words) in enumerate(unreadable):
        answer = publisher.ask(body, f"bad-{number}")
        expect(answer, status="unreadable", id=None, batch=None, accepted=0, rejected=[])
        assert words in answer["reason"], (words, answer)
    mixed = message("py-mixed", [good, payout(account, "PY-5", amount="1.250,50"), payout(account, "PY-1")])
    mixed = expect(publisher.ask(mixed, "e"), status="partly_accepted", accepted=1)
    faults = [(fault["row"], fault["column"], fault["code"]) for fault in mixed["rejected"]]
    assert faults == [(2, "amount", "amount_form"), (3, "client_id", "client_id_used")], mixed
    assert all(fault["reason"] for fault in mixed["rejected"]), mixed
    none = message("py-none", [payout(account, "PY-6", amount="-1")])
    expect(publisher.ask(none, "f"), status="rejected", accepted=0)
    return [mixed]


def main():
    url, intake, account = sys.argv[1:]
    publisher = Publisher(url, intake)
    taken = good_messages(publisher, account) + bad_messages(publisher, account)
    wait("taken")
    # Confirmed, and then broker and reply queue go.
    held = message("py-held", [payout(account, f"PY-7-{number}") for number in range(2)])
    publisher.publish(held, "g")
    wait("confirmed")
    answer = publisher.ask(held, "g", confirmed=True)
    assert answer["status"] in ("accepted", "repeated"), answer
    taken.append(expect(answer, id="py-held", accepted=2))
    wait("answered")
    # The broker is away.
    late = message("py-late", [payout(account, "PY-8")])
    answer = publisher.ask(late, "h")
    assert answer["status"] in ("accepted", "repeated"), answer
    taken.append(expect(answer, id="py-late", accepted=1))
    print(json.dumps({answer["batch"]: answer["accepted"] for answer in taken}), flush=True)


main()
