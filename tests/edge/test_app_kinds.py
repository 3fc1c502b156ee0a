"""The dispatcher: bodies of several kinds, cards in headers, paths in any case, pages."""

import asyncio

import pytest

from fakes.audit import MemoryAudit
from fakes.intake import PlainIntake
from fakes.listening import ListeningThread, post
from fakes.world import FixedClock
from vezne.core.body import BodyKind, CardFields, FieldState
from vezne.core.card import CardSlot
from vezne.edge.app import Dispatcher
from vezne.edge.messages import BrowserForm, BrowserMessage, Door, Response, Route
from vezne.edge.sites import Incoming
from vezne.vault.intake import VaultIntake
from vezne.vault.transit import Transit

PAN = "5528790000000008"
FORM_TYPE = "application/x-www-form-urlencoded"
ALL_KINDS = frozenset(BodyKind)


def door_of(name, *routes, **changes):
    def refuse(status):
        return lambda _bad: Response(status, name.encode())

    return Door(
        name=name,
        routes=routes,
        headers=((b"x-door", name.encode()),),
        unknown_path=refuse(404),
        wrong_method=refuse(405),
        malformed=refuse(400),
        too_large=refuse(413),
        fault=refuse(500),
        too_many=refuse(429),
        overloaded=refuse(503),
        **changes,
    )


class Clerk:
    """One route's handler, which remembers what it was asked."""

    def __init__(self, answer=None):
        self.requests = []
        self.cards = []
        self.answer = answer or Response(200, b"done")

    async def handle(self, request):
        self.requests.append(request)
        self.cards.append(request.body.card)
        return self.answer

    def route(self, method="POST", path="/v1/Token", **changes):
        return Route(method=method, path=path, handle=self.handle, **changes)


@pytest.fixture
def clerk():
    return Clerk()


def ask(dispatcher, method, target, body=b"", **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    incoming = Incoming(method, "https", target, {"host": "desk:1"} | names, body)
    return asyncio.run(dispatcher.handle(incoming))


def vault_intake():
    return VaultIntake(Transit(FixedClock(0)))


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [
        (FORM_TYPE, BodyKind.FORM),
        (f"{FORM_TYPE}; charset=UTF-8", BodyKind.FORM),
        (" Application/X-WWW-Form-Urlencoded ;x", BodyKind.FORM),
        ("application/xml; charset=UTF-8", BodyKind.XML),
        ("text/xml", BodyKind.XML),
        ("application/json; charset=UTF-8", BodyKind.JSON),
        ("text/plain", BodyKind.JSON),
        ("", BodyKind.JSON),
        (None, BodyKind.JSON),
    ],
)
def test_the_content_type_says_what_a_body_is(clerk, content_type, kind):
    """Among what the route takes; whatever else it says, and when it says nothing, JSON."""
    headers = {} if content_type is None else {"content_type": content_type}
    for kinds in (ALL_KINDS, frozenset({BodyKind.JSON, BodyKind.FORM}), frozenset({BodyKind.JSON})):
        intake = PlainIntake()
        door = door_of("one", clerk.route(kinds=kinds))
        body = {BodyKind.FORM: b"a=1", BodyKind.XML: b"<r/>", BodyKind.JSON: b"{}"}
        expected = kind if kind in kinds else BodyKind.JSON
        dispatcher = Dispatcher([door], intake, MemoryAudit())
        assert ask(dispatcher, "POST", "/v1/Token", body[expected], **headers).status == 200
        assert intake.kinds == [expected]


def test_a_route_for_json_reads_json_whatever_is_said(clerk):
    """Clients that send JSON as a form are common."""
    intake = PlainIntake()
    dispatcher = Dispatcher([door_of("one", clerk.route())], intake, MemoryAudit())
    assert ask(dispatcher, "POST", "/v1/Token", b"{}", content_type=FORM_TYPE).status == 200
    assert intake.kinds == [BodyKind.JSON]


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (FORM_TYPE, f"pan={PAN}&cvc=123&note=x".encode()),
        ("text/xml", f"<r><pan>{PAN}</pan><cvc>123</cvc><note>x</note></r>".encode()),
        ("application/json", f'{{"pan":"{PAN}","cvc":123,"note":"x"}}'.encode()),
    ],
)
def test_the_card_is_lifted_from_every_kind(clerk, content_type, body):
    """The handler gets slots, and what is held is released with the request."""
    intake = vault_intake()
    route = clerk.route(kinds=ALL_KINDS, card=CardFields((), "pan", "cvc"))
    dispatcher = Dispatcher([door_of("one", route)], intake, MemoryAudit())
    assert ask(dispatcher, "POST", "/v1/Token", body, content_type=content_type).status == 200
    (request,) = clerk.requests
    assert request.body.payload == {"pan": CardSlot.PAN, "cvc": CardSlot.CVV, "note": "x"}
    assert request.body.card.number is FieldState.VALID
    assert len(intake.transit) == 0


@pytest.mark.parametrize("body", [b"pan=1&pan=2", b"\xff", b"{}"])
def test_a_malformed_form_is_refused_by_the_door(clerk, body):
    """As malformed JSON is."""
    dispatcher = Dispatcher(
        [door_of("one", clerk.route(kinds=ALL_KINDS))], vault_intake(), MemoryAudit()
    )
    response = ask(dispatcher, "POST", "/v1/Token", body, content_type=FORM_TYPE)
    assert (response.status, clerk.requests) == (400, [])


@pytest.mark.parametrize(
    ("value", "state"),
    [
        (PAN, FieldState.VALID),
        ("5528 7900 0000 0008", FieldState.VALID),
        ("5528", FieldState.INVALID),
        ('"}\xe9', FieldState.INVALID),
        ("", FieldState.ABSENT),
    ],
)
@pytest.mark.parametrize("name", ["cardnumber", "CardNumber"])
def test_a_card_number_in_a_header_is_lifted(clerk, name, value, state):
    """The handler sees neither the header nor the body, but what may be known of the card."""
    intake = vault_intake()
    route = clerk.route("GET", "/inquiry", card_header=name)
    dispatcher = Dispatcher([door_of("one", route)], intake, MemoryAudit())
    assert ask(dispatcher, "GET", "/inquiry", b"?", cardnumber=value, token="t").status == 200
    (request,) = clerk.requests
    assert request.headers == {"host": "desk:1", "token": "t"}
    assert request.body.card.number is state
    assert request.body.payload == {"cardNumber": CardSlot.PAN if value else ""}
    assert len(intake.transit) == 0


def test_without_the_header_the_body_is_read(clerk):
    """The same route may be asked without a card."""
    route = clerk.route("GET", "/inquiry", card_header="cardnumber")
    dispatcher = Dispatcher([door_of("one", route)], vault_intake(), MemoryAudit())
    assert ask(dispatcher, "GET", "/inquiry", b'{"a": 1}', token="t").status == 200
    (request,) = clerk.requests
    assert (request.body.payload, request.body.card) == ({"a": 1}, None)
    assert request.headers == {"host": "desk:1", "token": "t"}


class TestCase:
    """A door that ignores the case of its paths, beside one that does not."""

    @pytest.fixture
    def dispatcher(self, clerk):
        strict = door_of("strict", Clerk().route("POST", "/pay/new"))
        loose = door_of(
            "loose",
            clerk.route("POST", "/V1/Ratio/Get"),
            clerk.route("GET", "/V1/Ratio/Get"),
            ignores_case=True,
        )
        return Dispatcher([strict, loose], PlainIntake(), MemoryAudit())

    @pytest.mark.parametrize(
        ("target", "status", "owner"),
        [
            ("/V1/Ratio/Get", 200, "loose"),
            ("/v1/ratio/get", 200, "loose"),
            ("/v1/RATIO/get/?x=Y", 200, "loose"),
            ("/v1/ratio/g%65t", 200, "loose"),
            ("/v1/ratio/nothing", 404, "loose"),
            ("/V1/other", 404, "loose"),
            ("/v1/ratio/get/deeper", 404, "loose"),
            ("/pay/new", 200, "strict"),
            ("/Pay/new", 404, "strict"),
            ("/PAY/other", 404, "strict"),
            ("/elsewhere", 404, "strict"),
        ],
    )
    def test_paths(self, dispatcher, target, status, owner):
        """Only its own paths may be spelled in any case, known ones and those below them."""
        response = ask(dispatcher, "POST", target)
        assert response.status == status
        assert dict(response.headers)[b"x-door"] == owner.encode()

    def test_the_handler_sees_the_route_s_path(self, dispatcher, clerk):
        """And the target as it was sent."""
        ask(dispatcher, "POST", "/v1/ratio/GET?Bin=1")
        (request,) = clerk.requests
        assert (request.path, request.target) == ("/V1/Ratio/Get", "/v1/ratio/GET?Bin=1")

    def test_a_wrong_method_in_another_case(self, dispatcher):
        """It is told which are right."""
        for path in ("/v1/ratio/get", "/V1/Ratio/Get", "/v1/ratio/get/"):
            response = ask(dispatcher, "PUT", path)
            assert response.status == 405
            assert (b"allow", b"GET, HEAD, POST") in response.headers
        assert ask(dispatcher, "PUT", "/Pay/new").status == 404

    @pytest.mark.parametrize("paths", [("/a/b", "/A/b"), ("/A/B", "/a/b")])
    def test_two_doors_cannot_claim_one_path_in_two_cases(self, paths):
        """Whichever comes first, a request could mean both."""
        exact = door_of("exact", Clerk().route("GET", paths[0]))
        loose = door_of("loose", Clerk().route("GET", paths[1]), ignores_case=True)
        for doors in ([exact, loose], [loose, exact]):
            with pytest.raises(ValueError, match="claim GET"):
                Dispatcher(doors, PlainIntake(), MemoryAudit())
        also_exact = door_of("other", Clerk().route("GET", paths[1]))
        assert (
            ask(
                Dispatcher([exact, also_exact], PlainIntake(), MemoryAudit()), "GET", paths[1]
            ).status
            == 200
        )

    def test_one_door_cannot_claim_one_path_twice(self):
        """In two cases it is the same path."""
        routes = (Clerk().route("GET", "/a"), Clerk().route("GET", "/A"))
        with pytest.raises(ValueError, match="claim GET"):
            Dispatcher([door_of("loose", *routes, ignores_case=True)], PlainIntake(), MemoryAudit())


class TestPages:
    """A handler may answer a browser with a page."""

    FORM = BrowserForm(
        action="https://bank.example/3ds?a=1&b=2", fields=(("PaReq", '<"x">'),), language="en"
    )
    MESSAGE = BrowserMessage(message='command=form-post&a="1"', is_success=True)

    def page(self, answer, method="GET"):
        door = door_of("one", Clerk(answer).route(method, "/gate"))
        return ask(Dispatcher([door], PlainIntake(), MemoryAudit()), method, "/gate")

    def test_a_form_that_goes_on(self):
        """The page posts the fields by itself; nothing on it speaks of a shop or a door."""
        response = self.page(self.FORM)
        page = response.body.decode()
        assert (response.status, response.bare) == (200, True)
        assert 'action="https://bank.example/3ds?a=1&amp;b=2"' in page
        assert 'name="PaReq" value="&lt;&#34;x&#34;&gt;"' in page
        assert "<h1>One moment, please</h1>" in page
        assert "shop" not in page
        assert b"x-door" not in dict(response.headers)

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_a_message_to_the_page_around(self, method):
        """It stands in an attribute, escaped, for a script of ours to hand on."""
        response = self.page(self.MESSAGE, method)
        page = response.body.decode()
        assert 'data-message="command=form-post&amp;a=&#34;1&#34;"' in page
        assert '<script src="/3ds/static/message.js" defer></script>' in page
        assert page.count("<script") == 1
        headers = dict(response.headers)
        assert headers[b"content-type"] == b"text/html; charset=utf-8"
        assert headers[b"cache-control"] == b"no-store"
        policy = headers[b"content-security-policy"].decode()
        assert "script-src 'self'" in policy
        assert "form-action 'none'" in policy
        assert headers.keys().isdisjoint({b"x-door", b"x-frame-options", b"set-cookie"})

    @pytest.mark.parametrize(
        ("language", "is_success", "words"),
        [
            ("tr", True, "Doğrulama tamamlandı"),
            ("tr", False, "Doğrulama tamamlanamadı"),
            ("en", True, "Verification complete"),
            ("en", False, "Verification failed"),
            ("de", True, "Doğrulama tamamlandı"),
        ],
    )
    def test_a_person_is_told_as_well(self, language, is_success, words):
        """Whoever sees the page, framed or not, reads how it ended."""
        message = BrowserMessage(message="x", is_success=is_success, language=language)
        assert f"<h1>{words}</h1>" in self.page(message).body.decode()

    def test_a_bare_response_has_its_own_headers_only(self):
        """A page that a door makes itself does not get the headers of its answers."""
        bare = Response(200, b"<p>", ((b"content-type", b"text/html"),), bare=True)
        assert self.page(bare) == bare

    def test_a_fault_while_a_page_is_made_is_the_door_s(self):
        """Nothing escapes the dispatcher."""
        assert self.page(object()).status == 500

    def test_head_and_get_over_a_connection(self):
        """A browser's HEAD gets the head of the page."""
        door = door_of(
            "one", Clerk(self.FORM).route("GET", "/gate"), Clerk(self.FORM).route("POST", "/gate")
        )
        dispatcher = Dispatcher([door], PlainIntake(), MemoryAudit())
        with ListeningThread(dispatcher.handle) as server, server.connect() as client:
            client.send(b"HEAD /gate HTTP/1.1\r\nHost: desk\r\n\r\n")
            head = client.read(is_head=True)
            client.send(b"GET /gate HTTP/1.1\r\nHost: desk\r\n\r\n")
            page = client.read()
            assert (head.status, page.status) == (200, 200)
            assert head.headers["content-length"] == str(len(page.body))
            assert page.headers["content-type"] == "text/html; charset=utf-8"
            assert client.ask(post("/gate", b"{}")).body == page.body
