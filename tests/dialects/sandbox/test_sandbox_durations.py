"""How people write how long, and when."""

import pytest

from builders import SAMPLE_TIME_MS
from vezne.dialects.sandbox.durations import duration_ms, moment_ms, moment_text

DAY_MS = 86_400_000


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("8d", 8 * DAY_MS),
        ("12h", DAY_MS // 2),
        ("30m", 1_800_000),
        ("90s", 90_000),
        ("1d12h", DAY_MS + DAY_MS // 2),
        ("1d2h3m4s", DAY_MS + 2 * 3_600_000 + 3 * 60_000 + 4_000),
        (" 8D ", 8 * DAY_MS),
        ("0d1s", 1_000),
        ("9999999d", 9_999_999 * DAY_MS),
    ],
)
def test_a_duration_is_days_hours_minutes_and_seconds(text: str, ms: int) -> None:
    """Each at most once, the largest first."""
    assert duration_ms(text) == ms


@pytest.mark.parametrize(
    "text",
    ["", " ", "8", "d", "0d", "0s", "-8d", "8 d", "1h1d", "1d1d", "1.5d", "8w", "٨d", "99999999d"],
)
def test_anything_else_is_no_duration(text: str) -> None:
    """Neither is nothing at all."""
    with pytest.raises(ValueError, match="duration"):
        duration_ms(text)


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2026-12-01T10:00", 1_796_108_400_000),
        ("2026-12-01T07:00:00Z", 1_796_108_400_000),
        ("2026-12-01 10:00:00.5", 1_796_108_400_500),
        ("2026-12-01", 1_796_108_400_000 - 10 * 3_600_000),
    ],
)
def test_a_moment_is_istanbul_s_unless_it_says_otherwise(text: str, ms: int) -> None:
    """A date alone is its midnight."""
    assert moment_ms(text) == ms


@pytest.mark.parametrize("text", ["", "tomorrow", "2026-13-01", "2026-12-01T25:00", "1", "10:00"])
def test_anything_else_is_no_moment(text: str) -> None:
    """A time without a date is none either."""
    with pytest.raises(ValueError, match=r"."):
        moment_ms(text)


def test_a_moment_is_written_as_it_is_read() -> None:
    """With milliseconds and Istanbul's offset."""
    text = moment_text(SAMPLE_TIME_MS)
    assert text.endswith("+03:00")
    assert moment_ms(text) == SAMPLE_TIME_MS
