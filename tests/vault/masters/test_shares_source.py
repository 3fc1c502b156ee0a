"""A master key from shares: typed, piped or in files."""

import pytest

from builders import SAMPLE_TIME_MS
from fakes.randomness import SeededEntropy
from vezne.vault.ceremony import Plan, divide, to_record
from vezne.vault.master_key import LocalMasterKey, UnusableMasterKey
from vezne.vault.masters.shares import ShareSource, load_shares
from vezne.vault.share_text import to_text

KEY = SeededEntropy(5).take(32)


class Typist:
    """Types what it was given, and remembers what it was asked."""

    def __init__(self, *lines):
        self.lines = list(lines)
        self.asked = []

    def __call__(self, question):
        self.asked.append(question)
        if not self.lines:
            raise EOFError
        return self.lines.pop(0)


@pytest.fixture
def ceremony(tmp_path):
    """The record of a ceremony, and its shares as files and texts."""
    plan = Plan(custodians=3, threshold=2, is_sandbox=True, now_ms=SAMPLE_TIME_MS)
    made, shares = divide(KEY, plan, SeededEntropy())
    record = tmp_path / "ceremony.json"
    record.write_bytes(to_record(made))
    return record, [to_text(share) for share in shares]


@pytest.fixture
def files(ceremony, tmp_path):
    paths = []
    for number, text in enumerate(ceremony[1]):
        path = tmp_path / f"share{number}"
        path.write_text(text + "\n")
        path.chmod(0o600)
        paths.append(path)
    return tuple(paths)


def load(record, **source):
    return load_shares(record, ShareSource(**source), SeededEntropy())


def test_typed_shares(ceremony):
    """Two of three are asked for, and make the same key as a file with its bytes."""
    record, texts = ceremony
    typist = Typist(texts[2].lower(), texts[0])
    key = load(record, ask=typist)
    assert key.key_id == LocalMasterKey(KEY, SeededEntropy()).key_id
    assert key.is_sandbox is True
    assert typist.asked == ["Share 1 of 2: ", "Share 2 of 2: "]


def test_slips_are_asked_for_again(ceremony):
    """What is wrong is said and what was right counts."""
    record, texts = ceremony
    typist = Typist("nonsense", texts[1], texts[1], texts[2])
    load(record, ask=typist)
    asked = "".join(typist.asked)
    assert "this has 8; again" in asked
    assert "custodian 2 was given already; again" in asked
    assert typist.asked[2] == "Share 2 of 2: "


def test_too_few_are_typed(ceremony):
    """The input ends."""
    record, texts = ceremony
    with pytest.raises(UnusableMasterKey, match="needs 2 shares, and 1 were given"):
        load(record, ask=Typist(texts[0]))


def test_shares_in_files(ceremony, files):
    """As many as are needed are read; nobody is asked."""
    assert load(ceremony[0], files=files[1:], ask=None).is_sandbox is True
    assert load(ceremony[0], files=files).is_sandbox is True


def test_files_that_do_not_do(ceremony, files):
    """Too few, missing, open to others, or no share: each is named."""
    record = ceremony[0]
    with pytest.raises(UnusableMasterKey, match="needs 2 shares"):
        load(record, files=files[:1])
    with pytest.raises(UnusableMasterKey, match=r"share0: the share of custodian 1 was given"):
        load(record, files=(files[0], files[0]))
    with pytest.raises(UnusableMasterKey, match="none: No such file"):
        load(record, files=(files[0], record.parent / "none"))
    files[1].write_bytes(b"\xff")
    with pytest.raises(UnusableMasterKey, match=r"share1: a share has 64"):
        load(record, files=files)
    files[0].chmod(0o644)
    with pytest.raises(UnusableMasterKey, match="chmod 600"):
        load(record, files=files)


def test_nobody_to_ask(ceremony, tmp_path):
    """A running server does not stop for a question; and a record must be there."""
    with pytest.raises(UnusableMasterKey, match="cannot be asked for"):
        load(ceremony[0])
    with pytest.raises(UnusableMasterKey, match="none: No such file"):
        load(tmp_path / "none", ask=Typist())
