"""The sandbox's controls: a merchant's clock goes ahead once a form, and faults come and go."""

import asyncio

import msgspec

from fakes.panel import PanelCaller
from vezne.core.calendar import local_text
from vezne.core.fault import FAULTS_MAX, BankCall, Fault, FaultKind
from vezne.core.member import Role

DAY_MS = 86_400_000
HOSTILE = '"><script>alert(1)</script>'
SILENCE = {"kind": "silence_after", "times": "1", "newest": "0"}


async def offset_ms(panel, merchant=None):
    found = await panel.house.merchants.find_merchant((merchant or panel.merchant).id)
    return found.clock_offset_ms


def note_of(answer):
    """What the next page will say."""
    return answer.note[1:]


def board_of(panel):
    return [placed.fault for placed in panel.house.faults.list_faults(panel.merchant.id)]


async def advance(panel, count, unit="days", **given):
    form = {"count": count, "unit": unit, "offset_ms": str(await offset_ms(panel))}
    return await panel.post("/panel/sandbox/clock/advance", form | given)


async def test_the_clock_goes_ahead_by_what_is_asked_for(panel):
    """Of this merchant only."""
    other = await panel.add_merchant("Other")
    answer = await advance(panel, "8")
    assert answer.location == "/panel/sandbox"
    assert "moved ahead" in note_of(answer)
    await advance(panel, "90", "minutes")
    assert await offset_ms(panel) == 8 * DAY_MS + 90 * 60_000
    assert await offset_ms(panel, other) == 0
    page = await panel.get("/panel/sandbox")
    assert "8 days 1 hours 30 minutes" in page.text


async def test_a_form_that_is_sent_twice_moves_the_clock_once(panel):
    """However close together."""
    form = {"count": "1", "unit": "days", "offset_ms": "0"}
    path = "/panel/sandbox/clock/advance"
    answers = await asyncio.gather(*(panel.post(path, form) for _ in range(3)))
    assert sum("not moved again" in note_of(answer) for answer in answers) == 2
    assert await offset_ms(panel) == DAY_MS


async def test_the_clock_is_set_ahead_and_back_to_the_real_time(panel):
    """Back to any other time it never goes."""
    real_ms = panel.house.ports.clock.now_ms()
    moment = local_text(real_ms + 30 * DAY_MS)[:16].replace(" ", "T")
    answer = await panel.post("/panel/sandbox/clock/set", {"moment": moment})
    assert answer.location == "/panel/sandbox"
    assert abs(await offset_ms(panel) - 30 * DAY_MS) < 2 * 60_000
    back = await panel.post("/panel/sandbox/clock/set", {"moment": "2020-01-01T10:00"})
    assert back.status == 422
    assert "does not go back" in back.text
    await panel.post("/panel/sandbox/clock/reset")
    assert await offset_ms(panel) == 0


async def test_times_that_are_none_move_nothing(panel):
    """They are shown again beside what is wrong with them."""
    for count in ("0", "-1", "x", "1e3", "9999999", HOSTILE, "\0", ""):
        answer = await advance(panel, count)
        assert answer.status == 422
        assert 'id="count-error"' in answer.text
        assert "<script>alert" not in answer.text
    assert "ten years" in (await advance(panel, "4000")).text
    for moment in ("", "tomorrow", "2026-13-01T10:00", "9999-12-31T23:59", "0001-01-01T00:00"):
        answer = await panel.post("/panel/sandbox/clock/set", {"moment": moment})
        assert answer.status == 422
        assert 'id="moment-error"' in answer.text
    assert (await advance(panel, "1", "years")).status == 400
    assert (await advance(panel, "1", offset_ms="x")).status == 400
    assert await offset_ms(panel) == 0
    folder = panel.house.settings.data / "audit"
    trail = b"".join(path.read_bytes() for path in sorted(folder.glob("*.jsonl")))
    assert b"ahead by 4000 days: ClockTooFar" in trail


async def test_a_clock_that_others_keep_moving_is_left_alone(panel):
    """They are told so, and may look again."""

    class Busy:
        def __init__(self, clocks):
            self.find_merchant = clocks.find_merchant

        async def change_clock(self, merchant_id, moved_ms, *, instead_of_ms):
            return False

    desk = msgspec.structs.replace(panel.desk, clocks=Busy(panel.desk.clocks))
    busy = PanelCaller(panel.house, desk, panel.merchant)
    moment = local_text(panel.house.ports.clock.now_ms() + DAY_MS)[:16].replace(" ", "T")
    for path, form in (("set", {"moment": moment}), ("reset", {})):
        answer = await busy.post(f"/panel/sandbox/clock/{path}", form)
        assert "not moved again" in note_of(answer)


async def test_a_fault_is_put_on_the_board_with_all_that_it_matches(panel):
    """And stands in the list, as the calls that it is for."""
    form = {
        "kind": "decline",
        "operation": "authorize",
        "bin": "552879",
        "last4": "0008",
        "amount": "12,50",
        "currency": "TRY",
        "times": "always",
        "code": "51",
        "newest": "0",
    }
    assert (await panel.post("/panel/sandbox/faults", form)).location == "/panel/sandbox"
    (fault,) = board_of(panel)
    assert fault == Fault(
        kind=FaultKind.DECLINE,
        operation=BankCall.AUTHORIZE,
        bin="552879",
        last4="0008",
        amount_e8=1_250_000_000,
        currency="TRY",
        times=None,
        code="51",
    )
    page = await panel.get("/panel/sandbox")
    for text in ("552879", "0008", "12.50", "always", "The bank declines with a code"):
        assert text in page.text
    path = {"kind": "answer_500_after_commit", "path": "/payment/auth/", "times": "2"}
    await panel.post("/panel/sandbox/faults", path | {"newest": "1"})
    late = {"kind": "latency", "delay_ms": "1500", "times": "1", "newest": "2"}
    await panel.post("/panel/sandbox/faults", late)
    assert [fault.path for fault in board_of(panel)] == ["", "/payment/auth", ""]
    assert "1,500 ms" in (await panel.get("/panel/sandbox")).text


async def test_a_fault_that_is_sent_twice_is_there_once(panel):
    """A second one like it may be added on purpose, from the page that shows the first."""
    for _ in range(2):
        answer = await panel.post("/panel/sandbox/faults", SILENCE)
    assert "not added twice" in note_of(answer)
    assert len(board_of(panel)) == 1
    await panel.post("/panel/sandbox/faults", SILENCE | {"newest": "1"})
    assert len(board_of(panel)) == 2
    assert (await panel.post("/panel/sandbox/faults", SILENCE | {"newest": "x"})).status == 400


async def test_what_is_no_fault_is_said_beside_its_field(panel):
    """Mistyped, out of range, or never to happen as it says."""
    for changed, field in (
        ({"kind": "earthquake"}, "kind"),
        ({"operation": "pray"}, "operation"),
        ({"operation": "void", "bin": "552879"}, "operation"),
        ({"bin": "55287900000"}, "bin"),
        ({"last4": "12"}, "last4"),
        ({"amount": "0"}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"amount": "9999999999"}, "amount"),
        ({"currency": HOSTILE}, "currency"),
        ({"path": "/payment/auth"}, "path"),
        ({"kind": "answer_500_after_commit", "path": "payment"}, "path"),
        ({"kind": "answer_500_after_commit", "amount": "1"}, "amount"),
        ({"times": "0"}, "times"),
        ({"times": "1000001"}, "times"),
        ({"kind": "latency"}, "delay_ms"),
        ({"kind": "latency", "delay_ms": "600001"}, "delay_ms"),
        ({"delay_ms": "5"}, "delay_ms"),
        ({"kind": "decline"}, "code"),
        ({"kind": "decline", "code": "00"}, "code"),
        ({"code": "51"}, "code"),
        ({"times": "\0"}, "times"),
    ):
        answer = await panel.post("/panel/sandbox/faults", SILENCE | changed)
        assert answer.status == 422, changed
        assert f'id="{field}-error"' in answer.text, changed
        assert "<script>alert" not in answer.text
        assert "5528790000000008" not in answer.text
    assert board_of(panel) == []


async def test_faults_are_removed_one_by_one_or_all(panel):
    """Another merchant's stay where they are."""
    other = await panel.add_merchant("Other")
    board = panel.house.faults
    for merchant in (panel.merchant, panel.merchant, panel.merchant, other):
        board.add(merchant.id, Fault(kind=FaultKind.GARBAGE))
    mine = [placed.id for placed in board.list_faults(panel.merchant.id)]
    (theirs,) = [placed.id for placed in board.list_faults(other.id)]
    await panel.post(f"/panel/sandbox/faults/{mine[0]}/remove")
    assert len(board_of(panel)) == 2
    for number in (mine[0], theirs):
        gone = await panel.post(f"/panel/sandbox/faults/{number}/remove")
        assert "not there any more" in note_of(gone)
    assert (await panel.post("/panel/sandbox/faults/x/remove")).status == 404
    assert "2 faults" in note_of(await panel.post("/panel/sandbox/faults/clear"))
    assert board_of(panel) == []
    assert len(board.list_faults(other.id)) == 1


async def test_a_full_board_says_so(panel):
    """There is an end to how many faults a merchant may have."""
    for _ in range(FAULTS_MAX):
        panel.house.faults.add(panel.merchant.id, Fault(kind=FaultKind.GARBAGE))
    answer = await panel.post("/panel/sandbox/faults", SILENCE)
    assert str(FAULTS_MAX) in note_of(answer)


async def test_it_is_for_owners_and_developers_of_a_sandbox(panel):
    """In live mode there is no such page."""
    for role in (Role.OPERATOR, Role.VIEWER):
        assert (await panel.get("/panel/sandbox", role)).status == 403
        assert (await panel.post("/panel/sandbox/clock/reset", {}, role)).status == 403
    page = await panel.get("/panel/sandbox", Role.DEVELOPER, language="tr")
    assert "Saat ve arızalar" in page.text
    desk = msgspec.structs.replace(panel.desk, is_sandbox=False)
    live = PanelCaller(panel.house, desk, panel.merchant)
    assert (await live.get("/panel/sandbox")).status == 404
