"""The change from one master key to another (PCI DSS v4.0.1 3.7.4, 3.7.5).

Every key gets a wrap by the new master key beside the one by the old, so that servers go on with
either; then the new one is active, and wraps what is made from then on. When all servers have it,
the old wraps are erased.
"""

import hmac
from collections.abc import Callable

import msgspec

from vezne.core.audit import AuditAction, AuditEvent
from vezne.core.ports import Audit, Clock
from vezne.engines.engine import Conflict, Engine, Occupied
from vezne.vault.key_records import KeyRecords, WrappedKey
from vezne.vault.keyring import Keyring, key_place, master_row
from vezne.vault.keys import DAY_MS, KeyState
from vezne.vault.master_key import MasterKey, UnusableMasterKey
from vezne.vault.rotation import NAME, Progress, RotationRuns


class Rewrapped(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a change: the master keys' ids, and how many wraps were made.

    `is_old_kept` until nobody needs the wraps by the old one any more.
    """

    old_id: str
    new_id: str
    keys: int
    is_old_kept: bool = True


class Rewrapping:
    """Changes the master key of a vault. `keyring` opens its keys with the one in force."""

    def __init__(
        self,
        engine: Engine,
        keyring: Keyring,
        clock: Clock,
        audit: Audit,
        *,
        cryptoperiod_days: int,
    ) -> None:
        self._engine = engine
        self._keys = KeyRecords(engine)
        self._keyring = keyring
        self._clock = clock
        self._audit = audit
        self._cryptoperiod_ms = cryptoperiod_days * DAY_MS

    async def change(
        self,
        new: MasterKey,
        provider: str,
        on_progress: Progress,
        on_active: Callable[[], None] = lambda: None,
    ) -> Rewrapped:
        """Wrap every key by another master key as well, and make that the active one.

        From then on servers look for it where they have theirs from, so `on_active` puts it there.
        Can be repeated: what is done already is not done again. Raises RotationRuns;
        UnusableMasterKey; WrongMasterKey and what the engine raises.
        """
        try:
            async with self._engine.exclusive(NAME):
                return await self._change(new, provider, on_progress, on_active)
        except Occupied:
            why = "another rotation of this vault is running: wait until it has ended"
            raise RotationRuns(why) from None

    async def destroy(self, master_key_id: str) -> None:
        """Erase the wraps by a master key that is active no more (PCI DSS v4.0.1 3.7.5).

        Raises UnusableMasterKey when keys would be lost by it.
        """
        known = {master.id: master.state for master in await self._keys.list_masters()}
        if master_key_id not in known:
            raise UnusableMasterKey(f"this vault knows no master key {master_key_id}")
        if known[master_key_id] == KeyState.DESTROYED:
            return
        try:
            await self._keys.destroy_master(master_key_id)
        except Conflict:
            raise UnusableMasterKey(
                f"the master key {master_key_id} is needed: it is active, or a key was wrapped by "
                "it alone; vezne keys rotate master comes first"
            ) from None
        await self._engine.erase()
        self._tell(AuditAction.KEY_STATE_CHANGED, master_key_id, reason=KeyState.DESTROYED)
        await self._audit.settled()

    async def _change(
        self,
        new: MasterKey,
        provider: str,
        on_progress: Progress,
        on_active: Callable[[], None],
    ) -> Rewrapped:
        masters = {master.id: master for master in await self._keys.list_masters()}
        (active,) = [each for each in masters.values() if each.state == KeyState.ACTIVE]
        known = masters.get(new.key_id)
        if known is not None and known.state == KeyState.DESTROYED:
            raise UnusableMasterKey(f"the master key {new.key_id} was destroyed in this vault")
        if bool(active.is_sandbox) != new.is_sandbox:
            raise UnusableMasterKey("a sandbox and a live vault do not share a master key")
        made = await self._wrap_all(new, on_progress)
        if active.id != new.key_id:
            row = master_row(new, provider, self._clock.now_ms(), self._cryptoperiod_ms)
            await self._keys.replace_master(active.id, row, is_known=known is not None)
            self._tell(AuditAction.KEY_CREATED, new.key_id, reason="master")
            self._tell(AuditAction.KEY_STATE_CHANGED, active.id, reason=KeyState.DECRYPT_ONLY)
        on_active()
        # A server may have made a key while the old one was still active; none can from now on.
        await self._keys.settle_inserts()
        made += await self._wrap_all(new, on_progress)
        self._tell(AuditAction.KEY_REWRAPPED, new.key_id, count=made)
        await self._audit.settled()
        return Rewrapped(old_id=active.id, new_id=new.key_id, keys=made)

    async def _wrap_all(self, new: MasterKey, on_progress: Progress) -> int:
        """Give every key a wrap that it lacks; how many did."""
        missing = await self._missing(new.key_id)
        on_progress(len(missing), 0)
        for key in missing:
            await self._wrap(key, new)
            on_progress(len(missing), 1)
        return len(missing)

    async def _missing(self, master_key_id: str) -> list[WrappedKey]:
        owners = {key.merchant_id for key in await self._keys.list_keys()}
        return [
            each
            for owner_id in sorted(owners)
            for each in await self._keys.find_keys(owner_id)
            if each.key.state != KeyState.DESTROYED and master_key_id not in each.wraps
        ]

    async def _wrap(self, each: WrappedKey, new: MasterKey) -> None:
        """Wrap a key, and store the wrap once it has proven to open."""
        where = key_place(each.key)
        plain = await self._keyring.unwrap(*each)
        wrapped = await new.wrap(plain, where)
        if not hmac.compare_digest(bytes(await new.unwrap(wrapped, where)), plain):
            raise UnusableMasterKey(f"the master key {new.key_id} does not open what it wraps")
        await self._keys.add_wrap(each.key, new.key_id, wrapped)

    def _tell(
        self, action: AuditAction, master_key_id: str, *, reason: str = "", count: int = 0
    ) -> None:
        self._audit.record(
            AuditEvent(action=action, subject=f"master:{master_key_id}", reason=reason, count=count)
        )
