"""What operators do is written to the audit trail (PCI DSS v4.0.1 10.2.1.2, 10.2.1.5)."""

import os
import pwd
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import msgspec

from vezne.core.audit import AuditAction, AuditEvent, Origin, begin_origin

if TYPE_CHECKING:
    # With it comes most of the core, and every command is entered through here.
    from vezne.core.ports import Audit

_DOOR: Final = "operator"
_WORD: Final = re.compile(r"[a-z][a-z-]*")
_WORDS_MAX: Final = 2
# Their requests have origins of their own, and their own work is the house's.
_SERVERS: Final = frozenset({"serve", "vault", "gateway"})


def begin_operator(arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    """From here on, everything is done for whoever typed this command.

    Of the command only its name is kept: arguments may hold secrets.
    """
    words = []
    for argument in arguments[:_WORDS_MAX]:
        if not _WORD.fullmatch(argument):
            break
        words.append(argument)
    if not words or words[0] in _SERVERS:
        return
    origin = Origin(address=_place(environment), door=_DOOR, path=" ".join(words))
    origin.caller = _user(environment)
    begin_origin(origin)


@asynccontextmanager
async def administering(
    audit: "Audit", subject: str, *, merchant_id: int = 0, reason: str = ""
) -> AsyncIterator[None]:
    """Do something that changes something: a durable line says so before, another if it fails.

    Raises AuditFailure before anything is done.
    """
    event = AuditEvent(
        action=AuditAction.ADMINISTERED, subject=subject, merchant_id=merchant_id, reason=reason
    )
    audit.record(event)
    await audit.settled()
    try:
        yield
    except BaseException as error:
        why = type(error).__name__
        audit.record(msgspec.structs.replace(event, is_success=False, reason=why))
        raise


def _user(environment: Mapping[str, str]) -> str:
    """The account, and the one that it was entered from by sudo."""
    number = os.getuid()
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:
        name = str(number)
    before = environment.get("SUDO_USER")
    return name if before is None else f"{before} as {name}"


def _place(environment: Mapping[str, str]) -> str:
    """Where the person sits: an address if it came by ssh, else the terminal, if there is one."""
    remote = environment.get("SSH_CONNECTION", "").partition(" ")[0]
    if remote:
        return remote
    try:
        return os.ttyname(0)
    except OSError:
        return ""
