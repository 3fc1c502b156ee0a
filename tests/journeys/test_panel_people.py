"""People at the panel: how they come in, what they choose, and how others let them in and out."""

import pyotp
import pytest

from fakes.command import run_vezne
from fakes.doors import unique

PASSWORD = "kirmizi 7 araba yolda"
WRONG = "beyaz 8 kamyon yolda"
CHANGED = "mavi 9 vapur denizde"


@pytest.fixture
def invited(hire):
    """Invites somebody: the owner's window, the address invited, and the link."""

    def invite(role, **style):
        owner, email = hire(**style), f"{unique('guest')}@example.com"
        owner.open("/team")
        owner.fill("sign_in.email", email)
        owner.choose("account.role", role)
        owner.press("team.make_link")
        return owner, email, owner.page.locator(".copyable code").inner_text()

    return invite


def join(clerk, link):
    """By the link, with a password of one's own."""
    clerk.page.goto(link)
    clerk.fill("account.new", PASSWORD)
    clerk.fill("account.again", PASSWORD)
    with clerk.page.expect_navigation():
        clerk.page.locator("main button.primary").click()


def alert(clerk):
    return clerk.page.get_by_role("alert").inner_text()


@pytest.mark.parametrize("has_scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_a_second_factor(hire, invited, has_scripts):
    """A wrong password, enrolment, the way in by the app's code and by a recovery code, once."""
    _, email, link = invited("viewer", has_phone=has_scripts)
    clerk = hire(is_new=True, has_phone=not has_scripts, has_scripts=has_scripts)
    join(clerk, link)
    clerk.open("/account/second-factor")
    clerk.fill("sign_in.password", PASSWORD)
    clerk.press("factor.begin")
    secret = clerk.page.locator(".copyable code").inner_text()
    assert clerk.page.get_by_role("img", name=clerk.text("factor.picture")).is_visible()
    clerk.fill("factor.code", "000000")
    clerk.press("factor.confirm")
    assert clerk.page.locator("#code-error").inner_text() == clerk.text("sign_in.wrong_code")
    used = pyotp.TOTP(secret).now()
    clerk.fill("factor.code", used)
    clerk.press("factor.confirm")
    recovery = clerk.page.locator("main pre").inner_text().split()[0]
    clerk.follow("factor.go_on")
    clerk.press("sign_out", within="header")
    assert clerk.sees("sign_in.signed_out")
    clerk.sign_in(email, WRONG)
    assert alert(clerk) == clerk.text("sign_in.wrong")
    clerk.sign_in(email, PASSWORD)
    # The code was used when it was confirmed, and works once.
    clerk.fill("sign_in.code", used)
    clerk.press("sign_in.do")
    assert alert(clerk) == clerk.text("sign_in.wrong_code")
    for is_welcome in (True, False):
        clerk.fill("sign_in.code", recovery)
        clerk.press("sign_in.do")
        if is_welcome:
            assert clerk.page.locator("h1").inner_text() == clerk.text("nav.home")
            clerk.press("sign_out", within="header")
            clerk.sign_in(email, PASSWORD)
    assert alert(clerk) == clerk.text("sign_in.wrong_code")


def test_sign_in_by_keyboard(hire, office):
    """The field is reached, the form sent and the content skipped to without a mouse."""
    clerk = hire(is_new=True)
    keys = office.keys["panel"]
    clerk.open("")
    for label, text in (("email", keys["email"]), ("password", keys["password"])):
        clerk.tab_to_field(label)
        clerk.page.keyboard.type(text)
    with clerk.page.expect_navigation():
        clerk.page.keyboard.press("Enter")
    clerk.tab_to("skip")
    clerk.page.keyboard.press("Enter")
    assert clerk.page.evaluate("document.activeElement.id") == "content"


@pytest.mark.parametrize("has_scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_language_and_look(hire, has_scripts):
    """Chosen once, kept on every page, wherever the form was."""
    clerk = hire(has_scripts=has_scripts)
    clerk.open("/payments?door=paynet")
    clerk.choose("language", "tr", within="footer")
    clerk.choose("theme", "dark", within="footer")
    clerk.press("do.save", within="footer")
    assert clerk.page.url.endswith("/payments?door=paynet")
    clerk.language = "tr"
    for path in ("/payments", ""):
        clerk.open(path)
        root = clerk.page.locator("html")
        assert root.get_attribute("lang") == "tr"
        assert root.get_attribute("data-theme") == "dark"
        assert clerk.page.locator("h1").inner_text() in {
            clerk.text("nav.home"),
            clerk.text("nav.payments"),
        }


@pytest.mark.parametrize("has_scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_a_member_comes_and_goes(hire, invited, has_scripts):
    """Invited as a viewer, made a developer, removed: each at once, in the other's browser too."""
    owner, email, link = invited("viewer", has_phone=has_scripts, has_scripts=has_scripts)
    guest = hire(is_new=True, has_phone=not has_scripts, has_scripts=has_scripts)
    join(guest, link)
    assert guest.sees("join.done")
    guest.open("/keys")
    assert guest.text("problem.forbidden") in guest.page.inner_text("main")
    owner.open("/team")
    row = f"tr:has-text('{email}')"
    owner.page.locator(row).get_by_role("combobox").select_option("developer")
    owner.press("do.save", within=row)
    assert owner.sees("team.role_changed", email=email)
    guest.sign_in(email, PASSWORD)
    guest.open("/keys")
    assert guest.page.locator("h1").inner_text() == guest.text("nav.keys")
    owner.follow("team.remove", within=row)
    owner.press("team.remove")
    assert owner.sees("team.removed", email=email)
    guest.open("/keys")
    assert guest.page.url.endswith("/sign-in?next=/panel/keys")
    guest.sign_in(email, PASSWORD)
    assert alert(guest) == guest.text("sign_in.no_team")


def test_an_invitation_is_withdrawn(hire, invited):
    """The link is worth nothing any more."""
    owner, email, link = invited("viewer")
    owner.open("/team")
    owner.press("team.withdraw", within=f"tr:has-text('{email}')")
    assert owner.sees("team.withdrawn")
    guest = hire(is_new=True, has_phone=True)
    guest.page.goto(link)
    assert guest.page.locator("h1").inner_text() == guest.text("join.gone_title")


def test_sessions_end(hire, invited):
    """A telephone that was lost is signed out from the desk, and so are all others."""
    _, email, link = invited("operator")
    desk = hire(is_new=True)
    join(desk, link)
    for act in ("account.end", "account.end_others"):
        phone = hire(is_new=True, has_phone=True)
        phone.sign_in(email, PASSWORD)
        desk.open("/account")
        desk.press(act)
        ended = "session_ended" if act == "account.end" else "sessions_ended"
        assert desk.sees(f"account.{ended}")
        phone.open("/payments")
        assert "/sign-in" in phone.page.url
    desk.open("/account")
    desk.fill("account.current", WRONG)
    desk.fill("account.new", WRONG)
    desk.page.fill("#again", WRONG)
    desk.press("account.change_password")
    assert desk.page.locator("#current-error").inner_text() == desk.text("account.wrong_password")


@pytest.mark.parametrize("has_phone", [True, False], ids=["phone", "desk"])
def test_a_password_is_changed(hire, invited, has_phone):
    """Other sessions are over, this one goes on; the new password lets in, the old does not."""
    _, email, link = invited("operator", has_phone=not has_phone)
    clerk = hire(is_new=True, has_phone=has_phone)
    join(clerk, link)
    elsewhere = hire(is_new=True, has_phone=not has_phone)
    elsewhere.sign_in(email, PASSWORD)
    clerk.open("/account")
    for label, text in (("current", PASSWORD), ("new", CHANGED), ("again", CHANGED)):
        clerk.page.fill(f"#{label}", text)
    clerk.press("account.change_password")
    assert clerk.sees("account.password_changed")
    elsewhere.open("/payments")
    assert "/sign-in" in elsewhere.page.url
    clerk.press("sign_out", within="header")
    clerk.sign_in(email, PASSWORD)
    assert alert(clerk) == clerk.text("sign_in.wrong")
    clerk.sign_in(email, CHANGED)
    assert clerk.page.locator("h1").inner_text() == clerk.text("nav.home")


@pytest.fixture
def second_link(office):
    """Invites somebody to another merchant's team: that merchant's name, and the link."""

    def invite(email, role):
        name, place = unique("Kitap"), ("--data", str(office.data))
        assert run_vezne("merchants", "add", name, *place).returncode == 0
        out = run_vezne("panel", "invite", email, "--merchant", name, "--role", role, *place)
        assert out.returncode == 0, out.stderr
        return name, out.stdout.strip()

    return invite


@pytest.mark.parametrize("has_phone", [True, False], ids=["phone", "desk"])
def test_another_merchant_is_worked_for(hire, invited, second_link, has_phone):
    """Who is in two teams goes from one to the other, and may do there what the role there says."""
    _, email, link = invited("viewer", has_phone=not has_phone)
    clerk = hire(is_new=True, has_phone=has_phone)
    join(clerk, link)
    name, link = second_link(email, "developer")
    clerk.page.goto(link)
    clerk.press("join.do")
    assert clerk.sees("join.done")
    for merchant, role in ((name, "developer"), ("Demo", "viewer")):
        clerk.open("/account")
        clerk.choose("account.merchant", f"{merchant} ({clerk.text(f'role.{role}')})")
        clerk.press("account.change_merchant")
        assert clerk.page.locator("h1").inner_text() == clerk.text("nav.home")
        assert clerk.page.locator(".merchant-name").first.text_content() == merchant
        clerk.open("/keys")
        is_refused = clerk.text("problem.forbidden") in clerk.page.inner_text("main")
        assert is_refused is (role == "viewer")
