"""An acquirer whose answers are scripted."""

from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping

from vezne.core.acquirer import (
    AuthorizeAsk,
    BeginAsk,
    Challenge,
    FollowUpAsk,
    ForgedReturn,
    InquireAsk,
    Returned,
)
from vezne.core.answer import Answer, Approved, Declined, NotFound, Reversed, Unknown
from vezne.core.attempt import Operation
from vezne.core.authentication import AUTHENTICATED, AuthenticationResult
from vezne.core.payment import Payment

Ask = AuthorizeAsk | FollowUpAsk
Truth = Approved | Declined | NotFound | Unknown
BeginAnswer = Challenge | Declined | Unknown | Exception

APPROVED = Approved(auth_code="123456", reference="mock00001iyzihostrfn")
BANK_PAGE = "https://bank.example/3ds"


def challenge_for(payment_number: int) -> Challenge:
    """Where the fake bank sends the holder of a payment's card."""
    return Challenge(
        url=BANK_PAGE,
        fields={"order": str(payment_number)},
        transaction_id=f"transaction-{payment_number}",
    )


def returned_for(
    payment: Payment, md_status: int = AUTHENTICATED, transaction_id: str | None = None
) -> Returned:
    """The fake bank's word on the holder of a payment's card."""
    challenge = challenge_for(payment.number)
    return Returned(
        merchant_id=payment.merchant_id,
        payment_number=payment.number,
        result=AuthenticationResult(
            md_status=md_status,
            transaction_id=transaction_id or challenge.transaction_id,
            eci="05",
            cavv="AAABBEg0VhI0VniQEjRWAAAAAAA=",
        ),
    )


def return_form(returned: Returned) -> dict[str, str]:
    """The form in which a browser brings that word."""
    return {
        "merchant": str(returned.merchant_id),
        "payment": str(returned.payment_number),
        "md_status": str(returned.result.md_status),
        "transaction": returned.result.transaction_id,
        "eci": returned.result.eci,
        "cavv": returned.result.cavv,
        "proof": "genuine",
    }


class ScriptedAcquirer:
    """Gives the queued answers in order and remembers what it was asked.

    A queued exception is raised instead. An ask beyond the script fails the test. `on_ask`, when
    set, is awaited while the bank "thinks": the place to look at what is committed by then.
    An authentication begins with `challenge_for` its payment unless `script_begin` says otherwise;
    `begun` and `on_begin` are for it what `asks` and `on_ask` are for the others.
    Asked about a trace, it tells what `script_inquiry` says, else that it never heard of it; it
    acknowledges a reversal unless `script_reversal` says otherwise, and `reversed` has its trace.
    """

    def __init__(self, *answers: Answer | Exception, name: str = "scripted") -> None:
        self.name = name
        self.asks: list[tuple[Operation, Ask]] = []
        self.on_ask: Callable[[Operation, Ask], Awaitable[None]] | None = None
        self.begun: list[BeginAsk] = []
        self.on_begin: Callable[[BeginAsk], Awaitable[None]] | None = None
        self._answers = deque(answers)
        self._begin_answers: deque[BeginAnswer] = deque()
        self.reversed: list[int] = []
        self._truths: defaultdict[int, deque[Truth]] = defaultdict(deque)
        self._reversals: defaultdict[int, deque[Reversed | Unknown]] = defaultdict(deque)

    def script(self, *answers: Answer | Exception) -> None:
        """Queue more answers."""
        self._answers.extend(answers)

    def script_begin(self, *answers: BeginAnswer) -> None:
        """Queue answers to requests for an authentication."""
        self._begin_answers.extend(answers)

    def script_inquiry(self, trace: int, *truths: Truth) -> None:
        """Queue what is told about a trace."""
        self._truths[trace].extend(truths)

    def script_reversal(self, trace: int, *answers: Reversed | Unknown) -> None:
        """Queue answers to reversals of a trace."""
        self._reversals[trace].extend(answers)

    @property
    def is_done(self) -> bool:
        """Whether every scripted answer was given."""
        return not self._answers

    async def begin(self, ask: BeginAsk) -> Challenge | Declined | Unknown:
        self.begun.append(ask)
        if self.on_begin is not None:
            await self.on_begin(ask)
        if not self._begin_answers:
            return challenge_for(ask.payment_number)
        answer = self._begin_answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def read_return(self, fields: Mapping[str, str]) -> Returned:
        """The word in a form that `return_form` made. Raises ForgedReturn."""
        if fields.get("proof") != "genuine":
            raise ForgedReturn("the form does not prove itself")
        return Returned(
            merchant_id=int(fields["merchant"]),
            payment_number=int(fields["payment"]),
            result=AuthenticationResult(
                md_status=int(fields["md_status"]),
                transaction_id=fields["transaction"],
                eci=fields["eci"],
                cavv=fields["cavv"],
            ),
        )

    async def authorize(self, ask: AuthorizeAsk) -> Answer:
        return await self._answer(Operation.AUTHORIZE, ask)

    async def capture(self, ask: FollowUpAsk) -> Answer:
        return await self._answer(Operation.CAPTURE, ask)

    async def void(self, ask: FollowUpAsk) -> Answer:
        return await self._answer(Operation.VOID, ask)

    async def refund(self, ask: FollowUpAsk) -> Answer:
        return await self._answer(Operation.REFUND, ask)

    async def inquire(self, ask: InquireAsk) -> Truth:
        truths = self._truths[ask.trace]
        return truths.popleft() if truths else NotFound()

    async def reverse(self, ask: InquireAsk) -> Reversed | Unknown:
        answers = self._reversals[ask.trace]
        answer = answers.popleft() if answers else Reversed()
        if isinstance(answer, Reversed):
            self.reversed.append(ask.trace)
        return answer

    async def _answer(self, operation: Operation, ask: Ask) -> Answer:
        self.asks.append((operation, ask))
        if self.on_ask is not None:
            await self.on_ask(operation, ask)
        assert self._answers, f"the script has no answer to {operation} {ask.trace}"
        answer = self._answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        return answer
