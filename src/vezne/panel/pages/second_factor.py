"""Setting up two-step verification, and what to do when the telephone is lost."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from vezne.core.changes import Conflict
from vezne.core.member import MemberRecord
from vezne.panel.pages.account import (
    ACCOUNT_PATH,
    changed_meanwhile,
    own_record,
    refuse_code,
    refuse_password,
    renewed,
)
from vezne.panel.permissions import Permission
from vezne.panel.routing import Page
from vezne.panel.second_factor import qr_code, secret_text
from vezne.panel.visit import NotFound, Visit

FACTOR_PATH: Final = f"{ACCOUNT_PATH}/second-factor"

# What the trail calls them.
_SUBJECT: Final = "own second factor"
_CODES: Final = "own recovery codes"


async def show_factor(visit: Visit) -> Response:
    """How it stands, and the next step."""
    return await _factor_page(visit)


async def begin_factor(visit: Visit) -> Response:
    """Make a secret. Whoever must have a second factor has just given the password."""
    if not visit.who.must_enroll:
        errors = await _refuse(visit, await own_record(visit))
        if errors:
            return await _factor_page(visit, errors)
    visit.record(_SUBJECT, reason="begun")
    try:
        await visit.desk.members.accounts.begin_factor(await own_record(visit))
    except Conflict:
        return changed_meanwhile(visit, _SUBJECT, FACTOR_PATH)
    return visit.go(FACTOR_PATH)


async def confirm_factor(visit: Visit) -> Response:
    """Check the first code, and show the recovery codes this once."""
    record = await own_record(visit)
    if not record.pending_factor:
        return visit.go(FACTOR_PATH)
    accounts, typed = visit.desk.members.accounts, visit.form.get("code", "")
    if not await accounts.is_first_code(record, typed):
        visit.record(_SUBJECT, reason="wrong code", is_success=False)
        return await _factor_page(visit, {"code": "sign_in.wrong_code"})
    visit.record(_SUBJECT, reason="set up")
    try:
        codes = await accounts.confirm_factor(record, typed, session_id=visit.who.session_id)
    except Conflict:
        return changed_meanwhile(visit, _SUBJECT, FACTOR_PATH)
    return await renewed(visit, visit.page("recovery_codes.html", codes=codes))


async def renew_recovery(visit: Visit) -> Response:
    """New recovery codes, shown this once."""
    record = await own_record(visit)
    if not record.sealed_factor:
        raise NotFound
    errors = await _refuse(visit, record)
    if errors:
        return await _factor_page(visit, errors)
    visit.record(_CODES, reason="renewed")
    try:
        codes = await visit.desk.members.accounts.renew_recovery(await own_record(visit))
    except Conflict:
        return changed_meanwhile(visit, _CODES, FACTOR_PATH)
    return visit.page("recovery_codes.html", codes=codes)


async def drop_factor(visit: Visit) -> Response:
    """Do without, where that is allowed."""
    record = await own_record(visit)
    if visit.desk.members.sessions.policy.is_factor_mandatory or not record.sealed_factor:
        raise NotFound
    errors = await _refuse(visit, record)
    if errors:
        return await _factor_page(visit, errors)
    visit.record(_SUBJECT, reason="taken away")
    try:
        await visit.desk.members.accounts.drop_factor(await own_record(visit))
    except Conflict:
        return changed_meanwhile(visit, _SUBJECT, FACTOR_PATH)
    return visit.go(FACTOR_PATH, "factor.dropped")


async def _refuse(visit: Visit, record: MemberRecord) -> Mapping[str, str]:
    """Why the member is not believed, by field: the password, and a code where there is a factor.

    Raises AuditFailure.
    """
    refused = await refuse_password(visit, record, visit.form.get("password", ""))
    if refused:
        return {"password": refused}
    # The hash may have been made anew with the password just given.
    refused = await refuse_code(visit, await own_record(visit), visit.form.get("code", ""))
    return {"own_code": refused} if refused else {}


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
