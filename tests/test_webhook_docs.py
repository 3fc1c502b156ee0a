"""docs/webhooks.md says what is so."""

import hashlib
import hmac
from pathlib import Path

from vezne.commands.webhooks import States
from vezne.core.notice import GIVE_UP_MS, RETRY_DELAYS_MS
from vezne.dialects.paywall.callback import callback_hash
from vezne.edge.courier import ANSWER_BYTES_MAX, TIMEOUT_S
from vezne.flows.notify import AT_ONCE_MAX

PAGE = (Path(__file__).parents[1] / "docs/webhooks.md").read_text(encoding="utf-8")


def test_the_signatures_of_the_page():
    """Both vectors come out as the page says, by its own recipes."""
    secret = "demo-secret-key"
    text = secret + "API_AUTH" + "10851936" + "123456789" + "SUCCESS"
    assert hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest() in PAGE
    assert callback_hash(b"demo-public-key", ["10851936", "order-1", "120.00", "1"]) in PAGE


def test_the_times_of_the_page():
    """The delays, the end, and how long an answer may take."""
    assert tuple(s * 1000 for s in (10, 60, 300, 900, 3600, 10800, 21600)) == RETRY_DELAYS_MS
    assert "after 10 s, 1 min, 5 min, 15 min, 1 h, 3 h and then every 6 h" in PAGE
    assert GIVE_UP_MS == 3 * 24 * 3_600_000
    assert f"2xx within {TIMEOUT_S:g} seconds" in PAGE


def test_the_bounds_of_the_page():
    """How much is sent at a time, what that makes in a minute, and how much is read."""
    assert AT_ONCE_MAX == 4
    assert "Four messages at a time are under way to the URL of each door" in PAGE
    assert f"gets {AT_ONCE_MAX * 60 / TIMEOUT_S:g} a minute" in PAGE
    assert f"{ANSWER_BYTES_MAX // 1024} KiB is read" in " ".join(PAGE.split())


def test_the_states_of_the_page():
    """Each is named."""
    assert [state for state in States if f"`{state}`" not in PAGE] == []
