"""An acquirer whose answers are scripted."""

from collections import deque
from collections.abc import Awaitable, Callable

from vezne.core.answer import Answer, Approved
from vezne.core.attempt import Operation
from vezne.core.ports import AuthorizeAsk, FollowUpAsk

Ask = AuthorizeAsk | FollowUpAsk

APPROVED = Approved(auth_code="123456", reference="mock00001iyzihostrfn")


class ScriptedAcquirer:
    """Gives the queued answers in order and remembers what it was asked.

    A queued exception is raised instead. An ask beyond the script fails the test. `on_ask`, when
    set, is awaited while the bank "thinks": the place to look at what is committed by then.
    """

    def __init__(self, *answers: Answer | Exception, name: str = "scripted") -> None:
        self.name = name
        self.asks: list[tuple[Operation, Ask]] = []
        self.on_ask: Callable[[Operation, Ask], Awaitable[None]] | None = None
        self._answers = deque(answers)

    def script(self, *answers: Answer | Exception) -> None:
        """Queue more answers."""
        self._answers.extend(answers)

    @property
    def is_done(self) -> bool:
        """Whether every scripted answer was given."""
        return not self._answers

    async def authorize(self, ask: AuthorizeAsk) -> Answer:
        return await self._answer(Operation.AUTHORIZE, ask)

    async def capture(self, ask: FollowUpAsk) -> Answer:
        return await self._answer(Operation.CAPTURE, ask)

    async def void(self, ask: FollowUpAsk) -> Answer:
        return await self._answer(Operation.VOID, ask)

    async def refund(self, ask: FollowUpAsk) -> Answer:
        return await self._answer(Operation.REFUND, ask)

    async def _answer(self, operation: Operation, ask: Ask) -> Answer:
        self.asks.append((operation, ask))
        if self.on_ask is not None:
            await self.on_ask(operation, ask)
        assert self._answers, f"the script has no answer to {operation} {ask.trace}"
        answer = self._answers.popleft()
        if isinstance(answer, Exception):
            raise answer
        return answer
