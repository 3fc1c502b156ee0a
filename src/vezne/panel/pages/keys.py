"""API keys: which there are for each door, further ones, and an end to one."""

from collections.abc import Sequence
from typing import Final

import msgspec
from starlette.responses import Response

from vezne.panel.paths import PANEL_PATH
from vezne.panel.permissions import Permission
from vezne.panel.registry import KEY_DOORS, WORKING_KEYS_MAX, KeyPair, KeysChanged
from vezne.panel.routing import Page
from vezne.panel.visit import IllFormed, NotFound, Visit

_PATH: Final = f"{PANEL_PATH}/keys"


class _DoorKeys(msgspec.Struct, frozen=True):
    """The pairs of one door: those that work, then those that do not any more."""

    door: str
    pairs: Sequence[KeyPair]
    working: int

    @property
    def has_room(self) -> bool:
        """Whether there may be another one."""
        return self.working < WORKING_KEYS_MAX


async def show_keys(visit: Visit) -> Response:
    """Every pair of every door."""
    known = await visit.desk.keys.list_keys(visit.merchant.id)
    doors = [_of_door(door, known) for door in KEY_DOORS]
    return visit.page("keys.html", doors=doors, known=len(known))


async def issue_key(visit: Visit) -> Response:
    """Make a further pair, and show its secret, once. Those before go on working."""
    door = visit.form.get("door", "")
    if door not in KEY_DOORS:
        raise IllFormed
    known = await visit.desk.keys.list_keys(visit.merchant.id)
    of_door = _of_door(door, known)
    if visit.form.get("known") != str(len(known)):
        return visit.turn_back(_PATH, "keys.changed_meanwhile")
    if not of_door.has_room:
        return visit.turn_back(_PATH, "keys.too_many", count=WORKING_KEYS_MAX)
    pair = visit.desk.keys.draw(door)
    visit.record(f"key {pair.key} of {door}", reason="issued")
    await visit.desk.audit.settled()
    try:
        await visit.desk.keys.add(visit.merchant.id, pair, known=len(known))
    except KeysChanged:
        visit.record(f"key {pair.key} of {door}", reason="others came first", is_success=False)
        return visit.turn_back(_PATH, "keys.changed_meanwhile")
    others = [each.key for each in of_door.pairs if each.revoked_ms is None]
    return visit.page("key_issued.html", pair=pair, others=others)


async def ask_to_revoke(visit: Visit) -> Response:
    """What happens when a pair is revoked."""
    pair, is_last = await _find(visit, visit.query.get("door", ""), visit.query.get("key", ""))
    return visit.page("key_revoke.html", pair=pair, is_last=is_last)


async def revoke_key(visit: Visit) -> Response:
    """Make a pair stop working for good."""
    pair, _ = await _find(visit, visit.form.get("door", ""), visit.form.get("key", ""))
    visit.record(f"key {pair.key} of {pair.door}", reason="revoked")
    await visit.desk.audit.settled()
    if not await visit.desk.keys.revoke(visit.merchant.id, pair.door, pair.key):
        visit.record(f"key {pair.key} of {pair.door}", reason="not revoked", is_success=False)
        return visit.turn_back(_PATH, "keys.revoked_meanwhile")
    return visit.go(_PATH, "keys.revoked_note", key=pair.key)


async def _find(visit: Visit, door: str, key: str) -> tuple[KeyPair, bool]:
    """A pair of this merchant that works, and whether it is the door's last. Raises NotFound."""
    pairs = await visit.desk.keys.list_keys(visit.merchant.id)
    working = [each for each in pairs if each.door == door and each.revoked_ms is None]
    for pair in working:
        if pair.key == key:
            return pair, len(working) == 1
    raise NotFound


def _of_door(door: str, known: Sequence[KeyPair]) -> _DoorKeys:
    pairs = [pair for pair in known if pair.door == door]
    newest_first = sorted(pairs, key=lambda pair: -pair.created_ms)
    newest_first.sort(key=lambda pair: pair.revoked_ms is not None)
    working = sum(pair.revoked_ms is None for pair in pairs)
    return _DoorKeys(door, newest_first, working)


_MAY: Final = Permission.MANAGE_KEYS
PAGES: Final = (
    Page(method="GET", path="/keys", handle=show_keys, permission=_MAY),
    Page(method="POST", path="/keys", handle=issue_key, permission=_MAY),
    Page(method="GET", path="/keys/revoke", handle=ask_to_revoke, permission=_MAY),
    Page(method="POST", path="/keys/revoke", handle=revoke_key, permission=_MAY),
)
