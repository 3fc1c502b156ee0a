"""Members of the panel over the house's books, and the demo member of the sandbox."""

from typing import Final

import msgspec

from vezne.api_keys import random_key
from vezne.bootstrap.house import House
from vezne.core.member import (
    AddMember,
    AddMembership,
    ChangeMember,
    MemberChange,
    MemberRecord,
    Membership,
    Role,
)
from vezne.edge.address import Address
from vezne.panel.members import Lent, MembersDesk, members_desk
from vezne.panel.passwords import Passwords
from vezne.panel.paths import PANEL_PATH
from vezne.panel.sessions import Policy
from vezne.settings import Settings
from vezne.vault.files import PRIVATE, replace_file

DEMO_EMAIL: Final = "demo@vezne.localhost"
_SANDBOX_FILE: Final = "sandbox.json"
_USUAL_URL: Final = "http://127.0.0.1:8080"
# Where a browser on the same machine finds a server that listens on every address.
_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - not for listening


def open_members(house: House) -> MembersDesk:
    """The members' desk of the house."""
    return members_desk_of(house, policy_of(house.settings), Passwords())


def members_desk_of(house: House, policy: Policy, passwords: Passwords) -> MembersDesk:
    """The members' desk of the house with a policy and a way to hash passwords."""
    lent = Lent(
        books=house.members,
        merchants=house.merchants,
        secrets=house.vault.secrets,
        audit=house.audit,
        clock=house.ports.clock,
        entropy=house.ports.entropy,
    )
    return members_desk(lent, policy, passwords)


def policy_of(settings: Settings) -> Policy:
    """After how long sessions are over, and whether there must be a second factor."""
    return Policy(settings.idle_minutes * 60_000, is_factor_mandatory=settings.mode == "live")


async def ensure_demo_member(house: House, desk: MembersDesk) -> None:
    """In sandbox: whoever has `sandbox.json` can sign in with it, as an owner.

    The file wins: it may be from before there was a panel, and its password counts again at every
    start. A second factor that the member has set up stays.
    """
    if house.settings.mode != "sandbox":
        return
    shown = _read(house.settings)
    panel = {"email": DEMO_EMAIL, "password": random_key(16)} | shown.get("panel", {})
    if shown.get("panel") != panel:
        _write(house.settings, shown | {"panel": panel})
    record = await desk.books.find_member_named(panel["email"])
    changes: list[MemberChange] = []
    if record is None:
        now_ms = house.ports.clock.now_ms()
        record = MemberRecord(
            id=await desk.books.next_member_id(),
            version=1,
            email=panel["email"],
            password_hash=await desk.passwords.hash(panel["password"]),
            created_ms=now_ms,
        )
        changes.append(AddMember(record))
    elif not await desk.passwords.verify(panel["password"], record.password_hash):
        changes.append(ChangeMember(await desk.accounts.with_password(record, panel["password"])))
    changes += await _demo_teams(house, desk, record)
    if changes:
        await desk.books.apply(changes)


async def _demo_teams(house: House, desk: MembersDesk, record: MemberRecord) -> list[MemberChange]:
    """The demo merchants that the demo member does not own yet."""
    teams = {each.merchant_id for each in await desk.books.list_memberships(record.id)}
    return [
        AddMembership(
            Membership(
                member_id=record.id,
                merchant_id=merchant.id,
                role=Role.OWNER,
                created_ms=house.ports.clock.now_ms(),
            )
        )
        for merchant in await house.merchants.list_merchants()
        if merchant.is_demo and merchant.id not in teams
    ]


def panel_url(settings: Settings, real_url: str | None = None) -> str | None:
    """Where browsers find the panel; None where nobody knows yet.

    `real_url` is that of the listener, once it is open.
    """
    if settings.public_url is not None and settings.panel.is_with_doors:
        return settings.public_url + PANEL_PATH
    if real_url is None:
        real_url = _listener_url(settings)
    if real_url is None:
        return None
    for everywhere, here in _EVERYWHERE.items():
        real_url = real_url.replace(f"//{everywhere}:", f"//{here}:")
        real_url = real_url.replace(f"//[{everywhere}]:", f"//[{here}]:")
    return real_url + PANEL_PATH


def tell_of_panel(settings: Settings, real_url: str | None = None) -> str:
    """In sandbox: write into `sandbox.json` where the panel is; a line that says how to sign in.

    Empty where there is nothing to say, as long as nobody knows where it listens.
    """
    url = panel_url(settings, real_url)
    if settings.mode != "sandbox" or url is None:
        return ""
    shown = _read(settings)
    panel = shown["panel"]
    if url != panel.get("url"):
        _write(settings, shown | {"panel": {**panel, "url": url}})
    return f"panel {url} ({panel['email']} / {panel['password']})\n"


def known_panel_url(settings: Settings) -> str:
    """Where the panel is, for a command: as the sandbox's server said, or as the settings say."""
    if (settings.data / _SANDBOX_FILE).exists():
        said = _read(settings).get("panel", {}).get("url")
        if said:
            return said
    return panel_url(settings) or _USUAL_URL + PANEL_PATH


def _listener_url(settings: Settings) -> str | None:
    """Where the panel is to listen; None for a port that is not known yet."""
    if settings.panel.is_with_doors:
        plain, tls = settings.listen, settings.tls_listen
    else:
        plain, tls = settings.panel.address, settings.panel.tls_listen
    for scheme, address in (("http", plain), ("https", tls)):
        if address is not None:
            return f"{scheme}://{_text_of(address)}" if address.port else None
    return None


def _text_of(address: Address) -> str:
    host = f"[{address.host}]" if ":" in address.host else address.host
    return f"{host}:{address.port}"


def _read(settings: Settings) -> dict[str, dict[str, str]]:
    text = (settings.data / _SANDBOX_FILE).read_bytes()
    return msgspec.json.decode(text, type=dict[str, dict[str, str]])


def _write(settings: Settings, shown: dict[str, dict[str, str]]) -> None:
    text = msgspec.json.format(msgspec.json.encode(shown), indent=2) + b"\n"
    replace_file(settings.data / _SANDBOX_FILE, text, PRIVATE)
