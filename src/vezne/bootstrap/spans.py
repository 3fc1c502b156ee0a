"""Whether there are traces: without the setting not even the library is loaded."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from vezne.bootstrap.cannot_start import CannotStart
from vezne.edge.logs import configure_logs
from vezne.settings import Settings

if TYPE_CHECKING:
    from vezne.bootstrap.tracing import Tracing


@asynccontextmanager
async def traces_of(
    settings: Settings, *, hands_on: bool = False
) -> AsyncIterator["Tracing | None"]:
    """What puts spans around things, with the log's lines naming their traces; None when it is off.

    With `hands_on`, requests go on to another process, which is told of the trace. Raises
    CannotStart without the package that the setting needs.
    """
    if settings.tracing.exporter == "off":
        yield None
        return
    try:
        from vezne.bootstrap.tracing import current_trace_id, open_tracing  # noqa: PLC0415
    except ImportError as error:
        raise CannotStart(
            f"tracing.exporter is {settings.tracing.exporter}, which needs another package: "
            "pip install vezne[tracing]"
        ) from error
    configure_logs(settings.log_level, settings.log_format, trace_id=current_trace_id)
    async with open_tracing(hands_on=hands_on) as tracing:
        yield tracing
