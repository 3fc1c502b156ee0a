"""The pages' languages, and that nothing is left untranslated."""

import pytest

from vezne.edge.wording import (
    ADVICE,
    CONTINUE,
    LANGUAGES,
    PROBLEMS,
    RETURNING,
    STATUSES,
    Problem,
    known_language,
    preferred_language,
)


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "tr"),
        ("en", "en"),
        ("EN-gb", "en"),
        ("tr-TR,tr;q=0.9,en;q=0.8", "tr"),
        ("de-DE,de;q=0.9,en;q=0.8,tr;q=0.7", "en"),
        ("tr;q=0.5, en;q=0.7", "en"),
        ("de,fr;q=0.9", "tr"),
        ("en;q=0", "tr"),
        ("en;q=x", "tr"),
        ("en;level=1", "tr"),
        ("*", "tr"),
        (",;,=;q", "tr"),
        ("a," * 1000 + "en", "tr"),
    ],
)
def test_the_language_that_a_browser_likes_best(accepted, language):
    """By weight, then by order; whatever is unknown, empty or broken is Turkish."""
    assert preferred_language(accepted) == language


def test_every_text_is_in_every_language():
    """No page has a gap."""
    tables = [ADVICE, CONTINUE, PROBLEMS, RETURNING]
    assert [tuple(table) for table in tables] == [LANGUAGES] * len(tables)
    assert [set(PROBLEMS[language]) for language in LANGUAGES] == [set(Problem), set(Problem)]
    assert set(STATUSES) == set(Problem)
    assert [known_language(language) for language in ("tr", "en", "de")] == ["tr", "en", "tr"]
