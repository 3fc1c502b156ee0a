"""Times as CardWall writes them: UTC, as .NET does."""

from datetime import UTC, datetime
from typing import Final

# .NET's empty time.
NEVER: Final = "0001-01-01T00:00:00"


def utc_text(at_ms: int) -> str:
    """An epoch time in milliseconds as `2025-08-06T10:40:30.328Z`."""
    moment = datetime.fromtimestamp(at_ms / 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"
