"""Everything that carries cards out of the vault and into it, ready for use."""

from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from vezne.core.ports import Audit, Clock, Entropy, NameBox, SecretBox
from vezne.engines.engine import Engine
from vezne.vault.keyring import Keyring
from vezne.vault.portability.access import CardAccess
from vezne.vault.portability.approvers import MEMORY_KIB, Approvers
from vezne.vault.portability.exports import Exports
from vezne.vault.portability.imports import Imports
from vezne.vault.portability.manifest import public_text
from vezne.vault.portability.records import PortabilityRecords
from vezne.vault.records import VaultRecords


class Portability(NamedTuple):
    """`public_key` is what exports are signed with, in hexadecimal; `public_pem` is it in PEM."""

    approvers: Approvers
    exports: Exports
    imports: Imports
    public_key: str
    public_pem: str


async def open_portability(
    engine: Engine,
    keyring: Keyring,
    names: NameBox,
    secrets: SecretBox,
    *,
    clock: Clock,
    entropy: Entropy,
    audit: Audit,
    memory_kib: int = MEMORY_KIB,
) -> Portability:
    """The desk over the vault's own database and keys.

    `memory_kib` is what trying a passphrase costs. Raises WrongMasterKey.
    """
    records = PortabilityRecords(engine)
    access = CardAccess(VaultRecords(engine), keyring, names, audit)
    key = Ed25519PrivateKey.from_private_bytes(await keyring.export_key())
    approvers = Approvers(records, secrets, clock, entropy, audit, memory_kib=memory_kib)
    public_key = public_text(key)
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return Portability(
        approvers=approvers,
        exports=Exports(records, approvers, access, key, clock, audit),
        imports=Imports(records, access, public_key, clock, entropy, audit),
        public_key=public_key,
        public_pem=pem.decode(),
    )
