"""Payments with 3-D Secure in three steps: the first call, the browser's way, the second call.

The payment of the first call waits for its cardholder; its session names it to browser and caller.
"""

import hmac
from html import escape
from typing import Final
from urllib.parse import parse_qsl, urlencode

import msgspec

from vezne.core.authentication import LIFE_MS, AuthenticationState
from vezne.core.merchant import Merchant
from vezne.core.payment import Payment, PaymentState
from vezne.core.refusal import Reason, Refusal
from vezne.dialects.paynet import auth, envelope, errors, gate
from vezne.dialects.paynet.charge import kind_of
from vezne.dialects.paynet.direct import answer_of, pay_command
from vezne.dialects.paynet.endpoint import Call, Desk, origin
from vezne.dialects.paynet.envelope import Answer
from vezne.dialects.paynet.errors import Failure
from vezne.dialects.paynet.outcome import is_approved, outcome_of
from vezne.dialects.paynet.outward_ids import SESSION, NotAName, opened_name
from vezne.dialects.paynet.purchase import BLOCKAGE_RELEASE
from vezne.dialects.paynet.sessions import session_text, token_text
from vezne.dialects.paynet.shapes import Gate, read
from vezne.dialects.paynet.transaction_answers import TdsBegun
from vezne.dialects.paynet.transaction_shapes import TdsCharge, TdsInitial
from vezne.dialects.paynet.urls import checked_return_url
from vezne.edge import messages
from vezne.edge.messages import RETURN_PATH, BrowserForm, BrowserMessage, Handler, Request
from vezne.flows.authenticate import Authenticate, begin
from vezne.flows.complete import Complete, complete
from vezne.flows.inquire import find_payment
from vezne.flows.merchant_time import ports_at
from vezne.flows.session import add_session, new_session

GATE_PATH: Final = "/v2/transaction/tds_gate"
# Sessions of these services, which those of PaynetJ do not know.
_DOOR: Final = "paynet.tds"
# A session has one token for all its life.
_TOKEN_NUMBER: Final = 0
_FIELDS_MAX: Final = 32
_CLOSE: Final = "command=close-iframe"

# Name and id of the form are those of the documentation's sample.
_PAGE: Final = """\
<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Paynet</title>
</head>
<body>
<form name="paynetForm" id="paynetForm" method="post" action="{action}">
<noscript><button type="submit">{button}</button></noscript>
</form>
<script>document.getElementById("paynetForm").submit();</script>
</body>
</html>
"""
_BUTTONS: Final = {"tr": "Bankama devam et", "en": "Continue to my bank"}


async def initial(call: Call[TdsInitial]) -> Answer:
    """POST /v2/transaction/tds_initial: promise a payment, and say where its holder goes.

    A bank that refuses to authenticate leaves code 16 and no session.
    """
    ports = call.desk.ports
    if not call.body.return_url:
        raise Failure(errors.MISSING, "return_url")
    url = checked_return_url(call.body.return_url)
    at = origin(call.desk, call.scheme, call.host)
    session = new_session(call.merchant, _DOOR, {}, LIFE_MS, ports)
    begun = await begin(
        Authenticate(
            pay=await pay_command(call, session.key),
            success_url=url,
            failure_url=url,
            caller_key=call.key,
            language=call.language,
            return_url=f"{at}{RETURN_PATH}/{ports.acquirer.name}",
            keeps_challenge=True,
        ),
        ports,
    )
    if begun.challenge is None:
        outcome = outcome_of(begun.payment, call.language)
        return Answer(result=outcome.result, message=outcome.paynet_error_message)
    # Nobody knows the session's name before this call has answered.
    number = begun.payment.number
    await add_session(msgspec.structs.replace(session, payment_number=number), ports)
    return Answer(fields=_begun(call, session.key, at))


def _begun(call: Call[TdsInitial], session_key: bytes, at: str) -> TdsBegun:
    names = {
        "session_id": session_text(call.desk, call.merchant.id, session_key),
        "token_id": token_text(call.desk, call.merchant.id, session_key, _TOKEN_NUMBER),
    }
    url = f"{at}{GATE_PATH}?{urlencode(names | {'publishable_key': call.key})}"
    page = _PAGE.format(language=call.language, action=escape(url), button=_BUTTONS[call.language])
    return TdsBegun(
        session_id=names["session_id"],
        token_id=names["token_id"],
        post_url=url,
        html_content=page,
    )


def tds_gate(desk: Desk) -> Handler:
    """GET and POST /v2/transaction/tds_gate: on to the bank, as often as it is asked for.

    Once the bank has spoken, or the time for it is over, the browser goes on to the merchant.
    Whoever comes without a session and its token gets a page that says so.
    """

    async def handle(request: Request) -> messages.Answer:
        language = envelope.context_of(request).language
        try:
            merchant, payment = await _visited(desk, request)
        except (Failure, Refusal):
            return BrowserMessage(message=_CLOSE, is_success=False, language=language)
        authentication = payment.authentication
        if (
            authentication is not None
            and authentication.state is AuthenticationState.OPEN
            and ports_at(merchant, desk.ports).clock.now_ms() < authentication.expires_ms
        ):
            return BrowserForm(
                action=authentication.challenge_url,
                fields=tuple(authentication.challenge_fields.items()),
                language=authentication.language,
            )
        return gate.conclude(desk, payment)

    return handle


async def _visited(desk: Desk, request: Request) -> tuple[Merchant, Payment]:
    """The payment of a browser's session, and whose it is. Raises Failure and Refusal."""
    body = read(Gate, _fields_of(request))
    merchant = await auth.find_by_publishable_key(body.publishable_key or "", desk.merchants)
    if merchant is None:
        raise Failure(errors.UNAUTHORIZED)
    return merchant, await _payment_of(desk, merchant, body.session_id, body.token_id)


def _fields_of(request: Request) -> dict[str, object]:
    """The parameters of a request, from its query and its body."""
    try:
        fields: dict[str, object] = dict(parse_qsl(request.query, max_num_fields=_FIELDS_MAX))
    except ValueError:
        fields = {}
    sent = request.body.payload
    return fields | sent if isinstance(sent, dict) else fields


async def charge(call: Call[TdsCharge]) -> Answer:
    """POST /v2/transaction/tds_charge: take the money, once its cardholder is authenticated.

    A call that comes again gets the payment that there is, with code 100.
    """
    body, desk, merchant = call.body, call.desk, call.merchant
    kind = kind_of(body.transaction_type) if body.transaction_type else None
    payment = await _payment_of(desk, merchant, body.session_id, body.token_id)
    if payment.state is not PaymentState.AUTHENTICATING:
        return await answer_of(call, payment, is_repeat=is_approved(payment))
    command = Complete(
        merchant=merchant, number=payment.number, blockage_release=BLOCKAGE_RELEASE, kind=kind
    )
    try:
        return await answer_of(call, await complete(command, desk.ports))
    except Refusal as refusal:
        if refusal.reason is not Reason.AUTHENTICATION_UNSUITABLE:
            raise
    # Not authenticated, or another call completed it meanwhile: see how it stands.
    payment = await find_payment(merchant, payment.number, desk.ports)
    return await answer_of(call, payment, is_repeat=is_approved(payment))


async def _payment_of(
    desk: Desk, merchant: Merchant, session_id: str | None, token_id: str | None
) -> Payment:
    """The payment of a session, whose time may be over.

    Raises Failure: MISSING, NO_SESSION, UNMATCHED; Refusal(PAYMENT_NOT_FOUND).
    """
    if not session_id:
        raise Failure(errors.MISSING, "session_id")
    if not token_id:
        raise Failure(errors.MISSING, "token_id")
    try:
        key = opened_name(desk.names, merchant.id, SESSION, session_id)
    except NotAName:
        raise Failure(errors.NO_SESSION) from None
    session = await desk.ports.books.find_session(merchant.id, key)
    if session is None or session.door != _DOOR or session.payment_number is None:
        raise Failure(errors.NO_SESSION)
    expected = token_text(desk, merchant.id, key, _TOKEN_NUMBER)
    if not hmac.compare_digest(token_id.replace(" ", "+").encode(), expected.encode()):
        raise Failure(errors.UNMATCHED)
    return await find_payment(merchant, session.payment_number, desk.ports)
