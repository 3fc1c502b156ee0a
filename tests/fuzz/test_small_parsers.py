"""Readers of short texts: whatever the text, they answer, or raise what they say they raise."""

import base64
import contextlib
import string
from xml.etree import ElementTree as ET

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vezne.core.web_address import is_origin, is_web_address
from vezne.dialects.iyzico import iyzws, iyzwsv2, pki
from vezne.dialects.iyzico.reporting_shapes import query_parameters
from vezne.dialects.paynet import xml
from vezne.dialects.sandbox.durations import duration_ms, moment_ms
from vezne.edge.public_address import is_public
from vezne.settings import InvalidSettings, load_settings
from vezne.settings_table import TABLE
from vezne.webhook_urls import InvalidWebhookUrl, changed_urls
from vezne.wire import simhost

TEXTS = st.text(max_size=60)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(st.text(string.ascii_letters + string.digits + "+/=:&% ", max_size=80) | TEXTS)
def test_signature_headers_hold_a_claim_or_none(text):
    """Both schemes, as the header has them."""
    for read in (iyzwsv2.read_claim, iyzws.read_claim):
        claim = read(text)
        assert claim is None or isinstance(claim.key, str)


@given(st.binary(max_size=80))
def test_a_token_says_what_was_encoded(plain):
    """A claim comes from the three parts, each once, and from nothing else."""
    claim = iyzwsv2.read_claim(base64.b64encode(plain).decode())
    names = sorted(part.partition(b":")[0] for part in plain.split(b"&"))
    if claim is not None:
        assert len(set(names)) == len(names)
        assert {b"apiKey", b"randomKey", b"signature"} <= set(names)


@given(
    st.sampled_from(["POST /payment/auth", "POST /cardstorage/card", "GET /none"]),
    st.dictionaries(
        st.sampled_from(["price", "buyer", "paymentCard", "basketItems", "locale", "x"]),
        JSON_VALUES,
        max_size=5,
    )
    | JSON_VALUES,
)
def test_the_signed_text_of_any_body_can_be_written(route, body):
    """Every candidate is made of texts, whatever the body is."""
    method, path = route.split()
    for segments in pki.candidate_texts(method, path, body):
        assert all(isinstance(segment, str) for segment in segments)


@given(TEXTS)
def test_queries_are_read(text):
    """Any request target has parameters, or none."""
    assert all(query_parameters(f"/p?{text}").values())


NAMES = st.text(string.ascii_lowercase + "_", min_size=1, max_size=8)
ROWS = st.lists(st.dictionaries(NAMES, TEXTS | st.booleans(), max_size=3), max_size=3)


@given(st.dictionaries(NAMES, TEXTS | st.none() | st.integers() | ROWS, max_size=5))
def test_an_answer_in_xml_is_well_formed(fields):
    """Whatever texts come back in an answer."""
    root = ET.fromstring(xml.document("response", fields))  # noqa: S314 - our own
    assert [child.tag for child in root] == list(fields)


@pytest.mark.parametrize("read", [duration_ms, moment_ms])
@given(text=TEXTS | st.text("0123456789dhms-:TZ+. ", max_size=30))
def test_times_are_read_or_refused(read, text):
    """Durations and moments are numbers of milliseconds, or a ValueError."""
    with contextlib.suppress(ValueError):
        assert isinstance(read(text), int)


@given(st.text("htps:/.[]@#?%0123456789abcdefxl\\ ", max_size=40) | TEXTS)
def test_addresses_are_judged(text):
    """No text that could be an address raises; an origin is an address."""
    assert is_web_address(text) or not is_origin(text)
    is_public(text)
    for is_sandbox in (True, False):
        try:
            urls = changed_urls({}, [f"iyzico={text}"], is_sandbox=is_sandbox)
        except InvalidWebhookUrl:
            continue
        assert urls == ({"iyzico": text} if text else {})


@given(st.binary(max_size=120) | JSON_VALUES.map(msgspec.json.encode))
def test_a_bank_s_messages_are_read_or_refused(message):
    """Requests and replies alike, of whatever bytes."""
    for decode in (simhost.decode_request, simhost.decode_reply):
        with contextlib.suppress(simhost.MalformedMessage):
            decode(message)


@given(st.data())
def test_settings_are_read_or_refused(data):
    """Any text in a variable of any setting is taken or refused."""
    setting = data.draw(st.sampled_from(TABLE))
    text = data.draw(st.text(max_size=40))
    with contextlib.suppress(InvalidSettings):
        load_settings(None, {}, {setting.variable: text})


@given(setting=st.sampled_from(TABLE), value=JSON_VALUES)
def test_settings_of_a_file_are_read_or_refused(setting, value):
    """Any kind of value that a file can hold is taken, or refused with what would be right."""
    with contextlib.suppress(ValueError):
        setting.parse(value)
