"""Keep what a door has agreed with a caller from one call to the next, for a limited time."""

import msgspec

from vezne.core.changes import AddSession, ChangeSession, Conflict
from vezne.core.ids import ENTROPY_BYTES, time_ordered_token
from vezne.core.merchant import Merchant
from vezne.core.ports import Ports
from vezne.core.refusal import Reason, Refusal
from vezne.core.session import Session


async def open_session(
    merchant: Merchant, door: str, terms: dict[str, str], life_ms: int, ports: Ports
) -> Session:
    """A new session, written, under a key that nobody can guess."""
    session = new_session(merchant, door, terms, life_ms, ports)
    await add_session(session, ports)
    return session


def new_session(
    merchant: Merchant, door: str, terms: dict[str, str], life_ms: int, ports: Ports
) -> Session:
    """A session that is not written yet: for who must name it before anything may be written."""
    now_ms = ports.clock.now_ms()
    return Session(
        merchant_id=merchant.id,
        key=time_ordered_token(now_ms, ports.entropy.take(ENTROPY_BYTES)),
        version=1,
        door=door,
        created_ms=now_ms,
        expires_ms=now_ms + life_ms,
        terms=terms,
    )


async def add_session(session: Session, ports: Ports) -> None:
    """Write a new session."""
    await ports.books.apply([AddSession(session)])


async def find_session(merchant: Merchant, key: bytes, ports: Ports) -> Session:
    """A session whose time is not over. Raises Refusal: SESSION_NOT_FOUND, SESSION_EXPIRED."""
    session = await ports.books.find_session(merchant.id, key)
    if session is None:
        raise Refusal(Reason.SESSION_NOT_FOUND)
    if session.is_over(ports.clock.now_ms()):
        raise Refusal(Reason.SESSION_EXPIRED)
    return session


async def change_session(session: Session, ports: Ports) -> Session:
    """Write what was changed in a session, as its next version, and return that.

    Raises Refusal(OPERATION_IN_FLIGHT) when it was changed by another call since it was read.
    """
    changed = msgspec.structs.replace(session, version=session.version + 1)
    try:
        await ports.books.apply([ChangeSession(changed)])
    except Conflict:
        raise Refusal(Reason.OPERATION_IN_FLIGHT) from None
    return changed
