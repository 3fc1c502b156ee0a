"""What happens, for the log: an event's name and fields beside it.

Each becomes a record of the standard library's logging; `vezne.edge.logs` prints it.
"""

import logging
from collections.abc import Mapping

_NOTHING: Mapping[str, object] = {}


class EventLog:
    """The events of one module. Fields are masked where they are printed."""

    __slots__ = ("_logger",)

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def debug(self, event: str, **fields: object) -> None:
        """For whoever looks for a fault."""
        self._logger.debug(event, extra={"fields": fields})

    def info(self, event: str, **fields: object) -> None:
        """Something that an operator may want to know."""
        self._logger.info(event, extra={"fields": fields})

    def warning(self, event: str, **fields: object) -> None:
        """Something that an operator should look at."""
        self._logger.warning(event, extra={"fields": fields})

    def error(self, event: str, **fields: object) -> None:
        """Something is broken."""
        self._logger.error(event, extra={"fields": fields})


def fields_of(record: logging.LogRecord) -> Mapping[str, object]:
    """The fields of an event; none of a library's record."""
    fields: Mapping[str, object] = getattr(record, "fields", _NOTHING)
    return fields
