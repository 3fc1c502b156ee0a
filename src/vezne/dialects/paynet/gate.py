"""The gate: where a browser with a token is sent on to its bank, and comes back to."""

from typing import Final
from urllib.parse import parse_qsl, quote

import msgspec

from vezne.core.authentication import AuthenticationState
from vezne.core.merchant import Merchant
from vezne.core.payment import Payment, PaymentKind
from vezne.core.refusal import Reason, Refusal
from vezne.dialects.paynet import auth, envelope, errors
from vezne.dialects.paynet.endpoint import Desk, desk_for, origin
from vezne.dialects.paynet.errors import Failure
from vezne.dialects.paynet.purchase import pay_command, presented_card
from vezne.dialects.paynet.remarks import remarks_of
from vezne.dialects.paynet.sessions import (
    Opened,
    Token,
    change,
    check_token,
    find_opened,
    session_text,
    token_text,
)
from vezne.dialects.paynet.shapes import Gate, read
from vezne.edge.messages import (
    RETURN_PATH,
    Answer,
    BrowserForm,
    BrowserMessage,
    Handler,
    Request,
)
from vezne.flows.authenticate import Authenticate, begin
from vezne.flows.held_card import drop_held_card
from vezne.flows.inquire import find_payment

PATH: Final = "/v1/paynetjgate/tds"
_FIELDS_MAX: Final = 32
# Both while the payment waits for its charge, and once that has come.
_SUCCESSES: Final = frozenset({AuthenticationState.PASSED, AuthenticationState.SPENT})
# What the embedding page does when there is nothing to be done here.
_CLOSE: Final = "command=close-iframe"


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """A browser at the gate with a session and a token that belong together.

    `return_url` is where the bank sends the browser back to.
    """

    merchant: Merchant
    publishable_key: str
    opened: Opened
    token: Token
    language: str
    return_url: str


def gate(desk: Desk) -> Handler:
    """GET and POST /v1/paynetjgate/tds.

    The bank is asked to authenticate the cardholder; a page that is loaded again leads to the same
    place. Whoever comes without a session and its token gets a page that says so.
    """

    async def handle(request: Request) -> Answer:
        language = envelope.context_of(request).language
        try:
            return await _pass(desk, request, language)
        except (Failure, Refusal):
            return BrowserMessage(message=_CLOSE, is_success=False, language=language)

    return handle


def conclude(desk: Desk, payment: Payment) -> BrowserForm | BrowserMessage:
    """Where a browser goes after the bank: to the session's `return_url`, or to the page around it.

    Raises Refusal(AUTHENTICATION_UNSUITABLE) for a payment without 3-D Secure.
    """
    authentication = payment.authentication
    if authentication is None:
        raise Refusal(Reason.AUTHENTICATION_UNSUITABLE)
    remarks = remarks_of(payment)
    key = bytes.fromhex(remarks.session)
    fields = (
        ("session_id", session_text(desk, payment.merchant_id, key)),
        ("token_id", token_text(desk, payment.merchant_id, key, remarks.token_number)),
    )
    if authentication.success_url:
        return BrowserForm(
            action=authentication.success_url, fields=fields, language=authentication.language
        )
    pairs = "&".join(f"{name}={quote(value, safe='')}" for name, value in fields)
    return BrowserMessage(
        message=f"command=form-post&{pairs}",
        is_success=authentication.state in _SUCCESSES,
        language=authentication.language,
    )


async def _pass(desk: Desk, request: Request, language: str) -> BrowserForm | BrowserMessage:
    """Raises Failure and Refusal."""
    body = read(Gate, _fields_of(request))
    merchant = await auth.find_by_publishable_key(body.publishable_key or "", desk.merchants)
    if merchant is None:
        raise Failure(errors.UNAUTHORIZED)
    there = desk_for(merchant, desk)
    try:
        return await _send_on(there, await _visit(there, merchant, body, request, language))
    except Refusal as refusal:
        if refusal.reason is not Reason.OPERATION_IN_FLIGHT:
            raise
    # Another page of the same token began meanwhile: go where that one goes.
    return await _send_on(there, await _visit(there, merchant, body, request, language))


async def _visit(
    desk: Desk, merchant: Merchant, body: Gate, request: Request, language: str
) -> Visit:
    """Raises Failure and Refusal."""
    opened = await find_opened(desk, merchant, body.session_id)
    token = check_token(desk, opened, body.token_id)
    if not token.is_tds:
        raise Failure(errors.UNMATCHED)
    at = origin(desk, request.scheme, request.host)
    return Visit(
        merchant=merchant,
        publishable_key=body.publishable_key or "",
        opened=opened,
        token=token,
        language=language,
        return_url=f"{at}{RETURN_PATH}/{desk.ports.acquirer.name}",
    )


def _fields_of(request: Request) -> object:
    """The parameters of a request, from its body or else its query."""
    if request.body.payload is not None:
        return request.body.payload
    try:
        return dict(parse_qsl(request.query, max_num_fields=_FIELDS_MAX))
    except ValueError:
        return None


async def _send_on(desk: Desk, visit: Visit) -> BrowserForm | BrowserMessage:
    """To the bank while it waits for the browser, else to where the browser goes afterwards."""
    payment = await _begun(desk, visit)
    authentication = payment.authentication
    if (
        authentication is not None
        and authentication.state is AuthenticationState.OPEN
        and desk.ports.clock.now_ms() < authentication.expires_ms
        and authentication.challenge_url
    ):
        return BrowserForm(
            action=authentication.challenge_url,
            fields=tuple(authentication.challenge_fields.items()),
            language=visit.language,
        )
    return conclude(desk, payment)


async def _begun(desk: Desk, visit: Visit) -> Payment:
    """The payment of a token, begun now unless it was before.

    Of two that begin at once one is written into the session; the other never takes money.
    """
    session = visit.opened.session
    if session.payment_number is not None:
        return await find_payment(visit.merchant, session.payment_number, desk.ports)
    if desk.ports.clock.now_ms() >= visit.token.expires_ms:
        raise Failure(errors.EXPIRED)
    payment = await _begin(desk, visit)
    begun = msgspec.structs.replace(session, payment_number=payment.number, held_number=None)
    await change(msgspec.structs.replace(visit.opened, session=begun), desk.ports)
    await drop_held_card(visit.merchant, visit.token.number, desk.ports)
    return payment


async def _begin(desk: Desk, visit: Visit) -> Payment:
    terms = visit.opened.terms
    async with presented_card(visit.merchant, terms, visit.token, desk.ports) as card:
        begun = await begin(
            Authenticate(
                pay=pay_command(
                    visit.merchant,
                    visit.opened,
                    visit.token,
                    card,
                    kind=PaymentKind.SALE,
                    # The charge gives it: a page that is left must not keep it from the next one.
                    reference_no="",
                ),
                success_url=terms.return_url,
                failure_url=terms.return_url,
                caller_key=visit.publishable_key,
                language=visit.language,
                return_url=visit.return_url,
                keeps_challenge=True,
            ),
            desk.ports,
        )
    return begun.payment
