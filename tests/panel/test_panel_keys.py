"""API keys in the panel: listed, issued once, revoked for good, and never another merchant's."""

import asyncio
import re

from msgspec.structs import replace

from fakes.panel import PanelCaller
from fakes.panel_browser import Town, open_town
from vezne.api_keys import fill_keys
from vezne.bootstrap.demo import add_merchant
from vezne.core.member import Role
from vezne.panel.registry import KEY_DOORS, WORKING_KEYS_MAX

HOSTILE = '"><script>alert(1)</script>'


async def known_keys(panel):
    return await panel.desk.keys.list_keys(panel.merchant.id)


async def issue(panel, door, **given):
    known = str(len(await known_keys(panel)))
    return await panel.post("/panel/keys", {"door": door, "known": known}, **given)


def copied(answer):
    return re.findall(r'data-copy="([^"]+)"', answer.text)


async def test_every_door_has_its_keys_and_no_secret_is_shown(panel):
    """The list has public names only."""
    answer = await panel.get("/panel/keys", Role.DEVELOPER)
    for pair in await known_keys(panel):
        assert pair.key in answer.text
        found = await panel.house.merchants.find_credential(pair.door, pair.key)
        assert found is not None
        assert found.secret.decode() not in answer.text
    assert answer.text.count("Works") == len(KEY_DOORS)
    assert "paynet.secret" not in answer.text


async def test_a_new_pair_works_beside_the_old_one_and_its_secret_is_shown_once(panel):
    """At every door, in an answer that nobody keeps."""
    for door in KEY_DOORS:
        (old,) = (pair.key for pair in await known_keys(panel) if pair.door == door)
        answer = await issue(panel, door)
        key, secret = copied(answer)
        assert answer.status == 200
        assert answer.headers["cache-control"] == "no-store"
        assert old in answer.text
        found = await panel.house.merchants.find_credential(door, key)
        assert found is not None
        assert found.secret.decode() == secret
        assert await panel.house.merchants.find_credential(door, old) is not None
        listed = await panel.get("/panel/keys")
        assert key in listed.text
        assert secret not in listed.text


async def test_a_form_that_is_sent_twice_makes_one_pair(panel):
    """However close together."""
    known = str(len(await known_keys(panel)))
    form = {"door": "iyzico", "known": known}
    answers = await asyncio.gather(*(panel.post("/panel/keys", form) for _ in range(3)))
    assert sorted(answer.status for answer in answers) == [200, 303, 303]
    assert len(await known_keys(panel)) == int(known) + 1


async def test_a_door_has_an_end_of_working_keys(panel):
    """Nobody fills the books with keys."""
    for _ in range(WORKING_KEYS_MAX - 1):
        assert (await issue(panel, "paynet")).status == 200
    assert (await issue(panel, "paynet")).status == 303
    assert len(await known_keys(panel)) == len(KEY_DOORS) + WORKING_KEYS_MAX - 1


async def test_a_revoked_pair_works_no_more(panel):
    """Asking changes nothing; the act does, once."""
    for door, key in [(pair.door, pair.key) for pair in await known_keys(panel)]:
        asked = await panel.get(f"/panel/keys/revoke?door={door}&key={key}")
        assert key in asked.text
        assert "last key" in asked.text
        assert await panel.house.merchants.find_credential(door, key) is not None
        done = await panel.post("/panel/keys/revoke", {"door": door, "key": key})
        assert done.location == "/panel/keys"
        assert await panel.house.merchants.find_credential(door, key) is None
        assert "Revoked" in (await panel.get("/panel/keys")).text
        assert (await panel.post("/panel/keys/revoke", {"door": door, "key": key})).status == 404


async def test_the_secret_key_of_paynet_goes_with_its_pair(panel):
    """Callers show it alone, so it must not outlive the publishable one."""
    key, secret = copied(await issue(panel, "paynet"))
    await panel.post("/panel/keys/revoke", {"door": "paynet", "key": key})
    records = await panel.house.merchants.list_credentials(panel.merchant.id)
    revoked = [record.door for record in records if record.revoked_ms is not None]
    assert sorted(revoked) == ["paynet", "paynet.secret"]
    assert secret


async def test_another_merchants_keys_are_neither_seen_nor_revoked(panel):
    """By no page and no form."""
    other = await panel.add_merchant("Other")
    theirs = await panel.desk.keys.list_keys(other.id)
    mine = await panel.get("/panel/keys")
    for pair in theirs:
        assert pair.key not in mine.text
        form = {"door": pair.door, "key": pair.key}
        assert (await panel.post("/panel/keys/revoke", form)).status == 404
        path = f"/panel/keys/revoke?door={pair.door}&key={pair.key}"
        assert (await panel.get(path)).status == 404
        assert not await panel.desk.keys.revoke(panel.merchant.id, pair.door, pair.key)
    assert await panel.desk.keys.list_keys(other.id) == theirs


async def test_who_may_not_manage_keys_sees_none(panel):
    """Neither operators nor viewers."""
    for role in (Role.OPERATOR, Role.VIEWER):
        assert (await panel.get("/panel/keys", role)).status == 403
        assert (await issue(panel, "iyzico", role=role)).status == 403
    assert len(await known_keys(panel)) == len(KEY_DOORS)


async def test_what_is_no_form_of_ours_is_refused(panel):
    """And makes no key."""
    assert (await panel.post("/panel/keys", {"door": "paynet.secret", "known": "4"})).status == 400
    assert (await panel.post("/panel/keys", {})).status == 400
    assert (await panel.post("/panel/keys", {"door": "iyzico", "known": HOSTILE})).status == 303
    assert (await panel.post("/panel/keys/revoke", {"door": "iyzico", "key": "\0"})).status == 404
    assert (await panel.post("/panel/keys", {"door": "iyzico"}, csrf="x")).status == 400
    assert len(await known_keys(panel)) == len(KEY_DOORS)


async def test_issuing_and_revoking_leave_lines_that_hold_no_secret(panel):
    """Each names the key and who did it."""
    key, secret = copied(await issue(panel, "iyzico"))
    await panel.post("/panel/keys/revoke", {"door": "iyzico", "key": key})
    folder = panel.house.settings.data / "audit"
    trail = b"".join(path.read_bytes() for path in sorted(folder.glob("*.jsonl"))).decode()
    lines = [line for line in trail.splitlines() if key in line]
    assert ["issued" in line or "revoked" in line for line in lines] == [True, True]
    assert all("owner@example.com" in line for line in lines)
    assert secret not in trail


async def test_the_pages_speak_turkish(panel):
    """As every page does."""
    assert "Yeni anahtar oluştur" in (await panel.get("/panel/keys", language="tr")).text


async def test_a_key_of_any_letters_is_shown_and_revoked(panel):
    """Keys may be given on a command line, and then they are what somebody typed."""
    keys = fill_keys({"iyzico": {"api_key": f"{HOSTILE}&key=x #ş", "secret_key": HOSTILE}})
    merchant = await add_merchant(panel.house, HOSTILE, keys)
    page = await panel.get("/panel/keys", merchant=merchant)
    assert "<script>alert" not in page.text
    (link,) = re.findall(r'href="(/panel/keys/revoke\?door=iyzico[^"]*)"', page.text)
    asked = await panel.get(link.replace("&amp;", "&"), merchant=merchant)
    assert asked.status == 200
    assert "<script>alert" not in asked.text
    form = {"door": "iyzico", "key": keys["iyzico"]["api_key"]}
    await panel.post("/panel/keys/revoke", form, merchant=merchant)
    found = await panel.house.merchants.find_credential("iyzico", keys["iyzico"]["api_key"])
    assert found is None


async def test_in_live_mode_keys_are_for_owners(tmp_path):
    """Whoever has a key moves money with it, past the panel; the sandbox's are for developers."""
    async with open_town(tmp_path / "live") as town:
        await town.add_member("ayse@example.com")
        await town.add_member("mehmet@example.com", Role.DEVELOPER)
        live = replace(town.desk, is_sandbox=False)
        for email, is_live, status in (
            ("mehmet@example.com", False, 200),
            ("mehmet@example.com", True, 403),
            ("ayse@example.com", True, 200),
        ):
            at = Town(town.house, live if is_live else town.desk, town.clock, town.audit)
            browser = at.browser()
            await browser.sign_in(email)
            assert (await browser.get("/panel/keys")).status == status
            page = (await browser.get("/panel/account")).text
            assert ('href="/panel/keys"' in page) is (status == 200)
            csrf = re.search(r'name="csrf" value="([^"]+)"', page)[1]
            refused = await browser.post("/panel/keys", {"csrf": csrf, "door": "x"})
            assert refused.status == (400 if status == 200 else 403)


async def test_whose_webhooks_a_new_key_signs_is_said_before_it_is_made(panel):
    """From that moment on, so that nobody finds out by webhooks that fail."""
    page = (await panel.get("/panel/keys")).text
    assert "signed with the new pair from the moment that it is made" in page
    page = (await panel.get("/panel/keys", language="tr")).text
    assert "oluşturulduğu andan itibaren" in page


async def test_a_key_that_others_revoked_first_is_told_so(panel):
    """Two at once: the second finds it done, and the trail says by whom it was not."""

    class TooLate:
        def __init__(self, keys):
            self._keys = keys

        def __getattr__(self, name):
            return getattr(self._keys, name)

        async def revoke(self, merchant_id, door, key):
            return False

    (pair,) = (each for each in await known_keys(panel) if each.door == "iyzico")
    late = PanelCaller(
        panel.house, replace(panel.desk, keys=TooLate(panel.desk.keys)), panel.merchant
    )
    answer = await late.post("/panel/keys/revoke", {"door": "iyzico", "key": pair.key})
    assert "revoked elsewhere" in answer.note
