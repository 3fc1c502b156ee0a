"""Running something to its end: what a person can mend becomes one line."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Final, TypeVar

import uvloop

from simbank.journal import DamagedJournal
from vezne.bootstrap.cannot_start import CannotStart
from vezne.core.ports import AuditFailure
from vezne.edge.server import CannotListen
from vezne.engines.engine import EngineFailure
from vezne.engines.migrate import SchemaChanged, SchemaTooNew
from vezne.link.uplink import NoVault
from vezne.merchant_terms import InvalidTerms
from vezne.storage.merchants import DuplicateKey, DuplicateMerchant
from vezne.vault.files import ExposedFile
from vezne.vault.keyring import WrongMasterKey
from vezne.vault.master_key import UnusableMasterKey
from vezne.vault.portability.errors import CarryingFailure
from vezne.vault.rotation import RotationRuns
from vezne.vault.unusable_authority import UnusableAuthority
from vezne.webhook_urls import InvalidWebhookUrl

Result = TypeVar("Result")


# What a person can mend: reported as one line, without a trace.
_MENDABLE: Final = (
    AuditFailure,
    CannotListen,
    CarryingFailure,
    DamagedJournal,
    DuplicateKey,
    DuplicateMerchant,
    EngineFailure,
    ExposedFile,
    InvalidTerms,
    InvalidWebhookUrl,
    NoVault,
    RotationRuns,
    SchemaChanged,
    SchemaTooNew,
    UnusableAuthority,
    UnusableMasterKey,
    WrongMasterKey,
)


def run(
    work: Coroutine[object, object, Result],
    new_event_loop: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop,
) -> Result:
    """Run to the end; what a person can mend becomes CannotStart."""
    try:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            return runner.run(work)
    except _MENDABLE as error:
        raise CannotStart(str(error)) from error
    except OSError as error:
        if error.filename is None:
            raise
        # A file or directory that cannot be used: no permission, read-only, no space.
        raise CannotStart(f"{error.filename}: {error.strerror}") from error
