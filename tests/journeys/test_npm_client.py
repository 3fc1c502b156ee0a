import hashlib
import hmac
import json
import subprocess

import pytest

from fakes.npm_client import FOLDER, NODE, needs_node

pytestmark = needs_node


@pytest.fixture(scope="module")
def answers(server):
    """Everything that the npm client was told, over plain HTTP."""
    keys = server.keys["iyzico"]
    done = subprocess.run(
        [NODE, "journey.js", server.http, keys["api_key"], keys["secret_key"]],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_call_succeeds_but_the_declined_one(answers):
    """The whole journey works with the client as it is installed."""
    failed = [name for name, answer in answers.items() if answer["status"] != "success"]
    assert failed == ["declined"]
    assert answers["declined"]["errorCode"] == "10051"


def test_the_card_is_stored_and_listed(answers):
    """Non-ASCII text survives; the listed card is the stored one."""
    assert answers["card"]["cardAlias"] == "kartım"
    (listed,) = answers["cards"]["cardDetails"]
    assert listed["cardToken"] == answers["card"]["cardToken"]


def test_the_answers_are_signed(answers, server):
    """The signature verifies as the client's own sample does it."""
    paid = answers["paid"]
    text = f"{paid['paymentId']}:TRY:B67832:123456789:1.2:1"
    secret = server.keys["iyzico"]["secret_key"].encode()
    assert paid["signature"] == hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


def test_threeds_payments_are_completed(answers, server):
    """The client's first call, a browser, and both of its second calls."""
    callback = answers["callback"]
    text = f":123456789:1:{answers['threeds']['paymentId']}:success"
    secret = server.keys["iyzico"]["secret_key"].encode()
    assert callback["signature"] == hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
    assert (answers["threedsPaid"]["phase"], answers["threedsPaid"]["mdStatus"]) == ("AUTH", 1)
    assert (answers["threedsHeld"]["phase"], answers["threedsHeld"]["mdStatus"]) == ("PRE_AUTH", 1)


def test_the_follow_ups_name_their_payment(answers):
    """Refunds, cancel and capture come back with the ids that they were asked for."""
    assert answers["refund"]["paymentId"] == answers["paid"]["paymentId"]
    assert answers["amountRefund"]["paymentId"] == answers["paid"]["paymentId"]
    assert answers["cancel"]["paymentId"] == answers["stored"]["paymentId"]
    assert answers["captured"]["phase"] == "POST_AUTH"
