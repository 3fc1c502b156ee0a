import asyncio
import csv
import hashlib

import msgspec
import pytest

from builders import merchant
from fakes.card_desk import (
    AYSE,
    MEHMET,
    card_numbers,
    insurance_card,
    listed_cards,
    open_card_desk,
    write_export,
    write_identity,
)
from fakes.randomness import SeededEntropy
from vezne.core.audit import AuditAction
from vezne.core.card import IDENTITY_PURPOSE
from vezne.engines.engine import Conflict
from vezne.engines.sqlite import open_sqlite
from vezne.vault.master_key import LocalMasterKey
from vezne.vault.pan import Pan
from vezne.vault.portability.access import CardAccess
from vezne.vault.portability.age import encrypt, read_identities
from vezne.vault.portability.errors import InvalidIdentity, InvalidManifest, UnusableFolder
from vezne.vault.portability.imports import Imports
from vezne.vault.portability.manifest import read_manifest, write_manifest
from vezne.vault.records import VaultRecords
from vezne.vault.seal import OpenedCard
from vezne.vault.service import open_vault

MERCHANT = merchant()
RECIPIENT_ID = 11
COUNT = 39


class Scene:
    """An export in a folder, and the vault that it is for."""

    def __init__(self, folder, identity, listed, source, target, map_path):
        self.folder = folder
        self.identity = identity
        self.listed = listed
        self.source = source
        self.target = target
        self.map_path = map_path

    def open(self, *, merchant_id=RECIPIENT_ID, signer=None, desk=None, identity=None):
        return (desk or self.target).desk.imports.open(
            self.folder, identity or self.identity, merchant_id, signer, self.map_path
        )

    async def read(self, **how):
        """Read all parts, as the command does; returns what the books would get."""
        found = []
        async with self.open(**how) as incoming:
            for number in range(len(incoming.manifest.parts)):
                incoming.check_part(number)
            for number in range(len(incoming.manifest.parts)):
                if not incoming.is_stored(number):
                    stored = await incoming.store_part(number)
                    incoming.note_part(number, stored)
                    found += stored
            await incoming.finish()
        return found

    def token_map(self):
        with self.map_path.open(newline="") as file:
            return list(csv.DictReader(file))

    async def tokens(self):
        """The tokens that the target vault has for the merchant."""
        rows = await self.target.records.list_cards(RECIPIENT_ID, after=b"", limit=10_000)
        return [token for token, _ in rows]


@pytest.fixture
async def target_engine(tmp_path):
    opened = open_sqlite(tmp_path / "other.db")
    yield opened
    await opened.close()


@pytest.fixture
async def target(target_engine, clock, audit):
    """Another house's vault, with keys of its own."""
    entropy = SeededEntropy(2)
    master_key = LocalMasterKey(entropy.take(32), entropy)
    vault = await open_vault(target_engine, master_key, clock, entropy, audit)
    return await open_card_desk(target_engine, vault, clock, entropy, audit)


@pytest.fixture
async def source(engine, vault, clock, entropy, audit):
    opened = await open_card_desk(engine, vault, clock, entropy, audit)
    await opened.approvers()
    return opened


@pytest.fixture
async def scene(source, vault, clock, audit, target, tmp_path):
    numbers = card_numbers(COUNT)
    listed = listed_cards(numbers, MERCHANT.id, clock.now_ms())
    await source.put(listed, numbers)
    owner, _ = listed[-1]
    ordered = sorted(
        [*listed, (owner, insurance_card(vault.names, owner, 1))],
        key=lambda each: (each[1].owner_key, each[1].token),
    )
    identity, folder = tmp_path / "key.txt", tmp_path / "cards"
    recipient = write_identity(identity)
    state = await source.desk.exports.request(
        MERCHANT, recipient, folder, requester="ops", part_cards=15
    )
    for proof in (AYSE, MEHMET):
        await source.desk.exports.approve(state.name, proof)
    await write_export(source, ordered, state.name)
    audit.lines.clear()
    return Scene(folder, identity, ordered, source, target, tmp_path / "map.csv")


async def test_every_card_arrives_as_it_was(scene, vault):
    """Number, holder and all that the books know, under new tokens and another vault's keys."""
    found = await scene.read(signer=scene.source.desk.public_key.upper())
    assert len(found) == COUNT + 1
    for (owner, card), imported in zip(scene.listed, found, strict=True):
        assert imported.owner == msgspec.structs.replace(owner, merchant_id=RECIPIENT_ID)
        assert imported.old_token == card.token
        assert imported.card == msgspec.structs.replace(
            card,
            merchant_id=RECIPIENT_ID,
            token=imported.card.token,
            identity=imported.card.identity,
        )
        if card.identity:
            box = scene.target.vault.names
            opened = box.open(RECIPIENT_ID, IDENTITY_PURPOSE, imported.card.identity)
            assert opened == b"10000000146"
            continue
        there = await scene.target.number(RECIPIENT_ID, imported.card.token)
        assert there == await scene.source.number(MERCHANT.id, card.token)
    assert len({imported.card.token for imported in found}) == COUNT + 1
    assert len(await scene.tokens()) == COUNT


async def test_the_token_map_has_both_names(scene):
    """In the forms that the doors show, in the order of the export."""
    found = await scene.read()
    rows = scene.token_map()
    assert [row["old_token"] for row in rows] == [each.old_token.hex() for each in found]
    assert [row["new_token"] for row in rows] == [each.card.token.hex() for each in found]
    assert rows[0]["owner_key"] == found[0].owner.key.hex()
    assert scene.map_path.stat().st_mode & 0o777 == 0o600
    assert list(scene.map_path.parent.glob("map.csv*")) == [scene.map_path]


async def test_each_card_has_its_line_on_the_trail(scene, audit):
    """What was stored, and the export that it came from; no number."""
    await scene.read()
    stored = [event for event, _ in audit.lines if event.action is AuditAction.CARD_STORED]
    assert {event.subject for event in stored} == {t.hex() for t in await scene.tokens()}
    (read,) = [event for event, _ in audit.lines if event.action is AuditAction.IMPORT_READ]
    assert (read.count, read.merchant_id) == (COUNT + 1, RECIPIENT_ID)
    assert not any(number in repr(audit.lines) for number in card_numbers(COUNT))


async def test_what_was_cut_off_goes_on_without_duplicates(scene):
    """A part that was stored and not noted is read again, and every card keeps its token."""
    async with scene.open() as incoming:
        first = await incoming.store_part(0)
        incoming.note_part(0, first)
        second = await incoming.store_part(1)
    async with scene.open() as incoming:
        assert [incoming.is_stored(number) for number in range(3)] == [True, False, False]
        again = await incoming.store_part(1)
        assert again == second
    rest = await scene.read()
    assert rest[: len(second)] == second
    assert len(await scene.tokens()) == COUNT
    assert [row["new_token"] for row in scene.token_map()] == [
        each.card.token.hex() for each in first + rest
    ]


async def test_a_second_time_is_known(scene):
    """Whoever repeats the command resurrects no card that was deleted meanwhile."""
    await scene.read()
    async with scene.open() as incoming:
        assert incoming.is_done
    async with scene.open(merchant_id=RECIPIENT_ID + 1) as incoming:
        assert not incoming.is_done
        assert not incoming.is_stored(0)


async def test_a_merchant_s_own_cards_do_not_come_back(scene):
    """They would all be there twice; another merchant of the same house may have them."""
    with pytest.raises(InvalidManifest, match="who has them"):
        async with scene.open(desk=scene.source, merchant_id=MERCHANT.id):
            pass
    assert len(await scene.read(desk=scene.source)) == COUNT + 1


async def test_an_altered_export_is_refused(scene):
    """Whatever was changed, before any card is stored."""
    part = scene.folder / "part-00002.jsonl.age"
    manifest = scene.folder / "manifest.json"
    whole, text = part.read_bytes(), manifest.read_bytes()
    part.write_bytes(whole + b"x")
    with pytest.raises(InvalidManifest, match=r"part-00002\.jsonl\.age was altered"):
        await scene.read()
    part.unlink()
    with pytest.raises(InvalidManifest, match=r"part-00002\.jsonl\.age: No such file"):
        await scene.read()
    part.write_bytes(whole)
    for altered, why in (
        (text.replace(b"Ay\xc5\x9fe", b"Alev"), "does not hold"),
        (text.replace(b"vezne cards 1", b"vezne cards 2"), "of the format"),
        (text[:-10], "no manifest"),
        (b"", "no manifest"),
        (b'{"x":' + b"[" * 100_000, "no manifest"),
    ):
        manifest.write_bytes(altered)
        with pytest.raises(InvalidManifest, match=why):
            await scene.read()
    manifest.unlink()
    with pytest.raises(InvalidManifest, match="No such file"):
        await scene.read()
    assert await scene.tokens() == []


async def test_an_export_is_whose_it_says(scene):
    """Somebody else's signature over somebody else's cards is not what was expected."""
    with pytest.raises(InvalidManifest, match="was signed by"):
        await scene.read(signer=scene.target.desk.public_key)


async def test_a_manifest_must_agree_with_itself(scene):
    """Even its sender cannot claim approvals, reach outside the folder or count wrongly."""
    replace = msgspec.structs.replace
    good = read_manifest(scene.folder, None).manifest
    others = replace(good.request, requester="somebody else")
    for changed, why in (
        (replace(good, request=others), "not for this export"),
        (replace(good, request=others, digest=others.digest.hex()), "not for this export"),
        (replace(good, parts=[replace(good.parts[0], file="../../etc/passwd")]), "a name"),
        (replace(good, parts=[replace(good.parts[0], cards=14)]), "15 cards instead of 14"),
    ):
        write_manifest(scene.folder, changed, scene.source.desk.exports._key)
        with pytest.raises(InvalidManifest, match=why):
            await scene.read()
    assert await scene.tokens() == []


async def test_a_part_with_a_bad_line_costs_nothing(scene):
    """It is found while all parts are looked at, before the first is stored."""
    manifest = read_manifest(scene.folder, None).manifest
    content = encrypt([b'{"number":"5400360000000003"}\n'], manifest.request.recipient)
    (scene.folder / "part-00003.jsonl.age").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    part = msgspec.structs.replace(manifest.parts[2], sha256=digest)
    changed = msgspec.structs.replace(manifest, parts=[*manifest.parts[:2], part])
    write_manifest(scene.folder, changed, scene.source.desk.exports._key)
    with pytest.raises(InvalidManifest, match=r"part-00003\.jsonl\.age: line 1") as refused:
        await scene.read()
    assert "5400" not in str(refused.value)
    assert await scene.tokens() == []


async def test_only_the_recipient_reads_it(scene, tmp_path):
    """Another identity opens nothing; one that is none is refused at once."""
    other = tmp_path / "other.txt"
    write_identity(other)
    with pytest.raises(InvalidManifest, match="does not open with this identity"):
        await scene.read(identity=other)
    with pytest.raises(InvalidIdentity):
        await scene.read(identity=tmp_path / "none.txt")


async def test_one_reads_at_a_time(scene):
    """Two at once would write each other's token map."""
    async with scene.open():
        with pytest.raises(UnusableFolder, match="at work"):
            await scene.read()


class Failing(CardAccess):
    """Stores all but the fifth card, each after the others have begun."""

    def __init__(self, *args):
        super().__init__(*args)
        self.begun = 0
        self.ended = 0

    async def keep(self, merchant_id, token, card, why):
        self.begun += 1
        place = self.begun
        await asyncio.sleep(0)
        if place == 5:
            raise OSError("the disk is full")
        card.pan.reveal()
        self.ended += 1


def imports_with(scene, access):
    """The target's imports, over another access to its cards."""
    imports = scene.target.desk.imports
    return Imports(
        imports._records,
        access,
        imports._own_key,
        imports._clock,
        imports._entropy,
        imports._audit,
    )


async def test_when_one_card_fails_all_others_end_first(scene, audit):
    """No card is being stored any more when the numbers are wiped."""
    target = scene.target
    access = Failing(target.records, target.keyring, target.vault.names, audit)
    imports = imports_with(scene, access)
    opened = imports.open(scene.folder, scene.identity, RECIPIENT_ID, None, scene.map_path)
    async with opened as incoming:
        with pytest.raises(OSError, match="full"):
            await incoming.store_part(2)
    assert (access.begun, access.ended) == (9, 8)


class Refusing:
    """An engine that reads and takes nothing."""

    def __init__(self, engine):
        self.name = engine.name
        self.fetch = engine.fetch

    async def apply(self, writes):
        raise Conflict("of another kind")


async def test_a_conflict_that_is_no_duplicate_is_raised(scene, target_engine, audit):
    """A card was refused for another reason than its token, which must not be overlooked."""
    target = scene.target
    records = VaultRecords(Refusing(target_engine))
    access = CardAccess(records, target.keyring, target.vault.names, audit)
    card = OpenedCard(Pan(bytearray(b"5528790000000008")), "x")
    with pytest.raises(Conflict):
        await access.keep(RECIPIENT_ID, b"t" * 20, card, "test")


@pytest.mark.parametrize("second", [1, 2])
async def test_a_token_stands_in_an_export_once(scene, second):
    """Of two cards by one name one would be lost, in the same part or another one."""
    identities = read_identities(scene.identity)
    manifest = read_manifest(scene.folder, None).manifest
    parts = list(manifest.parts)
    lines = {
        number: identities.decrypt((scene.folder / parts[number].file).read_bytes()).splitlines()
        for number in (1, 2)
    }
    lines[second][-1] = lines[1][0]
    content = encrypt([line + b"\n" for line in lines[second]], manifest.request.recipient)
    (scene.folder / parts[second].file).write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    parts[second] = msgspec.structs.replace(parts[second], sha256=digest, size_bytes=len(content))
    changed = msgspec.structs.replace(manifest, parts=parts)
    write_manifest(scene.folder, changed, scene.source.desk.exports._key)
    with pytest.raises(InvalidManifest, match=f"{parts[second].file}: a token .* second time"):
        await scene.read()
    assert await scene.tokens() == []
