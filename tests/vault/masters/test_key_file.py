import base64

import pytest

from fakes.randomness import SeededEntropy
from vezne.vault.files import create_private_file
from vezne.vault.master_key import LocalMasterKey, UnusableMasterKey
from vezne.vault.masters.key_file import create_master_key, load_master_key

KEY = SeededEntropy(5).take(32)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "master.key"


def load(path, text):
    create_private_file(path, text)
    return load_master_key(path, SeededEntropy())


@pytest.mark.parametrize("is_sandbox", [True, False])
def test_a_made_key_is_private_and_lasts(path, is_sandbox):
    """It is made once with mode 0600, and says whether a sandbox made it."""
    create_master_key(path, SeededEntropy(1), is_sandbox=is_sandbox)
    first = load_master_key(path, SeededEntropy())
    assert first.is_sandbox is is_sandbox
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(UnusableMasterKey, match="exists already"):
        create_master_key(path, SeededEntropy(2), is_sandbox=is_sandbox)
    assert load_master_key(path, SeededEntropy()).key_id == first.key_id


@pytest.mark.parametrize(
    "text",
    [
        KEY.hex(),
        KEY.hex().upper() + "\n",
        base64.b64encode(KEY).decode(),
        base64.urlsafe_b64encode(KEY).decode() + "\r\n",
        "sandbox:" + KEY.hex(),
        "sandbox: " + base64.b64encode(KEY).decode(),
    ],
)
def test_accepted_forms(path, text):
    """Hexadecimal and both kinds of base64, white space around them aside, are the same key."""
    key = load(path, text.encode())
    assert key.key_id == LocalMasterKey(KEY, SeededEntropy()).key_id


@pytest.mark.parametrize(
    "text",
    [
        b"",
        KEY,
        KEY.hex()[:-2].encode(),
        KEY.hex().encode() + b"00",
        KEY.hex().replace(KEY.hex()[:2], "zz").encode(),
        b" ".join((KEY.hex()[:31].encode(), KEY.hex()[32:].encode())),
        base64.b64encode(KEY[:31]),
        base64.b64encode(KEY + b"0"),
        base64.b64encode(KEY)[:-1],
        b"\xff" * 64,
        b"sandbox" + KEY.hex().encode(),
        b"live:" + KEY.hex().encode(),
    ],
)
def test_refused_forms(path, text):
    """Another length or alphabet is refused; the message names the file and not its content."""
    with pytest.raises(UnusableMasterKey, match=r"master\.key must hold 32 bytes") as refused:
        load(path, text)
    assert not text or text.decode("latin-1") not in str(refused.value)


@pytest.mark.parametrize(
    "key",
    [
        bytes(32),
        b"correct horse battery staple 123",
    ],
)
def test_weak_keys_are_refused(path, key):
    """A constant or a text is no random key."""
    with pytest.raises(UnusableMasterKey, match="not random"):
        load(path, key.hex().encode())


def test_a_missing_key(path):
    """The message says what is missing."""
    with pytest.raises(UnusableMasterKey, match=r"master\.key: No such file"):
        load_master_key(path, SeededEntropy())


@pytest.mark.parametrize("mode", [0o640, 0o644, 0o604])
def test_a_key_that_others_can_read_is_refused(path, mode):
    """Group or others may not even read."""
    create_master_key(path, SeededEntropy(), is_sandbox=False)
    path.chmod(mode)
    with pytest.raises(UnusableMasterKey, match="chmod 600"):
        load_master_key(path, SeededEntropy())
