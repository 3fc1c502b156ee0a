"""Messages to the built-in bank, without an acquirer, and its replies."""

from simbank.host import Host
from vezne.wire.simhost import Operation, Reply, Request, decode_reply, encode_request

PAN = "5528790000000008"


def sale(trace: int = 7, **changes: object) -> Request:
    """A sale of 1.2 lira with a good card."""
    fields: dict[str, object] = {
        "operation": Operation.SALE,
        "merchant_id": 3,
        "trace": trace,
        "amount_e8": 120_000_000,
        "currency": "TRY",
        "pan": PAN,
        "cvv": "987",
        "expiry": "3012",
    }
    return Request(**(fields | changes))


def after(paid: Reply, operation: Operation, trace: int, **changes: object) -> Request:
    """A follow-up of an approval, for 1.2 lira."""
    fields: dict[str, object] = {
        "operation": operation,
        "merchant_id": 3,
        "trace": trace,
        "amount_e8": 120_000_000,
        "currency": "TRY",
        "reference": paid.reference,
        "auth_code": paid.auth_code,
    }
    return Request(**(fields | changes))


def about(operation: Operation, trace: int = 7, merchant_id: int = 3) -> Request:
    """An inquiry or a reversal."""
    return Request(
        operation=operation,
        merchant_id=merchant_id,
        trace=trace,
        amount_e8=120_000_000,
        currency="TRY",
    )


async def say(host: Host, request: Request) -> Reply:
    """The bank's reply, which it must give."""
    return decode_reply(await host.handle(encode_request(request)))
