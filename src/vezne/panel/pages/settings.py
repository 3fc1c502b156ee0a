"""Settings: where webhooks and payouts go, the terms, who may call, how protocols are read."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from starlette.responses import Response

from vezne.core.bin_table import ISSUERS
from vezne.core.merchant import InstallmentTable, Marketplace, Merchant, MerchantSettings
from vezne.panel import setting_fields
from vezne.panel.card_numbers import echo
from vezne.panel.paths import PANEL_PATH
from vezne.panel.permissions import Permission
from vezne.panel.registry import SettingsChanged
from vezne.panel.routing import Page, Where
from vezne.panel.setting_fields import Field, Outcome
from vezne.panel.visit import NotFound, Visit

_PATH: Final = f"{PANEL_PATH}/settings"
_NO_ERRORS: Final[Mapping[str, str]] = {}


class _Tab(msgspec.Struct, frozen=True):
    """A page of settings with forms, and the template that shows it."""

    path: str
    template: str


GENERAL: Final = _Tab(_PATH, "settings_general.html")
TERMS: Final = _Tab(f"{_PATH}/terms", "settings_terms.html")
ACCESS: Final = _Tab(f"{_PATH}/access", "settings_access.html")


async def show_general(visit: Visit) -> Response:
    """Where webhooks and payouts go."""
    return _show(visit, GENERAL, (await _merchant(visit)).settings)


async def show_terms(visit: Visit) -> Response:
    """Commission plan, exchange rates, instalment tables."""
    return _show(visit, TERMS, (await _merchant(visit)).settings)


async def show_access(visit: Visit) -> Response:
    """From where keys work, and the limits of the guard."""
    return _show(visit, ACCESS, (await _merchant(visit)).settings)


async def show_protocols(visit: Visit) -> Response:
    """How each protocol is read, where its sources disagree."""
    return visit.page("settings_protocols.html", switches=visit.desk.rules.switches)


async def change_webhooks(visit: Visit) -> Response:
    """Where each door's webhooks go."""
    fields = setting_fields.webhook_fields(is_sandbox=visit.desk.is_sandbox)
    return await _change(visit, GENERAL, fields)


async def change_account(visit: Visit) -> Response:
    """Where payouts go; in a sandbox, whether the merchant is a marketplace as well."""
    return await _change(visit, GENERAL, _account_fields(visit))


async def change_plan(visit: Visit) -> Response:
    """The commission plan."""
    return await _change(visit, TERMS, setting_fields.PLAN)


async def change_rates(visit: Visit) -> Response:
    """What currencies are worth."""
    fields = setting_fields.rate_fields((await _merchant(visit)).settings)
    return await _change(visit, TERMS, fields)


async def change_access(visit: Visit) -> Response:
    """From where keys work."""
    return await _change(visit, ACCESS, [setting_fields.NETWORKS])


async def show_table(visit: Visit) -> Response:
    """The form of an instalment table."""
    settings = (await _merchant(visit)).settings
    table = _table(visit, settings)
    values = {
        f"surcharge_{count}": _surcharge_text(visit, table, count)
        for count in setting_fields.counts_of(table)
    }
    return _show_table(visit, settings, table, values, _NO_ERRORS)


async def change_table(visit: Visit) -> Response:
    """The surcharges of an instalment table."""
    before = (await _merchant(visit)).settings
    table = _table(visit, before)
    if visit.form.get("mark") != setting_fields.mark_of(before):
        return visit.turn_back(TERMS.path, "settings.changed_meanwhile")
    changed, errors = setting_fields.changed_table(table, visit.form)
    if errors:
        typed = echo(visit.form)
        return _show_table(visit, before, table, typed, errors)
    tables = tuple(changed if each is table else each for each in before.installments)
    after = msgspec.structs.replace(before, installments=tables)
    return await _save(visit, TERMS, before, after, f"installments of {table.family}")


async def _merchant(visit: Visit) -> Merchant:
    """The merchant as it stands now. Raises NotFound."""
    merchant = await visit.desk.register.find_merchant(visit.merchant.id)
    if merchant is None:
        raise NotFound
    return merchant


def _account_fields(visit: Visit) -> list[Field]:
    # Whether somebody is a marketplace is agreed upon; in a sandbox they may try both.
    if visit.desk.is_sandbox:
        return [setting_fields.IBAN, setting_fields.MARKETPLACE]
    return [setting_fields.IBAN]


def _fields_of(visit: Visit, tab: _Tab, settings: MerchantSettings) -> list[Field]:
    """Every field of a tab, whoever may change it."""
    if tab is GENERAL:
        webhooks = setting_fields.webhook_fields(is_sandbox=visit.desk.is_sandbox)
        return [*webhooks, setting_fields.IBAN, setting_fields.MARKETPLACE]
    if tab is TERMS:
        return [*setting_fields.PLAN, *setting_fields.rate_fields(settings)]
    return [setting_fields.NETWORKS]


async def _change(visit: Visit, tab: _Tab, fields: Sequence[Field]) -> Response:
    """Do what a form says, or show it again with what is wrong."""
    before = (await _merchant(visit)).settings
    if visit.form.get("mark") != setting_fields.mark_of(before):
        return visit.turn_back(tab.path, "settings.changed_meanwhile")
    outcome = setting_fields.apply_form(
        fields, before, visit.form, is_sandbox=visit.desk.is_sandbox
    )
    if outcome.errors:
        return _show(visit, tab, before, outcome)
    changed = setting_fields.changed_names(fields, before, outcome.settings)
    return await _save(visit, tab, before, outcome.settings, changed)


async def _save(
    visit: Visit, tab: _Tab, before: MerchantSettings, after: MerchantSettings, what: str
) -> Response:
    if after == before:
        return visit.go(tab.path, "settings.unchanged")
    visit.record("settings", reason=what)
    try:
        await visit.desk.register.change_settings(visit.merchant.id, after, instead_of=before)
    except SettingsChanged:
        visit.record("settings", reason="changed by somebody else meanwhile", is_success=False)
        return visit.turn_back(tab.path, "settings.changed_meanwhile")
    return visit.go(tab.path, "settings.saved")


def _show(
    visit: Visit, tab: _Tab, settings: MerchantSettings, refused: Outcome | None = None
) -> Response:
    """A tab; with what was typed and is wrong, where a form was refused."""
    fields = _fields_of(visit, tab, settings)
    values = setting_fields.texts_of(fields, settings, visit.language)
    errors = _NO_ERRORS
    if refused is not None:
        values |= echo(visit.form)
        errors = refused.errors
    return visit.page(
        tab.template,
        status=422 if errors else 200,
        settings=settings,
        mark=setting_fields.mark_of(settings),
        values=values,
        errors=errors,
        may_change=visit.may(Permission.CHANGE_SETTINGS),
        marketplaces=list(Marketplace),
        tables=[(table, _issuer(table)) for table in settings.installments],
        percent=setting_fields.percent_text,
        rules=visit.desk.rules,
    )


def _table(visit: Visit, settings: MerchantSettings) -> InstallmentTable:
    """The table that the path names by its place. Raises NotFound."""
    place = visit.path_number("place")
    if place >= len(settings.installments):
        raise NotFound
    return settings.installments[place]


def _surcharge_text(visit: Visit, table: InstallmentTable, count: int) -> str:
    if count not in table.surcharges_e8:
        return ""
    text = setting_fields.percent_text(table.surcharges_e8[count])
    return text.replace(".", ",") if visit.language == "tr" else text


def _show_table(
    visit: Visit,
    settings: MerchantSettings,
    table: InstallmentTable,
    values: Mapping[str, str],
    errors: Mapping[str, str],
) -> Response:
    return visit.page(
        "settings_table.html",
        status=422 if errors else 200,
        mark=setting_fields.mark_of(settings),
        table=table,
        issuer=_issuer(table),
        counts=setting_fields.counts_of(table),
        values=values,
        errors=errors,
        place=visit.path_number("place"),
    )


def _issuer(table: InstallmentTable) -> str:
    """The name of a table's bank; its number where none is known."""
    issuer = ISSUERS.get(table.issuer_code)
    return str(table.issuer_code) if issuer is None else issuer.name


_READ: Final = Permission.READ_SETTINGS
_CHANGE: Final = Permission.CHANGE_SETTINGS
_TABLE: Final = "/settings/installments/{place}"
# In live mode the house decides about terms, by its commands.
_SANDBOX: Final = Where.SANDBOX
PAGES: Final = (
    Page(method="GET", path="/settings", handle=show_general, permission=_READ),
    Page(method="GET", path="/settings/terms", handle=show_terms, permission=_READ),
    Page(method="GET", path="/settings/access", handle=show_access, permission=_READ),
    Page(method="GET", path="/settings/protocols", handle=show_protocols, permission=_READ),
    Page(method="POST", path="/settings/webhooks", handle=change_webhooks, permission=_CHANGE),
    Page(method="POST", path="/settings/account", handle=change_account, permission=_CHANGE),
    Page(method="POST", path="/settings/access", handle=change_access, permission=_CHANGE),
    Page(
        method="POST",
        path="/settings/plan",
        handle=change_plan,
        permission=_CHANGE,
        where=_SANDBOX,
    ),
    Page(
        method="POST",
        path="/settings/rates",
        handle=change_rates,
        permission=_CHANGE,
        where=_SANDBOX,
    ),
    Page(method="GET", path=_TABLE, handle=show_table, permission=_CHANGE, where=_SANDBOX),
    Page(method="POST", path=_TABLE, handle=change_table, permission=_CHANGE, where=_SANDBOX),
)
