"""Payments that were written when each figure of a line still had its name with it."""

from collections.abc import Awaitable, Callable

import msgspec
import pytest

from fakes.records import attempt, payment
from vezne.core.attempt import CaptureTerms, Operation
from vezne.core.changes import AddPayment, ChangePayment
from vezne.core.merchant import BlockageRelease
from vezne.core.payment import Payment
from vezne.core.pricing import PricedLine
from vezne.engines.engine import Engine, Value, Write
from vezne.engines.migrate import load_migrations, migrate
from vezne.storage.books import SqlBooks
from vezne.storage.payment_documents import payment_documents

# A text of a document that looks like a line of before; its quotes are escaped.
LOOKALIKE = ",".join(f'"{name}":1' for name in PricedLine.__struct_fields__).join("{}")


@pytest.fixture(params=["sqlite", "postgres"])
async def engine(
    request: pytest.FixtureRequest, open_named: Callable[[str], Awaitable[Engine]]
) -> Engine:
    engine = await open_named(request.param)
    await migrate(engine, load_migrations("vezne.storage"))
    return engine


def captured() -> Payment:
    """A hold after its capture: its figures stand in it twice."""
    record = payment(parties={"buyer": {"name": LOOKALIKE}})
    terms = CaptureTerms(
        pricing=record.pricing, blockage_days=1, blockage_release=BlockageRelease.SAME_TIME
    )
    capture = attempt(operation=Operation.CAPTURE, terms=terms)
    return msgspec.structs.replace(record, attempts=(attempt(), capture))


def old_document(record: Payment) -> bytes:
    """A payment's document as it was: a line's figures by name."""
    fields = msgspec.json.decode(payment_documents.write(record))
    terms = [each["terms"] for each in fields.get("attempts", []) if "terms" in each]
    for each in [fields, *terms]:
        each["pricing"]["lines"] = [
            dict(zip(PricedLine.__struct_fields__, line, strict=True))
            for line in each["pricing"]["lines"]
        ]
    return msgspec.json.encode(fields)


def test_a_document_of_before() -> None:
    """It is read as what it says, as it lies in databases."""
    line = (
        b'{"price_e8":30000000,"paid_e8":36000000,"commission_e8":945000,"fee_e8":7500000,'
        b'"blockage_e8":3600000,"sub_merchant_blockage_e8":0,"sub_merchant_price_e8":0,'
        b'"sub_merchant_payout_e8":0,"payout_e8":-23955000}'
    )
    figures = (30_000_000, 36_000_000, 945_000, 7_500_000, 3_600_000, 0, 0, 0, -23_955_000)
    record = payment()
    lines = (PricedLine(*figures), record.pricing.lines[1])
    record = msgspec.structs.replace(
        record, pricing=msgspec.structs.replace(record.pricing, lines=lines)
    )
    document = old_document(record)
    assert line in document
    assert payment_documents.read(document) == record


async def test_old_payment_is_found_and_changes(engine: Engine) -> None:
    """However it is looked for; when it changes, it is written as payments are now."""
    books = SqlBooks(engine)
    record = captured()
    await books.apply([AddPayment(record)])
    await engine.apply([Write("UPDATE payments SET document = ?", (old_document(record),))])
    assert await _document(engine) == old_document(record) != payment_documents.write(record)
    id_, reference = record.merchant_id, record.conversation_id or ""
    assert await books.find_payment(id_, record.number) == record
    assert await books.find_payment_of_line(id_, record.number + 2) == record
    assert await books.find_payment_by_reference(id_, reference) == record
    changed = msgspec.structs.replace(record, version=record.version + 1, basket_id="B1")
    await books.apply([ChangePayment(changed)])
    assert await _document(engine) == payment_documents.write(changed)
    assert await books.find_payment(id_, record.number) == changed


def test_document_of_something_else() -> None:
    """It is refused for what is wrong with it."""
    document = payment_documents.write(payment()).replace(b'"pending"', b'"lost"')
    with pytest.raises(msgspec.ValidationError, match="lost"):
        payment_documents.read(document)


async def _document(engine: Engine) -> Value:
    ((document,),) = await engine.fetch("SELECT document FROM payments")
    return document
