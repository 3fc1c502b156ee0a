"""The audit trail in the panel: a merchant's own lines, found, paged, and never anybody else's."""

import re

import msgspec

from fakes.panel import PanelCaller
from vezne.core.audit import AuditAction, AuditEvent, Origin, begin_origin
from vezne.core.member import Role
from vezne.core.trail import TrailUnreadable

HOSTILE = '"><script>alert(1)</script>'
CARD = "5528790000000008"


def record(panel, subject, merchant=None, action=AuditAction.CARD_STORED, caller="key-1"):
    """A line about something that somebody did for a merchant."""
    origin = Origin(address="192.0.2.1", door="iyzico", path="/cardstorage/card")
    origin.caller = caller
    begin_origin(origin)
    number = (merchant or panel.merchant).id
    is_success = action is AuditAction.CARD_STORED
    panel.house.audit.record(
        AuditEvent(action=action, merchant_id=number, subject=subject, is_success=is_success)
    )


async def test_a_merchant_s_lines_are_shown_and_nobody_else_s(panel):
    """Neither another merchant's nor the house's."""
    other = await panel.add_merchant("Other")
    record(panel, "card-of-mine")
    record(panel, "card-of-theirs", other)
    record(panel, HOSTILE)
    answer = await panel.get("/panel/audit")
    assert answer.status == 200
    assert "card-of-mine" in answer.text
    assert "card-of-theirs" not in answer.text
    assert "process.started" not in answer.text
    assert "<script>alert" not in answer.text
    theirs = await panel.get("/panel/audit", merchant=other)
    assert "card-of-theirs" in theirs.text
    assert "card-of-mine" not in theirs.text


async def test_to_look_leaves_a_line(panel):
    """Which the next one who looks sees (PCI DSS v4.0.1 10.2.1.3)."""
    await panel.get("/panel/audit")
    answer = await panel.get("/panel/audit?action=operator.command")
    assert "owner@example.com" in answer.text
    assert "audit trail" in answer.text


async def test_lines_are_found_by_what_and_who_and_when(panel):
    """Filters stay on the way to older lines."""
    record(panel, "first", caller="key-1")
    record(panel, "second", caller="key-2", action=AuditAction.REQUEST_REFUSED)
    for query, found in (
        ("action=card.", ["first"]),
        ("action=request.refused", ["second"]),
        ("caller=key-2", ["second"]),
        ("failed=1", ["second"]),
        ("since=2020-01-01&until=2099-12-31&caller=key-1", ["first"]),
        ("since=2099-01-01", []),
        ("until=2020-01-01", []),
    ):
        answer = await panel.get(f"/panel/audit?{query}")
        assert answer.status == 200
        assert [name for name in ("first", "second") if f">{name}</td>" in answer.text] == found


async def test_older_lines_follow_by_a_link(panel):
    """Fifty at a time, none twice and none left out."""
    for number in range(120):
        record(panel, f"line-{number:03d}")
    path = "/panel/audit?action=card."
    seen = []
    while path:
        answer = await panel.get(path)
        seen += re.findall(r"line-(\d{3})", answer.text)
        link = re.search(r'href="(/panel/audit[^"]*before=[^"]*)" rel="next"', answer.text)
        path = link and link[1].replace("&amp;", "&")
    assert seen == [f"{number:03d}" for number in range(119, -1, -1)]


async def test_a_card_number_is_no_caller(panel):
    """It is not shown again."""
    answer = await panel.get(f"/panel/audit?caller={CARD}")
    assert answer.status == 400
    assert CARD not in answer.text


async def test_what_is_no_filter_is_said_beside_its_field(panel):
    """Nothing that was typed makes a fault."""
    for query, field in (
        ("since=yesterday", "since"),
        ("since=2026-13-01", "since"),
        ("until=9999-12-31", "until"),
        ("since=2026-01-01%00", "since"),
        (f"caller={'x' * 201}", "caller"),
        ("action=trail.", "action"),
    ):
        answer = await panel.get(f"/panel/audit?{query}")
        assert answer.status == 422
        assert f'id="{field}-error"' in answer.text
    for before in ("x", "1.2.3", "-1.0", "9" * 30 + ".1", "999.999999999999999999"):
        assert (await panel.get(f"/panel/audit?before={before}")).status == 200


async def test_the_newest_signature_is_shown(panel):
    """Or that there is none yet."""
    record(panel, "something")
    await panel.house.room.audit.sign()
    assert "Signed up to line" in (await panel.get("/panel/audit")).text
    (panel.house.settings.data / "audit" / "checkpoint.json").write_bytes(b"?")
    assert "No signature" in (await panel.get("/panel/audit")).text


async def test_a_trail_that_cannot_be_read_is_said(panel):
    """The page is there all the same."""

    class Unreadable:
        async def read(self, query):
            raise TrailUnreadable("input/output error")

    desk = msgspec.structs.replace(panel.desk, trail=Unreadable())
    answer = await PanelCaller(panel.house, desk, panel.merchant).get("/panel/audit")
    assert answer.status == 200
    assert "cannot be read" in answer.text


async def test_only_owners_read_the_trail(panel):
    """In either language."""
    for role in (Role.OPERATOR, Role.DEVELOPER, Role.VIEWER):
        assert (await panel.get("/panel/audit", role)).status == 403
    assert "Denetim izi" in (await panel.get("/panel/audit", language="tr")).text


async def test_every_action_is_offered_by_name(panel):
    """Whoever adds an action names it for people as well: without a name there is no page."""
    answer = await panel.get("/panel/audit")
    of_the_house = ("process.", "trail.", "data.")
    for action in AuditAction:
        is_offered = f'value="{action}"' in answer.text
        assert is_offered != action.startswith(of_the_house)
