"""POST /v1/paynetj/create_token: the documentation's page, parameter by parameter."""

import base64

import pytest

from builders import SAMPLE_TIME_MS
from fakes.paynet_house import (
    OTHER_PUBLISHABLE_KEY,
    PAN,
    PUBLISHABLE_KEY,
    TOKEN_REQUEST,
    PaynetHouse,
    open_house,
    parsed,
)

CREATE_TOKEN = "/v1/paynetj/create_token"
# As printed: fifteen digits, of which the last is no check digit.
PRINTED_PAN = "434678654654654"


async def test_sample(house: PaynetHouse) -> None:
    """The sample request, its ids those of this session, is answered field by field as printed."""
    session_id = await house.open_session()
    answer = await house.call(CREATE_TOKEN, await house.token_request(session_id), PUBLISHABLE_KEY)
    token_id = str(answer.pop("token_id"))
    assert answer == {
        "post_url": "https://pay.example/v1/paynetjgate/tds",
        "is_tds": True,
        "object_name": "paynetj_token",
        "obeject_name": "paynetj_token",
        "code": 0,
        "message": "Başarılı Islem",
    }
    assert token_id.startswith("jt_")
    assert len(token_id) <= 100
    base64.b64decode(token_id.removeprefix("jt_"), validate=True)


async def test_sample_as_printed(house: PaynetHouse) -> None:
    """The printed number has a wrong check digit, so it is refused, by number before anything."""
    session_id = await house.open_session()
    request = await house.token_request(session_id, pan=PRINTED_PAN)
    status, answer = await house.post(CREATE_TOKEN, request, PUBLISHABLE_KEY)
    assert (status, answer) == (
        400,
        {
            "type": "invalid_request_error",
            "message": "Kart numarası bilgisi yanlış",
            "code": 400,
            "result_code": 18,
        },
    )


async def test_sample_ids_as_printed(house: PaynetHouse) -> None:
    """The printed session is nobody's here."""
    request = {
        "session_id": "js_EAAAACbRzo74tNbO56EdJtHWkJVbbpGnwpPHtzweU2A0LzPu",
        "instalment_key": "ji_EAAAAOuvvlNfndedwQPqpTDFWAQtLi6ggCRe0hpgC3hswDcT",
        **TOKEN_REQUEST,
    }
    assert await house.refused(CREATE_TOKEN, request, PUBLISHABLE_KEY) == (400, 13)


async def test_fifteen_digits(house: PaynetHouse) -> None:
    """A number of fifteen digits with a right check digit is taken, whatever its network."""
    session_id = await house.open_session()
    assert await house.token(session_id, pan=PRINTED_PAN[:-1] + "5")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("month", 12),
        ("month", " 08 "),
        ("month", "08"),
        ("year", 2019),
        ("year", "19"),
        ("year", 19),
        ("pan", int(PAN)),
        ("pan", "4346 7865 4654 6549"),
        ("cvc", 123),
        ("do_3ds", True),
        ("do_3ds", "TRUE"),
        ("do_3ds", 1),
        ("do_3ds", "1"),
        ("ip", None),
        ("ip", 21356455),
        ("client_id", None),
        ("client_id", 123456789),
        ("client_id", ""),
        ("description", None),
        ("card_holder_phone", None),
        ("card_holder_phone", 5350000000),
        ("card_holder_mail", None),
        ("token", PUBLISHABLE_KEY),
        ("CARD_HOLDER", "gokhan oztorun"),
    ],
)
async def test_lenient(house: PaynetHouse, name: str, value: object) -> None:
    """Numbers as texts and the other way round; what is not needed may be missing or empty."""
    session_id = await house.open_session()
    request = await house.token_request(session_id)
    request = {**request, name: value}
    answer = await house.call(CREATE_TOKEN, request, PUBLISHABLE_KEY)
    assert answer["is_tds"] is True


@pytest.mark.parametrize("value", [False, "false", 0, "0", None, ""])
async def test_without_threeds(house: PaynetHouse, value: object) -> None:
    """Every way to say no to 3-D Secure, which clients that drop false values say by silence."""
    session_id = await house.open_session()
    request = {**await house.token_request(session_id), "do_3ds": value}
    answer = await house.call(CREATE_TOKEN, request, PUBLISHABLE_KEY)
    assert answer["is_tds"] is False


async def test_session_insists_on_threeds(house: PaynetHouse) -> None:
    """A session that requires 3-D Secure gets it whatever the token's request says."""
    session_id = await house.open_session(tds_required=True)
    request = await house.token_request(session_id, do_3ds=False)
    answer = await house.call(CREATE_TOKEN, request, PUBLISHABLE_KEY)
    assert answer["is_tds"] is True


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("session_id", None, 13),
        ("session_id", "js_AAAA", 13),
        ("session_id", "x" * 200, 13),
        ("card_holder", None, 18),
        ("card_holder", "John 1", 18),
        ("card_holder", "x" * 51, 18),
        ("card_holder", PAN, 11),
        ("pan", None, 18),
        ("pan", "4346786546546548", 18),
        ("pan", "abc", 18),
        ("month", None, 18),
        ("month", 0, 18),
        ("month", 13, 18),
        ("month", "May", 11),
        ("month", True, 11),
        ("year", None, 18),
        ("year", 2100, 18),
        ("year", 1999, 18),
        ("year", 2017, 18),
        ("cvc", None, 18),
        ("cvc", "12", 18),
        ("instalment_key", None, 21),
        ("instalment_key", "ji_AAAA", 21),
        ("do_3ds", "yes", 11),
        ("do_3ds", [], 11),
        ("description", "x" * 141, 11),
        ("description", f"no {PAN}", 11),
        ("description", "4355 0843 5508 4358", 11),
        ("card_holder_mail", "x" * 61, 11),
        ("card_holder_phone", "5" * 21, 11),
        ("client_id", {"a": 1}, 11),
        ("ip", "\x00", 11),
        ("ip", "x" * 2000, 11),
        ("token", OTHER_PUBLISHABLE_KEY, 7),
    ],
)
async def test_refused(house: PaynetHouse, name: str, value: object, code: int) -> None:
    """Each parameter that is missing or wrong, with its result code."""
    session_id = await house.open_session()
    request = await house.token_request(session_id)
    request = {key: item for key, item in {**request, name: value}.items() if item is not None}
    status, answer = await house.post(CREATE_TOKEN, request, PUBLISHABLE_KEY)
    assert answer["result_code"] == code, answer
    assert status == (401 if code == 7 else 400)


async def test_instalment_key_is_good_for_one_thing(house: PaynetHouse) -> None:
    """A key of another session, BIN, amount or merchant buys nothing."""
    first, second = await house.open_session(), await house.open_session()
    request = await house.token_request(first)
    for changes in ({"session_id": second}, {"pan": "4355084355084358"}):
        assert await house.refused(CREATE_TOKEN, {**request, **changes}, PUBLISHABLE_KEY) == (
            400,
            21,
        )
    update = {"session_id": first, "amount": 2000}
    await house.call("/v1/paynetj/auth_update", update, PUBLISHABLE_KEY)
    assert await house.refused(CREATE_TOKEN, request, PUBLISHABLE_KEY) == (400, 21)
    assert await house.refused(CREATE_TOKEN, request, OTHER_PUBLISHABLE_KEY) == (400, 13)


async def test_long_instalment_key_forms(house: PaynetHouse) -> None:
    """Ids have the lengths of the documentation's samples, and a blank stands for a lost plus."""
    session_id = await house.open_session()
    assert len(session_id) == len("js_") + 48
    request = await house.token_request(session_id)
    key = str(request["instalment_key"])
    assert len(key) == len("ji_") + 72
    for name in ("session_id", "instalment_key"):
        request[name] = str(request[name]).replace("+", " ")
    assert await house.call(CREATE_TOKEN, request, PUBLISHABLE_KEY)


async def test_new_token_replaces(house: PaynetHouse) -> None:
    """A second token of a session makes the first one worthless."""
    session_id = await house.open_session()
    first = await house.token(session_id, do_3ds=False)
    await house.token(session_id, do_3ds=False)
    body = {"session_id": session_id, "token_id": first}
    assert await house.refused("/v1/transaction/charge", body) == (400, 15)


async def test_session_ends(house: PaynetHouse) -> None:
    """A session lives for half an hour."""
    session_id = await house.open_session()
    request = await house.token_request(session_id)
    house.clock.advance(ms=30 * 60_000 - 1)
    await house.call(CREATE_TOKEN, request, PUBLISHABLE_KEY)
    house.clock.advance(ms=1)
    assert await house.refused(CREATE_TOKEN, request, PUBLISHABLE_KEY) == (400, 22)
    assert house.clock.now_ms() == SAMPLE_TIME_MS + 30 * 60_000


async def test_public_url(tmp_path) -> None:
    """Behind a proxy the gate's address is the public one; the typo can be switched off."""
    async with open_house(
        tmp_path, public_url="https://vezne.example", misspelt_object_name="omitted"
    ) as house:
        session_id = await house.open_session()
        request = await house.token_request(session_id)
        answer = await house.call(CREATE_TOKEN, request, PUBLISHABLE_KEY)
    assert answer["post_url"] == "https://vezne.example/v1/paynetjgate/tds"
    assert "obeject_name" not in answer


async def test_host_is_no_host(house: PaynetHouse) -> None:
    """A host that is none does not get into the address of the gate."""
    session_id = await house.open_session()
    request = await house.token_request(session_id)
    status, answer = await house.post(CREATE_TOKEN, request, PUBLISHABLE_KEY, host='x"y')
    assert (status, answer["result_code"]) == (400, 11)


async def test_paths_ignore_case(house: PaynetHouse) -> None:
    """A client may write the path in any case, and a slash at its end."""
    session_id = await house.open_session()
    request = await house.token_request(session_id)
    assert await house.call("/V1/PaynetJ/Create_Token/", request, PUBLISHABLE_KEY)


async def test_wrong_verb(house: PaynetHouse) -> None:
    """Services are called by POST; anything else is 405 in the envelope of errors."""
    response = await house.send(CREATE_TOKEN, method="GET")
    assert response.status == 405
    assert parsed(response)["type"] == "invalid_request_error"
