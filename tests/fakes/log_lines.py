"""What was logged, as records instead of text."""

import contextlib
import logging
from collections.abc import Iterator

from vezne.event_log import fields_of


class _Keeping(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[dict[str, object]] = []

    def emit(self, record: logging.LogRecord) -> None:
        line = {"event": record.getMessage(), "level": record.levelname.lower()}
        self.lines.append(line | dict(fields_of(record)))


@contextlib.contextmanager
def capture_logs() -> Iterator[list[dict[str, object]]]:
    """All that is logged meanwhile, at any level, unmasked."""
    handler, root = _Keeping(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield handler.lines
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
