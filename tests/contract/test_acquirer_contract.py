"""What every acquirer must keep to, whatever bank is behind it.

A new acquirer adds a subject to SUBJECTS: how to make it, which cards its bank knows, and how its
bank's replies look.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Protocol

import msgspec
import pytest

from fakes.bank import RETURN_KEY, bank_host, simulator_config
from fakes.card_line import Bank, FilledLine
from fakes.log_lines import capture_logs
from simbank.cards import IYZICO_SPECIAL, OWN_DECLINES, own_pan
from vezne.acquirers.simulator.adapter import SimulatorAcquirer
from vezne.acquirers.simulator.codes import DECLINES
from vezne.core.acquirer import (
    Acquirer,
    AuthorizeAsk,
    BeginAsk,
    Challenge,
    FollowUpAsk,
    ForgedReturn,
    InquireAsk,
    Returned,
)
from vezne.core.answer import (
    Answer,
    Approved,
    Declined,
    DeclineReason,
    NotFound,
    Reversed,
    Risk,
    Unknown,
)
from vezne.core.attempt import Operation
from vezne.core.authentication import MD_STATUSES, AuthenticationResult
from vezne.core.card import CardSlot, SealedCard
from vezne.core.money import UNIT
from vezne.core.ports import CardGone, CardLine, LineFailure
from vezne.wire.simacs import Offer, Outcome, sign_return
from vezne.wire.simhost import Found, FraudVerdict, Reply, ResponseCode, encode_reply

TRACE = 11_441_121


class Subject(Protocol):
    """An acquirer under contract, and the bank that it talks to."""

    approved_pan: str
    unlisted_pan: str  # a real card: the bank has never heard of it
    reviewed_pan: str
    rejected_pan: str
    declined_pans: Mapping[str, DeclineReason]
    reason_codes: Mapping[str, DeclineReason]  # every decline that the bank has a word for
    unlisted_code: str
    needed_fields: tuple[str, ...]  # of an approved authorization
    needed_fields_of_follow_up: tuple[str, ...]
    refused_at_begin: Mapping[str, DeclineReason]  # cards whose holders cannot be authenticated
    unanswered_at_begin: str

    def bank(self) -> Bank:
        """A bank in working order."""

    def acquirer(self, line: CardLine) -> Acquirer:
        """The acquirer over a line."""

    def approval(self, trace: int, *, without: str | None = None) -> bytes:
        """A reply that approves anything, perhaps with one field missing."""

    def refusal(self, trace: int, code: str) -> bytes:
        """A reply with another code."""

    def finding(self, trace: int, *, code: str | None = None, without: str | None = None) -> bytes:
        """A reply to an inquiry: an approval, perhaps with a field missing, or a decline."""

    def offer(self, trace: int, *, without: bool = False) -> bytes:
        """A reply that opens an authentication, perhaps without where to go."""

    def return_form(self, returned: Returned) -> dict[str, str]:
        """The form that takes the bank's word back."""


class SimulatorSubject:
    """The built-in bank and its adapter."""

    approved_pan = "5528790000000008"
    unlisted_pan = "4242424242424242"
    reviewed_pan = own_pan(90000)
    rejected_pan = own_pan(90001)
    declined_pans = {
        pan: DECLINES[rule.code]
        for pan, rule in IYZICO_SPECIAL.items()
        if rule.code is not ResponseCode.APPROVED
    } | {own_pan(number): DECLINES[code] for number, code in OWN_DECLINES.items()}
    reason_codes = DECLINES
    unlisted_code = "ZZ"
    needed_fields = ("auth_code", "reference", "verdict", "is_test_card")
    needed_fields_of_follow_up = ("auth_code", "reference")
    refused_at_begin = MappingProxyType(
        {
            "4151111111111112": DeclineReason.GENERAL_ERROR,
            "4242424242424241": DeclineReason.INVALID_CARD_NUMBER,
        }
    )
    unanswered_at_begin = own_pan(95021)

    def bank(self) -> Bank:
        return bank_host().handle

    def acquirer(self, line: CardLine) -> Acquirer:
        return SimulatorAcquirer(simulator_config(), line)

    def approval(self, trace: int, *, without: str | None = None) -> bytes:
        return self._reply(trace, without=without)

    def finding(self, trace: int, *, code: str | None = None, without: str | None = None) -> bytes:
        if code is None:
            found = Found(is_approved=True, code=ResponseCode.APPROVED)
            return self._reply(trace, without=without, found=found)
        found = Found(is_approved=False, code=code)
        return encode_reply(Reply(trace=trace, code=ResponseCode.APPROVED, found=found))

    def _reply(self, trace: int, *, without: str | None, found: Found | None = None) -> bytes:
        fields = {
            "auth_code": "235467",
            "reference": "mock00001iyzihostrfn",
            "verdict": FraudVerdict.ACCEPTED,
            "is_test_card": True,
            "found": found,
        }
        fields.pop(without or "", None)
        return encode_reply(Reply(trace=trace, code=ResponseCode.APPROVED, **fields))

    def refusal(self, trace: int, code: str) -> bytes:
        return encode_reply(Reply(trace=trace, code=code))

    def offer(self, trace: int, *, without: bool = False) -> bytes:
        offer = Offer(url="https://bank.example/3ds", token="t", transaction_id="i")
        return encode_reply(
            Reply(trace=trace, code=ResponseCode.APPROVED, offer=None if without else offer)
        )

    def return_form(self, returned: Returned) -> dict[str, str]:
        result = returned.result
        outcome = Outcome(
            merchant_id=returned.merchant_id,
            payment_number=returned.payment_number,
            transaction_id=result.transaction_id,
            md_status=result.md_status,
            eci=result.eci,
            cavv=result.cavv,
        )
        return sign_return(RETURN_KEY, outcome)


SUBJECTS = [SimulatorSubject()]
ALL_OPERATIONS = list(Operation)
FOLLOW_UPS = [Operation.CAPTURE, Operation.VOID, Operation.REFUND]


@pytest.fixture(params=SUBJECTS, ids=lambda subject: type(subject).__name__)
def subject(request: pytest.FixtureRequest) -> Subject:
    return request.param


def always(reply: bytes) -> Bank:
    """A bank that says the same to everyone."""

    async def answer(message: bytes) -> bytes:
        return reply

    return answer


def authorize_ask(card: SealedCard, *, trace: int = TRACE, is_capture: bool = True) -> AuthorizeAsk:
    return AuthorizeAsk(
        merchant_id=7,
        trace=trace,
        card=card,
        amount_e8=12 * UNIT // 10,
        currency="TRY",
        installments=1,
        is_capture=is_capture,
    )


def follow_up_ask(approved: Approved, *, trace: int = TRACE + 1) -> FollowUpAsk:
    return FollowUpAsk(
        merchant_id=7,
        trace=trace,
        reference=approved.reference,
        auth_code=approved.auth_code,
        amount_e8=12 * UNIT // 10,
        currency="TRY",
    )


PAID = Approved(auth_code="235467", reference="mock00001iyzihostrfn")


def ask(
    subject: Subject, line: FilledLine, operation: Operation, *, pan: str | None = None
) -> Awaitable[Answer]:
    """Ask for any of the four operations."""
    acquirer = subject.acquirer(line)
    if operation is Operation.AUTHORIZE:
        return acquirer.authorize(
            authorize_ask(line.hold(pan or subject.approved_pan), trace=TRACE)
        )
    verbs: dict[Operation, Callable[[FollowUpAsk], Awaitable[Answer]]] = {
        Operation.CAPTURE: acquirer.capture,
        Operation.VOID: acquirer.void,
        Operation.REFUND: acquirer.refund,
    }
    return verbs[operation](follow_up_ask(PAID, trace=TRACE))


@pytest.mark.parametrize("is_capture", [True, False], ids=["sale", "hold"])
async def test_approves(subject: Subject, *, is_capture: bool) -> None:
    """A good card is approved with an auth code, a reference, and no doubt about it."""
    line = FilledLine(subject.bank())
    card = line.hold(subject.approved_pan)
    answer = await subject.acquirer(line).authorize(authorize_ask(card, is_capture=is_capture))
    assert isinstance(answer, Approved)
    assert len(answer.auth_code) == 6
    assert answer.reference
    assert answer.risk is Risk.ACCEPTED
    assert answer.is_test_card


@pytest.mark.parametrize("pan_of", ["reviewed_pan", "rejected_pan"])
async def test_passes_on_the_fraud_filter(subject: Subject, pan_of: str) -> None:
    """An approval that the bank's fraud filter doubts or rejects still is an approval."""
    expected = {"reviewed_pan": Risk.REVIEW, "rejected_pan": Risk.REJECTED}[pan_of]
    line = FilledLine(subject.bank())
    answer = await ask(subject, line, Operation.AUTHORIZE, pan=getattr(subject, pan_of))
    assert isinstance(answer, Approved)
    assert answer.risk is expected


async def test_declines_with_each_reason(subject: Subject) -> None:
    """Every card that the bank declines comes back with the reason for it."""
    line = FilledLine(subject.bank())
    acquirer = subject.acquirer(line)
    for trace, (pan, reason) in enumerate(subject.declined_pans.items(), start=TRACE):
        answer = await acquirer.authorize(authorize_ask(line.hold(pan), trace=trace))
        assert isinstance(answer, Declined), pan
        assert answer.reason is reason
        assert answer.code


async def test_knows_every_code_of_the_bank(subject: Subject) -> None:
    """Every word of the bank for a decline has a reason, whatever was asked."""
    for code, reason in subject.reason_codes.items():
        bank = always(subject.refusal(TRACE, code))
        for operation in ALL_OPERATIONS:
            answer = await ask(subject, FilledLine(bank), operation)
            assert answer == Declined(reason=reason, code=code)


@pytest.mark.parametrize("operation", ALL_OPERATIONS)
async def test_unlisted_code_is_unknown(subject: Subject, operation: Operation) -> None:
    """A response code that nobody has heard of is neither a success nor a decline."""
    line = FilledLine(always(subject.refusal(TRACE, subject.unlisted_code)))
    assert isinstance(await ask(subject, line, operation), Unknown)


@pytest.mark.parametrize("operation", ALL_OPERATIONS)
async def test_silence_is_unknown(subject: Subject, operation: Operation) -> None:
    """When the bank may have seen the message, it is not sent again and nothing is concluded."""
    line = FilledLine(subject.bank())
    line.failures.append(LineFailure("no reply in time", is_sent=True))
    assert isinstance(await ask(subject, line, operation), Unknown)
    assert len(line.templates) == 1


@pytest.mark.parametrize("operation", ALL_OPERATIONS)
async def test_unsent_message_is_sent_again(subject: Subject, operation: Operation) -> None:
    """A message that never left may be sent once more."""
    line = FilledLine(always(subject.approval(TRACE)))
    line.failures.append(LineFailure("connection refused", is_sent=False))
    assert isinstance(await ask(subject, line, operation), Approved)
    assert len(line.sent) == 1


@pytest.mark.parametrize("operation", ALL_OPERATIONS)
async def test_gives_up_on_a_dead_line(subject: Subject, operation: Operation) -> None:
    """When no message gets out, nothing happened at the bank: a decline, after a few tries."""
    line = FilledLine(subject.bank())
    line.failures.extend(LineFailure("connection refused", is_sent=False) for _ in range(9))
    answer = await ask(subject, line, operation)
    assert isinstance(answer, Declined)
    assert answer.reason is DeclineReason.COMMUNICATION_ERROR
    assert line.sent == []
    assert len(line.templates) <= 3


@pytest.mark.parametrize("operation", ALL_OPERATIONS)
async def test_silence_on_the_second_try_is_unknown(subject: Subject, operation: Operation) -> None:
    """A failed first try does not make a lost second one harmless."""
    line = FilledLine(subject.bank())
    line.failures.append(LineFailure("connection refused", is_sent=False))
    line.failures.append(LineFailure("no reply in time", is_sent=True))
    assert isinstance(await ask(subject, line, operation), Unknown)


@pytest.mark.parametrize("operation", ALL_OPERATIONS)
async def test_reply_to_another_trace_is_unknown(subject: Subject, operation: Operation) -> None:
    """A late reply to an earlier message says nothing about this one, be it yes or no."""
    code = next(iter(subject.reason_codes))
    for late in (subject.approval(TRACE - 1), subject.refusal(TRACE - 1, code)):
        assert isinstance(await ask(subject, FilledLine(always(late)), operation), Unknown)


@pytest.mark.parametrize("operation", ALL_OPERATIONS)
@pytest.mark.parametrize(
    "garbage",
    [b"", b"\x00", b"<html>502</html>", b"null", b"[]", b"{}", b'{"a":"\xff"}', b"[" * 100_000],
    ids=["empty", "zero", "html", "null", "array", "object", "encoding", "nesting"],
)
async def test_garbage_is_unknown(subject: Subject, operation: Operation, garbage: bytes) -> None:
    """A reply that cannot be read is no answer."""
    assert isinstance(await ask(subject, FilledLine(always(garbage)), operation), Unknown)


async def test_truncated_reply_is_unknown(subject: Subject) -> None:
    """Half an approval is no approval, wherever it breaks off."""
    whole = subject.approval(TRACE)
    for length in range(len(whole)):
        line = FilledLine(always(whole[:length]))
        assert isinstance(await ask(subject, line, Operation.AUTHORIZE), Unknown)


@pytest.mark.parametrize("operation", ALL_OPERATIONS)
async def test_incomplete_approval_is_unknown(subject: Subject, operation: Operation) -> None:
    """A yes without what is needed to follow it up is not taken for one."""
    is_payment = operation is Operation.AUTHORIZE
    needed = subject.needed_fields if is_payment else subject.needed_fields_of_follow_up
    for field in needed:
        bank = always(subject.approval(TRACE, without=field))
        assert isinstance(await ask(subject, FilledLine(bank), operation), Unknown), field


@pytest.mark.parametrize("operation", FOLLOW_UPS)
async def test_follows_up_an_approval(subject: Subject, operation: Operation) -> None:
    """The reference of an approval is all that capture, void and refund need."""
    line = FilledLine(subject.bank())
    acquirer = subject.acquirer(line)
    hold = authorize_ask(
        line.hold(subject.approved_pan), is_capture=operation is not Operation.CAPTURE
    )
    paid = await acquirer.authorize(hold)
    assert isinstance(paid, Approved)
    answer = await getattr(acquirer, operation.value)(follow_up_ask(paid))
    assert isinstance(answer, Approved)
    assert answer.auth_code
    assert answer.reference not in {"", paid.reference}


@pytest.mark.parametrize("operation", [Operation.VOID, Operation.REFUND])
async def test_captured_hold_can_be_undone(subject: Subject, operation: Operation) -> None:
    """The reference of a capture can be voided or refunded in its turn."""
    line = FilledLine(subject.bank())
    acquirer = subject.acquirer(line)
    held = await acquirer.authorize(
        authorize_ask(line.hold(subject.approved_pan), is_capture=False)
    )
    assert isinstance(held, Approved)
    captured = await acquirer.capture(follow_up_ask(held))
    assert isinstance(captured, Approved)
    undone = await getattr(acquirer, operation.value)(follow_up_ask(captured, trace=TRACE + 2))
    assert isinstance(undone, Approved)


async def test_card_gone_is_the_callers_business(subject: Subject) -> None:
    """A card that cannot be opened is no answer of the bank's."""
    line = FilledLine(subject.bank())
    card = line.hold(subject.approved_pan)
    line.release()
    with pytest.raises(CardGone):
        await subject.acquirer(line).authorize(authorize_ask(card))


async def test_card_without_cvv(subject: Subject) -> None:
    """A stored card has no CVV; its slot stays empty and the message good."""
    line = FilledLine(subject.bank())
    card = line.hold(subject.approved_pan, cvv="")
    assert isinstance(await subject.acquirer(line).authorize(authorize_ask(card)), Approved)


async def test_never_sees_the_card(subject: Subject) -> None:
    """Templates hold slots where the card goes, and neither answers nor logs hold its number."""
    line = FilledLine(subject.bank())
    with capture_logs() as logs:
        answer = await ask(subject, line, Operation.AUTHORIZE, pan=subject.unlisted_pan)
    (template,) = line.templates
    assert [part for part in template if isinstance(part, CardSlot)] == list(CardSlot)
    fixed = b"".join(part for part in template if isinstance(part, bytes)).decode()
    assert subject.unlisted_pan not in f"{fixed} {answer!r} {logs!r}"
    assert subject.unlisted_pan in line.sent[0].decode()


async def test_warns_of_a_card_that_is_no_test_card(subject: Subject) -> None:
    """A real card is told from a test card, in the answer and, masked, in the log."""
    line = FilledLine(subject.bank())
    with capture_logs() as logs:
        answer = await ask(subject, line, Operation.AUTHORIZE, pan=subject.unlisted_pan)
        await ask(subject, line, Operation.AUTHORIZE, pan=subject.approved_pan)
    assert isinstance(answer, Approved)
    assert not answer.is_test_card
    assert [(entry["level"], entry["card"]) for entry in logs] == [("warning", "424242******4242")]


async def test_keeps_apart_what_runs_at_once(subject: Subject) -> None:
    """One adapter serves many payments at a time; each gets the reply to its own trace."""
    line = FilledLine(subject.bank())
    acquirer = subject.acquirer(line)
    card = line.hold(subject.approved_pan)
    traces = range(TRACE, TRACE + 50)
    answers = await asyncio.gather(
        *(acquirer.authorize(authorize_ask(card, trace=trace)) for trace in traces)
    )
    again = [await acquirer.authorize(authorize_ask(card, trace=trace)) for trace in traces]
    assert answers == again
    assert all(isinstance(answer, Approved) for answer in answers)


def test_name(subject: Subject) -> None:
    """An acquirer has a name to record attempts under."""
    assert subject.acquirer(FilledLine(subject.bank())).name


def begin_ask(card: SealedCard) -> BeginAsk:
    return BeginAsk(
        merchant_id=7,
        merchant_name="Kitapçı",
        payment_number=TRACE,
        card=card,
        amount_e8=12 * UNIT // 10,
        currency="TRY",
        installments=1,
        language="tr",
        return_url="https://pay.example/3ds/return/bank",
    )


def begin(
    subject: Subject, line: FilledLine, *, pan: str | None = None
) -> Awaitable[Challenge | Declined | Unknown]:
    return subject.acquirer(line).begin(begin_ask(line.hold(pan or subject.approved_pan)))


async def test_begins_an_authentication(subject: Subject) -> None:
    """A good card gets a form for the browser and a name of its own, the same each time."""
    challenge = await begin(subject, FilledLine(subject.bank()))
    assert isinstance(challenge, Challenge)
    assert challenge.url.startswith("https://")
    assert challenge.fields
    assert challenge.transaction_id
    assert await begin(subject, FilledLine(subject.bank())) == challenge


async def test_begin_sends_the_number_only(subject: Subject) -> None:
    """The CVV is for the authorization; neither it nor the PAN is anywhere but in its slot."""
    line = FilledLine(subject.bank())
    with capture_logs() as logs:
        challenge = await begin(subject, line, pan=subject.unlisted_pan)
    (template,) = line.templates
    assert [part for part in template if isinstance(part, CardSlot)] == [CardSlot.PAN]
    fixed = b"".join(part for part in template if isinstance(part, bytes)).decode()
    assert subject.unlisted_pan not in f"{fixed} {challenge!r} {logs!r}"
    assert subject.unlisted_pan in line.sent[0].decode()


async def test_begin_is_declined(subject: Subject) -> None:
    """A card whose holder cannot be authenticated comes back with the reason."""
    for pan, reason in subject.refused_at_begin.items():
        answer = await begin(subject, FilledLine(subject.bank()), pan=pan)
        assert isinstance(answer, Declined), pan
        assert (answer.reason, bool(answer.code)) == (reason, True)


async def test_unanswered_begin_is_unknown(subject: Subject) -> None:
    """Whatever is no answer to this begin opens nothing."""
    line = FilledLine(subject.bank())
    line.failures.append(LineFailure("no reply in time", is_sent=True))
    assert isinstance(await begin(subject, line), Unknown)
    assert len(line.templates) == 1
    silent = await begin(subject, FilledLine(subject.bank()), pan=subject.unanswered_at_begin)
    assert isinstance(silent, Unknown)
    code = next(iter(subject.reason_codes))
    for reply in (
        subject.refusal(TRACE, subject.unlisted_code),
        subject.refusal(TRACE - 1, code),
        subject.offer(TRACE - 1),
        subject.offer(TRACE, without=True),
        subject.approval(TRACE),
        b"null",
    ):
        assert isinstance(await begin(subject, FilledLine(always(reply))), Unknown)


async def test_truncated_offer_is_unknown(subject: Subject) -> None:
    """Half an offer is none, wherever it breaks off."""
    whole = subject.offer(TRACE)
    assert isinstance(await begin(subject, FilledLine(always(whole))), Challenge)
    for length in range(len(whole)):
        answer = await begin(subject, FilledLine(always(whole[:length])))
        assert isinstance(answer, Unknown)


async def test_begin_gives_up_on_a_dead_line(subject: Subject) -> None:
    """A begin that never left may be sent again, but not for ever."""
    line = FilledLine(subject.bank())
    line.failures.append(LineFailure("connection refused", is_sent=False))
    assert isinstance(await begin(subject, line), Challenge)
    line.failures.extend(LineFailure("connection refused", is_sent=False) for _ in range(9))
    answer = await begin(subject, line)
    assert isinstance(answer, Declined)
    assert answer.reason is DeclineReason.COMMUNICATION_ERROR


async def test_begin_without_the_card(subject: Subject) -> None:
    """A card that cannot be opened is no answer of the bank's here either."""
    line = FilledLine(subject.bank())
    card = line.hold(subject.approved_pan)
    line.release()
    with pytest.raises(CardGone):
        await subject.acquirer(line).begin(begin_ask(card))


RETURNED = Returned(
    merchant_id=7,
    payment_number=TRACE,
    result=AuthenticationResult(md_status=1, transaction_id="i", eci="05", cavv="c"),
)


@pytest.mark.parametrize("md_status", MD_STATUSES)
def test_reads_the_banks_word(subject: Subject, md_status: int) -> None:
    """Everything that the bank said is read, good or bad."""
    acquirer = subject.acquirer(FilledLine(subject.bank()))
    result = msgspec.structs.replace(RETURNED.result, md_status=md_status)
    returned = msgspec.structs.replace(RETURNED, result=result)
    assert acquirer.read_return(subject.return_form(returned)) == returned


def test_refuses_a_forged_word(subject: Subject) -> None:
    """A field that is altered, missing or made up spoils the form, and the error quotes nothing."""
    acquirer = subject.acquirer(FilledLine(subject.bank()))
    form = subject.return_form(RETURNED)
    forged = [{name: value for name, value in form.items() if name != left} for left in form]
    forged += [form | {name: value + "0"} for name, value in form.items()]
    forged += [form | {"other": ""}, {}]
    for fields in forged:
        with pytest.raises(ForgedReturn) as caught:
            acquirer.read_return(fields)
        assert str(caught.value) == ""


def about(
    trace: int = TRACE, operation: Operation = Operation.AUTHORIZE, merchant_id: int = 7
) -> InquireAsk:
    return InquireAsk(
        merchant_id=merchant_id,
        trace=trace,
        operation=operation,
        amount_e8=12 * UNIT // 10,
        currency="TRY",
    )


async def test_the_same_trace_again_gets_the_same_answer(subject: Subject) -> None:
    """Whatever is sent twice is done once: the second answer is the first one."""
    line = FilledLine(subject.bank())
    acquirer = subject.acquirer(line)
    card = line.hold(subject.approved_pan)
    paid = await acquirer.authorize(authorize_ask(card))
    assert isinstance(paid, Approved)
    assert await acquirer.authorize(authorize_ask(card)) == paid
    refunded = await acquirer.refund(follow_up_ask(paid))
    assert isinstance(refunded, Approved)
    assert await acquirer.refund(follow_up_ask(paid)) == refunded
    # The whole amount was given back: had it happened twice, this would be the third time.
    assert isinstance(await acquirer.refund(follow_up_ask(paid, trace=TRACE + 2)), Declined)


async def test_the_same_trace_for_something_else_is_declined(subject: Subject) -> None:
    """A trace names one question; another one under it is neither done nor answered as the first.

    Not even with another card, as far as the bank may remember the card.
    """
    line = FilledLine(subject.bank())
    acquirer = subject.acquirer(line)
    paid = await acquirer.authorize(authorize_ask(line.hold(subject.approved_pan)))
    assert isinstance(paid, Approved)
    first = authorize_ask(line.hold(subject.approved_pan))
    for changes in ({"amount_e8": UNIT}, {"currency": "USD"}, {"is_capture": False}):
        answer = await acquirer.authorize(msgspec.structs.replace(first, **changes))
        assert isinstance(answer, Declined)
    other = authorize_ask(line.hold(subject.unlisted_pan))
    assert isinstance(await acquirer.authorize(other), Declined)
    assert isinstance(await acquirer.refund(follow_up_ask(paid, trace=TRACE)), Declined)


async def test_inquires(subject: Subject) -> None:
    """The bank tells of an approval all that its answer told, of a decline the reason."""
    line = FilledLine(subject.bank())
    acquirer = subject.acquirer(line)
    assert await acquirer.inquire(about()) == NotFound()
    paid = await acquirer.authorize(authorize_ask(line.hold(subject.reviewed_pan)))
    assert isinstance(paid, Approved)
    assert await acquirer.inquire(about()) == paid
    assert await acquirer.inquire(about(merchant_id=8)) == NotFound()
    pan, reason = next(iter(subject.declined_pans.items()))
    declined = await acquirer.authorize(authorize_ask(line.hold(pan), trace=TRACE + 1))
    assert isinstance(declined, Declined)
    assert await acquirer.inquire(about(TRACE + 1)) == declined
    assert declined.reason is reason


@pytest.mark.parametrize("operation", FOLLOW_UPS)
async def test_inquires_about_a_follow_up(subject: Subject, operation: Operation) -> None:
    """What became of a capture, void or refund is told as well."""
    line = FilledLine(subject.bank())
    acquirer = subject.acquirer(line)
    paid = await acquirer.authorize(
        authorize_ask(
            line.hold(subject.approved_pan), is_capture=operation is not Operation.CAPTURE
        )
    )
    assert isinstance(paid, Approved)
    assert await acquirer.inquire(about(TRACE + 1, operation)) == NotFound()
    done = await getattr(acquirer, operation.value)(follow_up_ask(paid))
    assert isinstance(done, Approved)
    assert await acquirer.inquire(about(TRACE + 1, operation)) == done


async def test_reverses_an_approval(subject: Subject) -> None:
    """What is undone is told as a decline, cannot be followed up, and stays undone."""
    line = FilledLine(subject.bank())
    acquirer = subject.acquirer(line)
    card = line.hold(subject.approved_pan)
    paid = await acquirer.authorize(authorize_ask(card))
    assert isinstance(paid, Approved)
    for _ in range(2):
        assert await acquirer.reverse(about()) == Reversed()
    assert isinstance(await acquirer.inquire(about()), Declined)
    assert isinstance(await acquirer.authorize(authorize_ask(card)), Declined)
    assert isinstance(await acquirer.refund(follow_up_ask(paid)), Declined)


async def test_reverses_what_never_came(subject: Subject) -> None:
    """A message that comes after its reversal is refused, and the bank has nothing approved."""
    line = FilledLine(subject.bank())
    acquirer = subject.acquirer(line)
    for _ in range(2):
        assert await acquirer.reverse(about()) == Reversed()
    late = authorize_ask(line.hold(subject.approved_pan))
    assert isinstance(await acquirer.authorize(late), Declined)
    assert isinstance(await acquirer.inquire(about()), Declined)
    # Another merchant's question of that name is another question.
    assert isinstance(
        await acquirer.authorize(msgspec.structs.replace(late, merchant_id=8)), Approved
    )


async def test_reverses_a_refund(subject: Subject) -> None:
    """The money of a refund that was undone can be refunded again."""
    line = FilledLine(subject.bank())
    acquirer = subject.acquirer(line)
    paid = await acquirer.authorize(authorize_ask(line.hold(subject.approved_pan)))
    assert isinstance(paid, Approved)
    assert isinstance(await acquirer.refund(follow_up_ask(paid)), Approved)
    assert await acquirer.reverse(about(TRACE + 1, Operation.REFUND)) == Reversed()
    assert isinstance(await acquirer.refund(follow_up_ask(paid, trace=TRACE + 2)), Approved)


async def test_more_than_there_is_cannot_be_given_back(subject: Subject) -> None:
    """The bank gives back in parts what was taken, and nothing beyond it."""
    line = FilledLine(subject.bank())
    acquirer = subject.acquirer(line)
    paid = await acquirer.authorize(authorize_ask(line.hold(subject.approved_pan)))
    assert isinstance(paid, Approved)
    part = follow_up_ask(paid)
    answers = [
        await acquirer.refund(
            msgspec.structs.replace(part, trace=TRACE + 1 + number, amount_e8=UNIT // 2)
        )
        for number in range(3)
    ]
    assert [type(answer) for answer in answers] == [Approved, Approved, Declined]


def finding_out(subject: Subject, line: FilledLine) -> list[Callable[[], Awaitable[object]]]:
    acquirer = subject.acquirer(line)
    return [lambda: acquirer.inquire(about()), lambda: acquirer.reverse(about())]


@pytest.mark.parametrize(
    "garbage",
    [b"", b"\x00", b"<html>502</html>", b"null", b"[]", b"{}", b'{"a":"\xff"}', b"[" * 100_000],
    ids=["empty", "zero", "html", "null", "array", "object", "encoding", "nesting"],
)
async def test_garbage_settles_nothing(subject: Subject, garbage: bytes) -> None:
    """An inquiry or a reversal whose reply cannot be read is to be sent again."""
    for verb in finding_out(subject, FilledLine(always(garbage))):
        assert isinstance(await verb(), Unknown)


async def test_another_reply_settles_nothing(subject: Subject) -> None:
    """Neither a decline, nor a reply to another trace, nor an approval of nobody knows what."""
    code = next(iter(subject.reason_codes))
    replies = [
        subject.refusal(TRACE, code),
        subject.refusal(TRACE, subject.unlisted_code),
        subject.finding(TRACE - 1),
        subject.finding(TRACE - 1, code=code),
    ]
    for reply in replies:
        for verb in finding_out(subject, FilledLine(always(reply))):
            assert isinstance(await verb(), Unknown)
    acquirer = subject.acquirer(FilledLine(always(subject.approval(TRACE))))
    assert isinstance(await acquirer.inquire(about()), Unknown)


async def test_incomplete_finding_is_unknown(subject: Subject) -> None:
    """An approval that the bank tells of must have all that it had when it was given."""
    for operation in ALL_OPERATIONS:
        is_payment = operation is Operation.AUTHORIZE
        for field in subject.needed_fields if is_payment else subject.needed_fields_of_follow_up:
            line = FilledLine(always(subject.finding(TRACE, without=field)))
            answer = await subject.acquirer(line).inquire(about(TRACE, operation))
            assert isinstance(answer, Unknown), field


async def test_a_decline_with_an_unlisted_code_is_told(subject: Subject) -> None:
    """Asked outright, the bank says that it declined: then even a strange code settles it."""
    line = FilledLine(always(subject.finding(TRACE, code=subject.unlisted_code)))
    answer = await subject.acquirer(line).inquire(about())
    assert answer == Declined(reason=DeclineReason.UNSPECIFIED_ERROR, code=subject.unlisted_code)


@pytest.mark.parametrize("is_sent", [True, False])
async def test_a_failing_line_settles_nothing(subject: Subject, *, is_sent: bool) -> None:
    """A bank that cannot be asked has not said no, whether or not the question went out."""
    line = FilledLine(subject.bank())
    for verb in finding_out(subject, line):
        line.failures.extend(LineFailure("line down", is_sent=is_sent) for _ in range(9))
        assert isinstance(await verb(), Unknown)
        assert len(line.failures) >= 6
        line.failures.clear()
