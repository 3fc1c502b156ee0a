"""A house with several merchants at work: teams that really signed in, payments at every door.

Everything in it came by the doors and by the panel's own forms.
"""

import re
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import msgspec

from fakes.courier import ScriptedCourier
from fakes.door_caller import DoorCaller, iyzico_payment, paynet_payment, paywall_payment
from fakes.panel import Answer
from fakes.panel_browser import PASSWORD, Browser
from fakes.sub_merchants import sub_merchant_request
from simbank.cards import own_pan
from vezne.api_keys import fill_keys
from vezne.bootstrap.demo import add_merchant
from vezne.bootstrap.doors import open_doors
from vezne.bootstrap.house import House, open_house, own_room
from vezne.bootstrap.master import open_serving_master_key
from vezne.bootstrap.members import members_desk_of, policy_of
from vezne.bootstrap.panel import panel_desk
from vezne.core.audit import Origin, begin_origin
from vezne.core.member import Role
from vezne.core.merchant import Merchant
from vezne.core.webhook import Courier
from vezne.edge.app import Dispatcher
from vezne.edge.asgi import site_from
from vezne.edge.sites import Incoming
from vezne.flows.notify import Mail, tell_due
from vezne.panel.app import SESSION_COOKIE, panel_app
from vezne.panel.desk import PanelDesk
from vezne.panel.passwords import Passwords
from vezne.panel.paths import PANEL_PATH
from vezne.settings import load_settings
from vezne.webhooks import Office, _doors

DECLINED = "4111111111111129"
REVIEWED = own_pan(90000)
IBAN = "TR180006200119000006672315"
DATABASES = ("books.db", "calls.db", "vault.db")


class Quarter:
    """A merchant of the town. Every free text of it has its `mark`.

    `ids` are what the addresses of its things are made of, `card_names` what the doors call its
    stored card.
    """

    def __init__(
        self, town: "PanelTown", mark: str, merchant: Merchant, caller: DoorCaller
    ) -> None:
        self.town = town
        self.merchant = merchant
        self.mark = mark
        self.caller = caller
        self.sessions: dict[Role, dict[str, str]] = {}
        self.csrf: dict[Role, str] = {}
        self.ids: dict[str, str] = {}
        self.card_names: list[str] = []

    def email(self, role: Role) -> str:
        return f"{role}@{self.mark}.example"

    def browser(self, role: Role | None) -> Browser:
        """A browser with the session that a member has got by signing in."""
        browser = self.town.browser()
        if role is not None:
            browser.cookies.update(self.sessions[role])
        return browser

    async def get(self, path: str, role: Role | None = Role.OWNER, **headers: str) -> Answer:
        return await self.browser(role).get(PANEL_PATH + path, headers)

    async def post(
        self, path: str, fields: Mapping[str, str] | None = None, role: Role = Role.OWNER
    ) -> Answer:
        """A form with the token of the member's session."""
        sent = {**(fields or {}), "csrf": self.csrf[role]}
        return await self.browser(role).post(PANEL_PATH + path, sent)

    async def fill_in(self, page: str, action: str, **fields: str) -> Answer:
        """The form of a page, with its hidden fields; the owner sends it."""
        answer = await self.browser(Role.OWNER).post(
            PANEL_PATH + action, fields, page=PANEL_PATH + page
        )
        assert answer.status in {200, 303}, answer.text
        return answer

    async def found(self) -> None:
        """Make the team: by a link of the house, and then by links of the owner."""
        links = self.town.desk.members.links
        begin_origin(Origin())
        link = await links.invite(self.email(Role.OWNER), self.merchant.id, Role.OWNER, "the house")
        await self._join(link, Role.OWNER)
        for role in Role:
            if role is not Role.OWNER:
                await self._join(await self.invite(self.email(role), role), role)

    async def invite(self, email: str, role: Role = Role.VIEWER) -> str:
        """The secret of a new link."""
        answer = await self.fill_in("/team", "/team/invitations", email=email, role=role)
        return re.search(r"join\?link=([\w-]+)", answer.text)[1]

    async def sign_in(self, role: Role) -> Browser:
        """A browser that has just signed in."""
        browser = self.town.browser()
        answer = await browser.sign_in(self.email(role), PASSWORD)
        assert answer.status == 303, answer.text
        return browser

    async def _join(self, link: str, role: Role) -> None:
        browser, path = self.town.browser(), f"{PANEL_PATH}/join"
        fields = {"new": PASSWORD, "again": PASSWORD}
        answer = await browser.post(path, fields, page=f"{path}?link={link}")
        assert answer.status == 303, answer.text
        browser = await self.sign_in(role)
        self.sessions[role] = {SESSION_COOKIE: browser.cookies[SESSION_COOKIE]}
        page = (await browser.get(f"{PANEL_PATH}/account")).text
        self.csrf[role] = re.search(r'name="csrf" value="([^"]+)"', page)[1]


class PanelTown:
    """The house, and the quarters in it."""

    def __init__(self, house: House, desk: PanelDesk) -> None:
        self.house = house
        self.desk = desk
        self.quarters: list[Quarter] = []
        assert house.recorder is not None
        doors = [house.recorder.record(door) for door in open_doors(house)]
        intake = own_room(house).service.intake
        sites = {PANEL_PATH: site_from(panel_app(desk))}
        self._dispatcher = Dispatcher(doors, intake, house.audit, sites)
        own_room(house).own_doors.open(self._dispatcher.handle)

    def browser(self, *, scheme: str = "http", desk: PanelDesk | None = None) -> Browser:
        """A browser that nobody has used; at a panel with another desk, if one is given."""
        dispatcher = self._dispatcher
        if desk is not None:
            intake = own_room(self.house).service.intake
            sites = {PANEL_PATH: site_from(panel_app(desk))}
            dispatcher = Dispatcher(open_doors(self.house), intake, self.house.audit, sites)
        return Browser(dispatcher, "127.0.0.1", scheme)

    async def send(self, incoming: Incoming) -> Answer:
        return Answer(await self._dispatcher.handle(incoming))

    async def add_quarter(self, mark: str, name: str = "") -> Quarter:
        """A merchant with a team. The first one is the demo merchant."""
        keys, is_demo = fill_keys({}), not self.quarters
        merchant = await add_merchant(self.house, name or mark, keys, is_demo=is_demo)
        quarter = Quarter(self, mark, merchant, DoorCaller(keys, self.send))
        await quarter.found()
        self.quarters.append(quarter)
        return quarter

    async def tell(self, quarter: Quarter, courier: Courier) -> None:
        """Try to deliver the webhooks that are due."""
        house = self.house
        office = Office(
            settings=house.settings,
            ports=house.ports,
            merchants=house.merchants,
            outbox=house.outbox,
            names=house.vault.names,
            faults=house.faults,
        )
        for door, words in _doors(office).items():
            mail = Mail(
                door=door,
                words=words,
                outbox=house.outbox,
                courier=courier,
                keys=house.merchants,
                merchants=house.merchants,
                faults=house.faults,
                keeps_contents=True,
            )
            await tell_due(quarter.merchant, mail, house.ports)

    def state(self) -> dict[str, object]:
        """What `rows` has, and what is kept in memory only."""
        state: dict[str, object] = dict(self.rows())
        for quarter in self.quarters:
            merchant_id = quarter.merchant.id
            order = self.desk.shop.orders.find(merchant_id, quarter.ids["order"])
            state[f"order of {quarter.mark}"] = order.stage, len(order.exchanges), order.brought
            state[f"faults of {quarter.mark}"] = self.house.faults.list_faults(merchant_id)
        return state

    def changed_since(self, before: Mapping[str, object]) -> dict[str, object]:
        """What has become of everything that stood otherwise."""
        return {name: now for name, now in self.state().items() if now != before[name]}

    def rows(self) -> dict[str, list[tuple[object, ...]]]:
        """Every row of every database, by database and table.

        Without when sessions were last seen, and how far the audit trail is.
        """
        found: dict[str, list[tuple[object, ...]]] = {}
        for name in DATABASES:
            with closing(sqlite3.connect(self.house.settings.data / name)) as database:
                tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
                for (table,) in tables.fetchall():
                    if table == "audit_anchors":
                        continue
                    found[f"{name} {table}"] = _rows_of(database, table)
        return found


def _rows_of(database: sqlite3.Connection, table: str) -> list[tuple[object, ...]]:
    info = database.execute(f"PRAGMA table_info({table})").fetchall()
    columns = ", ".join(column[1] for column in info if column[1] != "seen_ms")
    return sorted(database.execute(f"SELECT {columns} FROM {table}"), key=repr)  # noqa: S608


async def furnish(quarter: Quarter) -> None:
    """Let a merchant do everything once."""
    await _settle(quarter)
    await _sell(quarter)
    await _keep_shop(quarter)
    courier = ScriptedCourier()
    courier.problems = ["answered 500"]
    await quarter.town.tell(quarter, courier)
    assert quarter.town.house.recorder is not None
    await quarter.town.house.recorder.write()
    await _look_around(quarter)


async def _settle(quarter: Quarter) -> None:
    """Settings, keys, a fault, an invitation."""
    mark = quarter.mark
    urls = {f"webhook_{door}": f"https://{mark}.example/hooks/{door}" for door in ("iyzico",)}
    urls |= {f"webhook_{door}": f"https://{mark}.example/{door}" for door in ("paywall", "paynet")}
    await quarter.fill_in("/settings", "/settings/webhooks", **urls)
    await quarter.fill_in("/settings", "/settings/account", iban=IBAN, marketplace="sometimes")
    networks = "127.0.0.1\n198.51.100.77"
    await quarter.fill_in("/settings/access", "/settings/access", networks=networks)
    await quarter.fill_in("/keys", "/keys", door="iyzico")
    fault = {"kind": "answer_500_after_commit", "times": "always", "path": f"/{mark}"}
    await quarter.fill_in("/sandbox", "/sandbox/faults", **fault)
    quarter.ids["link"] = await quarter.invite(f"guest@{mark}.example")


async def _sell(quarter: Quarter) -> None:
    """Payments in many standings, at every door; two stored cards."""
    mark, caller, ids = quarter.mark, quarter.caller, quarter.ids
    buyer = {**iyzico_payment()["buyer"], "name": mark, "email": f"buyer@{mark}.example"}
    own = {"conversationId": f"{mark}-reference", "basketId": f"{mark}-basket", "buyer": buyer}
    paid = await caller.iyzico("/payment/auth", iyzico_payment(**own))
    ids["number"] = str(paid["paymentId"])
    ids["line"] = str(paid["itemTransactions"][0]["paymentTransactionId"])
    held = await caller.iyzico("/payment/preauth", iyzico_payment(**own))
    ids["hold"] = str(held["paymentId"])
    reviewed = await caller.iyzico("/payment/auth", iyzico_payment(REVIEWED, **own))
    ids["review"] = str(reviewed["paymentId"])
    await caller.iyzico("/payment/auth", iyzico_payment(DECLINED, **own))
    await quarter.fill_in("/sandbox", "/sandbox/faults", kind="silence_after", times="1")
    await caller.iyzico("/payment/auth", iyzico_payment(**own))
    await _sell_for_others(quarter, own)
    await caller.iyzico(
        "/payment/3dsecure/initialize",
        iyzico_payment(**own, callbackUrl=f"https://{mark}.example/back"),
    )
    stored = await caller.iyzico("/cardstorage/card", stored_card(mark))
    ids["cardUserKey"], ids["cardToken"] = str(stored["cardUserKey"]), str(stored["cardToken"])
    await caller.paywall("/api/paywall/payment/startdirect", paywall_payment(f"{mark}-paywall"))
    await caller.paynet("/v2/transaction/payment", paynet_payment(f"{mark}-paynet"))


async def _sell_for_others(quarter: Quarter, own: Mapping[str, object]) -> None:
    mark = quarter.mark
    seller = sub_merchant_request(subMerchantExternalId=f"{mark}-seller", name=mark)
    key = (await quarter.caller.iyzico("/onboarding/submerchant", seller))["subMerchantKey"]
    items = [
        {**item, "name": mark, "subMerchantKey": key, "subMerchantPrice": "0.1"}
        for item in iyzico_payment()["basketItems"]
    ]
    request = iyzico_payment(**{**own, "basketItems": items})
    sold = await quarter.caller.iyzico("/payment/auth", request)
    quarter.ids["sold"] = str(sold["paymentId"])
    quarter.ids["sold_line"] = str(sold["itemTransactions"][0]["paymentTransactionId"])


def stored_card(text: str, pan: str = "5528790000000008") -> dict[str, object]:
    """A card to store; every free text is one."""
    return {
        "locale": "tr",
        "conversationId": text,
        "externalId": f"{text}-customer",
        "email": f"owner@{text}.example",
        "card": {
            "cardAlias": text,
            "cardHolderName": text,
            "cardNumber": pan,
            "expireMonth": "12",
            "expireYear": "2030",
        },
    }


async def _keep_shop(quarter: Quarter) -> None:
    """An order that is at the bank."""
    fields = {"quantity_coffee": "1", "door": "iyzico", "way": "secure", "card": "new-credit"}
    answer = await quarter.fill_in("/shop", "/shop", **fields)
    name = quarter.ids["order"] = answer.location.rpartition("/")[2]
    order = quarter.town.desk.shop.orders.find(quarter.merchant.id, name)
    quarter.ids["return"] = order.return_name


async def _look_around(quarter: Quarter) -> None:
    """Read off the pages what their addresses are made of."""
    ids = quarter.ids

    async def find(page: str, pattern: str) -> tuple[str, ...]:
        text = (await quarter.get(page)).text
        match = re.search(pattern, text)
        assert match is not None, f"{page} has no {pattern}: {text}"
        return match.groups()

    named = await quarter.get(f"/cards?{urlencode({'q': ids['cardToken']})}")
    *_, ids["owner"], ids["token"] = named.location.split("/")
    card = await quarter.get(f"/cards/{ids['owner']}/{ids['token']}")
    quarter.card_names = [unescape(name) for name in re.findall(r"<code>([^<]+)<", card.text)]
    found = await find("/webhooks", r"/panel/webhooks/(\d+)/(\d+)")
    ids["notice"], ids["notice_version"] = found
    path = f"/webhooks/{ids['notice']}/{ids['notice_version']}"
    (ids["revision"],) = await find(path, r'name="revision" value="(\d+)"')
    (ids["call"],) = await find("/requests", r"/panel/requests/(\d+)")
    (ids["fault"],) = await find("/sandbox", r"/panel/sandbox/faults/(\d+)/remove")
    (ids["invitation"],) = await find("/team", r"/panel/team/invitations/(\w+)/withdraw")
    (ids["version"],) = await find(
        f"/payments/{ids['number']}/cancel", r'name="version" value="(\d+)"'
    )
    members = quarter.town.desk.members
    viewer = await members.books.find_member_named(quarter.email(Role.VIEWER))
    ids["member"] = str(viewer.id)
    owner = await members.books.find_member_named(quarter.email(Role.OWNER))
    ids["session"] = (await members.sessions.list_open(owner.id))[0].id


@asynccontextmanager
async def open_panel_town(data: Path, *names: str) -> AsyncIterator[PanelTown]:
    """A sandbox with a furnished quarter for each name, the first the demo merchant's."""
    settings = load_settings(None, {"mode": "sandbox", "data": data}, {})
    async with open_house(settings, await open_serving_master_key(settings)) as house:
        policy = policy_of(settings)
        members = members_desk_of(house, policy, Passwords(memory_kib=64, passes=1))
        desk = msgspec.structs.replace(
            panel_desk(house), sessions=members.sessions, members=members
        )
        town = PanelTown(house, desk)
        for name in names:
            await furnish(await town.add_quarter(name))
        yield town
