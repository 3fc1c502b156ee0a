"""The vault's counter and the gateway's uplink over a real socket, each with fakes behind it."""

import asyncio
import base64
import hashlib
import hmac
import json

import msgspec
import pytest

from fakes.audit import MemoryAudit
from fakes.card_line import FilledLine
from fakes.intake import PlainIntake
from fakes.linked import WELCOME, door_of, linked, no_bank, services, until
from fakes.vault import CARD_FIELDS, TEST_PAN, MemoryVault
from fakes.world import FixedClock
from vezne.core.audit import AuditAction, AuditEvent, current_origin, prove_caller
from vezne.core.card import CardSlot
from vezne.core.fault import BankCall, Facts, Fault, FaultKind, FaultOnDemand, Place
from vezne.core.ports import AuditFailure, CardGone, LineFailure
from vezne.edge.app import Dispatcher
from vezne.edge.key_uses import KeyUses
from vezne.edge.load import LoadGate
from vezne.edge.messages import BrowserForm, Outcome, Response, Route
from vezne.edge.sites import Incoming
from vezne.link import messages
from vezne.link.boards import BankBoard, GatewayBoard
from vezne.link.failures import LinkDown, LinkFailure, RemoteFault
from vezne.link.reception import Desk
from vezne.link.remote import RemoteAudit, RemoteLine, RemoteSecretBox, RemoteVault
from vezne.link.uplink import NoVault, Reception, Uplink
from vezne.vault.intake import VaultIntake
from vezne.vault.transit import Transit

MERCHANT = 7
EVENT = AuditEvent(action=AuditAction.SWEPT, count=3)


def nothing(*_):
    """For what a test does not look at."""


def renamed(headers, rename):
    """The whole header is a signature."""
    return headers | {"authorization": rename(headers["authorization"].encode()).decode()}


class BrokenAudit(MemoryAudit):
    """A trail on a full disk, until it has room."""

    has_room = False

    async def settled(self):
        if not self.has_room:
            raise AuditFailure("no space")


def open_desk(doors, sites, audit, key_uses=None):
    """The gateway's end, which refuses nobody."""
    key_uses = key_uses or KeyUses(lambda: 0)
    return Desk(doors, sites, audit, LoadGate(0, (), audit), key_uses)


class House:
    """A dispatcher in front of the vault's end, and handlers behind the gateway's."""

    def __init__(self, link, handle, audit=None, intake=None):
        self.audit = audit or MemoryAudit()
        self.handle = handle
        self.requests = []
        routes = (
            Route(method="POST", path="/pay", handle=self.serve, card=CARD_FIELDS, is_write=True),
            Route(method="GET", path="/pay", handle=self.serve),
        )
        door = msgspec.structs.replace(door_of(*routes), conceal_proof=renamed)
        self.key_uses = KeyUses(lambda: 1_700_000_000_000)
        sites = {"/3ds": self.visit}
        self.desk = open_desk([door], sites, RemoteAudit(link.uplink), self.key_uses)
        sites = {"/3ds": link.counter.site("/3ds"), "/gone": link.counter.site("/gone")}
        doors = link.counter.doors([door])
        self.dispatcher = Dispatcher(doors, intake or PlainIntake(), self.audit, sites)
        self.uplink = link.uplink

    async def serve(self, request):
        self.requests.append(request)
        return await self.handle(request)

    async def visit(self, incoming):
        return Response(200, incoming.target.encode())

    async def open(self):
        """Have the vault hand over its requests."""
        self.uplink.take_requests(Reception(self.desk.answer, nothing, nothing))
        await self.uplink.ask(messages.IsHeld(MERCHANT, 1))

    async def ask(self, body=b'{"price": 1.20}', method="POST", target="/pay?a=b", **proofs):
        headers = {"host": "desk:1", "content-type": "application/json"} | proofs
        address = "192.0.2.7"
        return await self.dispatcher.handle(
            Incoming(method, "https", target, headers, body, address)
        )


def has_gateway(link):
    return link.counter._gateway is not None


async def done(_):
    return Response(200, b"done", ((b"x-own", b"1"),), outcome=Outcome.DECLINED, reason="51")


async def test_a_request_is_answered_on_the_other_side():
    """Everything of it arrives, and everything of the answer comes back."""
    async with linked(services(MemoryVault())) as link:
        house = House(link, done)
        await house.open()
        response = await house.ask()
        assert (response.status, response.body) == (200, b"done")
        assert response.headers == ((b"x-door", b"desk"), (b"x-own", b"1"))
        assert (response.outcome, response.reason) == (Outcome.DECLINED, "51")
        (request,) = house.requests
        assert (request.method, request.scheme, request.host) == ("POST", "https", "desk:1")
        assert (request.path, request.target, request.query) == ("/pay", "/pay?a=b", "a=b")
        assert str(request.body.payload["price"]) in {"1.20", "1.2"}
        assert (request.body.record, request.body.card) == (None, None)


async def test_the_gateway_knows_when_a_key_was_used():
    """Its panel shows that; a request whose caller proved nothing used none."""

    async def prove(request):
        if "key" in request.headers:
            prove_caller(MERCHANT, request.headers["key"])
        raise FaultOnDemand

    async with linked(services(MemoryVault())) as link:
        house = House(link, prove)
        await house.open()
        await house.ask()
        await house.ask(key="proven")
        assert house.key_uses.last_ms(MERCHANT, "proven") == 1_700_000_000_000
        assert house.key_uses.last_ms(0, "") is None


async def test_proofs_are_made_where_the_body_is():
    """While the request lasts; afterwards the vault knows nothing of it."""
    bodies = []

    async def prove(request):
        bodies.append(request.body)
        body = request.body
        newer, older = request.headers["newer"].encode(), request.headers["older"].encode()
        answers = [
            await body.is_hmac_sha256(newer, b"key", b"prefix"),
            await body.is_hmac_sha256(newer, b"key", b"another"),
            await body.is_sha1(older, ["secret", CardSlot.PAN]),
            await body.is_sha1(older, ["another", CardSlot.PAN]),
        ]
        body.release()
        return Response(200, repr(answers).encode())

    async with linked(services(MemoryVault())) as link:
        house = House(link, prove)
        await house.open()
        raw = b'{"price": 1}'
        proofs = {
            "newer": hmac.digest(b"key", b"prefix" + raw, "sha256").hex(),
            "older": base64.b64encode(
                hashlib.sha1(f"secret{CardSlot.PAN}".encode()).digest()  # noqa: S324
            ).decode(),
        }
        assert (await house.ask(raw, **proofs)).body == b"[True, False, True, False]"
        with pytest.raises(ValueError, match="other side"):
            await bodies[0].is_hmac_sha256(b"", b"key", b"")


async def test_a_signature_over_a_card_stays_with_the_vault():
    """The gateway has an alias, can ask about nothing else, and learns whether it is right."""
    seen = {}

    async def prove(request):
        alias = request.headers["authorization"].encode()
        seen["alias"] = alias
        guess = hmac.digest(b"key", raw, "sha256").hex().encode()
        answers = [await request.body.is_hmac_sha256(text, b"key", b"") for text in (alias, guess)]
        return Response(200, repr(answers).encode())

    raw = json.dumps({"paymentCard": {"cardNumber": TEST_PAN, "cvc": "123"}}).encode()
    signature = hmac.digest(b"key", raw, "sha256").hex()
    async with linked(services(MemoryVault())) as link:
        house = House(link, prove, intake=VaultIntake(Transit(FixedClock(0))))
        await house.open()
        answer = await house.ask(raw, authorization=signature)
        assert answer.body == b"[True, False]"
        assert seen["alias"] != signature.encode()


async def test_the_vault_explains_a_signature_without_showing_the_card():
    """By the alias alone, and with the body as another client would have written it."""

    async def explain(request):
        alias = request.headers["authorization"].encode()
        keys, prefixes = [b"wrong", b"key"], [b"/pay"]
        found = [
            await request.body.explain_hmac(alias, keys, prefixes),
            await request.body.explain_hmac(alias, keys[::-1], prefixes),
        ]
        return Response(200, repr(found).encode())

    values = {"paymentCard": {"cardNumber": TEST_PAN, "cvc": "123"}}
    sent, signed = json.dumps(values).encode(), json.dumps(values, separators=(",", ":")).encode()
    signature = hmac.digest(b"key", b"/pay" + signed, "sha256").hex()
    async with linked(services(MemoryVault())) as link:
        house = House(link, explain, intake=VaultIntake(Transit(FixedClock(0))))
        await house.open()
        answer = await house.ask(sent, authorization=signature)
        assert answer.body.startswith(b"[None, Explained(")
        assert b"body_compact" in answer.body
        assert b"******" in answer.body
        assert TEST_PAN.encode() not in answer.body


async def test_pages_are_made_by_the_gateway():
    """A browser's form becomes a page there, and a site below its path is its own."""

    async def form(_):
        return BrowserForm(action="https://bank.example/", fields=(("a", "b"),))

    async with linked(services(MemoryVault())) as link:
        house = House(link, form)
        await house.open()
        assert b"https://bank.example/" in (await house.ask()).body
        assert (await house.ask(method="GET", target="/3ds/return")).body == b"/3ds/return"


@pytest.mark.parametrize("error", [FaultOnDemand(), KeyError("x"), CardGone()])
async def test_a_fault_is_answered_by_the_door(error):
    """Whatever a handler raises, in its own process or through the vault."""

    async def fail(_):
        raise error

    async with linked(services(MemoryVault())) as link:
        house = House(link, fail)
        await house.open()
        assert (await house.ask()).status == 500


async def test_without_a_gateway_the_door_answers_with_its_fault():
    """Before one came, after it has left, and after it is gone."""
    async with linked(services(MemoryVault())) as link:
        house = House(link, done)
        assert (await house.ask()).status == 500
        await house.open()
        assert (await house.ask()).status == 200
        await link.uplink.leave(1)
        await until(lambda: not has_gateway(link))
        assert (await house.ask()).status == 500
        assert (await house.ask(target="/nowhere")).status == 404
        link.uplink.close()


async def test_the_vault_says_whether_it_can_serve():
    """For whoever balances load: without a gateway it cannot."""
    async with linked(services(MemoryVault())) as link:
        asked = Incoming("GET", "http", "/health", {}, b"")
        assert (await link.counter.health(asked)).status == 503
        house = House(link, done)
        await house.open()
        answer = await link.counter.health(asked)
        assert (answer.status, answer.body) == (200, b'{"status":"ok"}')
        posted = Incoming("POST", "http", "/health", {}, b"")
        assert (await link.counter.health(posted)).status == 405


async def test_who_asks_is_known_on_both_sides():
    """The gateway proves the caller; its lines in the trail and the vault's bear the name."""
    audit = MemoryAudit()

    async with linked(services(MemoryVault(), audit=audit)) as link:
        gateway_audit = RemoteAudit(link.uplink)
        vault = RemoteVault(link.uplink, None, b"")

        async def prove(_):
            prove_caller(MERCHANT, "key")
            gateway_audit.record(EVENT)
            await gateway_audit.settled()
            await vault.is_held(MERCHANT, 1)
            return Response(200, current_origin().address.encode())

        house = House(link, prove)
        await house.open()
        assert (await house.ask()).body == b"192.0.2.7"
        ((event, origin),) = audit.lines
        assert event == EVENT
        assert (origin.address, origin.door, origin.path) == ("192.0.2.7", "desk", "/pay")
        assert (origin.merchant_id, origin.caller) == (MERCHANT, "key")


async def test_lines_wait_for_a_trail_that_takes_them():
    """Nothing is lost and nothing passes for durable that is not (PCI DSS v4.0.1 10.7.2)."""
    trail = BrokenAudit()
    async with linked(services(MemoryVault(), audit=trail)) as link:
        audit = RemoteAudit(link.uplink)
        await audit.settled()
        audit.record(EVENT)
        audit.record(EVENT)
        with pytest.raises(AuditFailure):
            await audit.settled()
        trail.has_room = True
        trail.lines.clear()
        await audit.settled()
        assert [event for event, _ in trail.lines] == [EVENT, EVENT]
        link.uplink.close()
        await until(lambda: link.uplink._peer is None)
        audit.record(EVENT)
        with pytest.raises(AuditFailure):
            await audit.settled()


async def test_messages_are_filled_and_carried_by_the_vault():
    """A template crosses with its slots; the reply and the failures come back."""
    vault, line = MemoryVault(), FilledLine(no_bank)
    async with linked(services(vault, line=line)) as link:
        remote = RemoteLine(link.uplink)
        card = line.hold(TEST_PAN, "123")
        template = (b"a", CardSlot.PAN, b"b", CardSlot.CVV)
        assert await remote.send(MERCHANT, template, card) == f"a{TEST_PAN}b123".encode()
        line.failures += [LineFailure("no", is_sent=False), CardGone(), KeyError()]
        with pytest.raises(LineFailure) as failed:
            await remote.send(MERCHANT, template, card)
        assert not failed.value.is_sent
        with pytest.raises(CardGone):
            await remote.send(MERCHANT, template, card)
        with pytest.raises(LineFailure) as failed:
            await remote.send(MERCHANT, template, card)
        assert failed.value.is_sent
        link.uplink.close()
        await until(lambda: link.uplink._peer is None)
        with pytest.raises(LineFailure) as failed:
            await remote.send(MERCHANT, template, card)
        assert not failed.value.is_sent


async def test_secrets_are_sealed_by_the_vault():
    """And opened there, when the context is right."""
    async with linked(services(MemoryVault())) as link:
        box = RemoteSecretBox(link.uplink)
        sealed = await box.seal(b"secret", b"iyzico")
        assert await box.open(sealed, b"iyzico") == b"secret"
        with pytest.raises(ValueError, match="other side"):
            await box.open(sealed, b"paynet")


async def test_what_a_lost_gateway_had_opened_is_wiped():
    """Nobody else would release it before its time is over."""
    vault = MemoryVault()
    async with linked(services(vault)) as link:
        remote = RemoteVault(link.uplink, None, b"")
        await remote.hold(MERCHANT, 1, vault.present(), "x")
        kept, released = [await remote.open_held(MERCHANT, 1) for _ in range(2)]
        remote.release(released.card.transit_id)
        await remote.is_held(MERCHANT, 1)
        assert released.card.transit_id not in vault.in_transit
        assert kept.card.transit_id in vault.in_transit
        link.uplink.close()
        await until(lambda: kept.card.transit_id not in vault.in_transit)


async def test_faults_reach_the_bank_and_come_back_counted():
    """What the control door did is known at the bank before the next question is answered."""
    board = BankBoard()
    async with linked(services(MemoryVault(), board=board)) as link:
        gateway = GatewayBoard(link.uplink.tell)
        desk = open_desk([door_of()], {}, RemoteAudit(link.uplink))
        used = []
        link.uplink.take_requests(Reception(desk.answer, used.append, gateway.show_again))
        placed = gateway.add(MERCHANT, Fault(kind=FaultKind.SILENCE_AFTER, times=1))
        other = gateway.add(MERCHANT, Fault(kind=FaultKind.GARBAGE, times=1))
        gateway.remove(MERCHANT, other.id)
        await link.uplink.ask(messages.IsHeld(MERCHANT, 1))
        assert board.take(MERCHANT, Place.BANK, Facts(operation=BankCall.AUTHORIZE))
        await link.uplink.ask(messages.IsHeld(MERCHANT, 1))
        assert used == [messages.FaultUsed(MERCHANT, placed.id)]
        assert not board.has_faults(MERCHANT)


async def test_strangers_get_nothing():
    """Whoever does not introduce itself, or is of another make or mode."""
    async with linked(services(MemoryVault())) as link:
        with pytest.raises(NoVault):
            await Uplink(link.path, "live").open()
        command = Uplink(link.path, "")
        assert await command.open() == WELCOME
        command.close()
        stranger = link.counter.make_peer()
        loop = asyncio.get_running_loop()
        await loop.create_unix_connection(lambda: stranger, str(link.path))
        with pytest.raises(RemoteFault):
            await stranger.ask(messages.IsHeld(MERCHANT, 1))
        stranger.tell(messages.Ready())
        with pytest.raises(RemoteFault):
            await stranger.ask(messages.IsHeld(MERCHANT, 1))
        assert not has_gateway(link)
        stranger.close()
        await until(lambda: not stranger.is_open)


async def test_neither_side_answers_what_is_the_other_s():
    """A vault visits nobody; a gateway opens no cards, nor routes that it has not."""
    async with linked(services(MemoryVault())) as link:
        with pytest.raises(RemoteFault):
            await link.uplink.ask(messages.Browse("/3ds", Incoming("GET", "http", "/", {}, b"")))
        house = House(link, done)
        await house.open()
        with pytest.raises(LinkFailure):
            await house.desk.answer(None, messages.IsHeld(MERCHANT, 1))
        response = await house.dispatcher.handle(Incoming("GET", "http", "/pay", {}, b""))
        assert response.status == 200
        response = await house.dispatcher.handle(Incoming("GET", "http", "/gone", {}, b""))
        assert response.status == 503


async def test_the_gateway_connects_again():
    """As soon as the vault is back, and takes requests again without being told."""
    served = services(MemoryVault())
    async with linked(served) as link:
        assert await link.uplink.open() == WELCOME
        backs = []
        desk = open_desk([door_of()], {}, RemoteAudit(link.uplink))
        link.uplink.take_requests(Reception(desk.answer, nothing, lambda: backs.append("back")))
        staying = asyncio.ensure_future(link.uplink.stay_open())
        link.uplink.close()
        await until(lambda: len(backs) == 2)
        await until(lambda: has_gateway(link))
        staying.cancel()


async def test_a_vault_that_is_not_there(tmp_path):
    """A command says so; a server waits."""
    uplink = Uplink(tmp_path / "s", "sandbox")
    with pytest.raises(NoVault, match="No such file"):
        await uplink.open()
    with pytest.raises(LinkDown):
        await uplink.ask(messages.IsHeld(MERCHANT, 1))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await uplink.wait_until_open()
    uplink.tell(messages.Release(1))
    await uplink.leave(0)
    uplink.close()
