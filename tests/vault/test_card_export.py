import hashlib
import json
import shutil
import subprocess

import msgspec
import pyrage
import pytest

from builders import merchant
from fakes.card_desk import (
    AYSE,
    DENIZ,
    MEHMET,
    card_numbers,
    insurance_card,
    listed_cards,
    open_card_desk,
    place_of,
    write_export,
)
from vezne.core.audit import AuditAction
from vezne.core.ids import last_token_of
from vezne.engines.engine import Conflict, Write
from vezne.vault.portability.access import CardAccess
from vezne.vault.portability.approvers import Proof
from vezne.vault.portability.errors import (
    ImpossibleExport,
    InvalidRecipient,
    NotProven,
    UnusableFolder,
)
from vezne.vault.portability.exports import LIFE_MS, Exports
from vezne.vault.portability.manifest import is_signed, read_manifest

KEY = pyrage.x25519.Identity.generate()
RECIPIENT = str(KEY.to_public())
MERCHANT = merchant()


@pytest.fixture
async def desk(engine, vault, clock, entropy, audit):
    opened = await open_card_desk(engine, vault, clock, entropy, audit)
    await opened.approvers()
    return opened


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "stick" / "cards"


@pytest.fixture
async def listed(desk, clock):
    """Seven cards of three owners, as the books list them."""
    numbers = card_numbers(7)
    cards = listed_cards(numbers, MERCHANT.id, clock.now_ms())
    await desk.put(cards, numbers)
    return cards


async def ask(desk, folder, *, approved=True, part_cards=3):
    """A request for all cards, approved by both; returns its name."""
    state = await desk.desk.exports.request(
        MERCHANT, RECIPIENT, folder, requester="ops", part_cards=part_cards
    )
    if approved:
        for proof in (AYSE, MEHMET):
            state = await desk.desk.exports.approve(state.name, proof)
        assert state.approvers == ["Ayşe", "Mehmet"]
    return state.name


def records_in(folder):
    """The lines of all parts, as the recipient reads them with age."""
    return [
        json.loads(line)
        for part in sorted(folder.glob("part-*"))
        for line in pyrage.decrypt(part.read_bytes(), [KEY]).splitlines()
    ]


async def test_an_approved_export_is_complete_and_signed(desk, listed, folder, clock):
    """Each card once, in parts for the recipient alone, under a manifest that says who agreed."""
    name = await ask(desk, folder)
    manifest = await write_export(desk, listed, name)
    assert [part.cards for part in manifest.parts] == [3, 3, 1]
    records = records_in(folder)
    assert [record["token"] for record in records] == [card.token.hex() for _, card in listed]
    assert [record["number"] for record in records] == card_numbers(7)
    assert records[0]["holder"] == f"HOLDER {records[0]['number'][:4]}"
    assert manifest.cards == 7
    assert manifest.left_out == []
    assert [each.approver for each in manifest.approvals] == ["Ayşe", "Mehmet"]
    assert manifest.signer == desk.desk.public_key
    assert read_manifest(folder, desk.desk.public_key).manifest == manifest
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    (state,) = await desk.desk.exports.list_exports()
    assert (state.started_ms, state.written_ms) == (clock.now_ms(), clock.now_ms())


def is_signed_for_openssl(folder, pem):
    """Whether the command line of OpenSSL finds the signature good."""
    (folder.parent / "key.pem").write_text(pem)
    verify = ("openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "../key.pem", "-rawin")
    files = ("-in", "manifest.json", "-sigfile", "manifest.json.sig")
    done = subprocess.run([*verify, *files], cwd=folder, check=False, capture_output=True)
    return done.returncode == 0


async def test_others_can_prove_it_with_common_tools(desk, listed, folder):
    """openssl verifies the signature, sha256sum the parts and the digest that was approved."""
    await write_export(desk, listed, await ask(desk, folder))
    assert is_signed_for_openssl(folder, desk.desk.public_pem)
    manifest = json.loads((folder / "manifest.json").read_text())
    compact = json.dumps(manifest["request"], ensure_ascii=False, separators=(",", ":"))
    assert hashlib.sha256(compact.encode()).hexdigest() == manifest["digest"]
    for part in manifest["parts"]:
        content = (folder / part["file"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (
            part["size_bytes"],
            part["sha256"],
        )
    for approval in manifest["approvals"]:
        message = b"vezne export approval\0" + bytes.fromhex(manifest["digest"])
        assert is_signed(approval["public_key"], approval["signature"], message)


async def test_every_reveal_is_on_the_trail_before_the_file(desk, listed, folder, audit):
    """A line for each card, then for the export; none holds a number."""
    name = await ask(desk, folder)
    seen = []

    async def settled():
        seen.append((len(list(folder.glob("part-*"))), audit.actions.count("card.revealed")))

    audit.settled = settled
    await write_export(desk, listed, name)
    assert seen == [(0, 3), (1, 6), (2, 7), (3, 7)]
    approved = [event for event, _ in audit.lines if event.action is AuditAction.EXPORT_APPROVED]
    assert [event.reason for event in approved] == ["by Ayşe", "by Mehmet"]
    revealed = [event for event, _ in audit.lines if event.action is AuditAction.CARD_REVEALED]
    assert [event.subject for event in revealed] == [card.token.hex() for _, card in listed]
    (written,) = [event for event, _ in audit.lines if event.action is AuditAction.EXPORT_WRITTEN]
    assert (written.count, written.merchant_id) == (7, MERCHANT.id)
    text = repr(audit.lines)
    assert not any(number in text for number in card_numbers(7))


async def test_nobody_can_do_it_alone(desk, folder):
    """One approver's word, however often, is one; a wrong passphrase is none."""
    name = await ask(desk, folder, approved=False)
    with pytest.raises(ImpossibleExport, match="0 of 2"):
        await write_export(desk, [], name)
    for _ in range(2):
        await desk.desk.exports.approve(name, AYSE)
    with pytest.raises(NotProven):
        await desk.desk.exports.approve(name, Proof("Mehmet", AYSE.passphrase))
    with pytest.raises(ImpossibleExport, match="1 of 2"):
        await write_export(desk, [], name)
    assert not folder.exists()


async def test_who_left_no_longer_agrees(desk, folder):
    """An approval counts while its approver is one, by the key that it was given with."""
    name = await ask(desk, folder)
    approvers = desk.desk.approvers
    await approvers.add(DENIZ, (AYSE, MEHMET))
    await approvers.remove("Mehmet", (AYSE, DENIZ))
    assert (await desk.desk.exports.find(name)).approvers == ["Ayşe"]
    await approvers.add(Proof("Mehmet", "another staple 4"), (AYSE, DENIZ))
    assert (await desk.desk.exports.find(name)).approvers == ["Ayşe"]
    await desk.desk.exports.approve(name, DENIZ)
    await write_export(desk, [], name)


async def test_a_forged_approval_counts_for_nothing(desk, folder, engine):
    """Whoever writes to the database has no approver's key."""
    name = await ask(desk, folder)
    ((document,),) = await engine.fetch(
        "SELECT approval FROM export_approvals WHERE approver = ?", ("Mehmet",)
    )
    forged = msgspec.json.encode(msgspec.json.decode(document) | {"signature": "00" * 64})
    update = "UPDATE export_approvals SET approval = ? WHERE approver = ?"
    await engine.apply([Write(update, (forged, "Mehmet"))])
    with pytest.raises(ImpossibleExport, match="1 of 2"):
        await write_export(desk, [], name)


async def test_an_approval_is_of_what_was_asked(desk, folder, engine):
    """A request that is changed in the database is not the one that was approved."""
    name = await ask(desk, folder)
    ((document,),) = await engine.fetch("SELECT request FROM card_exports")
    changed = msgspec.json.decode(document) | {"recipient": "age1mallory"}
    params = (msgspec.json.encode(changed),)
    await engine.apply([Write("UPDATE card_exports SET request = ?", params)])
    with pytest.raises(ImpossibleExport, match="no export"):
        await write_export(desk, [], name)


async def test_a_request_is_good_for_a_day(desk, folder, clock):
    """Neither approved nor written later; asking again is a new request."""
    late, in_time = await ask(desk, folder, approved=False), ""
    clock.advance(ms=1)
    in_time = await ask(desk, folder)
    assert in_time != late
    clock.advance(ms=LIFE_MS - 1)
    with pytest.raises(ImpossibleExport, match="24 hours"):
        await desk.desk.exports.approve(late, AYSE)
    clock.advance(ms=1)
    with pytest.raises(ImpossibleExport, match="24 hours"):
        await write_export(desk, [], in_time)


async def test_what_is_written_is_over(desk, listed, folder):
    """Two approvals are for one export: cards of later need new ones."""
    name = await ask(desk, folder)
    await write_export(desk, listed, name)
    with pytest.raises(ImpossibleExport, match="is written"):
        await write_export(desk, listed, name)
    with pytest.raises(ImpossibleExport, match="is written"):
        await desk.desk.exports.approve(name, AYSE)


@pytest.mark.parametrize("harm", ["nothing", "missing", "altered", "unnoted"])
async def test_an_export_goes_on_at_the_first_missing_part(
    desk, listed, folder, audit, clock, harm
):
    """What is intact stays; what a crash, or somebody, did to the rest is made good."""
    name = await ask(desk, folder, part_cards=2)
    async with desk.desk.exports.open(name) as export:
        until = export.until
        await export.write_part(listed[:2])
        await export.write_part(listed[2:4])
    second = folder / "part-00002.jsonl.age"
    before = second.read_bytes()
    if harm == "missing":
        second.unlink()
    elif harm == "altered":
        second.write_bytes(before[:-1])
    elif harm == "unnoted":
        (folder / "part-00003.jsonl.age").write_bytes(b"of a crash before it was noted")
    clock.advance(ms=60_000)
    async with desk.desk.exports.open(name) as export:
        kept = {"nothing": 2, "unnoted": 2}.get(harm, 1)
        assert export.after == place_of(listed[2 * kept - 1])
        assert export.done == 2 * kept
        # Cards that were stored in the meantime are not in it.
        assert export.until == until == last_token_of(clock.now_ms() - 60_000)
    manifest = await write_export(desk, listed, name)
    assert [part.cards for part in manifest.parts] == [2, 2, 2, 1]
    assert [record["number"] for record in records_in(folder)] == card_numbers(7)
    assert (second.read_bytes() == before) == (harm in ("nothing", "unnoted"))


async def test_a_crash_before_the_first_part_was_noted(desk, listed, folder):
    """The folder is the export's own from the moment it began."""
    name = await ask(desk, folder)
    async with desk.desk.exports.open(name):
        (folder / "part-00001.jsonl.age").write_bytes(b"half of it")
    manifest = await write_export(desk, listed, name)
    assert [record["number"] for record in records_in(folder)] == card_numbers(7)
    assert manifest.cards == 7


async def test_a_card_that_does_not_open_is_named(desk, listed, folder, engine):
    """The others are not held up, and nobody can miss that one is missing."""
    broken, gone = listed[1][1], listed[2][1]
    update = "UPDATE sealed_cards SET sealed = ? WHERE token = ?"
    await engine.apply([Write(update, (b"x" * 60, broken.token))])
    await desk.vault.forget(MERCHANT.id, gone.token)
    manifest = await write_export(desk, listed, await ask(desk, folder))
    assert manifest.cards == len(records_in(folder)) == 5
    assert [each.token for each in manifest.left_out] == [broken.token.hex(), gone.token.hex()]
    assert ["open" in each.why for each in manifest.left_out] == [True, False]


async def test_an_insurance_card_goes_along(desk, listed, folder, vault, audit):
    """By its ends and the holder's identity number, which only the recipient reads."""
    owner, _ = listed[0]
    good = insurance_card(vault.names, owner, 1)
    bad = msgspec.structs.replace(good, token=b"\x01" * 20, identity=b"altered")
    name = await ask(desk, folder)
    async with desk.desk.exports.open(name) as export:
        await export.write_part([(owner, good), (owner, bad)])
        manifest = await export.finish()
    (record,) = records_in(folder)
    assert (record["identity"], record["last4"]) == ("10000000146", "0008")
    assert "number" not in record
    assert [each.why for each in manifest.left_out] == ["the identity of its holder does not open"]
    assert audit.actions.count("card.revealed") == 1


async def test_an_empty_export_is_an_export(desk, folder):
    """A merchant without cards gets a manifest that says so."""
    manifest = await write_export(desk, [], await ask(desk, folder))
    assert (manifest.cards, manifest.parts) == (0, [])


async def test_a_folder_is_for_one_export(desk, listed, folder):
    """One with other things in it is left alone, and so is one that somebody works on."""
    first, second = await ask(desk, folder), await ask(desk, folder, part_cards=2)
    async with desk.desk.exports.open(first) as export:
        await export.write_part(listed[:3])
        with pytest.raises(UnusableFolder, match="at work"):
            await write_export(desk, listed, first)
    with pytest.raises(UnusableFolder, match="not empty"):
        await write_export(desk, listed, second)


async def test_what_cannot_be_asked_for(desk, folder):
    """A key that is none, parts without end, the same twice at one moment, an unknown name."""
    exports = desk.desk.exports
    with pytest.raises(InvalidRecipient):
        await exports.request(MERCHANT, "age1nobody", folder, requester="ops")
    for count in (0, 10_001):
        with pytest.raises(ImpossibleExport, match="1 to 10000"):
            await exports.request(MERCHANT, RECIPIENT, folder, requester="ops", part_cards=count)
    name = await ask(desk, folder, approved=False)
    with pytest.raises(ImpossibleExport, match="very moment"):
        await ask(desk, folder, approved=False)
    for wrong in ("", "zz", name + "0" * 52):
        with pytest.raises(ImpossibleExport, match="no export"):
            await exports.find(wrong)


async def test_two_processes_cannot_begin_it_twice(desk, folder, engine):
    """The time it began at is set once: from then on its cards are those of that time."""
    name = await ask(desk, folder)
    async with desk.desk.exports.open(name):
        pass
    (state,) = await desk.desk.exports.list_exports()
    digest = state.request.digest
    with pytest.raises(Conflict):
        await desk.desk.exports._records.start_export(digest, 1)


class Remembering(CardAccess):
    """Remembers the numbers that it gave out."""

    def __init__(self, *args):
        super().__init__(*args)
        self.given = []

    async def reveal(self, card, why):
        opened = await super().reveal(card, why)
        self.given.append(opened.pan)
        return opened


async def test_numbers_are_wiped_whatever_happens(desk, listed, folder, engine, clock, audit):
    """A disk that fails must not leave numbers behind in memory."""
    vault, exports = desk.vault, desk.desk.exports
    access = Remembering(desk.records, vault.keyring, vault.names, audit)
    parts = (exports._records, exports._approvers, access, exports._key, clock, audit)
    name = await ask(desk, folder)
    async with Exports(*parts).open(name) as export:
        await export.write_part(listed[:3])
        shutil.rmtree(folder)
        with pytest.raises(FileNotFoundError):
            await export.write_part(listed[3:])
    assert len(access.given) == 7
    for pan in access.given:
        with pytest.raises(ValueError, match="wiped"):
            pan.reveal()


@pytest.mark.parametrize(
    "forged", ["cards\rmerchant   1 Other", "\x1b[2Acards", "a\u202eb", "a\x9bb"]
)
async def test_a_folder_is_what_it_looks_like(desk, tmp_path, forged):
    """Its name cannot rewrite on the terminal what approvers agree to."""
    with pytest.raises(ImpossibleExport, match="cannot be shown") as refused:
        await ask(desk, tmp_path / forged)
    assert str(refused.value).isprintable()
    assert await desk.desk.exports.list_exports() == []


async def test_a_folder_that_is_there_becomes_its_owner_s_alone(desk, listed, folder):
    """An empty one that others can look into is closed before the first part is written."""
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    await write_export(desk, listed, await ask(desk, folder))
    assert folder.stat().st_mode & 0o777 == 0o700


async def test_what_a_crash_left_is_not_in_the_folder(desk, listed, folder):
    """Parts that no manifest will name are removed, and nothing else is."""
    name = await ask(desk, folder)
    async with desk.desk.exports.open(name) as export:
        await export.write_part(listed[:3])
    stray = ("part-00002.jsonl.age", "part-00009.jsonl.age", ".part-00003.jsonl.age.draft")
    for file in (*stray, "notes.txt"):
        (folder / file).write_bytes(b"of before")
    async with desk.desk.exports.open(name):
        found = sorted(path.name for path in folder.iterdir())
    assert found == ["notes.txt", "part-00001.jsonl.age"]
