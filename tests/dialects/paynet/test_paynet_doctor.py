"""The doctor of the Paynet door says what is wrong with the key that a caller shows."""

import base64
import json

import pytest

from fakes.iyzico_caller import request_of
from fakes.key_register import Register
from vezne.core.diagnosis import Cause, Diagnosis
from vezne.dialects.paynet.auth import PUBLISHABLE_DOOR, SECRET_DOOR, secret_name
from vezne.dialects.paynet.doctor import Practice, doctor
from vezne.vault.name_box import NAME_KEY_BYTES, VaultNameBox

NAMES = VaultNameBox(bytes(NAME_KEY_BYTES))
OPEN_PATH = "/v1/paynetj/create_token"
SERVER_PATH = "/v1/card/list"
PUBLISHABLE = "pbk_of/the+shop"
SECRET = "sck_of/the+shop"


def add_pair(register: Register, owner, publishable: str, secret: str) -> None:
    """A pair as the house keeps it: the secret key has an entry of its own."""
    register.add(owner, PUBLISHABLE_DOOR, publishable, secret)
    register.add(owner, SECRET_DOOR, secret_name(NAMES, secret), publishable)


@pytest.fixture
def register() -> Register:
    register = Register()
    add_pair(register, register.shop, PUBLISHABLE, SECRET)
    add_pair(register, register.demo, "pbk_demodemodemo", "sck_demodemodemo")
    add_pair(register, register.stranger, "pbk_strangersown", "sck_strangersown")
    register.add(register.shop, "iyzico", "shop-api-key", "shop-secret")
    return register


async def look(
    register: Register, header: str, path: str = SERVER_PATH, **fields: str
) -> Diagnosis | None:
    headers = {"authorization": header} if header else {}
    request = request_of(json.dumps(fields).encode(), headers, path)
    return await doctor(Practice(register, NAMES))(request)


async def diagnose(
    register: Register, header: str, path: str = SERVER_PATH, **fields: str
) -> Diagnosis:
    found = await look(register, header, path, **fields)
    assert found is not None
    for secret in (SECRET, "sck_demodemodemo", "strangersown", "shop-secret"):
        assert secret not in repr(found)
    return found


def causes(found: Diagnosis) -> list[Cause]:
    return [finding.cause for finding in found.findings]


def basic(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


RIGHT = {
    "the secret key": (f"Basic {SECRET}", SERVER_PATH, {}),
    "as basic credentials": (f"basic {basic(SECRET + ':')}", SERVER_PATH, {}),
    "the publishable key for pages": (f"Basic {PUBLISHABLE}", OPEN_PATH, {}),
    "the same again in the body": (f"Basic {PUBLISHABLE}", OPEN_PATH, {"token": PUBLISHABLE}),
    "in the body alone": ("", OPEN_PATH, {"token": PUBLISHABLE}),
}


@pytest.mark.parametrize("name", RIGHT)
async def test_a_right_key_has_no_diagnosis(register, name):
    header, path, fields = RIGHT[name]
    assert await look(register, header, path, **fields) is None


KNOWN = {
    "another scheme": (f"Bearer {SECRET}", [Cause.SCHEME_MISSPELT]),
    "no scheme": (SECRET, [Cause.SCHEME_MISSPELT]),
    "in quotes": (f'Basic "{SECRET}"', [Cause.KEY_QUOTED]),
    "as a password": (f"Basic {basic(':' + SECRET)}", [Cause.KEY_ENCODED]),
    "encoded without padding": (f"Basic {basic(SECRET + '::').rstrip('=')}", [Cause.KEY_ENCODED]),
    "encoded for URLs": (
        "Basic " + base64.urlsafe_b64encode(f"user?>:{SECRET}".encode()).decode(),
        [Cause.KEY_ENCODED],
    ),
    "the publishable key": (f"Basic {PUBLISHABLE}", [Cause.KEY_TOO_WEAK]),
}


@pytest.mark.parametrize("name", KNOWN)
async def test_a_key_is_found_however_it_is_shown(register, name):
    header, expected = KNOWN[name]
    found = await diagnose(register, header)
    assert (causes(found), found.merchant_id) == (expected, register.shop.id)


STRANGE = {
    "nobody's": ("Basic sck_whoever", [Cause.KEY_UNKNOWN], 0),
    "with a slip": ("Basic pbk_demodemodem", [Cause.KEY_NEARLY], 0),
    "with a slip in somebody's": ("Basic pbk_strangersow", [Cause.KEY_UNKNOWN], 0),
    "of another door": ("Basic shop-api-key", [Cause.KEY_OF_OTHER_DOOR], 7),
    "not ASCII": ("Basic ş", [Cause.KEY_UNKNOWN], 0),
    "very long": ("Basic " + "x" * 600, [Cause.KEY_UNKNOWN], 0),
    "behind another scheme": ("Bearer whoever", [Cause.SCHEME_MISSPELT, Cause.KEY_UNKNOWN], 0),
}


@pytest.mark.parametrize("name", STRANGE)
async def test_a_strange_key_is_told_apart(register, name):
    header, expected, merchant_id = STRANGE[name]
    found = await diagnose(register, header)
    assert (causes(found), found.merchant_id) == (expected, merchant_id)


async def test_a_revoked_key_is_its_merchants_to_know(register):
    register.revoke(PUBLISHABLE)
    register.revoke(secret_name(NAMES, SECRET))
    for key in (PUBLISHABLE, SECRET):
        found = await diagnose(register, f"Basic {key}", OPEN_PATH)
        assert (causes(found), found.merchant_id) == ([Cause.KEY_REVOKED], register.shop.id)
        assert found.findings[0].about == PUBLISHABLE


async def test_a_token_of_another_merchant_is_recognized(register):
    for token in ("pbk_strangersown", "pbk_nobodys"):
        found = await diagnose(register, f"Basic {SECRET}", OPEN_PATH, token=token)
        assert (causes(found), found.merchant_id) == ([Cause.TOKEN_OF_OTHER], register.shop.id)


async def test_a_token_that_is_nobodys_is_told_apart(register):
    found = await diagnose(register, "", OPEN_PATH, token="pbk_whoever")
    assert causes(found) == [Cause.KEY_UNKNOWN]


async def test_a_missing_header_is_told_apart_from_a_misnamed_one(register):
    assert causes(await diagnose(register, "")) == [Cause.HEADER_MISSING]
    request = request_of(b"{}", {"host": "a", "x-api-key": f"Basic {SECRET}"}, SERVER_PATH)
    found = await doctor(Practice(register, NAMES))(request)
    assert found is not None
    assert (causes(found), found.findings[0].about) == ([Cause.HEADER_MISNAMED], "x-api-key")
