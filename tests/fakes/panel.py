"""The panel over a real house in this process, visited by members of every role."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlencode

import msgspec

from fakes.prepared import fill
from vezne.api_keys import fill_keys
from vezne.bootstrap.demo import add_merchant, ensure_demo_merchant
from vezne.bootstrap.doors import open_doors
from vezne.bootstrap.house import House, open_house, own_room
from vezne.bootstrap.master import open_serving_master_key
from vezne.bootstrap.panel import panel_desk
from vezne.core.member import Member, Role, SignedIn
from vezne.core.merchant import Merchant
from vezne.edge.app import Dispatcher
from vezne.edge.asgi import site_from
from vezne.edge.messages import Door, Response
from vezne.edge.sites import Incoming
from vezne.panel.app import CSRF_FIELD, LANGUAGE_COOKIE, SESSION_COOKIE, panel_app
from vezne.panel.desk import PanelDesk
from vezne.panel.paths import PANEL_PATH
from vezne.settings import Settings, load_settings

CSRF = "the-form-token-of-this-session"
FORM = "application/x-www-form-urlencoded"


class EverySession:
    """Knows a session for every role of every merchant: its token is both."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def find(self, token: str, *, is_at_work: bool = True) -> SignedIn | None:
        role, _, merchant_id = token.partition("-")
        merchant = await self._house.merchants.find_merchant(int(merchant_id))
        assert merchant is not None
        return SignedIn(
            member=Member(id=1, email=f"{role}@example.com", has_second_factor=True),
            merchant=merchant,
            role=Role(role),
            session_id="session-1",
            csrf=CSRF,
        )


class Answer:
    """A response as tests read it."""

    def __init__(self, response: Response) -> None:
        self.status = response.status
        self.text = response.body.decode()
        self.headers = {name.decode(): value.decode("latin-1") for name, value in response.headers}
        self.cookies = [
            value.decode("latin-1") for name, value in response.headers if name == b"set-cookie"
        ]

    @property
    def note(self) -> str:
        """What the page after an act will say of it, with the mark of its tone before it."""
        (cookie,) = [text for text in self.cookies if text.startswith("vezne_note=")]
        return bytes.fromhex(cookie.partition("=")[2].partition(";")[0]).decode()

    @property
    def location(self) -> str:
        """Where the browser is sent."""
        return self.headers.get("location", "")


class PanelCaller:
    """Sends requests to the panel, and to the doors beside it, through the dispatcher."""

    def __init__(self, house: House, desk: PanelDesk, merchant: Merchant) -> None:
        self.house = house
        self.desk = desk
        self.merchant = merchant
        self._dispatcher = Dispatcher(
            _recorded_doors(house),
            own_room(house).service.intake,
            house.audit,
            {PANEL_PATH: site_from(panel_app(desk))},
        )
        self._dispatcher.count_by(house.watch.requests, house.watch.key_uses)
        own_room(house).own_doors.open(self._dispatcher.handle)

    async def get(
        self,
        path: str,
        role: Role | None = Role.OWNER,
        *,
        merchant: Merchant | None = None,
        language: str = "en",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """A page as a member of a role sees it, or a stranger where there is no role."""
        sent = self._headers(role, merchant, language) | dict(headers or {})
        return await self.send(Incoming("GET", "http", path, sent, b"", "127.0.0.1"))

    async def post(
        self,
        path: str,
        fields: Mapping[str, str] | None = None,
        role: Role | None = Role.OWNER,
        *,
        merchant: Merchant | None = None,
        language: str = "en",
        csrf: str = CSRF,
    ) -> Answer:
        """An act, by the form of a page."""
        body = urlencode({**(fields or {}), CSRF_FIELD: csrf}).encode()
        sent = self._headers(role, merchant, language) | {"content-type": FORM}
        return await self.send(Incoming("POST", "http", path, sent, body, "127.0.0.1"))

    async def send(self, incoming: Incoming) -> Answer:
        """Whatever the dispatcher answers, to a door's request as well."""
        return Answer(await self._dispatcher.handle(incoming))

    async def add_merchant(self, name: str) -> Merchant:
        """Another merchant of the same house."""
        return await add_merchant(self.house, name, fill_keys({}))

    def _headers(
        self, role: Role | None, merchant: Merchant | None, language: str
    ) -> dict[str, str]:
        cookies = [f"{LANGUAGE_COOKIE}={language}"]
        if role is not None:
            cookies.append(f"{SESSION_COOKIE}={role}-{(merchant or self.merchant).id}")
        return {"host": "127.0.0.1:8080", "cookie": "; ".join(cookies)}


@asynccontextmanager
async def open_panel(data: Path) -> AsyncIterator[PanelCaller]:
    """A sandbox with its demo merchant."""
    await fill(data, make_sandbox)
    settings = _sandbox_in(data)
    async with open_house(settings, await open_serving_master_key(settings)) as house:
        (merchant,) = await house.merchants.list_merchants()
        desk = msgspec.structs.replace(panel_desk(house), sessions=EverySession(house))
        yield PanelCaller(house, desk, merchant)


async def make_sandbox(data: Path) -> None:
    """What a first start leaves in its directory."""
    settings = _sandbox_in(data)
    async with open_house(settings, await open_serving_master_key(settings)) as house:
        await ensure_demo_merchant(house)


def _sandbox_in(data: Path) -> Settings:
    return load_settings(None, {"mode": "sandbox", "data": data}, {})


def _recorded_doors(house: House) -> list[Door]:
    """The doors with the log of calls around them, which `house.recorder.write` brings to disk."""
    assert house.recorder is not None
    return [house.recorder.record(door) for door in open_doors(house)]
