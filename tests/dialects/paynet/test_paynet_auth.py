"""Who calls: the key itself behind `Basic`, in the body, or as basic credentials."""

import base64

import pytest

from fakes.paynet_house import (
    OTHER_PUBLISHABLE_KEY,
    OTHER_SECRET_KEY,
    PUBLISHABLE_KEY,
    SECRET_KEY,
    PaynetHouse,
    parsed,
)

AUTH = "/v1/paynetj/auth"
LIST = "/v1/card/list"


def basic(user: str) -> str:
    """What HTTP calls basic credentials, of a key and no password."""
    return "Basic " + base64.b64encode(f"{user}:".encode()).decode()


async def result(house: PaynetHouse, path: str, authorization: str | None, token: str = "") -> int:
    """The HTTP status of a call."""
    headers = {} if authorization is None else {"authorization": authorization}
    raw = b'{"amount":"1000","token":"%b"}' % token.encode()
    response = await house.send(path, raw, headers)
    answer = parsed(response)
    if response.status != 200:
        assert answer["code"] == response.status
    return response.status


@pytest.mark.parametrize(
    "authorization",
    [
        f"Basic {PUBLISHABLE_KEY}",
        f"Basic {SECRET_KEY}",
        f"basic  {SECRET_KEY} ",
        basic(PUBLISHABLE_KEY),
        basic(SECRET_KEY),
    ],
)
async def test_believed(house: PaynetHouse, authorization: str) -> None:
    """Either key opens a session, as it is or as a user name."""
    assert await result(house, AUTH, authorization) == 200


async def test_key_in_the_body(house: PaynetHouse) -> None:
    """The browser library repeats its key in the body; alone it is enough there."""
    assert await result(house, AUTH, None, PUBLISHABLE_KEY) == 200
    for key in (PUBLISHABLE_KEY, SECRET_KEY):
        assert await result(house, AUTH, f"Basic {key}", PUBLISHABLE_KEY) == 200


@pytest.mark.parametrize(
    ("authorization", "token"),
    [
        (None, ""),
        ("Basic", ""),
        ("Basic nobody", ""),
        ("Bearer " + SECRET_KEY, ""),
        ("Basic " + "x" * 2000, ""),
        ("Basic é\udc00", ""),
        ("Basic " + base64.b64encode(b"\xff\xfe:").decode(), ""),
        ("Basic " + base64.b64encode(b":").decode(), ""),
        (basic("nobody"), ""),
        ("Basic nobody", PUBLISHABLE_KEY),
        (None, "nobody"),
        (f"Basic {PUBLISHABLE_KEY}", OTHER_PUBLISHABLE_KEY),
        (f"Basic {OTHER_SECRET_KEY}", PUBLISHABLE_KEY),
        (f"Basic {SECRET_KEY}", "nobody"),
    ],
)
async def test_not_believed(house: PaynetHouse, authorization: str | None, token: str) -> None:
    """No key, nobody's key, another scheme, or two keys that do not agree."""
    assert await result(house, AUTH, authorization, token) == 401


async def test_secret_services(house: PaynetHouse) -> None:
    """Services of the server take the secret key in the header, and nothing else."""
    assert await result(house, LIST, f"Basic {SECRET_KEY}") == 400
    assert await result(house, LIST, f"Basic {PUBLISHABLE_KEY}") == 403
    assert await result(house, LIST, None, SECRET_KEY) == 401


async def test_error_names_no_key(house: PaynetHouse) -> None:
    """The answer to a wrong key is the documented envelope."""
    response = await house.send(LIST, b"{}", {"authorization": "Basic sck_wrong"})
    assert parsed(response) == {
        "type": "authorization_error",
        "message": "Yetkisiz erişim",
        "code": 401,
        "result_code": 7,
    }


async def test_secret_is_looked_up_sealed(house: PaynetHouse) -> None:
    """The directory of merchants is asked for the sealed form of a secret key."""
    await house.post(LIST, {})
    doors = [door for door, _ in house.merchants.asked]
    assert doors == ["paynet", "paynet.secret"]
    assert house.merchants.asked[1][1] != SECRET_KEY
    assert SECRET_KEY.encode().hex() not in house.merchants.asked[1][1]
