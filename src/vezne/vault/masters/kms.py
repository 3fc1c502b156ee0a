"""A master key that never leaves AWS KMS. Credentials are found as every AWS program finds them.

Keys are wrapped by KMS with their place as encryption context, which it authenticates and writes
into its own log; a place names a merchant's number and a purpose, and no secret.
"""

import hashlib
from collections.abc import Callable
from typing import Final, Protocol, TypeVar, cast
from urllib.parse import parse_qsl

import boto3
import msgspec
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from vezne.vault.master_key import UnusableMasterKey
from vezne.vault.masters.blocking import BlockingCalls
from vezne.vault.seal import SealBroken

# A key whose description begins so is a sandbox's.
SANDBOX: Final = "sandbox"
# KMS answers within 100 ms; this leaves time for one repetition.
TIMEOUT_S: Final = 15.0
_CONNECT_S: Final = 3.0
_READ_S: Final = 5.0
_ATTEMPTS: Final = 2
_ID_BYTES: Final = 8
_BROKEN: Final = frozenset(("InvalidCiphertextException", "IncorrectKeyException"))

Result = TypeVar("Result")


class KmsKey(msgspec.Struct, frozen=True, kw_only=True):
    """Which key, by ARN, id or alias. None: as the AWS configuration says."""

    name: str
    region: str | None = None
    endpoint: str | None = None


class _Metadata(msgspec.Struct, frozen=True, rename="pascal"):
    arn: str
    key_state: str
    key_spec: str
    description: str = ""


class _Client(Protocol):
    """A client of boto3 for KMS, as far as it is needed here."""

    def encrypt(self, **parameters: object) -> dict[str, object]: ...

    def decrypt(self, **parameters: object) -> dict[str, object]: ...

    def describe_key(self, **parameters: object) -> dict[str, object]: ...

    def close(self) -> None: ...


class KmsMasterKey:
    """A master key in AWS KMS. Implements `vezne.vault.master_key.MasterKey`.

    Its id is a digest of the key's ARN; KMS tells no key-check value.
    """

    def __init__(self, client: _Client, calls: BlockingCalls, described: _Metadata) -> None:
        self.key_id = hashlib.sha256(described.arn.encode()).digest()[:_ID_BYTES].hex()
        self.kcv = ""
        self.is_sandbox = described.description.lower().startswith(SANDBOX)
        self._client = client
        self._calls = calls
        self._arn = described.arn

    async def wrap(self, key: bytes, place: bytes) -> bytes:
        """KMS's own form of ciphertext. Raises UnusableMasterKey."""
        answer = await self._ask(
            lambda: self._client.encrypt(
                KeyId=self._arn, Plaintext=key, EncryptionContext=_context(place)
            )
        )
        return msgspec.convert(answer["CiphertextBlob"], bytes)

    async def unwrap(self, wrapped: bytes, place: bytes) -> bytearray:
        """The key that was wrapped for this place. Raises SealBroken, UnusableMasterKey."""
        if not wrapped:
            raise SealBroken("there is nothing to open")
        answer = await self._ask(
            lambda: self._client.decrypt(
                KeyId=self._arn, CiphertextBlob=wrapped, EncryptionContext=_context(place)
            )
        )
        return bytearray(msgspec.convert(answer["Plaintext"], bytes))

    async def _ask(self, work: Callable[[], dict[str, object]]) -> dict[str, object]:
        return await self._calls.run(lambda: _answer(self._client, work))


def kms_key_from_uri(rest: str) -> KmsKey:
    """The key that a URI names; `rest` is what follows `awskms:`. Raises UnusableMasterKey."""
    name, _, query = rest.partition("?")
    options = dict(parse_qsl(query))
    unknown = options.keys() - {"region", "endpoint"}
    if not name or unknown:
        raise UnusableMasterKey(
            "an awskms: URI is awskms:KEY, with ?region=…&endpoint=… if need be"
        )
    return KmsKey(name=name, region=options.get("region"), endpoint=options.get("endpoint"))


async def open_kms(named: KmsKey, *, timeout_s: float = TIMEOUT_S) -> KmsMasterKey:
    """The master key in AWS KMS. Raises UnusableMasterKey."""
    calls = BlockingCalls("AWS KMS", timeout_s)
    client = await calls.run(lambda: _connect(named))
    answer = await calls.run(lambda: _answer(client, lambda: client.describe_key(KeyId=named.name)))
    described = msgspec.convert(answer["KeyMetadata"], _Metadata)
    # Such a key is for encryption and nothing else.
    if described.key_spec != "SYMMETRIC_DEFAULT":
        raise UnusableMasterKey("AWS KMS: the master key is not a symmetric encryption key")
    if described.key_state != "Enabled":
        raise UnusableMasterKey(f"AWS KMS: the master key is {described.key_state}")
    return KmsMasterKey(client, calls, described)


def _connect(named: KmsKey) -> _Client:
    config = Config(
        connect_timeout=_CONNECT_S,
        read_timeout=_READ_S,
        retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
    )
    try:
        client = boto3.client(
            "kms", region_name=named.region, endpoint_url=named.endpoint, config=config
        )
    except (BotoCoreError, ValueError) as error:
        raise UnusableMasterKey(f"AWS KMS: {error}") from None
    return cast("_Client", client)


def _answer(client: _Client, work: Callable[[], dict[str, object]]) -> dict[str, object]:
    try:
        return work()
    except ClientError as error:
        if error.response["Error"]["Code"] in _BROKEN:
            raise SealBroken("the seal does not open") from None
        raise UnusableMasterKey(f"AWS KMS: {error}") from None
    except BotoCoreError as error:
        raise UnusableMasterKey(f"AWS KMS: {error}") from None
    finally:
        # Calls are rare, and a connection that idles for hours is dead when it is needed.
        client.close()


def _context(place: bytes) -> dict[str, str]:
    return {"vezne": place.hex()}
