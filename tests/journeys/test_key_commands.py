"""`vezne keys list`, `rotate` and `destroy`, beside a running server."""

import json

from fakes.command import run_vezne
from fakes.databases import change, url_of
from fakes.iyzico_client import Client
from vezne.commands.rotation import run_list_keys
from vezne.settings import Settings


def keys(server, **settings):
    """What `vezne keys list --all` shows, by id."""
    settings = Settings(mode="sandbox", data=server.data, database=url_of(server.data), **settings)
    return {row.id: row for row in run_list_keys(settings, is_all=True)}


def rotate(*arguments):
    done = run_vezne("keys", "rotate", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def pay(client, card):
    names = {name: card[name] for name in ("cardUserKey", "cardToken")}
    assert client.pay(paymentCard=names)["status"] == "success"


def test_every_key_is_replaced_beside_a_server(start):
    """The server goes on with old and new cards, and `list` tells the life of each key."""
    server = start()
    client = Client(server)
    place = ("--data", str(server.data))
    first = client.store_card()
    (old,) = [row for row in keys(server) if row.startswith("master:")]
    rotate("data", *place)
    assert "1 cards, 0 blocked numbers; destroyed fingerprint:1:1" in rotate("fingerprint", *place)
    pay(client, first)
    assert "keys are wrapped by the master key" in rotate("master", *place)
    pay(client, first)
    pay(client, client.store_card())
    shown = keys(server)
    states = {key: row.state for key, row in shown.items()}
    # Other machines may use a database server, with the old key in files of their own.
    kept = "destroyed" if url_of(server.data) is None else "decrypt_only"
    assert states.pop(old) == kept
    assert states["card:1:1"] == states["fingerprint:1:1"] == "destroyed"
    assert states["card:1:2"] == states["fingerprint:1:2"] == "active"
    assert all(len(row.check_value) == 10 for row in shown.values())
    added = run_vezne("merchants", "add", "Second", *place)
    keys_of_second = json.loads(added.stdout)["iyzico"]
    assert Client(server, keys_of_second).store_card()["status"] == "success"
    assert "card:2:1" in keys(server)


def test_a_master_key_in_another_place(start):
    """Both open the vault until the old one is destroyed; then only the new one does."""
    server = start()
    client = Client(server)
    card = client.store_card()
    place = ("--data", str(server.data))
    (old,) = [row for row in keys(server) if row.startswith("master:")]
    uri = f"file:{server.data / 'next.key'}"
    told = rotate("master", "--to", uri, *place)
    assert f'master_key = "{uri}"' in told
    assert f"vezne keys destroy {old.removeprefix('master:')}" in told
    pay(client, card)
    refused = run_vezne("keys", "destroy", uri, *place)
    assert (refused.returncode, "knows no master key" in refused.stderr) == (1, True)
    server.stop()
    (server.data / "vezne.toml").write_text(f'data = "{server.data}"\nmaster_key = "{uri}"\n')
    config = ("--config", str(server.data / "vezne.toml"))
    client = Client(start(*config, data=server.data))
    done = run_vezne("keys", "destroy", old, *config)
    assert done.returncode == 0, done.stderr
    pay(client, card)
    assert keys(server, master_key=uri)[old].state == "destroyed"
    wrong = run_vezne("keys", "list", *place)
    assert (wrong.returncode, "belongs to the master key" in wrong.stderr) == (1, True)
    same = run_vezne("keys", "rotate", "master", "--to", uri, *config)
    assert (same.returncode, "already" in same.stderr) == (1, True)


def test_what_is_overdue_and_what_does_not_open(start):
    """Overdue keys are named in the log and in the list; altered rows end a rotation with 1."""
    server = start()
    assert Client(server).store_card()["status"] == "success"
    server.stop()
    change(
        server.data,
        "vault",
        "UPDATE vault_keys SET ends_ms = 1 WHERE purpose = 'card'",
        "UPDATE sealed_cards SET fingerprint = sealed",
    )
    again = start(data=server.data)
    assert any("cryptoperiod" in line and "card:1:1" in line for line in again.output)
    place = ("--data", str(server.data))
    shown = run_vezne("keys", "list", *place).stdout
    assert [("overdue" in line) for line in shown.splitlines() if "card:1:1" in line] == [True]
    done = run_vezne("keys", "rotate", "data", *place)
    assert done.returncode == 1
    assert "1 rows were altered" in done.stdout
    assert keys(server)["card:1:1"].state == "decrypt_only"
    unknown = run_vezne("keys", "rotate", "data", "--merchant", "nobody", *place)
    assert (unknown.returncode, "no merchant" in unknown.stderr) == (1, True)


def test_rotation_over_postgresql(start, own_database, tmp_path):
    """The same commands, with the vault in a schema."""
    url = own_database()
    server = start("--database", url)
    client = Client(server)
    card = client.store_card()
    place = ("--data", str(server.data), "--database", url)
    for kind in ("data", "fingerprint"):
        (done,) = json.loads(rotate(kind, "--json", *place))
        assert (done["cards"], done["broken"]) == (1, 0)
    rotate("master", *place)
    pay(client, card)
    pay(client, client.store_card())
