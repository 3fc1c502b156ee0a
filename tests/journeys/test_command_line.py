import json
import subprocess
import sys

import pytest

from fakes.databases import data_of, environment_of
from fakes.iyzico_client import CARD, Client
from fakes.leaks import files
from fakes.server import wait_until


def vezne(*arguments, environment=None):
    """Run the command to its end."""
    known = environment_of(data_of(arguments)) | {"COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-m", "vezne", *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        env=known | (environment or {}),
        check=False,
    )


def test_a_new_merchant_can_pay_at_once(start):
    """Added while the server runs, with keys of the user's own and made ones."""
    server = start()
    own = ("--iyzico-api-key", "my-key", "--iyzico-secret-key", "my-secret")
    added = vezne("merchants", "add", "Kitapçı", "--data", str(server.data), *own)
    assert added.returncode == 0, added.stderr
    keys = json.loads(added.stdout)
    assert keys["iyzico"] == {"api_key": "my-key", "secret_key": "my-secret"}
    assert all(keys["paywall"].values())
    assert Client(server, keys["iyzico"]).pay()["status"] == "success"

    listed = vezne("merchants", "list", "--data", str(server.data))
    assert "Kitapçı" in listed.stdout
    shown = vezne("merchants", "show", "Kitapçı", "--data", str(server.data))
    assert json.loads(shown.stdout)["merchant"]["name"] == "Kitapçı"
    assert "my-secret" not in shown.stdout
    assert not any(b"my-secret" in content for content in files(server.data).values())

    again = vezne("merchants", "add", "Kitapçı", "--data", str(server.data))
    assert again.returncode == 1
    assert "already" in again.stderr
    missing = vezne("merchants", "show", "nobody", "--data", str(server.data))
    assert (missing.returncode, missing.stdout) == (1, "")


def test_a_merchant_s_terms_price_the_next_payment(start):
    """A changed commission plan counts within seconds, without a restart."""
    server = start()
    client = Client(server)
    terms = ("--commission-rate", "4", "--fee", "0.3", "--blockage-rate", "0")
    changed = vezne("merchants", "set", "Demo", "--data", str(server.data), *terms)
    assert json.loads(changed.stdout)["plan"]["rate_e8"] == 4_000_000
    wait_until(lambda: client.pay()["iyziCommissionRateAmount"] == "0.048")
    paid = client.pay()
    assert paid["iyziCommissionFee"] == "0.3"
    assert paid["itemTransactions"][0]["blockageRate"] == 0
    wrong = vezne("merchants", "set", "Demo", "--data", str(server.data), "--fee", "much")
    assert (wrong.returncode, "fee" in wrong.stderr) == (1, True)


def test_a_revoked_key_stops_working(start):
    """Within seconds, without a restart."""
    server = start()
    client = Client(server)
    assert client.pay()["status"] == "success"
    command = ("merchants", "revoke", "iyzico", server.keys["iyzico"]["api_key"])
    assert vezne(*command, "--data", str(server.data)).returncode == 0
    wait_until(lambda: client.pay().get("errorCode") == "1001")
    again = vezne(*command, "--data", str(server.data))
    assert again.returncode == 1


def test_merchants_do_not_see_each_other(start):
    """Another merchant's user, card and payment are not found."""
    server = start()
    added = vezne("merchants", "add", "Other", "--data", str(server.data))
    mine, other = Client(server), Client(server, json.loads(added.stdout)["iyzico"])
    stored, paid = mine.store_card(), mine.pay()
    names = {name: stored[name] for name in ("cardUserKey", "cardToken")}
    assert other.pay(paymentCard=names)["errorCode"] == "3005"
    cancel = {"paymentId": paid["paymentId"]}
    assert other.call("Cancel", "create", cancel)["errorCode"] == "5086"


def test_a_person_decides_on_a_payment_under_review(start):
    """fraudStatus 0 becomes 1, or -1 with the money back."""
    server = start()
    client = Client(server)
    suspicious = CARD | {"cardNumber": "4000000000900003", "cvc": "123"}
    for verdict, fraud_status in (("accept", 1), ("reject", -1)):
        paid = client.pay(paymentCard=suspicious)
        assert paid["fraudStatus"] == 0
        decided = vezne("payments", verdict, paid["paymentId"], "--data", str(server.data))
        assert decided.returncode == 0, decided.stderr
        detail = client.call("Payment", "retrieve", {"paymentId": paid["paymentId"]})
        assert detail["fraudStatus"] == fraud_status
        again = vezne("payments", verdict, paid["paymentId"], "--data", str(server.data))
        assert again.returncode == 1
    missing = vezne("payments", "accept", "1", "--data", str(server.data))
    assert missing.returncode == 1


def test_migrate_says_what_it_did(tmp_path):
    """Twice is no harm, and a database from the future is refused by name."""
    first = vezne("migrate", "--data", str(tmp_path))
    assert first.returncode == 0, first.stderr
    assert "books: 1" in first.stdout
    assert "up to date" in vezne("migrate", "--data", str(tmp_path)).stdout


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (("serve",), {}, "--sandbox"),
        (("serve", "--sandbox", "--workers", "0"), {}, "workers"),
        (("serve", "--sandbox", "--listen", "nowhere"), {}, "listen"),
        (("serve", "--sandbox", "--iyzico-profile", "ancient"), {}, "profile"),
        (("serve", "--sandbox"), {"VEZNE_LISTN": "127.0.0.1:0"}, "VEZNE_LISTN"),
        (("serve", "--sandbox"), {"VEZNE_IYZICO__SWITCHES": "decimal=stripped"}, "decimal"),
        (("serve", "--sandbox", "--listen", "203.0.113.1:80"), {}, "cannot listen"),
    ],
)
def test_what_cannot_start_says_why_in_one_line(tmp_path, arguments, environment, words):
    """A user's mistake is named, without a trace."""
    done = vezne(*arguments, "--data", str(tmp_path / "data"), environment=environment)
    assert done.returncode in (1, 2)
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_server_on_the_same_data_is_refused(start):
    """It would take the first one's payments under way for cut off."""
    server = start()
    second = vezne("serve", "--sandbox", "--data", str(server.data), "--listen", "127.0.0.1:0")
    assert second.returncode == 1
    assert "another server" in second.stderr
    assert Client(server).pay()["status"] == "success"


def test_a_lost_master_key_is_not_replaced(start):
    """A new key would open nothing that is there, so there is none."""
    server = start()
    server.stop()
    (server.data / "master.key").unlink()
    done = vezne("serve", "--sandbox", "--data", str(server.data))
    assert done.returncode == 1
    assert "master" in done.stderr
    assert not (server.data / "master.key").exists()


def test_help_has_examples():
    """The help of the main commands shows how they are used."""
    assert "vezne serve --sandbox" in vezne("serve", "--help").stdout
    assert "vezne merchants add" in vezne("merchants", "add", "--help").stdout
    assert vezne("version").stdout.strip()
