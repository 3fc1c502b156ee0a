"""Setting up two-step verification, and what to do when the telephone is lost."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from vezne.core.changes import Conflict
from vezne.panel.pages.account import ACCOUNT_PATH, own_record, refuse_password, renewed
from vezne.panel.permissions import Permission
from vezne.panel.routing import Page
from vezne.panel.second_factor import qr_code, secret_text
from vezne.panel.visit import NotFound, Visit

FACTOR_PATH: Final = f"{ACCOUNT_PATH}/second-factor"


async def show_factor(visit: Visit) -> Response:
    """How it stands, and the next step."""
    return await _factor_page(visit)


async def begin_factor(visit: Visit) -> Response:
    """Make a secret. Whoever must have a second factor has just given the password."""
    record = await own_record(visit)
    if not visit.who.must_enroll:
        refused = await refuse_password(visit, record, visit.form.get("password", ""))
        if refused:
            return await _factor_page(visit, {"password": refused})
    visit.record("own second factor", reason="begun")
    try:
        await visit.desk.members.accounts.begin_factor(await own_record(visit))
    except Conflict:
        return visit.turn_back(FACTOR_PATH, "account.changed_meanwhile")
    return visit.go(FACTOR_PATH)


async def confirm_factor(visit: Visit) -> Response:
    """Check the first code, and show the recovery codes this once."""
    record = await own_record(visit)
    if not record.pending_factor:
        return visit.go(FACTOR_PATH)
    visit.record("own second factor", reason="set up")
    try:
        codes = await visit.desk.members.accounts.confirm_factor(
            record, visit.form.get("code", ""), session_id=visit.who.session_id
        )
    except Conflict:
        return visit.turn_back(FACTOR_PATH, "account.changed_meanwhile")
    if codes is None:
        visit.record("own second factor", reason="wrong code", is_success=False)
        return await _factor_page(visit, {"code": "sign_in.wrong_code"})
    return await renewed(visit, visit.page("recovery_codes.html", codes=codes))


async def renew_recovery(visit: Visit) -> Response:
    """New recovery codes, shown this once."""
    record = await own_record(visit)
    if not record.sealed_factor:
        raise NotFound
    refused = await refuse_password(visit, record, visit.form.get("password", ""))
    if refused:
        return await _factor_page(visit, {"password": refused})
    visit.record("own recovery codes", reason="renewed")
    try:
        codes = await visit.desk.members.accounts.renew_recovery(await own_record(visit))
    except Conflict:
        return visit.turn_back(FACTOR_PATH, "account.changed_meanwhile")
    return visit.page("recovery_codes.html", codes=codes)


async def drop_factor(visit: Visit) -> Response:
    """Do without, where that is allowed."""
    record = await own_record(visit)
    if visit.desk.members.sessions.policy.is_factor_mandatory or not record.sealed_factor:
        raise NotFound
    refused = await refuse_password(visit, record, visit.form.get("password", ""))
    if refused:
        return await _factor_page(visit, {"password": refused})
    visit.record("own second factor", reason="taken away")
    try:
        await visit.desk.members.accounts.drop_factor(await own_record(visit))
    except Conflict:
        return visit.turn_back(FACTOR_PATH, "account.changed_meanwhile")
    return visit.go(FACTOR_PATH, "factor.dropped")


async def _factor_page(visit: Visit, errors: Mapping[str, str] | None = None) -> Response:
    record = await own_record(visit)
    secret = await visit.desk.members.accounts.pending_secret(record)
    return visit.page(
        "second_factor.html",
        status=422 if errors else 200,
        errors=errors or {},
        is_mandatory=visit.desk.members.sessions.policy.is_factor_mandatory,
        has_factor=bool(record.sealed_factor),
        codes_left=len(record.recovery),
        picture=None if secret is None else qr_code(secret, record.email),
        secret="" if secret is None else secret_text(secret),
    )


PAGES: Final = (
    Page(
        method="GET",
        path="/account/second-factor",
        handle=show_factor,
        permission=Permission.SELF,
    ),
    Page(
        method="POST",
        path="/account/second-factor/begin",
        handle=begin_factor,
        permission=Permission.SELF,
    ),
    Page(
        method="POST",
        path="/account/second-factor/confirm",
        handle=confirm_factor,
        permission=Permission.SELF,
    ),
    Page(
        method="POST",
        path="/account/second-factor/codes",
        handle=renew_recovery,
        permission=Permission.SELF,
    ),
    Page(
        method="POST",
        path="/account/second-factor/drop",
        handle=drop_factor,
        permission=Permission.SELF,
    ),
)
