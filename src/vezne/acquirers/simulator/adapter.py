"""The built-in bank as an acquirer."""

from collections.abc import Mapping
from typing import Final

from vezne.acquirers.simulator.codes import NOT_SENT
from vezne.acquirers.simulator.config import SimulatorConfig
from vezne.acquirers.simulator.messages import (
    Template,
    about_template,
    answer_to_authorize,
    answer_to_begin,
    answer_to_follow_up,
    answer_to_inquiry,
    answer_to_reversal,
    authorize_template,
    begin_template,
    follow_up_template,
    returned_from,
)
from vezne.core.acquirer import AuthorizeAsk, BeginAsk, Challenge, FollowUpAsk, InquireAsk, Returned
from vezne.core.answer import (
    Answer,
    Approved,
    Declined,
    DeclineReason,
    NotFound,
    Reversed,
    Unknown,
)
from vezne.core.card import SealedCard
from vezne.core.ports import CardLine, LineFailure
from vezne.event_log import EventLog
from vezne.wire.simhost import Operation

_log = EventLog(__name__)

# A second try mends a connection that went stale while idle; a third would mend nothing more.
_SENDS_MAX: Final = 2
_NOT_REACHED: Final = Unknown(why="the bank did not answer when asked")


class SimulatorAcquirer:
    """Implements core.ports.Acquirer over a line to the bank. Stateless.

    CardGone of the line passes through: the card cannot be opened and nothing was sent.
    """

    def __init__(self, config: SimulatorConfig, line: CardLine) -> None:
        self._name = config.name
        self._return_key = config.return_key
        self._line = line

    @property
    def name(self) -> str:
        """The name under which attempts are recorded."""
        return self._name

    async def begin(self, ask: BeginAsk) -> Challenge | Declined | Unknown:
        """Ask for the cardholder's authentication. No money moves. Raises CardGone."""
        reply = await self._send(ask.merchant_id, begin_template(ask), ask.card)
        return answer_to_begin(reply, ask.payment_number) if isinstance(reply, bytes) else reply

    def read_return(self, fields: Mapping[str, str]) -> Returned:
        """The bank's word in the form that a browser brought.

        Raises ForgedReturn unless the form has exactly the bank's fields and its signature.
        """
        return returned_from(self._return_key, fields)

    async def authorize(self, ask: AuthorizeAsk) -> Answer:
        """Reserve money, and take it at once when `is_capture`. Raises CardGone."""
        reply = await self._send(ask.merchant_id, authorize_template(ask), ask.card)
        if not isinstance(reply, bytes):
            return reply
        answer = answer_to_authorize(reply, ask.trace)
        if isinstance(answer, Approved) and not answer.is_test_card:
            _log.warning("card is no test card", card=ask.card.mask, trace=ask.trace)
        return answer

    async def capture(self, ask: FollowUpAsk) -> Answer:
        """Take reserved money."""
        return await self._follow_up(Operation.CAPTURE, ask)

    async def void(self, ask: FollowUpAsk) -> Answer:
        """Undo before settlement."""
        return await self._follow_up(Operation.VOID, ask)

    async def refund(self, ask: FollowUpAsk) -> Answer:
        """Give captured money back, whole or in part."""
        return await self._follow_up(Operation.REFUND, ask)

    async def inquire(self, ask: InquireAsk) -> Approved | Declined | NotFound | Unknown:
        """What became of an earlier question. A bank that cannot be reached has not said no."""
        reply = await self._send(ask.merchant_id, about_template(Operation.INQUIRY, ask), None)
        return answer_to_inquiry(reply, ask) if isinstance(reply, bytes) else _NOT_REACHED

    async def reverse(self, ask: InquireAsk) -> Reversed | Unknown:
        """Undo an earlier question, or make sure that it will not happen should it still come."""
        reply = await self._send(ask.merchant_id, about_template(Operation.REVERSAL, ask), None)
        return answer_to_reversal(reply, ask.trace) if isinstance(reply, bytes) else _NOT_REACHED

    async def _follow_up(self, operation: Operation, ask: FollowUpAsk) -> Answer:
        reply = await self._send(ask.merchant_id, follow_up_template(operation, ask), None)
        return answer_to_follow_up(reply, ask.trace) if isinstance(reply, bytes) else reply

    async def _send(
        self, merchant_id: int, template: Template, card: SealedCard | None
    ) -> bytes | Declined | Unknown:
        """The bank's reply, or the answer when there is none.

        Only a message that certainly was not sent is sent again: it cannot charge twice. When it
        never gets out, nothing happened at the bank, so the answer is a decline and not unknown.
        """
        for _ in range(_SENDS_MAX):
            try:
                return await self._line.send(merchant_id, template, card)
            except LineFailure as failure:
                if failure.is_sent:
                    return Unknown(why=f"no reply: {failure}")
        return Declined(reason=DeclineReason.COMMUNICATION_ERROR, code=NOT_SENT)
