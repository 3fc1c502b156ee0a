"""The bank's pages, from the opening of an authentication on, as a browser walks through them."""

from typing import NamedTuple

import msgspec

from builders import SAMPLE_TIME_MS
from fakes.asgi_caller import AsgiResponse, post
from fakes.bank import RETURN_KEY, bank_host, simulator_config
from fakes.card_line import FilledLine
from fakes.html_page import HtmlPage
from simbank.acs.pages import acs_app
from simbank.acs.transactions import Transaction, unseal
from vezne.acquirers.simulator.adapter import SimulatorAcquirer
from vezne.core.acquirer import BeginAsk, Challenge, Returned
from vezne.core.money import UNIT

CHALLENGE_PAN = "5528790000000008"
RETURN_URL = "http://127.0.0.1:8080/3ds/return/simulator"


class Browsed(NamedTuple):
    """A page and the response that it came in."""

    response: AsgiResponse
    page: HtmlPage


class AcsVisit:
    """A bank, its acquirer, and a browser on the bank's pages. `now_ms` is theirs to move."""

    def __init__(self) -> None:
        self.now_ms = SAMPLE_TIME_MS
        self.line = FilledLine(bank_host(clock=lambda: self.now_ms).handle)
        self.acquirer = SimulatorAcquirer(simulator_config(), self.line)
        self.app = acs_app(return_key=RETURN_KEY, seed="bank", now_ms=lambda: self.now_ms)

    async def begin(self, pan: str = CHALLENGE_PAN, **changes: object) -> Challenge:
        """Open an authentication that the bank accepts."""
        challenge = await self.acquirer.begin(self.begin_ask(pan, **changes))
        assert isinstance(challenge, Challenge)
        return challenge

    def begin_ask(self, pan: str = CHALLENGE_PAN, **changes: object) -> BeginAsk:
        """The ask of a payment of 1.2 lira."""
        ask = BeginAsk(
            merchant_id=7,
            merchant_name="Kitapçı",
            payment_number=11_441_120,
            card=self.line.hold(pan),
            amount_e8=12 * UNIT // 10,
            currency="TRY",
            installments=1,
            language="tr",
            return_url=RETURN_URL,
        )
        return msgspec.structs.replace(ask, **changes)

    async def enter(self, challenge: Challenge) -> Browsed:
        """Post the merchant's form to the bank."""
        return await self.send("/bank/3ds", challenge.fields)

    async def open(self, pan: str = CHALLENGE_PAN, **changes: object) -> Browsed:
        """Open an authentication and walk on to what comes after the method step."""
        waiting = await self.enter(await self.begin(pan, **changes))
        return await self.press(waiting, "continue")

    async def press(self, at: Browsed, action: str, **typed: str) -> Browsed:
        """Submit one of a page's forms, with what was typed into it."""
        form = at.page.form(action)
        assert form.method == "post"
        return await self.send(form.action, form.fields | typed)

    async def send(self, path: str, fields: dict[str, str]) -> Browsed:
        """Post a form and read the page that comes."""
        response = await post(self.app, path, fields)
        return Browsed(response, HtmlPage(response.text))

    def returned(self, at: Browsed) -> Returned:
        """What the acquirer reads in the form of the page that leads back."""
        (form,) = at.page.forms
        assert (form.action, form.method) == (RETURN_URL, "post")
        return self.acquirer.read_return(form.fields)


def transaction_of(at: Browsed) -> Transaction:
    """What the bank remembers on a page."""
    return unseal(RETURN_KEY, at.page.forms[0].fields["token"])
