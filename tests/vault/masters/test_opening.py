"""From a URI to a key, and from a URI to a new key."""

import subprocess
import sys
from pathlib import Path

import pytest

from builders import SAMPLE_TIME_MS
from fakes.kms_server import running_kms
from fakes.randomness import SeededEntropy
from vezne.settings import InvalidSettings, load_settings
from vezne.vault.ceremony import Plan, divide, to_record
from vezne.vault.master_key import UnusableMasterKey
from vezne.vault.masters.opening import (
    OPENERS,
    file_of,
    new_master_key,
    open_master_key,
    require,
)
from vezne.vault.masters.shares import ShareSource
from vezne.vault.share_text import to_text


async def new_file(path):
    uri = f"file:{path}"
    await new_master_key(uri, SeededEntropy(1), is_sandbox=True)
    return uri


async def test_a_file(tmp_path):
    """It is made, opened, and not made again."""
    uri = await new_file(tmp_path / "master.key")
    assert (await open_master_key(uri, SeededEntropy())).is_sandbox is True
    with pytest.raises(UnusableMasterKey, match="exists already"):
        await new_file(tmp_path / "master.key")
    assert file_of(uri) == tmp_path / "master.key"
    assert file_of("file:~/a") == Path.home() / "a"
    assert file_of("file:") is file_of("shares:a") is None


async def test_shares(tmp_path):
    """They come from wherever the caller says."""
    plan = Plan(custodians=2, threshold=2, is_sandbox=False, now_ms=SAMPLE_TIME_MS)
    ceremony, shares = divide(SeededEntropy(5).take(32), plan, SeededEntropy())
    record = tmp_path / "ceremony.json"
    record.write_bytes(to_record(ceremony))
    texts = [to_text(share) for share in shares]
    source = ShareSource(ask=lambda _: texts.pop())
    key = await open_master_key(f"shares:{record}", SeededEntropy(), source)
    assert key.key_id == ceremony.key_id
    with pytest.raises(UnusableMasterKey, match="cannot be asked for"):
        await open_master_key(f"shares:{record}", SeededEntropy())


async def test_a_device(tmp_path):
    """Its library is looked for."""
    pin = tmp_path / "pin"
    pin.write_text("1234")
    pin.chmod(0o600)
    uri = f"pkcs11:token=a;object=b?module-path={tmp_path}/none.so&pin-source=file:{pin}"
    with pytest.raises(UnusableMasterKey, match=r"none\.so"):
        await open_master_key(uri, SeededEntropy())
    with pytest.raises(UnusableMasterKey, match=r"none\.so"):
        await new_master_key(uri, SeededEntropy(), is_sandbox=False)


async def test_a_key_service():
    """It is asked for the key."""
    with running_kms() as kms:
        uri = kms.uri(kms.add_key())
        assert (await open_master_key(uri, SeededEntropy())).is_sandbox is False


@pytest.mark.parametrize("uri", ["", "file", "file:", "vault:x", "/etc/master.key", "shares:"])
async def test_what_names_no_key(uri):
    """The forms that there are are listed."""
    with pytest.raises(UnusableMasterKey, match="file:…, shares:…, pkcs11:…, awskms:…"):
        await open_master_key(uri, SeededEntropy())


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("shares:x", "vezne keys ceremony"),
        ("awskms:x", "tools of AWS"),
        ("file:", "file:…"),
        ("vault:x", "file:…"),
    ],
)
async def test_keys_that_are_made_elsewhere(uri, words):
    """Where is said."""
    with pytest.raises(UnusableMasterKey, match=words):
        await new_master_key(uri, SeededEntropy(), is_sandbox=False)


def test_settings_know_the_same_schemes():
    """A setting is refused for its scheme exactly where no key could be opened."""
    for scheme in OPENERS:
        assert load_settings(None, {"master_key": f"{scheme}:x"}, {}).master_key == f"{scheme}:x"
    with pytest.raises(InvalidSettings, match=", ".join(f"{scheme}:" for scheme in OPENERS)):
        load_settings(None, {"master_key": "vault:x"}, {})


def test_a_missing_extra_is_named():
    """With how to install it."""
    with pytest.raises(UnusableMasterKey, match=r"pip install 'vezne\[aws\]'"):
        require("there_is_no_such_library", extra="aws")


@pytest.mark.parametrize(
    ("library", "uri", "extra"),
    [("pkcs11", "pkcs11:token=a;object=b", "pkcs11"), ("boto3", "awskms:x", "aws")],
)
def test_extras_are_not_needed_otherwise(library, uri, extra):
    """The program runs without them, and says so when a key needs one."""
    program = f"""
import asyncio, sys
sys.modules[{library!r}] = None
from vezne.vault.masters.opening import open_master_key
from vezne.machine import SystemEntropy
asyncio.run(open_master_key({uri!r}, SystemEntropy()))
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"pip install 'vezne[{extra}]'" in done.stderr
