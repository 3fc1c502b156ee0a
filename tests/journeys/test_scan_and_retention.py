"""`vezne scan` and `vezne retention`, as an operator uses them beside a running server."""

import json

import pytest

from fakes.command import run_vezne
from fakes.control import Control
from fakes.databases import contents, query
from fakes.iyzico_client import CARD, Client
from fakes.leaks import files

PAN = CARD["cardNumber"]


def test_the_house_s_own_files_are_clean(start, tmp_path):
    """After payments and stored cards neither the data directory nor the log holds anything."""
    server = start()
    client = Client(server)
    client.store_card()
    for _ in range(20):
        assert client.pay()["status"] == "success"
    running = run_vezne("scan", str(server.data))
    assert (running.returncode, running.stderr) == (0, "")
    assert server.stop() == 0
    (tmp_path / "server.log").write_text("".join(server.output))
    stopped = run_vezne("scan", str(server.data), str(tmp_path / "server.log"), "--strict")
    assert (stopped.returncode, stopped.stderr) == (0, "")
    assert "nothing found" in stopped.stdout


def test_what_is_found_is_shown_masked(tmp_path):
    """The place and the mask of each, for people and for programs; the status says it too."""
    (tmp_path / "a.log").write_text(f"ok\npan={PAN}\n")
    (tmp_path / "b.gz").write_bytes(b"\x1f\x8b broken")
    found = run_vezne("scan", str(tmp_path))
    assert found.returncode == 1
    assert f"{tmp_path}/a.log:2: card number 552879******0008 (plain)" in found.stdout
    assert "not read:" in found.stderr
    assert PAN not in found.stdout + found.stderr
    report = json.loads(run_vezne("scan", "--json", str(tmp_path / "a.log")).stdout)
    assert (report["found"], report["unread"]) == (1, [])
    assert report["findings"][0]["mask"] == "552879******0008"
    unread = run_vezne("scan", str(tmp_path / "b.gz"))
    assert unread.returncode == 2


def test_ids_count_when_somebody_wants_them_to(tmp_path):
    """Numbers among ids are mentioned, and found with --strict."""
    lines = [f"order={5528790000000000 + number}" for number in range(40)]
    (tmp_path / "a.log").write_text("\n".join(lines))
    plain = run_vezne("scan", str(tmp_path))
    assert plain.returncode == 0
    assert "4 among ids could be some" in plain.stdout
    strict = run_vezne("scan", str(tmp_path), "--strict")
    assert strict.returncode == 1
    assert strict.stdout.count("among numbers that are none") == 4


@pytest.mark.parametrize("arguments", [(), ("nowhere.log",)])
def test_there_must_be_something_to_read(arguments):
    """A mistyped path is no clean result."""
    assert run_vezne("scan", *arguments).returncode in (1, 2)


def test_standard_input_and_a_database(own_database):
    """What another program prints can be read, and the tables of a server."""
    empty = run_vezne("scan", "-", "--database", own_database())
    assert (empty.returncode, "nothing found" in empty.stdout) == (0, True)
    gone = run_vezne("scan", "--database", "postgresql://u:secret@127.0.0.1:1/x")
    assert gone.returncode == 1
    assert "secret" not in gone.stderr


def test_expired_cards_are_deleted_from_every_file(start, monkeypatch):
    """Counted first, then gone from the list, the books and the bytes of the vault.

    A sandbox keeps them unless it is told otherwise: somebody may be testing with them.
    """
    server = start()
    client = Client(server)
    stored = [client.store_card() for _ in range(3)]
    assert client.pay()["status"] == "success"
    Control(server).advance("3600d")
    run = ("retention", "run", "--data", str(server.data))
    first = run_vezne(*run)
    assert "0 expired cards of merchant 1 deleted" in first.stdout, first.stderr
    monkeypatch.setenv("VEZNE_RETENTION__EXPIRED_CARDS_DAYS", "30")
    rehearsed = run_vezne(*run, "--dry-run")
    assert "3 expired cards of merchant 1 would be deleted" in rehearsed.stdout
    assert "Backups" not in rehearsed.stdout
    sealed = [
        row["sealed"] for row in query(server.data, "vault", "SELECT sealed FROM sealed_cards")
    ]
    assert len(sealed) == 3
    done = json.loads(run_vezne(*run, "--json").stdout)
    counts = {item["data"]: item["count"] for item in done}
    assert counts["expired cards"] == 3
    assert counts["numbers without a card"] == 0
    key = {"cardUserKey": stored[0]["cardUserKey"]}
    assert client.call("CardList", "retrieve", key).get("cardDetails", []) == []
    held = files(server.data) | contents(server.data)
    assert not any(secret in content for secret in sealed for content in held.values())
    trail = b"".join(content for name, content in held.items() if name.startswith("audit"))
    assert trail.count(b"data.swept") >= 1
    assert trail.count(b"card.deleted") == 3
    assert server.stop() == 0
