"""Whatever is sent, the answer is an envelope."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.paynet_house import SECRET_KEY, PaynetHouse, open_house, parsed

NAMES = (
    "amount",
    "session_id",
    "token_id",
    "bin",
    "card_hash",
    "card_owner_id",
    "user_unique_id",
    "instalment_key",
    "do_3ds",
    "month",
    "year",
    "pan",
    "cvc",
    "card_holder",
    "limit",
    "starting_after",
    "ending_before",
    "card_desc",
    "transaction_type",
    "reference_no",
    "save_card",
    "pos_type",
    "return_url",
    "card_number",
    "expire_month",
    "token",
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(["1", "true", "js_AAAA", "4355084355084358", "0" * 40, "12", "-1", "1,5"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
BODIES = st.dictionaries(st.sampled_from(NAMES) | st.text(), VALUES, max_size=8)
KINDS = st.sampled_from(
    ["application/json", "application/xml", "application/x-www-form-urlencoded", "text/plain", ""]
)


@pytest.fixture
async def shared(tmp_path: Path) -> AsyncIterator[PaynetHouse]:
    """One door for all examples: what they leave behind is part of the test."""
    async with open_house(tmp_path) as house:
        yield house


def paths(house: PaynetHouse) -> list[str]:
    """Every service that is called by POST, the gate for browsers aside."""
    return [
        route.path
        for route in house.door.routes
        if route.method == "POST" and "gate" not in route.path
    ]


async def check(house: PaynetHouse, path: str, raw: bytes, kind: str) -> None:
    headers = {"authorization": f"Basic {SECRET_KEY}", "content-type": kind}
    response = await house.send(path, raw, headers)
    answer = parsed(response)
    assert isinstance(answer["code"], int)
    assert answer["message"]
    if response.status == 200:
        assert "object_name" in answer
    else:
        assert response.status < 500, (path, raw, answer)
        assert answer["code"] == response.status
        assert answer["type"]
        assert isinstance(answer["result_code"], int)


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(body=BODIES, place=st.integers(0, 1000))
async def test_any_object(shared: PaynetHouse, body: dict[str, object], place: int) -> None:
    """Objects with the right names and any values."""
    every = paths(shared)
    await check(shared, every[place % len(every)], json.dumps(body).encode(), "application/json")


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(raw=st.binary(max_size=200), kind=KINDS, place=st.integers(0, 1000))
async def test_any_bytes(shared: PaynetHouse, raw: bytes, kind: str, place: int) -> None:
    """Bytes that are nothing."""
    every = paths(shared)
    await check(shared, every[place % len(every)], raw, kind)
