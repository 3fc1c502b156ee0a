"""The recorder notes what doors are asked and answer, and nobody notices it."""

import json

import msgspec
import pytest

from builders import SAMPLE_TIME_MS
from fakes.audit import MemoryAudit
from fakes.calls import AHEAD_MS, DEMO_ID, OWNER_ID, FixedOwners, MemoryCallBook
from fakes.world import FixedClock
from vezne.core.audit import claim_caller, name_payment, prove_caller
from vezne.core.body import BodyKind, CardFields
from vezne.core.call_log import TextForm
from vezne.core.diagnosis import Cause, Certainty, Diagnosis, Finding
from vezne.core.fault import FaultOnDemand
from vezne.core.masked_body import BODY_BYTES_MAX
from vezne.core.ports import AuditFailure
from vezne.edge import call_log
from vezne.edge.app import Dispatcher
from vezne.edge.call_log import CallRecorder
from vezne.edge.call_texts import shown_target, without_numbers
from vezne.edge.messages import (
    BrowserForm,
    BrowserMessage,
    Door,
    Outcome,
    Request,
    Response,
    Route,
)
from vezne.edge.sites import Incoming
from vezne.vault.intake import VaultIntake
from vezne.vault.transit import Transit

PAN = "5528790000000008"
MASK = "552879******0008"
CARD = CardFields((), "pan", "cvc")
OK = Response(200, b'{"ok":true}', ((b"content-type", b"application/json"), (b"set-cookie", b"x")))
DIAGNOSIS = Diagnosis(
    scheme="s",
    merchant_id=OWNER_ID,
    findings=(Finding(cause=Cause.KEY_REVOKED, certainty=Certainty.PROVEN),),
)


class FailingAudit(MemoryAudit):
    """A trail that takes no lines."""

    def record(self, event):
        raise AuditFailure("full")


class Desk:
    """A door with a recorder around it. `answer` is what its handler does."""

    def __init__(self, answer=None, *, diagnose=None, audit=None):
        self.book = MemoryCallBook()
        self.owners = FixedOwners()
        self.clock = FixedClock(SAMPLE_TIME_MS)
        self.recorder = CallRecorder(self.book, self.owners, self.clock, rows_max=9, shard=3)
        self.answer = answer or self.serve
        self.diagnosed = []
        self.door = self.recorder.record(door(self.handle, diagnose or self.diagnose))
        intake = VaultIntake(Transit(self.clock))
        self.dispatcher = Dispatcher([self.door], intake, audit or MemoryAudit())

    async def handle(self, request: Request):
        return await self.answer(request)

    async def serve(self, _request):
        claim_caller("owned")
        prove_caller(OWNER_ID, "owned")
        return OK

    async def diagnose(self, request):
        self.diagnosed.append(request.body.masked().text)
        return DIAGNOSIS

    async def send(self, raw=b"{}", path="/pay", method="POST", **headers):
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.dispatcher.handle(
            Incoming(method, "http", path, sent, raw, "198.51.100.7")
        )

    async def call(self, *args, **more):
        """Send a request and return what is logged of it."""
        await self.send(*args, **more)
        await self.recorder.write()
        return self.book.calls[-1]


def door(handle, diagnose):
    def refuse(status):
        return lambda bad: Response(status, bad.why.encode(), outcome=Outcome.REFUSED, reason="r")

    return Door(
        name="iyzico",
        routes=(
            Route(
                method="POST",
                path="/pay",
                handle=handle,
                card=CARD,
                kinds=frozenset({BodyKind.JSON, BodyKind.FORM}),
            ),
            Route(method="GET", path="/find", handle=handle, card_header="cardnumber"),
        ),
        headers=((b"x-door", b"1"), (b"content-type", b"text/plain")),
        unknown_path=refuse(404),
        wrong_method=refuse(405),
        malformed=refuse(400),
        too_large=refuse(413),
        fault=refuse(500),
        too_many=refuse(429),
        overloaded=refuse(503),
        diagnose=diagnose,
        ignores_case=True,
        references=("ref", "orderId", "MerchantUniqueCode"),
        claimed=lambda headers: headers.get("claimed", ""),
    )


async def test_nothing_is_kept_of_a_call_that_is_written():
    """A connection that idles remembers its newest call for as long."""
    desk = Desk()
    await desk.call(b'{"ref": "order-1"}', "/pay", cookie="secret")
    call = desk.recorder._newest.get()
    assert (call.headers, call.body, call.answer.body) == ({}, None, b"")


async def test_a_call_is_logged_with_what_came_and_what_went():
    desk = Desk()
    raw = f'{{"ref": "order-1", "pan":"{PAN}","cvc":123}}'
    logged = await desk.call(
        raw.encode(),
        "/pay?a=1",
        authorization="Scheme secret-signature",
        user_agent="a test",
        apikeyprivate="secret",
        cookie="secret",
        x_iyzi_rnd="rnd",
    )
    summary = logged.summary
    assert (summary.merchant_id, summary.at_ms) == (OWNER_ID, SAMPLE_TIME_MS + AHEAD_MS)
    assert (summary.method, summary.path, summary.status) == ("POST", "/pay", 200)
    assert (summary.outcome, summary.reference) == ("served", "order-1")
    assert (logged.caller, logged.is_proven, logged.address) == ("owned", True, "198.51.100.7")
    assert logged.target == "/pay?a=1"
    assert dict(logged.headers) == {
        "user-agent": "a test",
        "x-iyzi-rnd": "rnd",
        "authorization": "Scheme owned",
    }
    assert logged.body.text == f'{{"ref": "order-1", "pan":"{MASK}","cvc":***}}'
    assert logged.body.form is TextForm.AS_SENT
    assert logged.answer.text == '{"ok":true}'
    assert ("content-type", "application/json") in logged.answer_headers
    assert "set-cookie" not in dict(logged.answer_headers)
    assert "secret" not in msgspec.json.encode(logged).decode()
    assert desk.diagnosed == []


async def test_nothing_is_written_on_the_way_of_an_answer():
    desk = Desk()
    answer = await desk.send()
    assert answer.body == OK.body
    assert desk.book.calls == []
    await desk.recorder.write()
    assert len(desk.book.calls) == 1
    assert desk.owners.looked_up == 1


async def test_calls_are_numbered_as_they_came():
    """By real time, even when many come in one moment or the clock goes back."""
    desk = Desk()
    for _ in range(3):
        await desk.send()
    await desk.recorder.write()
    desk.clock.at_ms -= 1_000_000
    await desk.call()
    numbers = [each.summary.number for each in desk.book.calls]
    assert numbers == sorted(set(numbers))
    assert numbers[0] == SAMPLE_TIME_MS * 256_000 + 3
    assert max(numbers) < 2**63


@pytest.mark.parametrize(
    ("sent", "status", "why"),
    [
        ({"path": "/paying"}, 404, "no such path"),
        ({"method": "PUT"}, 405, "no such method"),
        ({"raw": None}, 413, "the body is larger than 1048576 bytes"),
        ({"raw": b"{"}, 400, "no valid JSON"),
    ],
)
async def test_what_no_handler_sees_is_logged_too(sent, status, why):
    """Without its body: what cannot be read cannot be masked."""
    logged = await Desk().call(**sent, user_agent="a test", claimed="nobody")
    assert logged.headers == (("user-agent", "a test"),)
    assert logged.caller == "nobody"
    assert (logged.summary.status, logged.summary.outcome) == (status, "refused")
    assert (logged.body.form, logged.body.text) == (TextForm.LEFT_OUT, why)
    assert logged.summary.merchant_id == DEMO_ID


async def test_what_no_handler_sees_is_whose_key_it_names():
    logged = await Desk().call(b"{", claimed="owned")
    assert (logged.summary.merchant_id, logged.is_proven) == (OWNER_ID, False)


@pytest.mark.parametrize("error", [RuntimeError("x"), FaultOnDemand()])
async def test_a_fault_of_ours_is_a_failed_call(error):
    async def fail(_request):
        raise error

    desk = Desk(fail)
    logged = await desk.call(b'{"a":1}')
    assert (logged.summary.status, logged.summary.outcome) == (500, "failed")
    assert logged.body.text == '{"a":1}'
    assert len(desk.book.calls) == 1


async def test_a_fault_that_is_answered_elsewhere_is_logged_without_an_answer():
    """As where the listeners are another process's."""

    async def fail(_request):
        raise RuntimeError

    desk = Desk(fail)
    body = VaultIntake(Transit(desk.clock)).lift(b"{}", None)
    request = Request(
        method="POST",
        scheme="http",
        host="",
        path="/pay",
        target="/pay",
        query="",
        headers={},
        body=body,
    )
    with pytest.raises(RuntimeError):
        await desk.door.routes[0].handle(request)
    await desk.recorder.write()
    assert desk.book.calls[0].summary.status == 0
    assert desk.book.calls[0].summary.outcome == "failed"


async def test_an_answer_that_the_trail_took_back_is_logged_as_it_was_given():
    async def refuse(_request):
        return Response(200, b"denied", outcome=Outcome.REFUSED)

    desk = Desk(refuse, audit=FailingAudit())
    logged = await desk.call()
    assert len(desk.book.calls) == 1
    assert (logged.summary.status, logged.summary.outcome) == (500, "failed")


async def test_only_who_is_not_believed_is_diagnosed():
    """While the body is still there; and the finding says whose the call is."""

    async def disbelieve(_request):
        claim_caller("nobody's")
        return Response(401, b"", outcome=Outcome.UNAUTHENTICATED)

    desk = Desk(disbelieve)
    logged = await desk.call(b'{"a":1}')
    assert desk.diagnosed == [b'{"a":1}']
    assert logged.diagnosis == DIAGNOSIS
    assert (logged.summary.merchant_id, logged.is_proven) == (OWNER_ID, False)


@pytest.mark.parametrize("claimed", ["owned", "unknown"])
async def test_without_a_diagnosis_the_claimed_key_says_whose_a_call_is(claimed):
    """A doctor that fails keeps nobody from his answer."""

    async def disbelieve(_request):
        claim_caller(claimed)
        return Response(401, b"", outcome=Outcome.UNAUTHENTICATED)

    async def fail(_request):
        raise RuntimeError

    logged = await Desk(disbelieve, diagnose=fail).call()
    assert logged.diagnosis is None
    assert logged.summary.merchant_id == (OWNER_ID if claimed == "owned" else DEMO_ID)


async def test_a_door_without_a_doctor_is_recorded_all_the_same():
    async def disbelieve(_request):
        return Response(401, b"", outcome=Outcome.UNAUTHENTICATED)

    desk = Desk(disbelieve)
    plain = msgspec.structs.replace(door(desk.handle, None), references=())
    desk.dispatcher = Dispatcher(
        [desk.recorder.record(plain)], VaultIntake(Transit(desk.clock)), MemoryAudit()
    )
    logged = await desk.call(b'{"ref":"x"}')
    assert (logged.diagnosis, logged.summary.reference) == (None, "")


async def test_a_body_that_cannot_be_had_is_left_out():
    async def release(request):
        request.body.release()
        return OK

    logged = await Desk(release).call(b'{"a":1}')
    assert logged.body.form is TextForm.LEFT_OUT


async def test_a_card_in_a_header_is_shown_as_one():
    logged = await Desk().call(b"", "/find", "GET", cardnumber=PAN)
    assert dict(logged.headers)["cardnumber"] == MASK
    assert logged.body.text == ""
    assert PAN not in msgspec.json.encode(logged).decode()


async def test_a_page_for_a_browser_is_logged_as_what_it_does():
    async def post(_request):
        return BrowserForm(action="https://shop.example", fields=(("MD", "1"),))

    async def tell(_request):
        return BrowserMessage(message='{"a":1}', is_success=True)

    logged = await Desk(post).call()
    assert json.loads(logged.answer.text) == {
        "action": "https://shop.example",
        "fields": {"MD": "1"},
    }
    assert (logged.summary.status, logged.answer.form) == (200, TextForm.REBUILT)
    assert json.loads((await Desk(tell).call()).answer.text) == {"message": '{"a":1}'}


async def test_a_bare_answer_has_its_own_headers_only():
    async def answer(_request):
        return Response(200, b"", bare=True)

    assert (await Desk(answer).call()).answer_headers == ()


async def test_the_payment_of_a_call_is_known():
    async def pay(_request):
        name_payment(42)
        return OK

    assert (await Desk(pay).call()).summary.payment_number == 42


@pytest.mark.parametrize(
    ("raw", "path", "headers", "reference"),
    [
        (b'{"orderId" : 17}', "/pay", {}, "17"),
        (b'{"ref":""}', "/pay", {}, ""),
        (b'{"a":"ref"}', "/pay?x=1&ref=abc", {}, "abc"),
        (b'{"a":"ref"}', "/pay?ref=abc", {}, "abc"),
        (b"", "/pay", {"merchantuniquecode": "abc"}, "abc"),
        (b'{"merchantUniqueCode":"x"}', "/pay", {}, "x"),
        (b'{"ref":"%s"}' % PAN.encode(), "/pay", {}, "[masked]"),
        (b'{"ref":"%s"}' % (b"a" * 300), "/pay", {}, "a" * 200),
    ],
)
async def test_a_callers_own_name_is_found_in_body_or_query(raw, path, headers, reference):
    assert (await Desk().call(raw, path, **headers)).summary.reference == reference


async def test_numbers_are_masked_wherever_somebody_puts_them():
    """In path, query, headers, free text, the answer, and the name of a key."""

    async def repeat(request):
        claim_caller(f"key {PAN}")
        return Response(200, request.body.masked().text, ((b"location", PAN.encode()),))

    desk = Desk(repeat)
    raw = b'{"x":"%s","y":"5528 7900\\t00000008"}' % PAN.encode()
    spaced = "%20".join((PAN[:4], PAN[4:8], PAN[8:12], PAN[12:]))
    straddling = f"/pay?{'x' * 490}{PAN}"
    for path in (f"/pay?card={PAN}", f"/{PAN}", f"/pay?c={spaced}", straddling):
        logged = await desk.call(raw, path, user_agent=f"a {PAN}", authorization=f"S {PAN}")
        text = msgspec.json.encode(logged).decode()
        assert PAN not in text
        assert "00000008" not in text


def test_an_address_shows_neither_numbers_nor_codes_however_they_are_encoded():
    """Otherwise it stands as it was sent: a signature may be about it."""
    for target in (
        f"/pay?card={PAN}&cvc=947",
        f"/pay?card={'%20'.join((PAN[:4], PAN[4:8], PAN[8:12], PAN[12:]))}&x=1&cardCvv=947",
        f"/pay?card={'+'.join((PAN[:8], PAN[8:]))}&security_code=947&x",
        f"/pay?card=%35{PAN[1:]}&c%76v=947",
    ):
        shown = shown_target(target)
        assert "[masked]" in shown
        assert "=***" in shown
        assert PAN[-8:] not in shown
        assert PAN[-4:] not in shown
        assert "947" not in shown
    as_sent = "/payment/iyz%20ico?conversationId=a+b%26c&page=2"
    assert shown_target(as_sent) == as_sent


def test_times_are_no_numbers_of_cards():
    assert without_numbers('"systemTime":1795358311765') == '"systemTime":1795358311765'
    assert without_numbers("1" * 64_000) == "[masked]"
    assert without_numbers("nul \0 and \ud800") == "nul \ufffd and ?"
    assert without_numbers("4111 1111-1111/1129") == "[masked]"
    assert without_numbers("order 2026-05-31 14") == "order 2026-05-31 14"


async def test_long_answers_are_cut_where_no_number_is():
    async def answer(_request):
        return Response(200, b"a " * (BODY_BYTES_MAX // 2 - 4) + PAN.encode() + b"a")

    logged = await Desk(answer).call()
    assert logged.answer.is_cut
    assert logged.answer.length == BODY_BYTES_MAX + 9
    assert logged.answer.text.endswith("a a")


async def test_long_bodies_are_left_out():
    raw = b'{"x":"' + b"a" * BODY_BYTES_MAX + b'"}'
    logged = await Desk().call(raw)
    assert logged.body.form is TextForm.LEFT_OUT
    assert logged.body.length == len(raw)
    assert logged.body.text == "longer than 65536 bytes"


async def test_what_does_not_fit_or_cannot_be_written_is_counted():
    """Neither the disk nor too many calls stop the door."""
    desk = Desk()
    for _ in range(call_log.CALLS_MAX + 2):
        await desk.send()
    assert desk.recorder.lost == 2
    await desk.recorder.write()
    assert len(desk.book.calls) == call_log.CALLS_MAX
    desk.book.is_full = True
    assert (await desk.send()).status == 200
    await desk.recorder.write()
    assert desk.recorder.lost == 3


async def test_large_calls_do_not_fill_the_memory():
    async def answer(_request):
        return Response(200, b"x" * 1_000_000)

    desk = Desk(answer)
    for _ in range(40):
        await desk.send()
    assert desk.recorder.lost == 40 - call_log.BYTES_MAX // 1_000_000
    await desk.recorder.write()
    await desk.call()
    assert desk.recorder.lost == 40 - call_log.BYTES_MAX // 1_000_000


async def test_a_call_that_cannot_be_built_loses_itself_only():
    class OneBadOwner(FixedOwners):
        async def owner_of(self, door, claimed):
            if claimed == "bad":
                raise RuntimeError
            return await super().owner_of(door, claimed)

    desk = Desk()
    desk.recorder = CallRecorder(desk.book, OneBadOwner(), desk.clock, rows_max=9)
    desk.dispatcher = Dispatcher(
        [desk.recorder.record(door(desk.handle, None))],
        VaultIntake(Transit(desk.clock)),
        MemoryAudit(),
    )
    for name in ("one", "bad", "two"):
        await desk.send(b"{", claimed=name)
    await desk.recorder.write()
    assert [each.caller for each in desk.book.calls] == ["one", "two"]
    assert desk.recorder.lost == 1


async def test_a_new_recorder_goes_on_after_the_newest_call():
    """Though the clock has gone back since."""
    desk = Desk()
    newest = (await desk.call()).summary.number
    desk.clock.at_ms -= 1_000_000
    desk.recorder = CallRecorder(desk.book, desk.owners, desk.clock, rows_max=9, shard=5)
    desk.dispatcher = Dispatcher(
        [desk.recorder.record(door(desk.handle, None))],
        VaultIntake(Transit(desk.clock)),
        MemoryAudit(),
    )
    number = (await desk.call()).summary.number
    assert number > newest
    assert number % 256 == 5


async def test_of_a_key_that_nobody_has_the_beginning_is_kept():
    """It may be a secret. Of one that somebody has all is, though nothing was proven."""
    secret = "sandbox-Zu9xR3vLq7Kp2mTw"
    logged = await Desk().call(b"{", claimed=secret, authorization="IYZWS x:y")
    assert logged.caller == "sandbox-…"
    assert secret not in msgspec.json.encode(logged).decode()
    assert (await Desk().call(b"{", claimed="owned")).caller == "owned"


async def test_old_calls_are_forgotten_now_and_then():
    """At the start, and after every so many."""
    desk = Desk()
    await desk.call()
    assert desk.book.pruned == [9]
    for _ in range(call_log.PRUNE_EVERY):
        await desk.send()
    await desk.recorder.write()
    assert desk.book.pruned == [9, 9]
