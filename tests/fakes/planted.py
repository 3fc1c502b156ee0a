"""Logs as payment houses write them, and card data planted among their lines.

Everything comes from one seed, so that a test reads the same bytes every time.
"""

import base64
import hashlib
import json
import random
import uuid
from urllib.parse import quote

from vezne.core.card import is_luhn_valid

BRANDS = (("4", 16), ("51", 16), ("5528", 16), ("2221", 16), ("9792", 16), ("37", 15), ("6011", 16))


class Writer:
    """Draws lines of logs, and cards."""

    def __init__(self, seed: int = 1) -> None:
        self.random = random.Random(seed)  # noqa: S311 - test data
        self.count = 0

    def digits(self, count: int) -> str:
        return "".join(self.random.choices("0123456789", k=count))

    def card(self) -> str:
        """A card number of some brand that passes the check digit."""
        prefix, length = self.random.choice(BRANDS)
        body = prefix + self.digits(length - len(prefix) - 1)
        return next(body + last for last in "0123456789" if is_luhn_valid(body + last))

    def code(self) -> str:
        return self.digits(3)

    def time(self) -> str:
        day, hour = self.random.randrange(1, 29), self.random.randrange(24)
        minute, second = self.random.randrange(60), self.random.randrange(60)
        return f"2026-11-{day:02}T{hour:02}:{minute:02}:{second:02}.{self.digits(6)}Z"

    def hex(self, count: int) -> str:
        return "".join(self.random.choices("0123456789abcdef", k=count))

    def normal(self) -> str:
        """A line without card data, full of what is easily taken for it."""
        self.count += 1
        return self.random.choice(KINDS)(self)

    def normal_text(self, size: int) -> str:
        lines, length = [], 0
        while length < size:
            lines.append(self.normal())
            length += len(lines[-1]) + 1
        return "\n".join(lines) + "\n"


def _request(w: Writer) -> str:
    event = {
        "event": "request",
        "door": "iyzico",
        "path": "/payment/auth",
        "status": w.random.choice((200, 200, 200, 400, 422)),
        "duration_ms": w.random.random() * 100,
        "trace_id": w.hex(32),
        "span_id": w.hex(16),
        "level": "info",
        "timestamp": w.time(),
    }
    return json.dumps(event)


def _payment(w: Writer) -> str:
    return (
        f"{w.time()} INFO payment {w.digits(8)} captured: {w.digits(3)}.{w.digits(8)} TRY, "
        f"rrn {w.digits(12)} auth {w.digits(6)} card 552879******{w.digits(4)} stan {w.digits(6)}"
    )


def _order(w: Writer) -> str:
    return f"{w.time()} INFO order={w.digits(16)} customer={w.digits(10)} basket=B{w.digits(5)}"


def _access(w: Writer) -> str:
    return (
        f"10.{w.random.randrange(256)}.{w.random.randrange(256)}.7 - - [22/Nov/2026:11:13:31 +0300]"
        f' "GET /cards?page={w.random.randrange(99)}&q=a%20b%C3%BC HTTP/1.1" 200 '
        f'{w.random.randrange(9000)} "-" "Mozilla/5.0 (X11; Linux x86_64) Chrome/119.0.0.0"'
    )


def _people(w: Writer) -> str:
    groups = " ".join(w.digits(4) for _ in range(5))
    return (
        f"{w.time()} DEBUG iban TR{w.digits(24)} iban TR{w.digits(2)} {groups} {w.digits(2)} "
        f"tckn {w.digits(11)} vkn {w.digits(10)} gsm +90 5{w.digits(2)} {w.digits(3)} "
        f"{w.digits(2)} {w.digits(2)} zip {w.digits(5)}"
    )


def _ids(w: Writer) -> str:
    number = uuid.UUID(int=w.random.getrandbits(128), version=4)
    digest = hashlib.sha256(str(w.count).encode()).hexdigest()
    return f"{w.time()} id={number} sha256={digest} snowflake={w.digits(19)} etag {w.hex(40)}"


def _times(w: Writer) -> str:
    millis = 1_790_000_000_000 + w.count
    return (
        f"{w.time()} ts={millis} us={millis}{w.digits(3)} ns={millis}{w.digits(6)} "
        f"stamp 20261122{w.digits(6)} took {w.random.random()!r}s at 41.{w.digits(15)}"
    )


def _codes(w: Writer) -> str:
    return (
        f"{w.time()} WARN cvc check failed with 422; invalid cvv 400; cvv_present=true "
        f"cvv_length=3 cvcResult=1 line 123 errorCode 10084 csc.init:118 securityCode missing"
    )


def _tokens(w: Writer) -> str:
    body = base64.urlsafe_b64encode(w.random.randbytes(66)).decode()
    claims = base64.urlsafe_b64encode(json.dumps({"sub": w.digits(9)}).encode()).decode()
    return f"{w.time()} authorization: Bearer eyJhbGciOiJIUzI1NiJ9.{claims}.{body} x {w.hex(64)}"


def _trace(w: Writer) -> str:
    return (
        "Traceback (most recent call last):\n"
        f'  File "/srv/shop/pay.py", line {w.random.randrange(900)}, in charge\n'
        f"    raise Declined({w.digits(8)!r})\nDeclined: 0x{w.hex(12)} v1.2.3-45 2026-11-22 11:13"
    )


KINDS = (
    *(_request, _payment, _order, _access, _people),
    *(_ids, _times, _codes, _tokens, _trace),
)


def grouped(number: str, mark: str) -> str:
    """As people write it."""
    return mark.join(number[at : at + 4] for at in range(0, len(number), 4))


def _forms():
    """How a number gets into a log: a template each."""
    yield lambda w, n: f'{w.time()} ERROR {{"paymentCard": {{"cardNumber": "{n}"}}}}'
    yield lambda w, n: f"{w.time()} declined: {n} insufficient funds"
    yield lambda w, n: f"ValueError: could not parse {n!r}"
    yield lambda w, n: f'    raise CardError("no issuer for {n}")'
    yield lambda w, n: f"{w.time()} body={json.dumps(json.dumps({'pan': n}))}"
    for mark in " -._/\t":
        yield lambda w, n, mark=mark: f"{w.time()} kart {grouped(n, mark)} reddedildi"
    yield lambda w, n: f"{w.time()} kart {grouped(n, chr(0xA0))} reddedildi"
    yield lambda w, n: f"GET /pay?card={n}&amount=10.00 HTTP/1.1"
    yield lambda w, n: f"GET /pay?x={quote(grouped(n, ' '))} HTTP/1.1"
    yield lambda w, n: "q=" + "".join(f"%{ord(digit):02X}" for digit in n)
    yield lambda w, n: '"' + "".join(f"\\u{ord(digit):04x}" for digit in n) + '"'
    yield lambda w, n: f"payload {base64.b64encode(json.dumps({'number': n}).encode()).decode()}"
    yield lambda w, n: f"raw {base64.b64encode(f'<pan>{n}</pan>'.encode()).decode()}"
    yield lambda w, n: f"iso8583 field 2: {n.encode().hex()}"
    yield lambda w, n: f"track2 ;{n}=30121011234567890?"
    yield lambda w, n: f"%B{n}^YILMAZ/AYSE^3012101?"
    yield lambda w, n: f"{w.time()},{w.digits(6)},{n},12/30,AYSE YILMAZ"
    yield lambda w, n: f"INSERT INTO cards VALUES (17, '{n}', '2030-12')"  # noqa: S608 - a log
    yield lambda w, n: f"<CardNumber>{n}</CardNumber>"


def _code_forms():
    yield lambda w, c: f'{w.time()} DEBUG request {{"cvc": "{c}", "expireYear": "2030"}}'
    yield lambda w, c: f"cvv={c}&month=12"
    yield lambda w, c: f"<Cvv2>{c}</Cvv2>"
    yield lambda w, c: f"{w.time()} CVV: {c} does not match"
    yield lambda w, c: f"güvenlik kodu: {c}"
    yield lambda w, c: f"  'card_cvc': '{c}',"
    yield lambda w, c: f"security_code => {c}"
    yield lambda w, c: json.dumps({"body": json.dumps({"cvcNumber": c})})


NUMBER_FORMS = tuple(_forms())
CODE_FORMS = tuple(_code_forms())
