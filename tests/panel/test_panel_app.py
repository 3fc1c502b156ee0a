"""The panel lets in whom it should, in their language, and sends everybody else away."""

from vezne.core.member import Role


async def test_a_stranger_is_asked_to_sign_in_and_comes_back(panel):
    answer = await panel.get("/panel", None)
    assert answer.status == 303
    assert answer.location == "/panel/sign-in?next=/panel"


async def test_a_member_sees_the_home_page_in_their_language(panel):
    assert "Ana sayfa" in (await panel.get("/panel", Role.VIEWER, language="tr")).text
    assert "<h1>Home</h1>" in (await panel.get("/panel", Role.VIEWER)).text


async def test_every_answer_has_the_headers_of_the_panel(panel):
    for path in ("/panel", "/panel/no-such-page", "/panel/static/panel.css"):
        answer = await panel.get(path)
        assert answer.headers["x-frame-options"] == "DENY"
        assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_an_unknown_path_is_a_page_that_says_so(panel):
    answer = await panel.get("/panel/no-such-page")
    assert answer.status == 404
    assert "no page at this address" in answer.text
