"""A browser at the panel with real sessions: keeps cookies, sends forms, goes where it is sent."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import msgspec

from fakes.audit import MemoryAudit
from fakes.panel import FORM, Answer, make_sandbox
from fakes.prepared import fill
from vezne.bootstrap.doors import open_doors
from vezne.bootstrap.house import House, open_house, own_room
from vezne.bootstrap.master import open_serving_master_key
from vezne.bootstrap.members import ensure_demo_member, members_desk_of
from vezne.bootstrap.panel import panel_desk
from vezne.core.audit import Origin, begin_origin
from vezne.core.member import AddMember, AddMembership, MemberRecord, Membership, Role
from vezne.core.merchant import Merchant
from vezne.edge.app import Dispatcher
from vezne.edge.asgi import site_from
from vezne.edge.sites import Incoming
from vezne.panel.app import LANGUAGE_COOKIE, panel_app
from vezne.panel.desk import PanelDesk
from vezne.panel.members import MembersDesk
from vezne.panel.passwords import Passwords
from vezne.panel.paths import PANEL_PATH
from vezne.panel.sessions import Policy
from vezne.settings import load_settings

PASSWORD = "correct horse 42 staple"
MINUTE_MS = 60_000


class MovingClock:
    """The time as a test says."""

    def __init__(self) -> None:
        self.time_ms = 1_800_000_000_000

    def now_ms(self) -> int:
        return self.time_ms

    def pass_minutes(self, minutes: float) -> None:
        self.time_ms += int(minutes * MINUTE_MS)


class Town:
    """A sandbox with real sessions, cheap hashes, and a clock of its own."""

    def __init__(self, house: House, desk: PanelDesk, clock: MovingClock, audit: MemoryAudit):
        self.house = house
        self.desk = desk
        self.clock = clock
        self.audit = audit
        self._dispatcher = Dispatcher(
            open_doors(house),
            own_room(house).service.intake,
            audit,
            {PANEL_PATH: site_from(panel_app(desk))},
        )

    @property
    def members(self) -> MembersDesk:
        return self.desk.members

    async def merchant(self) -> Merchant:
        return (await self.house.merchants.list_merchants())[0]

    async def add_member(
        self, email: str, role: Role = Role.OWNER, *, merchant: Merchant | None = None
    ) -> MemberRecord:
        """A member with `PASSWORD`, of the demo merchant's team unless another is given."""
        begin_origin(Origin())
        books = self.members.books
        record = MemberRecord(
            id=await books.next_member_id(),
            version=1,
            email=email,
            password_hash=await self.members.passwords.hash(PASSWORD),
            created_ms=self.clock.now_ms(),
        )
        team = merchant or await self.merchant()
        joined = Membership(
            member_id=record.id, merchant_id=team.id, role=role, created_ms=self.clock.now_ms()
        )
        await books.apply([AddMember(record), AddMembership(joined)])
        return record

    def browser(self, *, address: str = "192.0.2.1", scheme: str = "http") -> "Browser":
        """A browser that nobody has used."""
        return Browser(self._dispatcher, address, scheme)


class Browser:
    """Keeps what servers give it."""

    def __init__(self, dispatcher: Dispatcher, address: str, scheme: str) -> None:
        self._dispatcher = dispatcher
        self._address = address
        self._scheme = scheme
        self.cookies = {LANGUAGE_COOKIE: "en"}
        self.set_cookies: list[str] = []

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """A page."""
        return await self._send("GET", path, b"", headers or {})

    async def post(
        self,
        path: str,
        fields: Mapping[str, str] | None = None,
        *,
        page: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """A form, with the hidden fields of the page that it stands on, if that is named."""
        hidden: dict[str, str] = {}
        if page:
            hidden = hidden_fields((await self.get(page)).text, path)
        body = urlencode({**hidden, **(fields or {})}).encode()
        return await self._send("POST", path, body, {"content-type": FORM, **(headers or {})})

    async def sign_in(self, email: str, password: str = PASSWORD, **fields: str) -> Answer:
        """What the sign-in form is answered with."""
        return await self.post(
            "/panel/sign-in",
            {"email": email, "password": password, **fields},
            page="/panel/sign-in",
        )

    async def _send(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> Answer:
        sent = {
            "host": "127.0.0.1:8080",
            "user-agent": "Firefox/140",
            "cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            **headers,
        }
        answer = Answer(
            await self._dispatcher.handle(
                Incoming(method, self._scheme, path, sent, body, self._address)
            )
        )
        self.set_cookies = answer.cookies
        for text in answer.cookies:
            for name, morsel in SimpleCookie(text).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
        return answer


def hidden_fields(text: str, action: str) -> dict[str, str]:
    """The hidden fields of the form of a page that goes to a path."""
    forms = re.findall(r"<form\b.*?</form>", text, re.DOTALL)
    (form,) = [each for each in forms if f'action="{action}"' in each][:1] or [""]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))


@asynccontextmanager
async def open_town(
    data: Path, *, is_live: bool = False, idle_minutes: int = 480
) -> AsyncIterator[Town]:
    """A sandbox whose panel is in live mode, if that is wanted."""
    await fill(data, make_sandbox)
    settings = load_settings(None, {"mode": "sandbox", "data": data}, {})
    async with open_house(settings, await open_serving_master_key(settings)) as opened:
        clock, audit = MovingClock(), MemoryAudit()
        house = msgspec.structs.replace(
            opened, ports=msgspec.structs.replace(opened.ports, clock=clock), audit=audit
        )
        passwords = Passwords(memory_kib=64, passes=1)
        policy = Policy(idle_minutes * MINUTE_MS, is_factor_mandatory=is_live)
        members = members_desk_of(house, policy, passwords)
        await ensure_demo_member(house, members)
        desk = msgspec.structs.replace(
            panel_desk(house), sessions=members.sessions, members=members, is_sandbox=not is_live
        )
        yield Town(house, desk, clock, audit)
