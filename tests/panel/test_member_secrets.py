"""Whoever reads the database cannot sign in with what is there (PCI DSS v4.0.1 8.3.2)."""

import re

import pytest
from msgspec.structs import replace

from fakes.panel_browser import PASSWORD, open_town
from vezne.panel.second_factor import STEP_S, code_at, secret_text

EMAIL = "ayse@example.com"
FACTOR = "/panel/account/second-factor"


async def test_nothing_that_signs_in_is_in_the_database(tmp_path):
    """No password, token, form token of the sign-in, link, second factor or recovery code."""
    async with open_town(tmp_path / "data") as town:
        await town.add_member(EMAIL)
        browser = town.browser()
        await browser.sign_in(EMAIL)
        await browser.post(f"{FACTOR}/begin", {"password": PASSWORD}, page=FACTOR)
        record = await town.members.books.find_member_named(EMAIL)
        secret = await town.members.accounts.pending_secret(record)
        typed = {"code": code_at(secret, town.clock.time_ms // 1000 // STEP_S)}
        page = await browser.post(f"{FACTOR}/confirm", typed, page=FACTOR)
        codes = re.search(r"<pre[^>]*>(.*?)</pre>", page.text, re.DOTALL)[1].split()
        fields = {"email": "guest@example.com", "role": "viewer"}
        page = await browser.post("/panel/team/invitations", fields, page="/panel/team")
        link = re.search(r"join\?link=([\w-]+)<", page.text)[1]
        secrets = [PASSWORD, browser.cookies["vezne_session"], link, secret_text(secret), *codes]
        sought = [text.encode() for text in secrets] + [secret]
        sought += [code.replace("-", "").encode() for code in codes]
    files = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert any(b"ayse@example.com" in path.read_bytes() for path in files)
    for path in files:
        content = path.read_bytes()
        assert not any(text in content for text in sought), path
    assert PASSWORD not in repr(town.audit.lines)


async def test_a_sealed_second_factor_opens_for_its_own_member_only(tmp_path):
    """A row that is copied to another member opens nothing (context of the seal)."""
    async with open_town(tmp_path / "data") as town:
        mine = await town.add_member(EMAIL)
        await town.add_member("mehmet@example.com")
        await town.members.accounts.begin_factor(mine)
        mine = await town.members.books.find_member_named(EMAIL)
        with pytest.raises(ValueError, match="does not open"):
            await town.members.accounts.pending_secret(replace(mine, id=mine.id + 1))
