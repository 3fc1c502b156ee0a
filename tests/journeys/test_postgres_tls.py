"""Over a network: TLS on both sides, and passwords in a file, as docs/postgresql.md says."""

import pytest

from fakes.authority import Authority
from fakes.command import run_vezne
from fakes.iyzico_client import Client
from fakes.postgres_server import PostgresUnavailable
from fakes.server import wait_until
from fakes.tls_postgres import BOOKS, HOST, PASSWORDS, VAULT, running_tls_postgres

# Those that hold a name have an advisory lock.
CONNECTIONS = """SELECT usename, ssl, version, client_dn, EXISTS (
    SELECT FROM pg_locks WHERE pg_locks.pid = activity.pid AND locktype = 'advisory'
) AS is_holding
FROM pg_stat_activity AS activity JOIN pg_stat_ssl USING (pid)
WHERE application_name = 'vezne'"""
PLACES = ("--listen", "127.0.0.1:0", "--tls-listen", "off")


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A server whose pg_hba.conf lets nobody in without TLS."""
    try:
        with running_tls_postgres(tmp_path_factory.mktemp("certificates")) as running:
            yield running
    except PostgresUnavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture
def postgres(running):
    """That server, with a database in which nothing is."""
    running.renew()
    return running


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """An authority that nobody believes."""
    return Authority(tmp_path_factory.mktemp("strangers") / "stranger")


@pytest.fixture(scope="module")
def vault_files(running):
    """What the vault's role has to show, as parameters of its URL."""
    return dict(zip(("sslcert", "sslkey"), running.authority.issue(VAULT), strict=True))


@pytest.fixture
def passfile(postgres, tmp_path):
    path = tmp_path / "passwords"
    path.touch(mode=0o600)
    path.write_text(f"{HOST}:{postgres.port}:*:{BOOKS}:{PASSWORDS[BOOKS]}\n", encoding="utf-8")
    return path


def shop(server):
    client = Client(server)
    stored = client.store_card()
    names = {name: stored[name] for name in ("cardUserKey", "cardToken")}
    assert client.pay(paymentCard=names)["status"] == "success"


def connections(postgres, holding):
    """All connections of Vezne, once one of them holds a name."""
    found = []

    def is_holding():
        found[:] = postgres.fetch(CONNECTIONS)
        return any(row["is_holding"] and row["usename"] == holding for row in found)

    wait_until(is_holding)
    return found


def test_every_connection_is_encrypted(postgres, start):
    """Those that read, the one that writes, and those that hold a name."""
    shop(start("--database", postgres.url(BOOKS, PASSWORDS[BOOKS])))
    found = connections(postgres, BOOKS)
    assert len(found) > 3
    assert {(row["ssl"], row["version"]) for row in found} == {(True, "TLSv1.3")}


def test_a_passfile_and_a_certificate(postgres, start, passfile, vault_files):
    """The books' password is in a file; the vault's role shows a certificate besides its own."""
    vault = postgres.url(VAULT, PASSWORDS[VAULT], **vault_files)
    server = start("--database", postgres.url(BOOKS, passfile=passfile), "--vault-database", vault)
    shop(server)
    found = connections(postgres, BOOKS)
    assert all(row["ssl"] for row in found)
    shown = {(row["usename"], row["client_dn"]) for row in found}
    assert shown == {(BOOKS, None), (VAULT, f"/CN={VAULT}")}


@pytest.mark.sqlite("it begins with SQLite files")
def test_copying(postgres, start, passfile, vault_files):
    """An installation moves over the same way."""
    server = start()
    server.stop()
    vault = postgres.url(VAULT, PASSWORDS[VAULT], **vault_files)
    books = postgres.url(BOOKS, passfile=passfile)
    done = run_vezne("copy", "--to", books, "--vault-to", vault, "--data", str(server.data))
    assert done.returncode == 0, done.stderr
    assert "gizli" not in done.stdout + done.stderr
    restarted = start("--database", books, "--vault-database", vault, data=server.data)
    shop(restarted)


def refusal(url, tmp_path):
    """The line that a server ends with instead of starting."""
    options = ("--data", str(tmp_path / "data"), *PLACES, "--database", url)
    done = run_vezne("serve", "--sandbox", *options)
    assert done.returncode == 1
    told = done.stdout + done.stderr
    assert "gizli" not in told
    (line,) = told.strip().splitlines()
    return line


def test_a_server_that_is_not_believed(postgres, stranger, tmp_path):
    """Its certificate is another authority's, or for another name."""
    url = postgres.url(BOOKS, PASSWORDS[BOOKS], sslrootcert=stranger.file)
    assert f"at {HOST}: its certificate is not believed: self" in refusal(url, tmp_path)
    url = postgres.url(BOOKS, PASSWORDS[BOOKS], host="localhost")
    assert "not believed: Hostname mismatch" in refusal(url, tmp_path)


def test_without_tls(postgres, tmp_path):
    """The server has no door for that."""
    url = postgres.url(BOOKS, PASSWORDS[BOOKS], sslmode="disable")
    line = refusal(url, tmp_path)
    assert "no pg_hba.conf entry" in line
    assert line.endswith("no encryption")


def test_a_client_that_is_not_believed(postgres, stranger, vault_files, tmp_path):
    """It shows no certificate, another authority's, or one without its key."""
    url = postgres.url(VAULT, PASSWORDS[VAULT])
    assert "requires a valid client certificate" in refusal(url, tmp_path)
    certificate, key = stranger.issue(VAULT)
    url = postgres.url(VAULT, PASSWORDS[VAULT], sslcert=certificate, sslkey=key)
    assert "its own log says why" in refusal(url, tmp_path)
    url = postgres.url(VAULT, PASSWORDS[VAULT], sslcert=vault_files["sslcert"])
    assert "no private key" in refusal(url, tmp_path)


def test_a_passfile_that_others_may_read(postgres, passfile, tmp_path):
    """It is not used, and whoever wonders why is told."""
    passfile.chmod(0o640)
    line = refusal(postgres.url(BOOKS, passfile=passfile), tmp_path)
    assert line.endswith(f"others may read {passfile}: chmod 600 {passfile}")
