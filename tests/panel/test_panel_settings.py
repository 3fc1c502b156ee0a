"""Settings in the panel: shown to who may read them, changed by owners, and mended where wrong."""

from itertools import product

import msgspec

from fakes.panel import PanelCaller
from vezne.core.member import Role
from vezne.core.merchant import Marketplace
from vezne.core.money import UNIT
from vezne.panel.setting_fields import mark_of

TABS = ("/panel/settings", "/panel/settings/terms", "/panel/settings/access")
EVERY_TAB = (*TABS, "/panel/settings/protocols")
FORMS = ("webhooks", "account", "plan", "rates", "access", "installments/0")
IBAN = "TR330006100519786457841326"
CARD = "5528790000000008"
HOSTILE = '"><script>alert(1)</script>'
PLAN = {"commission_rate": "3,5", "fee": "0.30", "blockage_rate": "5", "blockage_days": "14"}

NO_TERMS = {
    "commission_rate": ("100.1", "1.1234567", "NaN", "1e9", ""),
    "fee": ("-1", "999999999999", "1" * 5000, "\u0663"),
    "blockage_rate": (HOSTILE,),
    "blockage_days": ("366", "1.5", "\0"),
}


async def settings_of(panel):
    merchant = await panel.house.merchants.find_merchant(panel.merchant.id)
    return merchant.settings


async def change(panel, path, fields, **given):
    mark = mark_of(await settings_of(panel))
    return await panel.post(f"/panel/settings/{path}", {"mark": mark, **fields}, **given)


async def test_who_may_read_settings_sees_every_tab_without_a_form(panel):
    """In both languages; owners see the forms."""
    for path, language in product(EVERY_TAB, ("tr", "en")):
        for role in (Role.DEVELOPER, Role.OPERATOR):
            answer = await panel.get(path, role, language=language)
            assert answer.status == 200
            assert 'name="mark"' not in answer.text
        answer = await panel.get(path, Role.OWNER, language=language)
        assert ('name="mark"' in answer.text) == (path in TABS)
        assert (await panel.get(path, Role.VIEWER, language=language)).status == 403


async def test_webhook_addresses_are_kept_and_taken_away(panel):
    """An empty field takes an address away."""
    fields = {"webhook_iyzico": "http://shop.example/hook", "webhook_paynet": " "}
    assert (await change(panel, "webhooks", fields)).location == "/panel/settings"
    assert (await settings_of(panel)).webhook_urls == {"iyzico": "http://shop.example/hook"}
    assert "http://shop.example/hook" in (await panel.get("/panel/settings")).text
    await change(panel, "webhooks", {})
    assert (await settings_of(panel)).webhook_urls == {}


async def test_a_wrong_address_is_shown_again_beside_its_message(panel):
    """What was typed stands there, escaped, and nothing was kept."""
    before = await settings_of(panel)
    fields = {"webhook_iyzico": "http://good.example", "webhook_paywall": f"ftp://{HOSTILE}"}
    answer = await change(panel, "webhooks", fields)
    assert answer.status == 422
    assert 'id="webhook_paywall-error"' in answer.text
    assert 'id="webhook_iyzico-error"' not in answer.text
    assert "http://good.example" in answer.text
    assert "<script>alert" not in answer.text
    assert await settings_of(panel) == before


async def test_a_card_number_is_not_shown_again(panel):
    """Wherever it was typed."""
    answer = await change(panel, "account", {"iban": CARD, "marketplace": "never"})
    assert answer.status == 400
    assert CARD not in answer.text


async def test_iban_and_marketplace_are_kept(panel):
    """And what is neither is refused beside its field."""
    await change(
        panel, "account", {"iban": "tr33 0006 1005 1978 6457 8413 26", "marketplace": "always"}
    )
    settings = await settings_of(panel)
    assert (settings.iban, settings.marketplace) == (IBAN, Marketplace.ALWAYS)
    answer = await change(panel, "account", {"iban": "TR00", "marketplace": "perhaps"})
    assert answer.status == 422
    assert 'id="iban-error"' in answer.text
    assert 'id="marketplace-error"' in answer.text


async def test_the_plan_is_changed_in_either_notation(panel):
    """A comma is a decimal mark as well, and is shown to people who write one."""
    assert (await change(panel, "plan", PLAN)).location == "/panel/settings/terms"
    plan = (await settings_of(panel)).plan
    assert (plan.rate_e8, plan.fee_e8) == (3_500_000, 30 * UNIT // 100)
    assert (plan.blockage_rate_e8, plan.blockage_days) == (5_000_000, 14)
    assert 'value="3,50"' in (await panel.get("/panel/settings/terms", language="tr")).text
    assert 'value="3.50"' in (await panel.get("/panel/settings/terms")).text


async def test_what_is_no_term_is_refused_beside_its_field(panel):
    """Numbers out of range, in other alphabets, and what is none at all."""
    before = await settings_of(panel)
    for name, texts in NO_TERMS.items():
        for text in texts:
            answer = await change(panel, "plan", PLAN | {name: text})
            assert answer.status == 422
            assert answer.text.count("aria-invalid") == 1
            assert f'id="{name}-error"' in answer.text
    assert await settings_of(panel) == before


async def test_exchange_rates_are_changed_and_never_nothing(panel):
    """A currency that is worth nothing would be a division by it."""
    rates = {"rate_USD": "41,25", "rate_EUR": "45", "rate_GBP": "53"}
    await change(panel, "rates", rates)
    assert (await settings_of(panel)).exchange_rates_e8["USD"] == 4125 * UNIT // 100
    answer = await change(panel, "rates", rates | {"rate_EUR": "0"})
    assert answer.status == 422
    assert 'id="rate_EUR-error"' in answer.text


async def test_an_instalment_table_is_changed_alone(panel):
    """Of two banks with one programme only the one that was edited changes."""
    before = (await settings_of(panel)).installments
    places = [place for place, table in enumerate(before) if table.family == "Bonus"]
    form = await panel.get(f"/panel/settings/installments/{places[1]}")
    assert "Denizbank" in form.text
    fields = {"surcharge_2": "0", "surcharge_3": "3,25", "surcharge_4": " "}
    answer = await change(panel, f"installments/{places[1]}", fields)
    assert answer.location == "/panel/settings/terms"
    after = (await settings_of(panel)).installments
    assert after[places[1]].surcharges_e8 == {2: 0, 3: 3_250_000}
    assert after[: places[1]] == before[: places[1]]
    wrong = await change(panel, f"installments/{places[1]}", {"surcharge_2": "101"})
    assert wrong.status == 422
    assert 'id="surcharge_2-error"' in wrong.text
    assert (await panel.get("/panel/settings/installments/99")).status == 404
    assert (await panel.get("/panel/settings/installments/x")).status == 404
    turkish = await panel.get(f"/panel/settings/installments/{places[1]}", language="tr")
    assert 'value="3,25"' in turkish.text


async def test_allowed_networks_are_kept_in_one_form_each(panel):
    """Twice the same is once; what is no network is refused; the panel stays open."""
    text = "192.0.2.7\r\n10.0.0.0/8, 2001:db8::/32\n192.0.2.7"
    assert (await change(panel, "access", {"networks": text})).location == "/panel/settings/access"
    kept = (await settings_of(panel)).allowed_networks
    assert kept == ("192.0.2.7/32", "10.0.0.0/8", "2001:db8::/32")
    assert "10.0.0.0/8" in (await panel.get("/panel/settings/access", Role.DEVELOPER)).text
    for wrong in ("192.0.2.7/24", "localhost", "::ffff:10.0.0.1", HOSTILE, "10.0.0.1 " * 101):
        answer = await change(panel, "access", {"networks": wrong})
        assert answer.status == 422
        assert 'id="networks-error"' in answer.text
    assert (await settings_of(panel)).allowed_networks == kept
    assert (await panel.get("/panel")).status == 200
    await change(panel, "access", {"networks": ""})
    assert (await settings_of(panel)).allowed_networks == ()


async def test_a_form_that_is_older_than_the_settings_changes_nothing(panel):
    """Whoever sent it is told so."""
    old = mark_of(await settings_of(panel))
    await change(panel, "plan", PLAN)
    after = await settings_of(panel)
    for path in FORMS:
        answer = await panel.post(f"/panel/settings/{path}", {"mark": old, "iban": IBAN})
        assert answer.status == 303
        assert answer.note.startswith("-Somebody else")
    assert await settings_of(panel) == after


async def test_settings_that_change_under_the_form_are_not_overwritten(panel):
    """Somebody else may be faster between reading and writing."""

    class Slow:
        """A register in which somebody else is faster."""

        def __init__(self, register):
            self.register = register
            self.find_merchant = register.find_merchant

        async def change_settings(self, merchant_id, settings, *, instead_of):
            faster = msgspec.structs.replace(instead_of, iban=IBAN)
            await self.register.change_settings(merchant_id, faster, instead_of=instead_of)
            await self.register.change_settings(merchant_id, settings, instead_of=instead_of)

    desk = msgspec.structs.replace(panel.desk, register=Slow(panel.desk.register))
    slow = PanelCaller(panel.house, desk, panel.merchant)
    assert (await change(slow, "plan", PLAN)).status == 303
    settings = await settings_of(panel)
    assert settings.iban == IBAN
    assert settings.plan.blockage_days != 14


async def test_only_owners_change_settings(panel):
    """Nobody else, by any form."""
    before = await settings_of(panel)
    roles = (Role.DEVELOPER, Role.OPERATOR, Role.VIEWER)
    for role, path in product(roles, FORMS):
        assert (await change(panel, path, PLAN, role=role)).status == 403
    assert await settings_of(panel) == before


async def test_another_merchants_settings_stay_as_they_are(panel):
    """Whoever is signed in changes one merchant only."""
    other = await panel.add_merchant("Other")
    await change(panel, "plan", PLAN)
    await change(panel, "access", {"networks": "192.0.2.7"})
    assert (await panel.house.merchants.find_merchant(other.id)).settings == other.settings


async def test_in_live_mode_the_terms_are_the_houses(panel):
    """Account and addresses are the merchant's, under the rules of live mode."""
    live = PanelCaller(
        panel.house, msgspec.structs.replace(panel.desk, is_sandbox=False), panel.merchant
    )
    page = await live.get("/panel/settings/terms")
    assert "can be read only" in page.text
    assert 'name="mark"' not in page.text
    assert 'name="marketplace"' not in (await live.get("/panel/settings")).text
    before = await settings_of(panel)
    for path in ("plan", "rates", "installments/0"):
        assert (await change(live, path, PLAN)).status in {404, 405}
    await change(live, "account", {"iban": IBAN, "marketplace": "never"})
    assert await settings_of(panel) == msgspec.structs.replace(before, iban=IBAN)
    for url in ("http://shop.example", "https://10.0.0.1/hook", "https://localhost/"):
        answer = await change(live, "webhooks", {"webhook_iyzico": url})
        assert answer.status == 422
        assert "reached from the internet" in answer.text


async def test_every_switch_is_shown_with_its_readings(panel):
    """And the one in force is among them."""
    answer = await panel.get("/panel/settings/protocols")
    for switch in panel.desk.rules.switches:
        assert switch.name in answer.text
        assert switch.in_force in {reading.name for reading in switch.readings}
    assert len(panel.desk.rules.switches) > 20


async def test_a_change_leaves_a_line_that_names_it(panel):
    """The fields that changed, not those that did not."""
    await change(panel, "plan", PLAN | {"fee": "0.25"})
    folder = panel.house.settings.data / "audit"
    trail = b"".join(path.read_bytes() for path in sorted(folder.glob("*.jsonl")))
    assert b"commission_rate, blockage_rate, blockage_days" in trail
