import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.card_desk import write_identity
from vezne.vault.portability.age import Undecipherable, check_recipient, encrypt, read_identities
from vezne.vault.portability.errors import InvalidIdentity, InvalidRecipient

KEY = pyrage.x25519.Identity.generate()


@pytest.fixture
def identity(tmp_path):
    path = tmp_path / "key.txt"
    return path, write_identity(path)


@given(pieces=st.lists(st.binary(max_size=20_000), max_size=8))
def test_what_is_written_age_reads(pieces):
    """However the content is divided, another implementation's reader gets all of it."""
    sealed = encrypt([bytearray(piece) for piece in pieces], str(KEY.to_public()))
    assert pyrage.decrypt(sealed, [KEY]) == b"".join(pieces)


def test_what_age_wrote_is_read(identity):
    """Into one place of memory, which the reader wipes."""
    path, recipient = identity
    content = bytes(range(256)) * 1000
    sealed = pyrage.encrypt(content, [pyrage.x25519.Recipient.from_str(recipient)])
    assert read_identities(path).decrypt(sealed) == bytearray(content)


def test_a_file_of_another_or_an_altered_one_does_not_open(identity):
    """Whatever is wrong with it, the error says nothing of the content."""
    path, recipient = identity
    sealed = encrypt([b"5528790000000008" * 10_000], recipient)
    for_another = encrypt([b"x"], str(KEY.to_public()))
    altered = bytearray(sealed)
    altered[-1] ^= 1
    for content in (for_another, bytes(altered), sealed[:70_000], b"", b"no age at all"):
        with pytest.raises(Undecipherable) as refused:
            read_identities(path).decrypt(content)
        assert "5528" not in str(refused.value)
        assert refused.value.__cause__ is None
        assert refused.value.__context__ is None


@pytest.mark.parametrize("text", ["", "age1", "ayşe", "AGE-SECRET-KEY-1", "age1" + "q" * 58])
def test_a_recipient_is_a_public_key(text):
    """A mistyped key would lock the cards away for ever."""
    with pytest.raises(InvalidRecipient, match="age1"):
        check_recipient(text)


def test_what_was_typed_instead_is_not_repeated():
    """It may be the private key, which would stand in a log."""
    secret = str(KEY)
    with pytest.raises(InvalidRecipient) as refused:
        check_recipient(secret)
    assert "AGE-SECRET" not in str(refused.value)
    assert refused.value.__context__ is None


@pytest.mark.parametrize("content", [b"", b"# nothing\n", b"AGE-SECRET-KEY-1QQ\n", b"\xff\xfe"])
def test_a_file_without_a_private_key_is_refused(tmp_path, content):
    """And what stands in it is not repeated."""
    path = tmp_path / "key.txt"
    path.touch(0o600)
    path.write_bytes(content)
    with pytest.raises(InvalidIdentity) as refused:
        read_identities(path)
    assert "1QQ" not in str(refused.value)
    assert refused.value.__context__ is None


def test_a_private_key_is_for_its_owner_s_eyes(identity, tmp_path):
    """One that others can read is refused, and so is one that is not there."""
    path, _ = identity
    path.chmod(0o640)
    with pytest.raises(InvalidIdentity, match="chmod 600"):
        read_identities(path)
    with pytest.raises(InvalidIdentity, match="No such file"):
        read_identities(tmp_path / "none")
