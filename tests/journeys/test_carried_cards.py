import asyncio
import csv
import json
from random import Random

from msgspec.structs import replace
from typer.testing import CliRunner

from fakes.card_desk import (
    AYSE,
    DENIZ,
    MEHMET,
    CardDesk,
    card_numbers,
    listed_cards,
    write_identity,
)
from fakes.commands_to_kill import finish_vezne, kill_after
from fakes.databases import data_of, open_room, url_of
from fakes.iyzico_client import CARD, Client
from fakes.leaks import files, leaks
from vezne.bootstrap.carrying import open_card_house
from vezne.bootstrap.demo import ensure_demo_merchant
from vezne.cli.app import command_line
from vezne.core.ids import last_token_of
from vezne.flows.import_cards import enter_cards
from vezne.settings import load_settings

DEMO = 1
MANY = 2_000
KILLS = 5
# So small that a command has much left to do when it is killed.
PART = 1


def vezne(*arguments, lines=()):
    """Run the command in this process; its output, or that it failed and why."""
    words = [*map(str, arguments)]
    typed = "".join(f"{line}\n" for line in lines)
    data = data_of(words)
    url = None if data is None else url_of(data)
    done = CliRunner().invoke(
        command_line(words), words, input=typed, env={"VEZNE_DATABASE": url or ""}
    )
    return done.exit_code, done.output if done.exception is None else str(done.exception)


def said(*arguments, lines=()):
    """What a command says that must succeed."""
    status, output = vezne(*arguments, lines=lines)
    assert status == 0, output
    return output


def make_key(data):
    """What the first start of a sandbox does."""
    data.mkdir()
    said("keys", "create", f"file:{data}/master.key", "--sandbox")


def add_approvers(data):
    for proof in (AYSE, MEHMET):
        said("approvers", "add", proof.name, "--data", data, lines=[proof.passphrase])


def approved(data, recipient, folder, *more):
    """An export of the demo merchant's cards that both have approved; returns its name."""
    request = ("cards", "export", "request", "--merchant", "Demo", "--to", recipient)
    output = said(*request, "--folder", folder, "--data", data, "--json", *more)
    name = json.loads(output)["name"]
    for proof, how in ((AYSE, ()), (MEHMET, ("--json",))):
        approve = ("cards", "export", "approve", name, "--approver", proof.name)
        output = said(*approve, "--data", data, *how, lines=[proof.passphrase])
        assert proof.name in output
    return name


def test_cards_move_to_another_house(start, tmp_path):
    """Stored through a door here, exported and imported beside both servers, charged there."""
    here = start(data=tmp_path / "here")
    numbers = [CARD["cardNumber"], "4543590000000006"]
    client = Client(here)
    stored = [
        client.store_card(
            card={"cardAlias": f"kart {number[:4]}"} | CARD | {"cardNumber": number},
            externalId=f"müşteri {number[:4]}",
        )
        for number in numbers
    ]
    add_approvers(here.data)
    identity, folder = tmp_path / "key.txt", tmp_path / "cards"
    name = approved(here.data, write_identity(identity), folder)
    assert "2 cards" in said("cards", "export", "run", name, "--data", here.data)
    listed = json.loads(said("cards", "export", "list", "--data", here.data, "--json"))
    assert listed[0]["approvers"] == ["Ayşe", "Mehmet"]
    assert listed[0]["state"].startswith("written")
    assert name in said("cards", "export", "list", "--data", here.data)

    there = start(data=tmp_path / "there")
    key = said("cards", "key", "--data", here.data).strip()
    take = ("cards", "import", "--merchant", "Demo", "--identity", identity, folder)
    where = ("--data", there.data, "--signed-by")
    status, why = vezne(*take, *where, said("cards", "key", "--data", there.data).strip())
    assert (status, "was signed by" in why) == (1, True)
    assert "2 cards stored" in said(*take, *where, key)
    assert "stored before" in said(*take, *where, key)

    with (folder / "token-map-1.csv").open(newline="") as file:
        tokens = {row["old_token_base64"]: row["new_token_base64"] for row in csv.DictReader(file)}
    buyer = Client(there)
    for card in stored:
        listed = buyer.call("CardList", "retrieve", {"cardUserKey": card["cardUserKey"]})
        assert [each["cardToken"] for each in listed["cardDetails"]] == [tokens[card["cardToken"]]]
        assert listed["cardDetails"][0]["cardAlias"] == card["cardAlias"]
        token = {"cardUserKey": card["cardUserKey"], "cardToken": tokens[card["cardToken"]]}
        paid = buyer.pay(paymentCard=token)
        assert (paid["status"], paid["binNumber"]) == ("success", card["binNumber"])
    places = files(tmp_path) | {"output": "".join(here.output + there.output).encode()}
    assert list(leaks(numbers, places)) == []


def test_the_commands_of_approvers(tmp_path):
    """Added, listed, vouched for and removed; what is typed wrong or not at all is one line."""
    data = tmp_path / "data"
    make_key(data)
    add_approvers(data)
    status, why = vezne("approvers", "add", "Deniz", "--data", data, lines=[DENIZ.passphrase])
    assert (status, "must vouch" in why) == (1, True)
    vouchers = ("--voucher", "Ayşe", "--voucher", "Mehmet", "--data", data)
    words = [AYSE.passphrase, MEHMET.passphrase]
    said("approvers", "add", "Deniz", *vouchers, lines=[*words, DENIZ.passphrase])
    said("approvers", "remove", "Deniz", *vouchers, lines=words)
    status, why = vezne("approvers", "remove", "Ayşe", *vouchers, lines=words[:1])
    assert (status, "missing" in why) == (1, True)
    listed = json.loads(said("approvers", "list", "--data", data, "--json"))
    assert [each["name"] for each in listed] == ["Ayşe", "Mehmet"]
    assert "Mehmet" in said("approvers", "list", "--data", data)
    assert subjects(data, "operator.command") == {
        "approver Ayşe",
        "approver Mehmet",
        "approver Deniz",
    }
    assert "BEGIN PUBLIC KEY" in said("cards", "key", "--pem", "--data", data)


def settings_of(data):
    return load_settings(None, {"data": str(data), "mode": "sandbox", "database": url_of(data)}, {})


async def fill(data, numbers):
    """A sandbox whose demo merchant has these cards."""
    async with open_card_house(settings_of(data)) as opened:
        house = opened.house
        await ensure_demo_merchant(house)
        listed = listed_cards(numbers, DEMO, house.ports.clock.now_ms() - 1)
        engine = await open_room(data, "vault")
        await CardDesk(engine, house.vault, opened.desk).put(listed, numbers)
        await engine.close()
        await enter_cards(listed, house.ports.books)


async def cards_of(data):
    """Every card of the demo merchant: owner, what the books say, number and holder."""
    async with open_card_house(settings_of(data)) as opened:
        engine = await open_room(data, "vault")
        desk = CardDesk(engine, opened.house.vault, opened.desk)
        until = last_token_of(2**47)
        page = await opened.cards.page(DEMO, after=(b"", b""), until=until, limit=2 * MANY)
        sealed = await desk.records.count_cards(DEMO)
        found = [(*each, *await desk.number(DEMO, each[1].token)) for each in page]
        await engine.close()
    assert sealed == len(found)
    return found


def subjects(data, action):
    """What the audit trail says that something was done to."""
    lines = [
        json.loads(line)
        for path in sorted((data / "audit").glob("*.jsonl"))
        for line in path.read_text().splitlines()
    ]
    return {line["subject"] for line in lines if line["action"] == action}


def test_killed_at_random_moments_every_card_arrives_once(tmp_path, monkeypatch):
    """Export and import are killed again and again; in the end all is there, and nothing twice."""
    monkeypatch.setenv("VEZNE_MODE", "sandbox")
    here, there, folder = tmp_path / "here", tmp_path / "there", tmp_path / "cards"
    numbers, dice = card_numbers(MANY), Random(6)  # noqa: S311
    for data, its_numbers in ((here, numbers), (there, [])):
        make_key(data)
        asyncio.run(fill(data, its_numbers))
    add_approvers(here)
    identity = tmp_path / "key.txt"
    name = approved(here, write_identity(identity), folder, "--part-cards", str(PART))

    run = ("cards", "export", "run", name, "--data", str(here))
    parts = lambda: len(list(folder.glob("part-*")))  # noqa: E731
    kills = sum(kill_after(parts, 3, dice, *run) for _ in range(KILLS))
    assert kills >= KILLS - 1
    assert finish_vezne(*run) == 0
    assert parts() == MANY // PART

    take = ("--merchant", "Demo", "--identity", str(identity), str(folder), "--data", str(there))
    take = ("cards", "import", *take)
    pieces = lambda: len(list(folder.glob("token-map-1.csv.*")))  # noqa: E731
    kills = sum(kill_after(pieces, 3, dice, *take) for _ in range(KILLS))
    assert kills >= KILLS - 1
    assert finish_vezne(*take) == 0
    assert finish_vezne(*take) == 0

    with (folder / "token-map-1.csv").open(newline="") as file:
        old = {row["new_token"]: row["old_token"] for row in csv.DictReader(file)}
    arrived = [
        (owner, replace(card, token=bytes.fromhex(old[card.token.hex()])), number, holder)
        for owner, card, number, holder in asyncio.run(cards_of(there))
    ]
    arrived.sort(key=lambda each: (each[1].owner_key, each[1].token))
    stored = asyncio.run(cards_of(here))
    assert arrived == stored
    assert [number for *_, number, _ in arrived] == numbers
    assert subjects(here, "card.revealed") == {card.token.hex() for _, card, *_ in stored}
    assert subjects(there, "card.stored") == set(old)
    assert list(leaks(numbers[::50], files(tmp_path))) == []
