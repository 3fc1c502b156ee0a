"""The audit trail of the real program: complete after kills, provable away from the machine."""

import json
import os
import pwd
import shutil
import threading

import pytest

from fakes.command import run_vezne
from fakes.databases import clone
from fakes.iyzico_client import Client
from fakes.leaks import files, leaks

PAN = "5528790000000008"


def trail_of(server):
    """Every line of its trail."""
    lines = []
    for path in sorted((server.data / "audit").glob("*.jsonl")):
        whole = path.read_text().splitlines(keepends=True)
        # The server may be at its next line.
        lines += [json.loads(line) for line in whole if line[-1] == "\n"]
    return lines


def actions_of(server):
    return [line["action"] for line in trail_of(server)]


def verify(server, *more):
    return run_vezne("audit", "verify", "--data", str(server.data), *more)


def test_no_acknowledged_card_is_without_a_line(start):
    """However often the server is killed, while cards are stored and commands are run beside it."""
    server = start()
    acknowledged = []

    def shop():
        # The client of a killed server gets an error, or half an answer.
        try:
            client = Client(server)
            while True:
                if client.store_card()["status"] == "success":
                    acknowledged.append(1)
        except Exception:  # noqa: BLE001 - whatever the client raises
            return

    for kill in range(2):
        shops = [threading.Thread(target=shop, daemon=True) for _ in range(4)]
        for each in shops:
            each.start()
        while len(acknowledged) < 12 * (kill + 1):
            assert any(each.is_alive() for each in shops)
            shops[0].join(0.05)
        if kill == 1:
            added = run_vezne("merchants", "add", f"M{kill}", "--data", str(server.data))
            assert added.returncode == 0
        server.kill()
        for each in shops:
            each.join()
        server.start()
    assert actions_of(server).count("card.stored") >= len(acknowledged)
    verified = verify(server)
    assert (verified.returncode, verified.stderr.strip()) == (0, "")
    assert "whole" in verified.stdout
    (line,) = [line for line in trail_of(server) if line.get("subject") == "merchant M1"]
    assert line["caller"].endswith(pwd.getpwuid(os.getuid()).pw_name)
    assert (line["door"], line["path"]) == ("operator", "merchants add")
    assert actions_of(server).count("process.started") == 3
    assert server.stop() == 0
    assert actions_of(server).count("process.stopped") == 1
    assert list(leaks([PAN], files(server.data / "audit"))) == []


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A server's data after some cards, a copy of its trail, a checkpoint and the public key."""
    from fakes.server import Server

    folder = tmp_path_factory.mktemp("audited")
    server = Server(folder / "data").start()
    try:
        os.environ["SSL_CERT_FILE"] = str(server.data / "ca.pem")
        for _ in range(3):
            assert Client(server).store_card()["status"] == "success"
    finally:
        os.environ.pop("SSL_CERT_FILE", None)
        assert server.stop() == 0
    data = str(server.data)
    checkpoint = folder / "checkpoint.json"
    checkpoint.write_text(run_vezne("audit", "checkpoint", "--data", data).stdout)
    key = run_vezne("audit", "key", "--data", data).stdout.strip()
    return server, checkpoint, key


def copied(server, folder):
    shutil.copytree(server.data / "audit", folder)
    return folder


def copy_vault(data, other):
    """Give another data directory the same vault. No server may be running."""
    clone(data, other)
    for path in (data / "master.key", *data.glob("vault.db*")):
        shutil.copy(path, other / path.name)


def verify_copy(folder, stopped, *more):
    _, checkpoint, key = stopped
    return run_vezne(
        "audit", "verify", str(folder), "--public-key", key, "--checkpoint", str(checkpoint), *more
    )


def test_verify_away_from_the_machine(stopped, tmp_path):
    """With the files, the public key and a checkpoint alone."""
    folder = copied(stopped[0], tmp_path / "copy")
    verified = verify_copy(folder, stopped)
    assert (verified.returncode, verified.stderr.strip()) == (0, "")
    assert "whole, signed to the end" in verified.stdout
    unsigned = run_vezne("audit", "verify", str(folder))
    assert "no signature was checked" in unsigned.stdout


def test_a_changed_line_is_named(stopped, tmp_path):
    """For people and for programs."""
    folder = copied(stopped[0], tmp_path / "copy")
    path = folder / "000001.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    (at, *_) = [at for at, line in enumerate(lines) if b"card.stored" in line]
    lines[at] = lines[at].replace(b"card.stored", b"card.denied")
    path.write_bytes(b"".join(lines))
    found = verify_copy(folder, stopped)
    assert found.returncode == 1
    assert f"line {at + 1}: it was changed: its hash does not fit" in found.stdout
    verdict = json.loads(verify_copy(folder, stopped, "--json").stdout)
    assert [flaw["line"] for flaw in verdict["flaws"]] == [at + 1]


def test_a_cut_is_found(stopped, tmp_path):
    """By a checkpoint that was kept elsewhere, and on the machine by the vault's anchor."""
    server, checkpoint, _ = stopped
    folder = copied(server, tmp_path / "data" / "audit")
    path = folder / "000001.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-4]))
    (folder / "checkpoint.json").unlink()
    found = verify_copy(folder, stopped)
    assert found.returncode == 1
    assert f"of which {checkpoint} knows" in found.stdout
    copy_vault(server.data, tmp_path / "data")
    shutil.copy(checkpoint, folder / "checkpoint.json")
    found = run_vezne("audit", "verify", "--data", str(tmp_path / "data"))
    assert found.returncode == 1
    assert "of which the vault knows" in found.stdout


def test_show(stopped):
    """Some lines, as a table or for programs; looking is noted as well."""
    server = stopped[0]
    data = str(server.data)
    shown = run_vezne("audit", "show", "--data", data, "--action", "card.*", "--since", "1h")
    assert shown.stdout.count("card.stored") == 3
    asked = ("--action", "process.*", "--since", "2020-01-01", "--until", "2100-01-01T00:00Z")
    lines = run_vezne("audit", "show", "--data", data, "--json", *asked).stdout.splitlines()
    assert [json.loads(line)["action"] for line in lines] == ["process.started", "process.stopped"]
    looked = [line for line in trail_of(server) if line.get("path") == "audit show"]
    assert {line["action"] for line in looked} == {"operator.command"}


def test_what_a_person_can_mend_is_one_line(stopped, tmp_path):
    """A folder without a trail, a key that is none, a time that is none, no checkpoint."""
    server = stopped[0]
    data = str(server.data)
    audit = str(server.data / "audit")
    (tmp_path / "broken.json").write_text("{")
    for arguments, problem in (
        (("verify", str(tmp_path)), "holds no audit trail"),
        (("verify", audit, "--public-key", "00"), "64 hexadecimal digits"),
        (("verify", audit, "--checkpoint", "nowhere.json"), "there is no checkpoint in"),
        (("verify", audit, "--checkpoint", str(tmp_path / "broken.json")), "holds no checkpoint"),
        (("show", "--data", data, "--since", "soon"), "neither a time nor a span"),
    ):
        found = run_vezne("audit", *arguments)
        assert found.returncode == 1
        assert problem in found.stderr
        assert len(found.stderr.strip().splitlines()) == 1
