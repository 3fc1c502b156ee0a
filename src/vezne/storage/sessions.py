"""Sessions as rows. Their keys sort by time, so new rows stand at the end."""

from typing import Final

from vezne.core.session import Session
from vezne.engines.engine import Engine, Write
from vezne.storage.documents import Documents

_ADD = """INSERT INTO sessions (merchant_id, key, version, expires_ms, document)
VALUES (?, ?, ?, ?, ?)"""

_CHANGE = """UPDATE sessions SET version = ?, expires_ms = ?, document = ?
WHERE merchant_id = ? AND key = ? AND version = ?"""

_FIND = "SELECT document FROM sessions WHERE merchant_id = ? AND key = ?"

_documents: Final = Documents(Session)


def add_session(session: Session) -> Write:
    """The write that stores a new session."""
    document = _documents.write(session)
    return Write(
        _ADD,
        (session.merchant_id, session.key, session.version, session.expires_ms, document),
    )


def change_session(session: Session) -> Write:
    """The write that stores a session's next version over the one before it."""
    return Write(
        _CHANGE,
        (
            session.version,
            session.expires_ms,
            _documents.write(session),
            session.merchant_id,
            session.key,
            session.version - 1,
        ),
    )


async def find_session(engine: Engine, merchant_id: int, key: bytes) -> Session | None:
    """A session by key."""
    rows = await engine.fetch(_FIND, (merchant_id, key))
    return _documents.read(rows[0][0]) if rows else None
