"""Master keys in AWS KMS, as moto plays it."""

import pytest

from fakes.kms_server import REGION, running_kms
from vezne.vault.master_key import UnusableMasterKey
from vezne.vault.masters.kms import KmsKey, kms_key_from_uri, open_kms
from vezne.vault.seal import SealBroken

KEY = bytes(range(100, 132))


@pytest.fixture(scope="module")
def kms():
    with running_kms() as running:
        yield running


def named(kms, name):
    return KmsKey(name=name, region=REGION, endpoint=kms.endpoint)


async def test_wrapping(kms):
    """A wrapped key opens at its place only, and another key of KMS does not open it."""
    key = await open_kms(named(kms, kms.add_key("cards")))
    wrapped = await key.wrap(KEY, b"here")
    assert KEY not in wrapped
    assert await key.unwrap(wrapped, b"here") == KEY
    for broken, place in ((wrapped, b"there"), (b"", b"here"), (wrapped[:40], b"here")):
        with pytest.raises(SealBroken):
            await key.unwrap(broken, place)


async def test_the_place_is_the_encryption_context(kms):
    """So KMS itself refuses a wrapped key that was moved, and its own log tells the place."""
    arn = kms.add_key("cards")
    key = await open_kms(named(kms, arn))
    wrapped = await key.wrap(KEY, b"here")
    context = {"vezne": b"here".hex()}
    opened = kms.client.decrypt(KeyId=arn, CiphertextBlob=wrapped, EncryptionContext=context)
    assert opened["Plaintext"] == KEY


async def test_what_it_tells_of_itself(kms):
    """An alias is the key it stands for; the description says whether it is a sandbox's."""
    arn = kms.add_key("Sandbox of the shop")
    kms.client.create_alias(AliasName="alias/vezne", TargetKeyId=arn)
    key, alias = await open_kms(named(kms, arn)), await open_kms(named(kms, "alias/vezne"))
    other = await open_kms(named(kms, kms.add_key()))
    assert key.key_id == alias.key_id != other.key_id
    assert len(key.key_id) == 16
    assert key.key_id not in arn
    assert (key.is_sandbox, other.is_sandbox) == (True, False)
    assert key.kcv == ""


@pytest.mark.parametrize(
    "parameters",
    [
        {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"},
        {"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"},
    ],
)
async def test_unfit_keys_are_refused(kms, parameters):
    """A key for another purpose."""
    with pytest.raises(UnusableMasterKey, match="not a symmetric encryption key"):
        await open_kms(named(kms, kms.add_key("", **parameters)))


async def test_keys_that_are_out_of_use(kms):
    """Disabled before the start, or while the server runs."""
    arn = kms.add_key()
    key = await open_kms(named(kms, arn))
    kms.client.disable_key(KeyId=arn.rpartition("/")[2])
    with pytest.raises(UnusableMasterKey, match="is Disabled"):
        await open_kms(named(kms, arn))
    with pytest.raises(UnusableMasterKey, match="AccessDenied"):
        await key.unwrap(b"another key's" * 8, b"x")


async def test_what_is_not_there(kms):
    """A key, a region, or KMS itself."""
    with pytest.raises(UnusableMasterKey, match="alias/none"):
        await open_kms(named(kms, "alias/none"))
    with pytest.raises(UnusableMasterKey, match="region"):
        await open_kms(KmsKey(name="x"))
    with pytest.raises(UnusableMasterKey, match="Could not connect"):
        await open_kms(KmsKey(name="x", region=REGION, endpoint="http://127.0.0.1:9"))


def test_uris():
    """The key by id, ARN or alias; region and endpoint where the configuration lacks them."""
    arn = "arn:aws:kms:eu-central-1:123456789012:key/c8e1d06c-66ef-40f0-9c32-d0b499b9b0f3"
    assert kms_key_from_uri(arn) == KmsKey(name=arn)
    assert kms_key_from_uri("alias/vezne?region=eu-central-1&endpoint=https://kms.local:1") == (
        KmsKey(name="alias/vezne", region="eu-central-1", endpoint="https://kms.local:1")
    )
    for rest in ("", "?region=eu-central-1", "alias/a?regoin=x"):
        with pytest.raises(UnusableMasterKey, match="awskms:KEY"):
            kms_key_from_uri(rest)
