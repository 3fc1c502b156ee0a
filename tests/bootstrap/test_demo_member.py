"""In the sandbox, whoever has sandbox.json can sign in with what stands there."""

import asyncio
import json

import pytest
from msgspec.structs import replace

from fakes.command import run_vezne
from fakes.trails import entries_in
from vezne.bootstrap.cannot_start import CannotStart
from vezne.bootstrap.demo import ensure_demo_merchant
from vezne.bootstrap.house import open_house
from vezne.bootstrap.master import open_serving_master_key
from vezne.bootstrap.members import (
    ensure_demo_member,
    known_panel_url,
    members_desk_of,
    panel_url,
    policy_of,
    tell_of_panel,
)
from vezne.commands.panel import run_invite, run_reset
from vezne.core.member import Role
from vezne.panel.passwords import Passwords
from vezne.settings import Settings, load_settings


def settings_of(data, **more) -> Settings:
    return load_settings(None, {"mode": "sandbox", "data": data} | more, {})


async def start(settings: Settings):
    """What a server does at its start; returns the demo member's teams and whether it gets in."""
    async with open_house(settings, await open_serving_master_key(settings)) as house:
        await ensure_demo_merchant(house)
        passwords = Passwords(memory_kib=64, passes=1)
        desk = members_desk_of(house, policy_of(settings), passwords)
        await ensure_demo_member(house, desk)
        shown = json.loads((settings.data / "sandbox.json").read_text())["panel"]
        record = await desk.books.find_member_named(shown["email"])
        gets_in = await passwords.verify(shown["password"], record.password_hash)
        return await desk.books.list_memberships(record.id), gets_in


def rewrite(settings: Settings, change) -> None:
    path = settings.data / "sandbox.json"
    shown = json.loads(path.read_text())
    change(shown)
    path.write_text(json.dumps(shown))


async def test_the_demo_member_owns_the_demo_merchant(tmp_path):
    """Once, however often the server starts."""
    settings = settings_of(tmp_path)
    first, gets_in = await start(settings)
    assert gets_in
    assert [each.role for each in first] == [Role.OWNER]
    assert (await start(settings))[0] == first


async def test_a_file_from_before_the_panel_is_filled_in(tmp_path):
    """The keys in it stay as they are."""
    settings = settings_of(tmp_path)
    await start(settings)
    keys = json.loads((tmp_path / "sandbox.json").read_text())["iyzico"]
    rewrite(settings, lambda shown: shown.pop("panel"))
    _, gets_in = await start(settings)
    shown = json.loads((tmp_path / "sandbox.json").read_text())
    assert gets_in
    assert shown["iyzico"] == keys
    assert shown["panel"]["email"] == "demo@vezne.localhost"


async def test_the_file_wins_and_an_erased_one_opens_the_new_merchant_too(tmp_path):
    """Its password counts from the next start."""
    settings = settings_of(tmp_path)
    await start(settings)
    rewrite(settings, lambda shown: shown["panel"].update(password="chosen by hand 1"))
    assert (await start(settings))[1]
    (tmp_path / "sandbox.json").unlink()
    teams, gets_in = await start(settings)
    assert gets_in
    assert [each.merchant_id for each in teams] == [1, 2]


async def test_in_live_mode_there_is_no_demo_member(tmp_path):
    """Nor a line that says how to sign in."""
    settings = settings_of(tmp_path)
    await start(settings)
    live = load_settings(None, {"mode": "live", "data": tmp_path}, {})
    assert policy_of(live).is_factor_mandatory
    assert policy_of(live).idle_ms == 15 * 60_000
    async with open_house(settings, await open_serving_master_key(settings)) as house:
        desk = members_desk_of(house, policy_of(live), Passwords(memory_kib=64, passes=1))
        before = await desk.books.list_members()
        await ensure_demo_member(replace(house, settings=live), desk)
        assert await desk.books.list_members() == before


@pytest.mark.parametrize(
    ("given", "real", "url"),
    [
        ({}, "http://127.0.0.1:4711", "http://127.0.0.1:4711/panel"),
        ({}, None, "http://127.0.0.1:8080/panel"),
        ({"listen": "0.0.0.0:80"}, None, "http://127.0.0.1:80/panel"),
        ({"listen": "[::]:80"}, "http://[::]:80", "http://[::1]:80/panel"),
        ({"listen": "[::1]:80"}, None, "http://[::1]:80/panel"),
        ({"listen": "127.0.0.1:0"}, None, None),
        ({"listen": "off"}, None, "https://127.0.0.1:8443/panel"),
        ({"listen": "off", "tls_listen": "off"}, None, None),
        ({"public_url": "https://pay.example.com"}, "http://x:1", "https://pay.example.com/panel"),
        ({"panel.listen": "127.0.0.1:9090"}, None, "http://127.0.0.1:9090/panel"),
    ],
)
def test_where_the_panel_is(tmp_path, given, real, url):
    """As far as anybody knows before and after the listeners are open."""
    assert panel_url(settings_of(tmp_path, **given), real) == url


async def test_the_line_and_the_file_say_where_the_panel_really_is(tmp_path):
    """As soon as it is known; until then the file keeps what it said."""
    settings = settings_of(tmp_path, listen="127.0.0.1:0")
    assert known_panel_url(settings) == "http://127.0.0.1:8080/panel"
    await start(settings)
    assert tell_of_panel(settings) == ""
    line = tell_of_panel(settings, "http://127.0.0.1:4711")
    shown = json.loads((tmp_path / "sandbox.json").read_text())["panel"]
    assert shown["url"] == "http://127.0.0.1:4711/panel" == known_panel_url(settings)
    assert line == f"panel {shown['url']} (demo@vezne.localhost / {shown['password']})\n"
    assert (tmp_path / "sandbox.json").stat().st_mode & 0o777 == 0o600


def test_members_are_invited_and_let_in_again_from_the_command_line(tmp_path):
    """`vezne panel`: links, members, and mistakes that a person can mend."""
    settings = settings_of(tmp_path)
    asyncio.run(start(settings))
    for link in (
        run_invite(settings, "Ayse@Example.com", "Demo", Role.OWNER),
        run_reset(settings, "demo@vezne.localhost"),
    ):
        assert link.startswith("http://127.0.0.1:8080/panel/join?link=")
    shown = run_vezne("panel", "members", "--json", "--data", str(tmp_path))
    members = [(each["email"], each["role"]) for each in json.loads(shown.stdout)]
    assert members == [("demo@vezne.localhost", "owner")]
    for wrong, complaint in (
        (lambda: run_reset(settings, "nobody@example.com"), "no such member"),
        (lambda: run_invite(settings, "nobody", "Demo", Role.VIEWER), "no e-mail address"),
        (lambda: run_invite(settings, "x@example.com", "Nowhere", Role.VIEWER), "no merchant"),
    ):
        with pytest.raises(CannotStart, match=complaint):
            wrong()
    commands = [
        line for line in entries_in(tmp_path / "audit") if line.action == "operator.command"
    ]
    assert [(line.subject, line.reason) for line in commands] == [
        ("member ayse@example.com", "invited as owner"),
        ("member demo@vezne.localhost", "reset"),
    ]
