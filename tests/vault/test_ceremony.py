"""The ceremony: any custodians of the threshold make the key, and nobody else does."""

import itertools

import msgspec
import pytest

from builders import SAMPLE_TIME_MS
from fakes.randomness import SeededEntropy
from vezne.vault.ceremony import (
    Gathering,
    Plan,
    ceremony_from_record,
    divide,
    new_ceremony,
    to_record,
)
from vezne.vault.key_check import key_check_value
from vezne.vault.master_key import LocalMasterKey, UnusableMasterKey
from vezne.vault.share_text import InvalidShare, to_text

KEY = SeededEntropy(5).take(32)


def plan(custodians=5, threshold=3, *, is_sandbox=False):
    return Plan(
        custodians=custodians, threshold=threshold, is_sandbox=is_sandbox, now_ms=SAMPLE_TIME_MS
    )


def gathered(ceremony, shares):
    gathering = Gathering(ceremony)
    for share in shares:
        gathering.add(to_text(share))
    return gathering


def test_any_three_of_five_make_the_key():
    """Each of the ten choices, and the record tells the key as any other keeper of it would."""
    ceremony, shares = divide(KEY, plan(), SeededEntropy())
    for chosen in itertools.combinations(shares, 3):
        gathering = gathered(ceremony, chosen)
        assert gathering.is_complete
        assert gathering.key() == KEY
    assert ceremony.key_id == LocalMasterKey(KEY, SeededEntropy()).key_id
    assert ceremony.kcv == key_check_value(KEY)
    assert (ceremony.threshold, ceremony.custodians, ceremony.sandbox) == (3, 5, False)


def test_two_of_three_do_not():
    """They are not complete, and what they would make is refused."""
    ceremony, shares = divide(KEY, plan(), SeededEntropy())
    gathering = gathered(ceremony, shares[:2])
    assert not gathering.is_complete
    with pytest.raises(UnusableMasterKey, match="do not make the key"):
        gathering.key()


def test_a_new_key_is_in_its_shares_only():
    """The record holds neither the key nor a share, and no two ceremonies make the same key."""
    entropy = SeededEntropy()
    ceremony, shares = new_ceremony(plan(), entropy)
    other, _ = new_ceremony(plan(), entropy)
    key = gathered(ceremony, shares[2:]).key()
    record = to_record(ceremony)
    assert len(key) == 32
    assert other.key_id != ceremony.key_id
    assert key.hex().encode() not in record
    assert [share for share in shares if share.value.hex().encode() in record] == []


def test_a_record_lasts():
    """What was written is read again."""
    ceremony, _ = new_ceremony(plan(is_sandbox=True), SeededEntropy())
    assert ceremony_from_record(to_record(ceremony)) == ceremony
    assert ceremony.sandbox is True


@pytest.mark.parametrize(
    "change",
    [
        {"threshold": 2},
        {"custodians": 4},
        {"sandbox": True},
        {"key_id": "0" * 16},
        {"kcv": "0" * 10},
        {"created_ms": 1},
        {"verifier": "0" * 64},
    ],
)
def test_a_changed_record_is_refused(change):
    """A sandbox's mark, say, can be neither taken off nor put on."""
    ceremony, shares = divide(KEY, plan(), SeededEntropy())
    changed = msgspec.structs.replace(ceremony, **change)
    with pytest.raises(UnusableMasterKey, match="record was changed"):
        gathered(changed, shares[:3]).key()


def test_shares_of_another_ceremony_are_noticed():
    """Also those of the same key: the custodians of before were replaced."""
    entropy = SeededEntropy()
    ceremony, _ = divide(KEY, plan(), entropy)
    again, shares = divide(KEY, plan(), entropy)
    with pytest.raises(InvalidShare, match=again.ceremony):
        Gathering(ceremony).add(to_text(shares[0]))


def test_a_share_counts_once():
    """One custodian is not two."""
    ceremony, shares = divide(KEY, plan(), SeededEntropy())
    gathering = gathered(ceremony, shares[:1])
    with pytest.raises(InvalidShare, match="custodian 1 was given already"):
        gathering.add(to_text(shares[0]))
    assert gathering.count == 1


def test_a_forged_share_is_noticed():
    """One with a right form and another value makes no key."""
    ceremony, shares = divide(KEY, plan(), SeededEntropy())
    forged = shares[1]._replace(value=bytes(32))
    with pytest.raises(UnusableMasterKey, match="one of them is wrong"):
        gathered(ceremony, [shares[0], forged, shares[2]]).key()


def test_resharing_keeps_the_key():
    """New custodians, another threshold: the same key under a new ceremony."""
    entropy = SeededEntropy()
    ceremony, shares = divide(KEY, plan(), entropy)
    key = gathered(ceremony, shares[:3]).key()
    again, fewer = divide(key, plan(3, 2), entropy)
    assert gathered(again, fewer[1:]).key() == KEY
    assert (again.key_id, again.kcv) == (ceremony.key_id, ceremony.kcv)
    assert again.ceremony != ceremony.ceremony


@pytest.mark.parametrize(("custodians", "threshold"), [(3, 1), (2, 3), (1, 1), (21, 3), (0, 0)])
def test_plans_that_make_no_sense(custodians, threshold):
    """One custodian alone must never suffice (PCI DSS v4.0.1 3.7.6)."""
    with pytest.raises(ValueError, match="custodians"):
        plan(custodians, threshold)


@pytest.mark.parametrize("record", [b"", b"{}", b"sandbox:00", b'{"record": "something else"}'])
def test_what_is_no_record(record):
    """Said in a line."""
    with pytest.raises(UnusableMasterKey, match="not the record"):
        ceremony_from_record(record)


@pytest.mark.parametrize(
    ("name", "odd"),
    [
        ("created_ms", b"-1"),
        ("created_ms", b"9223372036854775807"),
        ("created_ms", b"1e400"),
        ("threshold", b"1"),
        ("threshold", b"-3"),
        ("custodians", b"21"),
        ("kcv", b'"\xff"'),
        ("kcv", b'"\\ud800"'),
        ("kcv", b"[" * 100_000),
    ],
)
def test_a_record_with_odd_values(name, odd):
    """It is refused as what it is; no number or text in it stops the program otherwise."""
    ceremony, _ = divide(KEY, plan(), SeededEntropy())
    before = b'"%s": %s' % (name.encode(), msgspec.json.encode(getattr(ceremony, name)))
    record = to_record(ceremony)
    assert before in record
    with pytest.raises(UnusableMasterKey, match="not the record"):
        ceremony_from_record(record.replace(before, b'"%s": %s' % (name.encode(), odd)))


def test_a_proof_that_is_no_hexadecimal():
    """Letters of any alphabet are another proof, and no error of the program."""
    ceremony, shares = divide(KEY, plan(), SeededEntropy())
    record = to_record(msgspec.structs.replace(ceremony, verifier="ş" * 64))
    with pytest.raises(UnusableMasterKey, match="record was changed"):
        gathered(ceremony_from_record(record), shares[:3]).key()
