import asyncio

import pytest

from fakes.card_desk import AYSE, DENIZ, MEHMET, MEMORY_KIB, open_card_desk
from vezne.core.audit import AuditAction
from vezne.engines.engine import Conflict, Write
from vezne.vault.portability.approvers import (
    ATTEMPTS_MAX,
    LOCKED_MS,
    Approvers,
    Proof,
)
from vezne.vault.portability.errors import InvalidApprover, NotProven
from vezne.vault.portability.records import PortabilityRecords

WRONG = "not the right one 9"


@pytest.fixture
async def approvers(engine, vault, clock, entropy, audit):
    return (await open_card_desk(engine, vault, clock, entropy, audit)).desk.approvers


async def names(approvers):
    return [each.name for each in await approvers.list_approvers()]


async def test_an_approver_is_known_by_a_passphrase(approvers, engine):
    """The passphrase gives the same signing key each time, and stands nowhere."""
    await approvers.add(AYSE, ())
    (listed,) = await approvers.list_approvers()
    first, second = await approvers.prove(AYSE), await approvers.prove(AYSE)
    assert first.public_key() == second.public_key()
    assert first.public_key().public_bytes_raw().hex() == listed.public_key
    ((sealed,),) = await engine.fetch("SELECT sealed FROM approvers")
    assert AYSE.passphrase.encode() not in sealed
    assert bytes.fromhex(listed.public_key) not in sealed
    assert AYSE.passphrase not in repr(AYSE)


async def test_the_same_letters_are_the_same_passphrase(approvers):
    """A keyboard may compose what another one types as two code points."""
    await approvers.add(Proof("Ayşe", "çok gizli söz 1"), ())
    decomposed = "c\u0327ok gizli so\u0308z 1"
    await approvers.prove(Proof("Ayşe", decomposed))


@pytest.mark.parametrize(
    ("name", "passphrase"),
    [
        ("", "correct horse 1"),
        (" Ayşe", "correct horse 1"),
        ("A" * 65, "correct horse 1"),
        ("Ay\nşe", "correct horse 1"),
        ("5528790000000008", "correct horse 1"),
        ("Ayşe", "short 1"),
        ("Ayşe", "letters only and no digit"),
        ("Ayşe", "1234567890123456"),
    ],
)
async def test_a_weak_passphrase_or_an_odd_name_is_refused(approvers, name, passphrase):
    """PCI DSS v4.0.1 8.3.6: twelve characters, letters and digits."""
    with pytest.raises(InvalidApprover) as refused:
        await approvers.add(Proof(name, passphrase), ())
    assert passphrase not in str(refused.value)
    assert await names(approvers) == []


async def test_a_name_and_a_passphrase_belong_to_one_person(approvers):
    """Two approvals must come from two people, not from one with two names."""
    await approvers.add(AYSE, ())
    with pytest.raises(InvalidApprover, match="already"):
        await approvers.add(Proof("Ayşe", MEHMET.passphrase), ())
    with pytest.raises(InvalidApprover, match="one person"):
        await approvers.add(Proof("Mehmet", AYSE.passphrase), ())
    assert await names(approvers) == ["Ayşe"]


async def test_two_vouch_for_a_change_among_two(approvers):
    """Nobody who can start the program makes an approver once there are two."""
    await approvers.add(AYSE, ())
    await approvers.add(MEHMET, ())
    for vouchers in ((), (AYSE,), (AYSE, AYSE)):
        with pytest.raises(NotProven, match="2 approvers must vouch"):
            await approvers.add(DENIZ, vouchers)
        with pytest.raises(NotProven, match="2 approvers must vouch"):
            await approvers.remove("Mehmet", vouchers)
    with pytest.raises(NotProven, match="not the passphrase"):
        await approvers.add(DENIZ, (AYSE, Proof("Mehmet", WRONG)))
    await approvers.add(DENIZ, (AYSE, MEHMET))
    assert await names(approvers) == ["Ayşe", "Deniz", "Mehmet"]
    await approvers.remove("Mehmet", (AYSE, DENIZ))
    assert await names(approvers) == ["Ayşe", "Deniz"]


async def test_a_lone_approver_may_go(approvers):
    """Below two nothing can be exported, so nothing is guarded."""
    await approvers.add(AYSE, ())
    await approvers.remove("Ayşe", ())
    assert await names(approvers) == []
    with pytest.raises(InvalidApprover, match="no approver 'Ayşe'"):
        await approvers.remove("Ayşe", ())
    with pytest.raises(InvalidApprover, match="no approver"):
        await approvers.prove(AYSE)


async def test_ten_wrong_passphrases_lock_out_for_half_an_hour(approvers, clock, audit):
    """PCI DSS v4.0.1 8.3.4. Each failure leaves a line, and so does the lock."""
    await approvers.add(AYSE, ())
    for _ in range(ATTEMPTS_MAX):
        with pytest.raises(NotProven, match="not the passphrase"):
            await approvers.prove(Proof("Ayşe", WRONG))
    with pytest.raises(NotProven, match="locked out"):
        await approvers.prove(AYSE)
    failed = [event for event, _ in audit.lines if event.action is AuditAction.LOGIN_FAILED]
    assert [event.reason for event in failed] == [
        *["wrong passphrase"] * ATTEMPTS_MAX,
        "locked out",
    ]
    assert audit.actions.count(AuditAction.LOCKED_OUT) == 1
    assert not any(WRONG in repr(event) for event, _ in audit.lines)
    (locked,) = await approvers.list_approvers()
    assert locked.locked_until_ms == clock.now_ms() + LOCKED_MS
    clock.advance(ms=LOCKED_MS)
    await approvers.prove(AYSE)


async def test_success_starts_the_count_anew(approvers):
    """Nine failures now and then are no attack."""
    await approvers.add(AYSE, ())
    for _ in range(2):
        for _ in range(ATTEMPTS_MAX - 1):
            with pytest.raises(NotProven):
                await approvers.prove(Proof("Ayşe", WRONG))
        await approvers.prove(AYSE)


async def test_attempts_at_once_are_not_cheaper(approvers):
    """Of several at the same moment one is tried; the others are told to come again."""
    await approvers.add(AYSE, ())
    tries = [approvers.prove(Proof("Ayşe", WRONG)) for _ in range(3)]
    whys = sorted(str(each) for each in await asyncio.gather(*tries, return_exceptions=True))
    assert ["elsewhere" in why for why in whys] == [True, True, False]


async def test_an_altered_record_is_noticed(approvers, engine):
    """Who can write to the database alone cannot put another key under a name."""
    await approvers.add(AYSE, ())
    await engine.apply([Write("UPDATE approvers SET name = ?", ("Mallory",))])
    with pytest.raises(InvalidApprover, match="altered"):
        await approvers.list_approvers()


async def test_two_who_add_the_same_name_at_once(engine, vault, clock, entropy, audit):
    """One of them is told that the name is taken."""

    class Slow(PortabilityRecords):
        async def add_approver(self, name, sealed, now_ms):
            raise Conflict("taken")

    slow = Approvers(Slow(engine), vault.secrets, clock, entropy, audit, memory_kib=MEMORY_KIB)
    with pytest.raises(InvalidApprover, match="already"):
        await slow.add(AYSE, ())
