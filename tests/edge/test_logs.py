"""The last defence: what looks like a card number or a secret does not reach a log."""

import asyncio
import errno
import io
import json
import logging
import re
import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest

from vezne.core.audit import Origin, begin_origin
from vezne.edge.logs import configure_logs, describe_fault, mask_digits, request_id
from vezne.event_log import EventLog

PAN = "5528790000000008"
LOG = EventLog("vezne.test")


@pytest.fixture
def lines():
    stream = io.StringIO()
    configure_logs(style="json", stream=stream)
    return stream


def logged(lines):
    return [json.loads(line) for line in lines.getvalue().splitlines()]


@pytest.mark.parametrize(
    "text",
    [
        PAN,
        f"card {PAN}.",
        "5528 7900 0000 0008",
        "5528-7900-0000-0008",
        f"x{PAN}y",
        f"000000{PAN}111",
        "4222222222222",
        "6304000000000000000",
    ],
)
def test_card_numbers_are_masked(text):
    """Any run of 13 to 19 digits that passes Luhn is masked, also inside a longer run."""
    masked = mask_digits(text)
    assert "[masked]" in masked
    assert "0000" not in masked
    assert "2222" not in masked


@pytest.mark.parametrize(
    "text",
    ["5528790000000009", "552879", "1470731323108", "2026-11-22 02:11:34.123456", "+905350000000"],
)
def test_other_digits_stay(text):
    """Times, telephone numbers and numbers that fail Luhn can be read."""
    assert mask_digits(text) == text


@pytest.mark.parametrize(
    "value",
    [
        int(PAN),
        Decimal(PAN),
        {"deep": [{"deeper": (PAN, {PAN})}]},
        {PAN: 1},
        Path("/data") / PAN,
        PAN.encode(),
        bytearray(PAN.encode()),
        ValueError(PAN),
        [[[[[[[[PAN]]]]]]]],
    ],
)
def test_card_numbers_are_masked_in_any_value(lines, value):
    """Numbers, nested containers, keys, bytes and objects cannot smuggle a card number."""
    LOG.warning("event", value=value)
    assert PAN not in lines.getvalue()
    assert "552879" not in lines.getvalue()


@pytest.mark.parametrize(
    "name",
    [
        "secret",
        "secret_key",
        "password",
        "Authorization",
        "cvv",
        "cvc",
        "cardNumber",
        "card_number",
        "pan",
        "stored_pan",
        "private_key",
        "master_key",
        "api_key",
        "cookie",
        "signature",
    ],
)
def test_secrets_are_dropped_by_name(lines, name):
    """A value under a name that says secret is dropped, at any depth."""
    LOG.warning("event", **{name: "hunter2"}, more={name: ["hunter2"]})
    assert "hunter2" not in lines.getvalue()


def test_ordinary_values_stay(lines):
    """What is no card and no secret can be read, with its type."""
    LOG.info("started", port=8080, ok=True, none=None, part=0.5, company="Acme")
    (line,) = logged(lines)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "started",
        "level": "info",
        "port": 8080,
        "ok": True,
        "none": None,
        "part": 0.5,
        "company": "Acme",
    }


def test_lines_of_libraries_are_scrubbed(lines):
    """The standard library's loggers end in the same place, arguments and exceptions included."""
    try:
        int(f"not {PAN}")
    except ValueError:
        logging.getLogger("asyncio").exception("failed with %s", PAN)
    (line,) = logged(lines)
    assert PAN not in lines.getvalue()
    assert line["event"] == "failed with [masked]"
    assert line["fault"] == "ValueError"


def fail_twice():
    try:
        {}["hunter2"]
    except KeyError as error:
        raise RuntimeError("hunter3") from error


def test_exceptions_are_described_without_their_words(lines):
    """An exception is logged as its type, its causes' types and the places it passed."""
    try:
        fail_twice()
    except RuntimeError as error:
        found = describe_fault(error)
        logging.getLogger("x").exception("broken")
    assert found["fault"] == "RuntimeError"
    assert found["causes"] == ["KeyError"]
    assert "fail_twice" in str(found["where"])
    assert "hunter" not in lines.getvalue()
    assert logged(lines)[0]["fault"] == "RuntimeError"


def test_level():
    """Below the level chosen nothing is printed."""
    stream = io.StringIO()
    configure_logs("warning", "json", stream)
    LOG.info("quiet")
    LOG.warning("loud")
    assert [line["event"] for line in logged(stream)] == ["loud"]


def test_console_style():
    """For people: the event and its values on one line, masked like the rest."""
    stream = io.StringIO()
    configure_logs(style="console", stream=stream)
    LOG.warning("stored", card=PAN)
    (line,) = stream.getvalue().splitlines()
    assert re.fullmatch(r"\S+Z warning stored +card='\[masked\]'", line)
    assert PAN not in stream.getvalue()


def test_a_fault_says_what_the_system_calls_it():
    """Codes of the system and of databases are said, their messages are not."""
    assert describe_fault(OSError(errno.ENOSPC, "secret"))["fault"] == "OSError ENOSPC"
    with pytest.raises(sqlite3.OperationalError) as failure:
        sqlite3.connect(":memory:").execute("SELECT secret")
    found = describe_fault(failure.value)
    assert found["fault"] == "OperationalError SQLITE_ERROR"
    assert "secret" not in repr(found)


def test_lines_of_a_request_name_it(lines):
    """All of them by the same short name, which no mask takes for a number; others have none."""

    async def answer():
        begin_origin(Origin(door="iyzico", path="/payment/auth"))
        LOG.info("first")
        logging.getLogger("library").warning("second")
        return request_id()

    LOG.info("before")
    names = {asyncio.run(answer()), asyncio.run(answer())}
    before, *rest = logged(lines)
    assert "request_id" not in before
    assert all(re.fullmatch("[0-9a-f]{12}", name) for name in names)
    assert [line["event"] for line in rest] == ["first", "second"] * 2
    assert rest[0]["request_id"] == rest[1]["request_id"] != rest[2]["request_id"]
    assert {line["request_id"] for line in rest} == names
    assert {"timestamp", "level", "event"} <= set(before)


def test_lines_name_their_trace():
    """Where there are traces, and only within one."""
    stream, trace = io.StringIO(), [""]
    configure_logs(style="json", stream=stream, trace_id=lambda: trace[0])
    LOG.info("outside")
    trace[0] = "0af7651916cd43dd8448eb211c80319c"
    LOG.info("inside")
    trace[0] = ""
    outside, inside = logged(stream)
    assert "trace_id" not in outside
    assert inside["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
