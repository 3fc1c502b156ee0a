"""Signatures that are not shown: an alias stands in their place, and everything else stays."""

import base64

import pytest

from fakes.iyzico_caller import KEY, RANDOM_KEY, token_headers
from vezne.dialects.iyzico.auth import conceal_proof
from vezne.dialects.iyzico.iyzwsv2 import read_claim

ALIAS = b"a" * 64


def concealed(authorization):
    """The header that is left, and the signatures that were taken out."""
    taken = []

    def rename(signature):
        taken.append(signature)
        return ALIAS

    headers = conceal_proof({"authorization": authorization, "x-iyzi-rnd": "7"}, rename)
    assert headers["x-iyzi-rnd"] == "7"
    return headers["authorization"], taken


def test_the_current_scheme():
    """Key and random key stay, the signature goes."""
    sent = token_headers("/payment/auth", b"{}")["authorization"]
    signature = read_claim(sent.removeprefix("IYZWSv2 ")).signature
    header, taken = concealed(sent)
    assert taken == [signature]
    scheme, _, token = header.partition(" ")
    assert scheme == "IYZWSv2"
    assert read_claim(token).key == KEY
    assert read_claim(token).random_key == RANDOM_KEY.encode()
    assert read_claim(token).signature == ALIAS
    assert signature not in base64.b64decode(token)


def test_the_older_scheme():
    """What follows the last colon goes."""
    assert concealed("IYZWS my:key:c2lnbmF0dXJl") == (
        f"IYZWS my:key:{ALIAS.decode()}",
        [b"c2lnbmF0dXJl"],
    )


@pytest.mark.parametrize("sent", ["IYZWSv2 c2lnbmF0dXJl", "IYZWS c2lnbmF0dXJl", "Bearer c2ln", ""])
def test_nothing_is_left_of_what_is_no_claim(sent):
    """It could be a signature all the same."""
    header, taken = concealed(sent)
    assert header == f"{sent.partition(' ')[0]} "
    assert taken == []
