"""Settings: where they come from, which wins, and what refuses to start."""

from pathlib import Path

import msgspec
import pytest

from vezne.edge.address import Address
from vezne.settings import InvalidSettings, Settings, check_servable, load_settings
from vezne.settings_table import TABLE, to_markdown

DOCUMENT = Path(__file__).parents[1] / "docs" / "settings.md"

SAMPLES = {
    "mode": ("sandbox", "sandbox"),
    "data": ("/var/lib/vezne", Path("/var/lib/vezne")),
    "listen": ("0.0.0.0:80", Address("0.0.0.0", 80)),  # noqa: S104
    "tls_listen": ("[::1]:0", Address("::1", 0)),
    "tls_names": ("desk.example, 10.0.0.1", ("desk.example", "10.0.0.1")),
    "public_url": ("https://pay.example.com:8443", "https://pay.example.com:8443"),
    "trusted_proxies": ("10.0.0.0/8, ::1", ("10.0.0.0/8", "::1/128")),
    "proxy_header": ("forwarded", "forwarded"),
    "database": ("postgresql://u:p@db/v", "postgresql://u:p@db/v"),
    "vault_database": ("postgresql://v:p@db/v", "postgresql://v:p@db/v"),
    "workers": ("4", 4),
    "drain_s": ("15", 15),
    "master_key": ("shares:/etc/vezne/ceremony.json", "shares:/etc/vezne/ceremony.json"),
    "master_key_shares": ("/run/a, /run/b", (Path("/run/a"), Path("/run/b"))),
    "vault_socket": ("unix:/run/vezne/vault.sock", Path("/run/vezne/vault.sock")),
    "log_level": ("debug", "debug"),
    "log_format": ("json", "json"),
    "sandbox.refuse_unknown_cards": ("true", True),
    "sandbox.request_log": ("off", "off"),
    "sandbox.request_log_rows": ("500", 500),
    "bank.seed": ("7", 7),
    "iyzico.profile": ("current", "current"),
    "iyzico.switches": (
        "decimals=scale8, list_details=yes",
        {"decimals": "scale8", "list_details": "yes"},
    ),
    "paywall.profile": ("current", "current"),
    "paywall.switches": ("a=b", {"a": "b"}),
    "paywall.unique_code_hours": ("1", 1),
    "paywall.unique_code_overlap_hours": ("48", 48),
    "paynet.profile": ("current", "current"),
    "paynet.switches": ("a=b", {"a": "b"}),
    "vault.cryptoperiod_days": ("90", 90),
    "guard.mode": ("on", "on"),
    "guard.address_per_minute": ("60", 60),
    "guard.key_per_minute": ("120", 120),
    "guard.card_per_hour": ("5", 5),
    "guard.card_declines_per_day": ("3", 3),
    "guard.declined_cards": ("0", 0),
    "guard.failed_logins": ("4", 4),
    "guard.lockout_minutes_max": ("60", 60),
    "retention.expired_cards_days": ("off", None),
    "retention.sessions_days": ("7", 7),
    "retention.notices_days": ("30", 30),
    "panel.listen": ("127.0.0.1:9090", Address("127.0.0.1", 9090)),
    "panel.tls_listen": ("[::1]:9443", Address("::1", 9443)),
    "panel.idle_minutes": ("12", 12),
    "peers.listen": ("10.0.0.5:7000", Address("10.0.0.5", 7000)),
    "metrics.listen": ("off", None),
    "load.lag_ms_max": ("0", 0),
    "tracing.exporter": ("otlp", "otlp"),
}


@pytest.fixture(autouse=True)
def directory(tmp_path, monkeypatch):
    """No settings file of the developer's gets in the way."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load(options=None, environment=None, config=None):
    return load_settings(config, options or {}, environment or {})


def value_of(settings, key):
    found = settings
    for name in key.split("."):
        found = getattr(found, name)
    return found


def keys_of(record=Settings, prefix=""):
    for field in msgspec.structs.fields(record):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            yield from keys_of(field.type, f"{field.name}.")
        else:
            yield prefix + field.name


def write(directory, text, name="vezne.toml"):
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return path


def test_every_setting_is_in_the_table_and_has_a_sample_here():
    """The record, the table and these tests know the same keys."""
    assert [setting.key for setting in TABLE] == list(keys_of()) == list(SAMPLES)


def test_every_setting_is_documented():
    """The documentation holds the table as the source has it."""
    assert to_markdown() in DOCUMENT.read_text(encoding="utf-8")


def test_defaults():
    """With nothing said: live mode, the documented addresses, data beside the user."""
    settings = load()
    assert settings == Settings()
    assert settings.mode == "live"
    assert settings.listen == Address("127.0.0.1", 8080)
    assert settings.tls_listen == Address("127.0.0.1", 8443)
    assert settings.data == Path("vezne-data")


@pytest.mark.parametrize("key", SAMPLES)
def test_setting_from_the_environment(key):
    """Every setting can be given as a variable."""
    text, expected = SAMPLES[key]
    name = "VEZNE_" + key.upper().replace(".", "__")
    assert value_of(load(environment={name: text}), key) == expected


@pytest.mark.parametrize("key", SAMPLES)
def test_setting_from_the_command_line(key):
    """Every setting can be given as an option; None is no option."""
    text, expected = SAMPLES[key]
    assert value_of(load(options={key: text}), key) == expected
    assert value_of(load(options={key: None}), key) == value_of(Settings(), key)


def test_settings_from_the_file(directory):
    """The file in the working directory is read, with the types that TOML has."""
    write(
        directory,
        """
        mode = "sandbox"
        tls_listen = "off"
        tls_names = ["desk.example"]
        workers = 1
        [sandbox]
        refuse_unknown_cards = true
        [bank]
        seed = 9
        [iyzico]
        profile = "current"
        [iyzico.switches]
        decimals = "stripped"
        """,
    )
    settings = load()
    assert settings.tls_listen is None
    assert settings.tls_names == ("desk.example",)
    assert settings.sandbox.refuse_unknown_cards is True
    assert settings.bank.seed == 9
    assert settings.iyzico.switches == {"decimals": "stripped"}


def test_options_win_over_environment_over_file(directory):
    """The nearer to the person who starts it, the stronger."""
    path = write(
        directory, "log_level = 'error'\n[bank]\nseed = 1\n[iyzico]\nprofile='current'", "a.toml"
    )
    settings = load_settings(
        path,
        {"bank.seed": 3},
        {"VEZNE_BANK__SEED": "2", "VEZNE_LOG_LEVEL": "debug", "HOME": "/", "VEZNE_DATA": ""},
    )
    assert (settings.bank.seed, settings.log_level) == (3, "debug")
    assert settings.iyzico.profile == "current"


@pytest.mark.parametrize(
    ("text", "named", "nearest"),
    [
        ("lisen = 'off'", "'lisen'", "listen"),
        ("[bank]\nsead = 1", "'bank.sead'", "bank.seed"),
        ("[iyziko]\nprofile = 'classic'", "'iyziko'", "iyzico.profile"),
        ("[bank.seed]\nx = 1", "bank.seed must be", ""),
        ("bank = 3", "'bank'", "bank"),
        ("[surprise]", "'surprise'", ""),
    ],
)
def test_unknown_key_in_the_file_is_named(directory, text, named, nearest):
    """A misspelt key refuses to start, and what was probably meant is said."""
    write(directory, text)
    with pytest.raises(InvalidSettings) as refused:
        load()
    assert named in str(refused.value)
    assert nearest in str(refused.value)


def test_unknown_variable_is_named():
    """A misspelt variable refuses to start; other programs' variables do not matter."""
    with pytest.raises(InvalidSettings, match=r"VEZNE_LISEN; the nearest is VEZNE_LISTEN"):
        load(environment={"VEZNE_LISEN": "off"})
    load(environment={"VEZNEDIKLER": "8"})


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("mode", "test"),
        ("data", ""),
        ("listen", "8080"),
        ("listen", "127.0.0.1:99999"),
        ("listen", ":80"),
        ("tls_listen", "on"),
        ("tls_names", 3),
        ("public_url", "pay.example.com"),
        ("public_url", "https://pay.example.com/"),
        ("public_url", "https://u@pay.example.com"),
        ("public_url", "https://pay.example.com:99999"),
        ("public_url", "javascript://pay.example.com"),
        ("public_url", "https://pay.example.com\n"),
        ("trusted_proxies", "10.0.0.1/8"),
        ("trusted_proxies", "proxy.example.com"),
        ("proxy_header", "x-real-ip"),
        ("database", "mysql://u:hunter2@db/v"),
        ("workers", "0"),
        ("workers", "65"),
        ("drain_s", "601"),
        ("peers.listen", "7000"),
        ("tracing.exporter", "jaeger"),
        ("log_level", "loud"),
        ("sandbox.refuse_unknown_cards", "maybe"),
        ("sandbox.request_log", "true"),
        ("sandbox.request_log_rows", "0"),
        ("sandbox.request_log_rows", "1000001"),
        ("bank.seed", "-1"),
        ("bank.seed", True),
        ("iyzico.profile", "modern"),
        ("paywall.unique_code_hours", "0"),
        ("paywall.unique_code_overlap_hours", "9000"),
        ("iyzico.switches", "decimals"),
        ("iyzico.switches", {"decimals": 8}),
        ("vault.cryptoperiod_days", "0"),
        ("vault.cryptoperiod_days", "2000"),
        ("panel.idle_minutes", "0"),
        ("panel.idle_minutes", "721"),
        ("guard.mode", "live"),
        ("guard.failed_logins", "-1"),
        ("retention.expired_cards_days", "never"),
        ("retention.sessions_days", "0"),
    ],
)
def test_unusable_value_is_refused(key, text):
    """The setting is named and what would be right; a value that may be secret is not repeated."""
    with pytest.raises(InvalidSettings, match=r"must be") as refused:
        load(options={key: text})
    assert refused.value.args[0].startswith(f"--{key.replace('.', '-').replace('_', '-')} ")
    assert "hunter2" not in str(refused.value)


def test_unreadable_file_is_refused(directory):
    """A file that was asked for must be there and be TOML."""
    with pytest.raises(InvalidSettings, match="No such file"):
        load(config=directory / "missing.toml")
    with pytest.raises(InvalidSettings, match="not TOML"):
        load(config=write(directory, "a = = b", "bad.toml"))


@pytest.mark.parametrize(("mode", "minutes"), [("live", 15), ("live", 1), ("sandbox", 480)])
def test_a_session_may_be_idle_for_as_long_as_the_mode_allows(mode, minutes):
    """PCI DSS v4.0.1 8.2.8: fifteen minutes in live mode."""
    options = {"mode": mode, "panel.idle_minutes": minutes}
    assert load_settings(None, options, {}).idle_minutes == minutes


def test_live_mode_refuses_sessions_that_are_idle_for_longer():
    """And says what the most is."""
    options = {"mode": "live", "panel.idle_minutes": 16}
    with pytest.raises(InvalidSettings, match=r"panel\.idle_minutes is 16.*at most 15.*8\.2\.8"):
        load_settings(None, options, {})


def test_live_mode_does_not_start_without_an_acquirer():
    """The built-in bank takes no real money, so live mode refuses, and says what to do."""
    with pytest.raises(InvalidSettings, match=r"acquirer.*--sandbox"):
        check_servable(load())
    check_servable(load({"mode": "sandbox"}))


def test_a_server_needs_a_listener():
    """Both listeners off is a mistake."""
    with pytest.raises(InvalidSettings, match="nothing to serve"):
        check_servable(load({"mode": "sandbox", "listen": "off", "tls_listen": "off"}))


def test_the_database_url_is_not_printed():
    """The record shows itself without what may hold a password."""
    assert "hunter2" not in repr(load({"database": "postgresql://u:hunter2@db/v"}))
