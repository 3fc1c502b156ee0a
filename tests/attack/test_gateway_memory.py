"""The attack kit with the memory of the gateway's process, where the vault has one of its own."""

import base64

import pytest

from attack.breaking import memory_keys, open_with
from attack.reading import read_off
from attack.thief import open_row, rob, steal
from attack.town import BINS, settle
from fakes.memory import Dump, UnreadableMemory
from fakes.split_server import SplitServer

CARDS = 1_500

pytestmark = pytest.mark.long


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
    assert [text for text in town.signatures if any(form in memory for form in forms(text))] == []


def test_the_vault_s_memory_is(split):
    """The same search finds signatures and numbers there, so it is able to find."""
    town = settle(split, [split.keys["iyzico"]], 200, seed=6)
    try:
        memory = Dump.of(split.pid).content
    except UnreadableMemory:
        pytest.skip("this user may not read the memory of the vault's process")
    assert read_off({"memory": memory}, BINS) & town.everybody
    assert any(form in memory for text in town.signatures for form in forms(text))


def forms(signature):
    """A signature as it stands, and within the base64 of its header."""
    text = signature.encode()
    return [text, *(base64.b64encode(text[shift:])[:40] for shift in range(3))]
