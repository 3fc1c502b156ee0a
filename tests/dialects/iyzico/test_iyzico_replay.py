"""A request that is sent again word for word, where a switch has it refused."""

import json

import pytest

from fakes.iyzico_caller import OneCaller, legacy_headers, request_of, token_headers
from fakes.iyzico_door import API_KEY, SECRET, IyzicoDoor, card_request, parsed, signed
from fakes.world import FixedClock
from vezne.dialects.iyzico.auth import Unauthenticated, authenticate
from vezne.dialects.iyzico.replay import RandomKeys
from vezne.edge.messages import Outcome

PATH = "/cardstorage/card"
RAW = json.dumps(card_request()).encode()
MINUTE_MS = 60_000


def header(random_key: str, raw: bytes = RAW) -> str:
    """The signature of a request, with a random key of its own."""
    return token_headers(PATH, raw, key=API_KEY, secret=SECRET.decode(), random_key=random_key)[
        "authorization"
    ]


async def send(door: IyzicoDoor, random_key: str, raw: bytes = RAW) -> object:
    answer = parsed(await door.send(PATH, raw, authorization=header(random_key, raw)))
    return answer.get("errorCode")


async def test_a_request_is_believed_again_unless_the_switch_says_otherwise(door):
    """The protocol promises no freshness."""
    assert await send(door, "r1") is None
    assert await send(door, "r1") is None


async def test_a_random_key_is_good_once_in_so_many_minutes():
    """The second time is a wrong signature; another random key is another request."""
    door = IyzicoDoor(overrides={"replay_minutes": "5"})
    assert await send(door, "r1") is None
    door.clock.advance(ms=5 * MINUTE_MS - 1)
    assert await send(door, "r1") == "1000"
    assert await send(door, "r2") is None
    door.clock.advance(ms=1)
    assert await send(door, "r1") is None


async def test_what_was_not_signed_uses_nothing_up():
    """Else anybody could spend the random keys of a merchant."""
    door = IyzicoDoor(overrides={"replay_minutes": "60"})
    forged = signed(PATH, RAW, secret=b"wrong")
    response = await door.send(PATH, RAW, authorization=forged)
    assert (response.outcome, response.reason) == (Outcome.UNAUTHENTICATED, "1000")
    assert parsed(await door.send(PATH, RAW))["status"] == "success"


async def test_the_older_scheme_has_its_random_key_in_a_header():
    """It counts like the other one."""
    raw = json.dumps({"binNumber": "554960", "locale": "tr"}).encode()
    headers = legacy_headers("[locale=tr,binNumber=554960]")
    keys = RandomKeys(5, FixedClock(0))
    assert await authenticate(request_of(raw, headers), OneCaller(), keys)
    with pytest.raises(Unauthenticated):
        await authenticate(request_of(raw, headers), OneCaller(), keys)


def test_two_callers_may_draw_the_same():
    """A random key is one caller's; key and random key do not run into each other."""
    keys = RandomKeys(5, FixedClock(0))
    assert not keys.is_repeated("one", b"r")
    assert not keys.is_repeated("two", b"r")
    assert not keys.is_repeated("one", b"r2")
    assert keys.is_repeated("one", b"r")


def test_what_is_remembered_is_bounded():
    """The oldest are forgotten first, long before their time."""
    keys = RandomKeys(5, FixedClock(0), seen_max=10)
    assert not any(keys.is_repeated("one", b"%d" % number) for number in range(30))
    assert len(keys._seen_ms) == 10
    assert keys.is_repeated("one", b"29")
    assert not keys.is_repeated("one", b"0")
