"""What every master key promises, wherever it is kept."""

import asyncio
from typing import NamedTuple

import pytest

from builders import SAMPLE_TIME_MS
from fakes.kms_server import running_kms
from fakes.pkcs11_library import MODULE, PIN, MemoryLibrary
from fakes.randomness import SeededEntropy
from fakes.softhsm import SoftHsm
from vezne.vault.ceremony import Plan, new_ceremony, to_record
from vezne.vault.master_key import MasterKey, UnusableMasterKey
from vezne.vault.masters.hsm import open_device
from vezne.vault.masters.opening import new_master_key, open_master_key
from vezne.vault.masters.pkcs11_uri import Pkcs11Key
from vezne.vault.masters.shares import ShareSource
from vezne.vault.seal import SealBroken
from vezne.vault.share_text import to_text

KEY = SeededEntropy(9).take(32)


class Keys(NamedTuple):
    """A key, the same one opened once more, another of its kind, and a sandbox's."""

    key: MasterKey
    again: MasterKey
    other: MasterKey
    sandbox: MasterKey


class MasterKeyContract:
    """Each way to keep a master key has a subclass with a fixture `keys`."""

    @pytest.mark.parametrize("length", [16, 32, 64])
    async def test_a_wrapped_key_opens(self, keys: Keys, length: int) -> None:
        """Keys of every length that the vault has, also after a restart."""
        inner = SeededEntropy(length).take(length)
        wrapped = await keys.key.wrap(inner, b"place")
        assert inner not in wrapped
        assert await keys.key.unwrap(wrapped, b"place") == inner
        opened = await keys.again.unwrap(wrapped, b"place")
        assert opened == inner
        assert isinstance(opened, bytearray)

    async def test_no_two_wraps_are_the_same(self, keys: Keys) -> None:
        """Nobody sees from them that the key is."""
        assert await keys.key.wrap(KEY, b"p") != await keys.key.wrap(KEY, b"p")

    async def test_a_wrapped_key_opens_at_its_place_only(self, keys: Keys) -> None:
        """Moved to another row, it is refused."""
        wrapped = await keys.key.wrap(KEY, b"place")
        for place in (b"", b"plac", b"place2", b"PLACE"):
            with pytest.raises(SealBroken):
                await keys.key.unwrap(wrapped, place)

    async def test_what_was_altered_is_refused(self, keys: Keys) -> None:
        """One bit anywhere in the second half, a byte less, or all of it gone."""
        wrapped = await keys.key.wrap(KEY, b"place")
        damaged = [wrapped[:-1], wrapped[:5], b""]
        for at in range(len(wrapped) // 2, len(wrapped), 7):
            changed = bytearray(wrapped)
            changed[at] ^= 1
            damaged.append(bytes(changed))
        for each in damaged:
            with pytest.raises(SealBroken):
                await keys.key.unwrap(each, b"place")
        assert await keys.key.unwrap(wrapped, b"place") == KEY

    async def test_another_key_does_not_open(self, keys: Keys) -> None:
        """Of the same kind, at the same keeper; one may say that it has no right to such a key."""
        wrapped = await keys.key.wrap(KEY, b"place")
        with pytest.raises((SealBroken, UnusableMasterKey)):
            await keys.other.unwrap(wrapped, b"place")

    async def test_its_name(self, keys: Keys) -> None:
        """It lasts, differs from others', and is sixteen hexadecimal digits."""
        assert keys.key.key_id == keys.again.key_id
        assert len({keys.key.key_id, keys.other.key_id, keys.sandbox.key_id}) == 3
        assert len(bytes.fromhex(keys.key.key_id)) == 8

    async def test_its_check_value(self, keys: Keys) -> None:
        """Five bytes that last, or nothing at all."""
        assert keys.key.kcv == keys.again.kcv
        assert len(bytes.fromhex(keys.key.kcv)) in (0, 5)
        assert not keys.key.kcv or keys.key.kcv != keys.other.kcv

    async def test_a_sandbox_is_marked(self, keys: Keys) -> None:
        """And nothing else is."""
        marks = [key.is_sandbox for key in (keys.key, keys.again, keys.other, keys.sandbox)]
        assert marks == [False, False, False, True]

    async def test_many_at_once(self, keys: Keys) -> None:
        """A server asks for several merchants' keys at the same time."""
        inner = [SeededEntropy(seed).take(32) for seed in range(8)]
        wrapped = await asyncio.gather(*(keys.key.wrap(each, b"p") for each in inner))
        opened = await asyncio.gather(*(keys.key.unwrap(each, b"p") for each in wrapped))
        assert opened == inner


class TestFile(MasterKeyContract):
    """In a file."""

    @pytest.fixture
    async def keys(self, tmp_path) -> Keys:
        entropy = SeededEntropy()
        uris = [f"file:{tmp_path / name}" for name in ("key", "other", "sandbox")]
        for uri in uris:
            await new_master_key(uri, entropy, is_sandbox=uri.endswith("sandbox"))
        uris.insert(1, uris[0])
        return Keys(*[await open_master_key(uri, entropy) for uri in uris])


class TestShares(MasterKeyContract):
    """With custodians, who come in another order the second time."""

    @pytest.fixture
    async def keys(self, tmp_path) -> Keys:
        entropy = SeededEntropy()
        opened = []
        for name in ("key", "other", "sandbox"):
            plan = Plan(
                custodians=5, threshold=3, is_sandbox=name == "sandbox", now_ms=SAMPLE_TIME_MS
            )
            ceremony, shares = new_ceremony(plan, entropy)
            record = tmp_path / name
            record.write_bytes(to_record(ceremony))
            texts = [to_text(share) for share in (*shares, *shares)]
            source = ShareSource(ask=lambda _, texts=texts: texts.pop(0))
            for _ in range(2):
                opened.append(await open_master_key(f"shares:{record}", entropy, source))
                texts.pop(0)
        return Keys(opened[0], opened[1], opened[2], opened[4])


@pytest.fixture(scope="module")
def hsm(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        made = SoftHsm(tmp_path_factory.mktemp("softhsm"))
        for name, value in made.environment.items():
            patch.setenv(name, value)
        yield made


class TestDevice(MasterKeyContract):
    """In SoftHSM2, through the library that a user would name."""

    @pytest.fixture
    async def keys(self, hsm: SoftHsm) -> Keys:
        entropy = SeededEntropy()
        labels = ("vezne-key", "vezne-key", "vezne-other", "sandbox-key")
        for label in dict.fromkeys(labels):
            if label not in hsm.labels:
                is_sandbox = label.startswith("sandbox")
                await new_master_key(hsm.uri(label), entropy, is_sandbox=is_sandbox)
                hsm.labels.add(label)
        return Keys(*[await open_master_key(hsm.uri(label), entropy) for label in labels])


class TestMemoryDevice(MasterKeyContract):
    """The library in memory that other tests use in its place."""

    @pytest.fixture
    async def keys(self, tmp_path) -> Keys:
        pin = tmp_path / "pin"
        pin.write_text(PIN)
        pin.chmod(0o600)
        library = MemoryLibrary(SeededEntropy())
        labels = ("vezne-key", "vezne-key", "vezne-other", "sandbox-key")
        for label in dict.fromkeys(labels):
            library.add(label)
        entropy = SeededEntropy(2)
        opened = []
        for label in labels:
            named = Pkcs11Key(module=MODULE, pin_file=pin, token="vault", label=label)
            opened.append(await open_device(named, entropy, load=library.load))
        return Keys(*opened)


@pytest.fixture(scope="module")
def kms_uris():
    with running_kms() as kms:
        arns = [kms.add_key(text) for text in ("cards", "other cards", "sandbox cards")]
        kms.client.create_alias(AliasName="alias/vezne", TargetKeyId=arns[0])
        arns.insert(1, "alias/vezne")
        yield [kms.uri(arn) for arn in arns]


class TestKms(MasterKeyContract):
    """In AWS KMS, as moto plays it."""

    @pytest.fixture
    async def keys(self, kms_uris: list[str]) -> Keys:
        return Keys(*[await open_master_key(uri, SeededEntropy()) for uri in kms_uris])
