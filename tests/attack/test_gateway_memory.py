"""The attack kit with the memory of the gateway's process, where the vault has one of its own."""

import base64
import re

import pytest

from attack.breaking import memory_keys, open_with
from attack.reading import read_off
from attack.thief import open_row, rob, steal
from attack.town import BINS, settle, signature_in
from fakes.memory import Dump, UnreadableMemory
from fakes.signed import signed_headers
from fakes.split_server import SplitServer

CARDS = 800
SOME = 60
HEXADECIMAL = re.compile(rb"[0-9a-f]{64}")

pytestmark = pytest.mark.proof


@pytest.fixture
def split(tmp_path):
    server = SplitServer(tmp_path / "data").start()
    yield server
    server.kill()


def test_the_gateway_s_memory_is_of_no_use(split):
    """Neither by reading nor with what looks like a key, nor by trying numbers on signatures."""
    town = settle(split, [split.keys["iyzico"]], CARDS, seed=5)
    try:
        dump = Dump.of(split.gateway.pid)
    except UnreadableMemory:
        pytest.skip("this user may not read the memory of a process")
    memory = dump.content
    loot = steal(split.data, [*split.output, *split.gateway.output])
    found = rob(loot, town.stored[0]) | {
        "reading memory": read_off({"memory": memory}, BINS),
        "keys in memory": open_with(memory_keys(dump.own), loot, open_row),
    }
    assert {way: len(numbers & town.everybody) for way, numbers in found.items()} == dict.fromkeys(
        found, 0
    )
    assert signatures_in(memory, town.signatures) == set()


def test_the_vault_s_memory_is(split):
    """The same search finds keys and numbers there, so it is able to find."""
    town = settle(split, [split.keys["iyzico"]], 60, seed=6)
    try:
        dump = Dump.of(split.pid)
    except UnreadableMemory:
        pytest.skip("this user may not read the memory of the vault's process")
    memory = dump.content
    assert read_off({"memory": memory}, BINS) & town.everybody
    loot = steal(split.data, split.output)
    assert open_with(memory_keys(dump.own), loot, open_row) >= set(town.stored)


def test_signatures_are_found_where_they_are():
    """As they stand, and within the base64 of a header, wherever they begin in it."""
    for key in ("k", "ke", "key"):
        header = signed_headers(key, "secret", "/payment/auth", b"{}")["Authorization"]
        signature = signature_in(header)
        for place in (header, f"of={signature};"):
            assert signatures_in(place.encode(), [signature, "0" * 64]) == {signature}


def signatures_in(memory, signatures):
    """Those that stand there as they are, and of the newest also those within a header's base64."""
    found = {text.decode() for text in HEXADECIMAL.findall(memory)} & set(signatures)
    for signature in signatures[-SOME:]:
        text = signature.encode()
        forms = [text, *(base64.b64encode(text[shift:])[:40] for shift in range(3))]
        if any(form in memory for form in forms):
            found.add(signature)
    return found
