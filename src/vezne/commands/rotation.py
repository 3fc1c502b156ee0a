"""The commands about the vault's keys: they work beside a running server."""

import msgspec

from vezne.bootstrap.rotating import KeyHouse, Progress, Rewrapped, Rotated, open_key_house
from vezne.bootstrap.start import run
from vezne.commands.merchants import find_merchant
from vezne.core.audit import AuditAction, AuditEvent
from vezne.core.calendar import local_time
from vezne.settings import Settings

_DAY = "%Y-%m-%d"


class KeyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A key as people read it. Days are Istanbul's; no end is for keys that protect no cards."""

    id: str
    state: str
    check_value: str
    created: str
    ends: str
    is_overdue: bool
    provider: str = ""
    is_sandbox: bool = False


def run_list_keys(settings: Settings, *, is_all: bool) -> list[KeyRow]:
    """Master keys first, then all others; destroyed ones only when all are asked for.

    Raises CannotStart.
    """
    return run(_list(settings, is_all=is_all))


def run_rotate(
    settings: Settings, kind: str, merchant: str | None, on_progress: Progress
) -> list[Rotated]:
    """Replace the `data` or `fingerprint` key of a merchant, or of all. Raises CannotStart."""
    return run(_rotate(settings, kind, merchant, on_progress))


def run_rotate_master(settings: Settings, uri: str | None, on_progress: Progress) -> Rewrapped:
    """Replace the master key: in its file, or by the one of a URI. Raises CannotStart."""
    return run(_rotate_master(settings, uri, on_progress))


def run_destroy_master(settings: Settings, master_key_id: str) -> None:
    """Erase what a master key that is active no more has wrapped. Raises CannotStart."""
    return run(_destroy(settings, master_key_id))


async def key_rows(keys: KeyHouse) -> list[KeyRow]:
    """All keys, the destroyed ones as well: master keys first."""
    now_ms = keys.house.ports.clock.now_ms()
    masters, others = await keys.list_keys()
    rows = [
        KeyRow(
            id=f"master:{each.id}",
            state=each.state,
            check_value=each.kcv,
            created=_day(each.created_ms),
            ends=_day(each.ends_ms),
            is_overdue=each.is_overdue(now_ms),
            provider=each.provider,
            is_sandbox=bool(each.is_sandbox),
        )
        for each in masters
    ]
    return rows + [
        KeyRow(
            id=each.id,
            state=each.state,
            check_value=each.kcv,
            created=_day(each.created_ms),
            ends=_day(each.ends_ms),
            is_overdue=each.is_overdue(now_ms),
        )
        for each in others
    ]


async def _list(settings: Settings, *, is_all: bool) -> list[KeyRow]:
    async with open_key_house(settings) as keys:
        return [row for row in await key_rows(keys) if is_all or row.state != "destroyed"]


async def _rotate(
    settings: Settings, kind: str, merchant: str | None, on_progress: Progress
) -> list[Rotated]:
    async with open_key_house(settings) as keys:
        merchant_id = 0
        if merchant is not None:
            merchant_id = (await find_merchant(keys.house, merchant)).id
        _administer(keys, f"rotate {kind}", merchant_id)
        return await keys.rotate(kind, merchant_id, on_progress)


async def _rotate_master(settings: Settings, uri: str | None, on_progress: Progress) -> Rewrapped:
    async with open_key_house(settings) as keys:
        _administer(keys, "rotate master")
        if uri is None:
            return await keys.replace_master_file(on_progress)
        return await keys.change_master(uri, on_progress)


async def _destroy(settings: Settings, master_key_id: str) -> None:
    async with open_key_house(settings) as keys:
        _administer(keys, f"destroy {master_key_id}")
        await keys.rewrapping.destroy(master_key_id)


def _administer(keys: KeyHouse, what: str, merchant_id: int = 0) -> None:
    keys.house.audit.record(
        AuditEvent(action=AuditAction.ADMINISTERED, merchant_id=merchant_id, subject=f"keys {what}")
    )


def _day(time_ms: int) -> str:
    return local_time(time_ms).strftime(_DAY) if time_ms else ""
