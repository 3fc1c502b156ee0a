"""The doctor of the PayWall door says what is wrong with the headers of a caller."""

import base64

import pytest

from fakes.iyzico_caller import request_of
from fakes.key_register import Register
from fakes.paywall_house import PRIVATE_CLIENT, PRIVATE_KEY, PUBLIC_CLIENT, PUBLIC_KEY, open_house
from vezne.core.diagnosis import Cause, Diagnosis
from vezne.dialects.paywall.doctor import doctor, pair_of
from vezne.edge.messages import Outcome

CARD_PATH = "/paywall/card"
START_PATH = "/api/paywall/payment/startdirect"
TEMPORARY_PATH = "/api/paywall/tempcard"
PRIVATE = {"apiclientprivate": PRIVATE_CLIENT, "apikeyprivate": PRIVATE_KEY}


@pytest.fixture
def register() -> Register:
    register = Register()
    register.add(register.shop, "paywall.public", PUBLIC_CLIENT, PUBLIC_KEY)
    register.add(register.shop, "paywall.private", PRIVATE_CLIENT, PRIVATE_KEY)
    register.add(register.shop, "iyzico", "shop-api-key", "shop-secret")
    register.add(register.shop, "paywall.private", "old-client", "old-key", is_revoked=True)
    register.add(register.demo, "paywall.private", "demo-private-client", "demo-private-key")
    register.add(register.stranger, "paywall.private", "stranger-client", "stranger-key")
    return register


async def look(
    register: Register, headers: dict[str, str], path: str = CARD_PATH
) -> Diagnosis | None:
    return await doctor(register)(request_of(b"{}", headers, path))


async def diagnose(register: Register, headers: dict[str, str], path: str = CARD_PATH) -> Diagnosis:
    found = await look(register, headers, path)
    assert found is not None
    for secret in (PRIVATE_KEY, PUBLIC_KEY, "old-key", "stranger-key", "demo-private-key"):
        assert secret not in repr(found)
    return found


def causes(found: Diagnosis) -> list[Cause]:
    return [finding.cause for finding in found.findings]


async def test_right_headers_have_no_diagnosis(register):
    assert await look(register, PRIVATE) is None


async def test_missing_headers_are_named(register):
    found = await diagnose(register, {})
    assert causes(found) == [Cause.HEADER_MISSING, Cause.HEADER_MISSING]
    assert [item.about for item in found.findings] == ["apiclientprivate", "apikeyprivate"]
    assert found.merchant_id == 0


async def test_headers_of_another_spelling_are_named(register):
    headers = {"x-api-client-private": PRIVATE_CLIENT, "apikeyprivate": PRIVATE_KEY}
    found = await diagnose(register, headers)
    assert causes(found) == [Cause.HEADER_MISNAMED]
    assert found.findings[0].about == "x-api-client-private → apiclientprivate"


async def test_the_other_pair_is_recognized_by_its_headers(register):
    headers = {"apiclientpublic": PUBLIC_CLIENT, "apikeypublic": PUBLIC_KEY}
    assert causes(await diagnose(register, headers)) == [Cause.OTHER_PAIR, Cause.OTHER_PAIR]
    assert causes(await diagnose(register, PRIVATE, START_PATH)) == [Cause.OTHER_PAIR] * 2


async def test_the_other_pair_is_recognized_by_its_values(register):
    headers = {"apiclientprivate": PUBLIC_CLIENT, "apikeyprivate": PUBLIC_KEY}
    found = await diagnose(register, headers)
    assert causes(found) == [Cause.KEY_OF_OTHER_DOOR]
    assert (found.findings[0].about, found.merchant_id) == ("paywall.public", register.shop.id)


async def test_swapped_values_are_recognized(register):
    headers = {"apiclientprivate": PRIVATE_KEY, "apikeyprivate": PRIVATE_CLIENT}
    found = await diagnose(register, headers)
    assert (causes(found), found.merchant_id) == ([Cause.KEYS_SWAPPED], register.shop.id)


async def test_unknown_revoked_and_nearly_right_clients_are_told_apart(register):
    for client, cause, merchant_id in (
        ("nobody-has-this", Cause.KEY_UNKNOWN, 0),
        ("old-client", Cause.KEY_REVOKED, register.shop.id),
        ("demo-private-clien", Cause.KEY_NEARLY, 0),
        ("stranger-clien", Cause.KEY_UNKNOWN, 0),
    ):
        found = await diagnose(register, {"apiclientprivate": client, "apikeyprivate": "x"})
        assert (causes(found), found.merchant_id) == ([cause], merchant_id)


KEYS = {
    "of the public pair": (PUBLIC_KEY, Cause.SECRET_OF_OTHER_KEY),
    "of an older pair": ("old-key", Cause.SECRET_OF_OTHER_KEY),
    "the client": (PRIVATE_CLIENT, Cause.SECRET_IS_KEY),
    "in quotes": (f'"{PRIVATE_KEY}"', Cause.SECRET_WITH_SPACE),
    "encoded": (base64.b64encode(PRIVATE_KEY.encode()).decode(), Cause.SECRET_ENCODED),
    "cut off": (PRIVATE_KEY[:-2], Cause.SECRET_CUT),
    "another": ("wrong", Cause.SECRET_WRONG),
    "of another merchant": ("stranger-key", Cause.SECRET_WRONG),
}


@pytest.mark.parametrize("name", KEYS)
async def test_a_wrong_key_is_told_apart(register, name):
    key, cause = KEYS[name]
    found = await diagnose(register, PRIVATE | {"apikeyprivate": key})
    assert (causes(found), found.merchant_id) == ([cause], register.shop.id)


async def test_browsers_bring_a_token(register):
    assert causes(await diagnose(register, {}, TEMPORARY_PATH)) == [Cause.HEADER_MISSING]
    found = await diagnose(register, {"token": "gone"}, TEMPORARY_PATH)
    assert causes(found) == [Cause.TOKEN_UNKNOWN]


async def test_every_path_wants_the_pair_that_the_doctor_thinks(tmp_path):
    """Each service is called without headers, and names the one that it misses first."""
    async with open_house(tmp_path) as house:
        for route in house.door.routes:
            answer = await route.handle(request_of(b"{}", {}, route.path, method=route.method))
            if route.path == TEMPORARY_PATH or answer.outcome is Outcome.SERVED:
                # Browsers have no pair.
                continue
            assert pair_of(route.path).client_header in answer.body.decode()
