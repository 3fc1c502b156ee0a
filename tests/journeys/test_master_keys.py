"""Master keys as an operator meets them: made, given to custodians, kept in a device, refused."""

import json
import os
import re
import signal
from types import SimpleNamespace

from fakes.command import run_vezne
from fakes.iyzico_client import Client
from fakes.processes import children
from fakes.server import wait_until
from fakes.softhsm import SoftHsm
from fakes.steady_load import ConnectedCaller
from fakes.terminal import ENTER, LEAVE, Terminal

GROUP = "[0-9A-HJKMNP-TV-Z]{4}"
SHARE = re.compile(rf"(?:{GROUP} {GROUP} {GROUP} {GROUP}\r?\n){{4}}")
CEREMONY = ("keys", "ceremony", "--custodians", "3", "--threshold", "2")


def one_line(share):
    """As a custodian may type it."""
    return " ".join(share.split()).lower()


def hold(terminal):
    """Go through a ceremony as three custodians; returns their shares."""
    shares = []
    for number in (1, 2, 3):
        terminal.wait_for(f"Custodian {number} of 3, alone")
        terminal.type()
        shares.append(SHARE.search(terminal.wait_for("when you have it")).group())
        terminal.type()
        terminal.wait_for("it is not shown: ")
        if number == 2:
            terminal.type("i did not write it down")
            terminal.wait_for("see it once more: ")
            terminal.type()
            assert shares[1] in terminal.wait_for("when you have it")
            terminal.type()
            terminal.wait_for("it is not shown: ")
            terminal.type(one_line(shares[0]))
            terminal.wait_for("this is another share")
            terminal.wait_for("see it once more: ")
        terminal.type(one_line(shares[-1]))
        terminal.wait_for("has a share")
    assert terminal.finish() == 0
    return shares


def pay_with_a_stored_card(server, stored):
    names = {name: stored[name] for name in ("cardUserKey", "cardToken")}
    assert Client(server).pay(paymentCard=names)["status"] == "success"


def test_a_ceremony(tmp_path):
    """Each custodian sees their own share and no other; what is written holds no secret."""
    record = tmp_path / "ceremony.json"
    with Terminal(*CEREMONY, "--out", str(record)) as terminal:
        shares = hold(terminal)
    screens = [part.partition(LEAVE)[0] for part in terminal.shown.split(ENTER)[1:]]
    assert len(set(shares)) == len(screens) == 3
    for own, screen in zip(shares, screens, strict=True):
        assert [share for share in shares if share in screen] == [own]
    left_behind = re.sub(rf"{re.escape(ENTER)}.*?{re.escape(LEAVE)}", "", terminal.shown, flags=16)
    assert SHARE.search(left_behind) is None
    text = record.read_text()
    assert '"threshold": 2' in text
    assert '"sandbox": false' in text
    assert re.search(r"check value ([0-9a-f]{10})", left_behind)[1] in text
    assert [line for share in shares for line in share.splitlines() if line in text] == []


def test_a_ceremony_that_is_broken_off(tmp_path):
    """There is no record, so there is no key; nor without a terminal, where shares are logged."""
    record = tmp_path / "ceremony.json"
    with Terminal(*CEREMONY, "--out", str(record)) as terminal:
        terminal.wait_for("alone")
        terminal.type()
        terminal.wait_for("when you have it")
        assert terminal.interrupt() == 1
    assert "broken off" in terminal.shown
    assert terminal.shown.count(ENTER) == terminal.shown.count(LEAVE) == 1
    done = run_vezne(*CEREMONY, "--out", str(record))
    assert done.returncode == 1
    assert "needs a terminal" in done.stderr
    assert not record.exists()


def test_a_server_whose_custodians_come(start, tmp_path, monkeypatch):
    """Two type their shares, a slip included; after a restart two others' files do as well."""
    record, data = tmp_path / "ceremony.json", tmp_path / "data"
    with Terminal(*CEREMONY, "--sandbox", "--out", str(record)) as terminal:
        shares = hold(terminal)
    monkeypatch.setenv("VEZNE_MASTER_KEY", f"shares:{record}")
    listen = ("--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0")
    with Terminal("serve", "--sandbox", "--data", str(data), *listen) as terminal:
        terminal.wait_for("Share 1 of 2: ")
        terminal.type(one_line(shares[2]))
        terminal.wait_for("Share 2 of 2: ")
        terminal.type(one_line(shares[0]).replace("0", "8", 1))
        terminal.wait_for("is wrong")
        terminal.wait_for("Share 2 of 2: ")
        terminal.type(one_line(shares[0]))
        terminal.wait_for("ready http")
        ready = terminal.wait_for("\n").split()
        monkeypatch.setenv("SSL_CERT_FILE", str(data / "ca.pem"))
        keys = json.loads((data / "sandbox.json").read_text())
        server = SimpleNamespace(data=data, http=f"http{ready[0]}", https=ready[1], keys=keys)
        stored = Client(server).store_card()
    shown = terminal.shown.lower()
    assert not any(one_line(line) in shown for share in shares for line in share.splitlines())
    assert not (data / "master.key").exists()

    files = []
    for number in (1, 2):
        path = tmp_path / f"share-{number}"
        path.write_text(shares[number])
        path.chmod(0o600)
        files.append(str(path))
    monkeypatch.setenv("VEZNE_MASTER_KEY_SHARES", ",".join(files))
    pay_with_a_stored_card(start(data=data), stored)


def test_new_custodians_for_the_same_key(tmp_path):
    """The old ones type their shares and others get new ones; the old shares are of no use then."""
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    with Terminal(*CEREMONY, "--out", str(old)) as terminal:
        shares = hold(terminal)
    with Terminal(*CEREMONY, "--reshare", str(old), "--out", str(new)) as terminal:
        for number, share in ((1, shares[1]), (2, shares[2])):
            terminal.wait_for(f"Share {number} of 2: ")
            terminal.type(one_line(share))
        again = hold(terminal)
    names = [re.search(r'"key_id": "(\w+)"', path.read_text())[1] for path in (old, new)]
    assert names[0] == names[1]
    assert not set(shares) & set(again)


def test_a_server_whose_key_is_in_a_device(start, tmp_path, monkeypatch):
    """The key is made in SoftHSM2 and never leaves it; cards survive a restart."""
    hsm = SoftHsm(tmp_path)
    uri = hsm.uri("sandbox-2027")
    for name, value in (hsm.environment | {"VEZNE_MASTER_KEY": uri}).items():
        monkeypatch.setenv(name, value)
    made = run_vezne("keys", "create", uri, "--sandbox")
    assert re.search(r"master key [0-9a-f]{16}, check value [0-9a-f]{10}", made.stdout)
    server = start()
    stored = Client(server).store_card()
    assert server.stop() == 0
    assert not (server.data / "master.key").exists()
    pay_with_a_stored_card(start(data=server.data), stored)
    hsm.pin_file.write_text("9999")
    refused = run_vezne("serve", "--sandbox", "--data", str(server.data))
    assert (refused.returncode, "PinIncorrect" in refused.stderr) == (1, True)


def test_what_live_mode_looks_at_first(tmp_path, monkeypatch):
    """The master key; a good one is followed by what is missing for real payments."""
    key = tmp_path / "master.key"
    monkeypatch.setenv("VEZNE_MASTER_KEY", f"file:{key}")
    live = ("serve", "--data", str(tmp_path / "data"))
    missing = run_vezne(*live)
    assert (missing.returncode, "vezne keys create" in missing.stderr) == (1, True)
    assert run_vezne("keys", "create", f"file:{key}").returncode == 0
    good = run_vezne(*live)
    assert (good.returncode, "mode live needs an acquirer" in good.stderr) == (2, True)
    assert not (tmp_path / "data" / "vault.db").exists()


def test_custodians_come_once_for_all_workers(tmp_path):
    """Also for one that takes the place of another: no share is asked for again."""
    record, data = tmp_path / "ceremony.json", tmp_path / "data"
    with Terminal(*CEREMONY, "--sandbox", "--out", str(record)) as terminal:
        shares = hold(terminal)
    listen = ("--listen", "127.0.0.1:0", "--tls-listen", "off", "--workers", "2")
    key = {"VEZNE_MASTER_KEY": f"shares:{record}"}
    with Terminal("serve", "--sandbox", "--data", str(data), *listen, **key) as terminal:
        for number in (1, 2):
            terminal.wait_for(f"Share {number} of 2: ")
            terminal.type(one_line(shares[number]))
        terminal.wait_for("ready http")
        url = f"http{terminal.wait_for(chr(10)).split()[0]}"
        first = children(terminal.pid)
        os.kill(first[0], signal.SIGKILL)
        wait_until(lambda: len(set(children(terminal.pid)) - set(first)) == 1)
        keys = json.loads((data / "sandbox.json").read_text())
        for _ in range(8):
            caller = ConnectedCaller(SimpleNamespace(http=url, keys=keys))
            caller.work()
            caller.connection.close()
        assert terminal.interrupt() == 0
    assert terminal.shown.count("Share ") == 2
