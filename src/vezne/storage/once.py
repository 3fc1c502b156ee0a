"""Keys of requests that are done once, as rows. An answer is a document."""

from typing import Final

import msgspec

from vezne.core.once import KeptAnswer, OnceKey
from vezne.engines.engine import ANY_ROWS, Engine, Row, Write
from vezne.storage.documents import Documents

_ADD = """INSERT INTO once_keys
(merchant_id, scope, key, version, state, request, created_ms, expires_ms, lease_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""

_CHANGE = """UPDATE once_keys
SET version = ?, state = ?, request = ?, created_ms = ?, expires_ms = ?, lease_ms = ?, answer = ?
WHERE merchant_id = ? AND scope = ? AND key = ? AND version = ?"""

_REMOVE = """DELETE FROM once_keys
WHERE merchant_id = ? AND scope = ? AND key = ? AND version = ?"""

_FIND = """SELECT version, state, request, created_ms, expires_ms, lease_ms, answer
FROM once_keys WHERE merchant_id = ? AND scope = ? AND key = ?"""

_END_LEASES = "UPDATE once_keys SET lease_ms = ? WHERE lease_ms > ?"

_answers: Final = Documents(KeptAnswer)


def add_once_key(once: OnceKey) -> Write:
    """The write that stores a key nobody used before."""
    return Write(
        _ADD,
        (
            once.merchant_id,
            once.scope,
            once.key,
            once.version,
            once.state.value,
            once.request,
            once.created_ms,
            once.expires_ms,
            once.lease_ms,
        ),
    )


def change_once_key(once: OnceKey) -> Write:
    """The write that stores a key's next version over the one before it."""
    return Write(
        _CHANGE,
        (
            once.version,
            once.state.value,
            once.request,
            once.created_ms,
            once.expires_ms,
            once.lease_ms,
            None if once.answer is None else _answers.write(once.answer),
            once.merchant_id,
            once.scope,
            once.key,
            once.version - 1,
        ),
    )


def remove_once_key(once: OnceKey) -> Write:
    """The write that deletes a key in this version."""
    return Write(_REMOVE, (once.merchant_id, once.scope, once.key, once.version))


def end_once_leases(now_ms: int) -> Write:
    """The write that says that nobody works on a request any more."""
    return Write(_END_LEASES, (now_ms, now_ms), ANY_ROWS)


async def find_once_key(engine: Engine, merchant_id: int, scope: str, key: bytes) -> OnceKey | None:
    """A key of a merchant."""
    rows = await engine.fetch(_FIND, (merchant_id, scope, key))
    return _once_key((merchant_id, scope, key, *rows[0])) if rows else None


def _once_key(row: Row) -> OnceKey:
    fields = dict(zip(OnceKey.__struct_fields__, row, strict=True))
    answer = fields.pop("answer")
    return msgspec.convert(
        fields | {"answer": None if answer is None else _answers.read(answer)},
        OnceKey,
        builtin_types=(bytes,),
    )
