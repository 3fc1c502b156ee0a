"""The signature doctor of a running sandbox whose vault is a process of its own.

The gateway that looks has neither the card nor the signature over it; the vault tells it enough.
"""

import json

import msgspec

from fakes.databases import query
from fakes.doors import IyzicoCaller, PaynetCaller
from fakes.iyzico_client import CARD, card_request
from fakes.server import wait_until
from fakes.signed import signed_headers
from fakes.split_server import SplitServer
from vezne.core.call_log import ApiCall
from vezne.core.diagnosis import Cause, Part

PATH = "/cardstorage/card"
PAN = CARD["cardNumber"]


def test_the_gateway_finds_causes_with_the_vaults_help(tmp_path):
    """A body written anew, a wrong secret and a body that was not signed, with a card in each."""
    server = SplitServer(tmp_path / "data")
    server.start()
    try:
        caller = IyzicoCaller(server)
        own = caller.keys
        sent = json.dumps(card_request(card=CARD | {"cardAlias": "ç"})).encode()
        signed = json.dumps(json.loads(sent), separators=(",", ":"), ensure_ascii=False).encode()
        for secret, body in (
            (own["secret_key"], signed),
            (own["api_key"], sent),
            (own["secret_key"], b""),
        ):
            headers = signed_headers(own["api_key"], secret, PATH, body)
            assert not caller.ok(caller.send("POST", PATH, sent, headers)[1])
        paynet = PaynetCaller(server)
        headers = {
            "Authorization": f"Bearer {paynet.keys['secret_key']}",
            "Content-Type": "application/json",
        }
        paynet.send("POST", "/v1/card/list", b"{}", headers)
        wait_until(lambda: len(diagnosed(server)) == 4)
    finally:
        assert server.stop() == 0
    written, secret, unsigned, scheme = diagnosed(server)
    assert causes(written) == [Cause.BODY_UNICODE_PLAIN, Cause.BODY_COMPACT]
    difference = written.diagnosis.difference
    assert written.diagnosis.signed[difference.segment].part is Part.BODY
    assert difference.ours.startswith(' "tr"')
    assert written.diagnosis.is_exact
    assert not secret.diagnosis.is_exact
    assert causes(secret) == [Cause.SECRET_IS_KEY]
    # Only who has the signature could tell, and the gateway is not given it.
    assert causes(unsigned) == [Cause.SECRET_WRONG, Cause.SIGNED_OTHERWISE]
    assert causes(scheme) == [Cause.SCHEME_MISSPELT]
    for call in (written, secret, unsigned, scheme):
        assert PAN not in repr(call)
        assert own["secret_key"] not in repr(call)


def causes(call):
    return [finding.cause for finding in call.diagnosis.findings]


def diagnosed(server):
    """The calls of the log that have a diagnosis, the oldest first."""
    rows = query(server.data, "calls", "SELECT document FROM call_documents ORDER BY number")
    calls = [msgspec.json.decode(row["document"], type=ApiCall) for row in rows]
    return [call for call in calls if call.diagnosis is not None]
