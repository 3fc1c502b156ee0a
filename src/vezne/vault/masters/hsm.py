"""A master key that never leaves a device, reached through its PKCS #11 library.

Keys are wrapped in the device, with AES-256-GCM, and bound to their place. Only keys that the
device keeps to itself are used: sensitive and not extractable (PCI DSS v4.0.1 3.6.1.2).
"""

import contextlib
import hashlib
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol, TypeAlias, TypeVar, cast

import pkcs11
from pkcs11 import Attribute, GCMParams, KeyType, MechanismFlag, ObjectClass, PKCS11Error
from pkcs11 import Mechanism as Means

from vezne.core.ports import Entropy
from vezne.vault.key_check import BLOCK_BYTES, shown
from vezne.vault.master_key import UnusableMasterKey
from vezne.vault.masters.blocking import BlockingCalls
from vezne.vault.masters.key_file import read_secret
from vezne.vault.masters.pkcs11_uri import Pkcs11Key
from vezne.vault.seal import KEY_BYTES, NONCE_BYTES, SealBroken

# A local device answers in milliseconds, one in the network after a few round trips.
TIMEOUT_S: Final = 10.0
# A key whose label begins so is a sandbox's.
SANDBOX: Final = "sandbox"

_ID_BYTES: Final = 8
# No random nonce is all zeros but one in 2^96, and this one seals nothing but the empty text.
_ID_NONCE: Final = bytes(NONCE_BYTES)
_ID_PLACE: Final = b"vezne master key"
# The constant of CMAC's subkeys for blocks of 128 bits (NIST SP 800-38B 5.3).
_CMAC_REDUCTION: Final = 0x87
# With these another attempt would bring the device nearer to locking the PIN.
_PIN_REFUSED: Final = (
    pkcs11.PinExpired,
    pkcs11.PinIncorrect,
    pkcs11.PinInvalid,
    pkcs11.PinLenRange,
    pkcs11.PinLocked,
)

Result = TypeVar("Result")


class Library(Protocol):
    """A loaded PKCS #11 library, as far as it is needed here."""

    def get_token(self, **named: object) -> pkcs11.Token:
        """The token of a label and serial number."""


class DeviceKey(Protocol):
    """A secret key of python-pkcs11, as far as it is needed here."""

    def __getitem__(self, attribute: Attribute) -> object: ...

    def encrypt(
        self, data: bytes, *, mechanism: Means, mechanism_param: GCMParams | None = None
    ) -> bytes:
        """The ciphertext."""

    def decrypt(
        self, data: bytes, *, mechanism: Means, mechanism_param: GCMParams | None = None
    ) -> bytes:
        """Its inverse."""


Load: TypeAlias = Callable[[str], Library]


class _Opened(NamedTuple):
    session: pkcs11.Session
    key: DeviceKey
    key_id: str


class Device:
    """A key in a device, whose session is opened anew when the device has dropped it.

    All of it blocks. `load` opens a library. Raises UnusableMasterKey.
    """

    def __init__(self, named: Pkcs11Key, load: Load) -> None:
        self._named = named
        self._load = load
        self._is_pin_refused = False
        self._opened = self._open()
        self.key_id = self._opened.key_id
        self.kcv = _kcv(self._opened.key)
        self.is_sandbox = str(self._opened.key[Attribute.LABEL]).startswith(SANDBOX)

    def encrypt(self, plain: bytes, nonce: bytes, place: bytes) -> bytes:
        """Ciphertext and tag. Raises UnusableMasterKey."""
        try:
            return self._try(lambda key: _encrypt(key, plain, nonce, place))
        except PKCS11Error as error:
            raise UnusableMasterKey(_told(error)) from None

    def decrypt(self, sealed: bytes, nonce: bytes, place: bytes) -> bytes:
        """Its inverse. Raises SealBroken, UnusableMasterKey.

        Devices do not agree on the error for a broken seal. So it is one when the device, asked
        again, has the key and can use it for something else.
        """
        parameters = GCMParams(nonce, place)
        try:
            return self._try(
                lambda key: key.decrypt(sealed, mechanism=Means.AES_GCM, mechanism_param=parameters)
            )
        except PKCS11Error:
            raise SealBroken("the seal does not open") from None

    def _try(self, work: Callable[[DeviceKey], Result]) -> Result:
        with contextlib.suppress(PKCS11Error):
            return work(self._opened.key)
        with contextlib.suppress(PKCS11Error):
            self._opened.session.close()
        self._opened = self._open()
        if self._opened.key_id != self.key_id:
            raise UnusableMasterKey("the device has another master key than at the start")
        return work(self._opened.key)

    def _open(self) -> _Opened:
        if self._is_pin_refused:
            raise UnusableMasterKey("the device has refused the PIN, and is not asked again")
        try:
            with contextlib.ExitStack() as unfit:
                session = unfit.enter_context(_log_in(self._named, self._load, is_writing=False))
                opened = _find(session, self._named)
                unfit.pop_all()
                return opened
        except _PIN_REFUSED as error:
            self._is_pin_refused = True
            raise UnusableMasterKey(_told(error)) from None
        except PKCS11Error as error:
            raise UnusableMasterKey(_told(error)) from None


class DeviceMasterKey:
    """A master key in a device. Implements `vezne.vault.master_key.MasterKey`."""

    def __init__(self, device: Device, calls: BlockingCalls, entropy: Entropy) -> None:
        self.key_id = device.key_id
        self.kcv = device.kcv
        self.is_sandbox = device.is_sandbox
        self._device = device
        self._calls = calls
        self._entropy = entropy

    async def wrap(self, key: bytes, place: bytes) -> bytes:
        """Nonce, ciphertext and tag. Raises UnusableMasterKey."""
        nonce = self._entropy.take(NONCE_BYTES)
        return nonce + await self._calls.run(lambda: self._device.encrypt(key, nonce, place))

    async def unwrap(self, wrapped: bytes, place: bytes) -> bytearray:
        """The key that was wrapped for this place. Raises SealBroken, UnusableMasterKey."""
        nonce, sealed = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        return bytearray(await self._calls.run(lambda: self._device.decrypt(sealed, nonce, place)))


async def open_device(
    named: Pkcs11Key, entropy: Entropy, *, load: Load = pkcs11.lib, timeout_s: float = TIMEOUT_S
) -> DeviceMasterKey:
    """The master key in a device. Raises UnusableMasterKey."""
    calls = BlockingCalls("the PKCS #11 device", timeout_s)
    device = await calls.run(lambda: Device(named, load))
    return DeviceMasterKey(device, calls, entropy)


async def create_in_device(
    named: Pkcs11Key,
    *,
    is_sandbox: bool,
    load: Load = pkcs11.lib,
    timeout_s: float = TIMEOUT_S,
) -> None:
    """Have the device make a master key that cannot leave it. Raises UnusableMasterKey."""
    label = named.label
    if label is None or label.startswith(SANDBOX) is not is_sandbox:
        raise UnusableMasterKey(
            f"the object of a sandbox's key is named {SANDBOX}…, and no other is"
        )
    calls = BlockingCalls("the PKCS #11 device", timeout_s)
    await calls.run(lambda: _create(named, label, load))


def _create(named: Pkcs11Key, label: str, load: Load) -> None:
    try:
        with _log_in(named, load, is_writing=True) as session:
            if any(session.get_objects({Attribute.LABEL: label})):
                raise UnusableMasterKey(f"the token has an object {label} already")
            session.generate_key(
                KeyType.AES,
                KEY_BYTES * 8,
                id=named.id,
                label=label,
                store=True,
                capabilities=MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT,
                template={
                    Attribute.PRIVATE: True,
                    Attribute.SENSITIVE: True,
                    Attribute.EXTRACTABLE: False,
                },
            )
    except PKCS11Error as error:
        raise UnusableMasterKey(_told(error)) from None


def _log_in(named: Pkcs11Key, load: Load, *, is_writing: bool) -> pkcs11.Session:
    pin = read_secret(named.pin_file, "the PIN").decode("utf-8", "replace").strip()
    token = load(named.module).get_token(token_label=named.token, token_serial=named.serial)
    try:
        return token.open(rw=is_writing, user_pin=pin)
    except pkcs11.UserAlreadyLoggedIn:
        # A login is the whole process's, and another session of it has done so.
        return token.open(rw=is_writing)


def _find(session: pkcs11.Session, named: Pkcs11Key) -> _Opened:
    found = session.get_key(object_class=ObjectClass.SECRET_KEY, label=named.label, id=named.id)
    key = cast("DeviceKey", found)
    if key[Attribute.KEY_TYPE] != KeyType.AES or key[Attribute.VALUE_LEN] != KEY_BYTES:
        raise UnusableMasterKey("the master key in the device is not an AES key of 256 bits")
    if not key[Attribute.SENSITIVE] or key[Attribute.EXTRACTABLE]:
        raise UnusableMasterKey(
            "the master key in the device must be sensitive and not extractable"
        )
    mark = _encrypt(key, b"", _ID_NONCE, _ID_PLACE)
    return _Opened(session, key, hashlib.sha256(mark).digest()[:_ID_BYTES].hex())


def _encrypt(key: DeviceKey, plain: bytes, nonce: bytes, place: bytes) -> bytes:
    parameters = GCMParams(nonce, place)
    return key.encrypt(plain, mechanism=Means.AES_GCM, mechanism_param=parameters)


def _kcv(key: DeviceKey) -> str:
    """The key-check value, where the device lets single blocks be encrypted.

    The CMAC of one block of zeros is the encryption of the first subkey (NIST SP 800-38B 6.2).
    """
    try:
        block = key.encrypt(bytes(BLOCK_BYTES), mechanism=Means.AES_ECB)
        return shown(key.encrypt(_doubled(block), mechanism=Means.AES_ECB))
    except PKCS11Error:
        return ""


def _doubled(block: bytes) -> bytes:
    value = int.from_bytes(block, "big") << 1
    if value >> BLOCK_BYTES * 8:
        value ^= 1 << BLOCK_BYTES * 8 | _CMAC_REDUCTION
    return value.to_bytes(BLOCK_BYTES, "big")


def _told(error: PKCS11Error) -> str:
    """What went wrong, for people: python-pkcs11 says it in the name of the class."""
    text = str(error)
    name = type(error).__name__
    return f"the PKCS #11 device: {name}: {text}" if text else f"the PKCS #11 device: {name}"
