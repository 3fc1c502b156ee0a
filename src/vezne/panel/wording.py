"""Every text of the panel by its name, in Turkish and in English."""

from collections.abc import Mapping
from typing import Final

from vezne.panel.texts import (
    account,
    audit,
    cards,
    declines,
    diagnosis,
    frame,
    home,
    keys,
    payment,
    payment_acts,
    payments,
    requests,
    sandbox,
    settings,
    shop,
    sign_in,
    team,
    webhooks,
)

LANGUAGES: Final = ("tr", "en")

# Turkish, English.
Texts = Mapping[str, tuple[str, str]]

_TABLES: Final[tuple[Texts, ...]] = (
    frame.TEXTS,
    sign_in.TEXTS,
    account.TEXTS,
    team.TEXTS,
    declines.TEXTS,
    home.TEXTS,
    payment.TEXTS,
    payment_acts.TEXTS,
    payments.TEXTS,
    shop.TEXTS,
    cards.TEXTS,
    webhooks.TEXTS,
    requests.TEXTS,
    diagnosis.TEXTS,
    keys.TEXTS,
    settings.TEXTS,
    sandbox.TEXTS,
    audit.TEXTS,
)


def _joined() -> dict[str, tuple[str, str]]:
    joined: dict[str, tuple[str, str]] = {}
    for table in _TABLES:
        joined.update(table)
    return joined


TEXTS: Final = _joined()


def say(language: str, name: str, /, **values: object) -> str:
    """The text of a name, its `{places}` filled. Raises KeyError for a name that there is not."""
    text = TEXTS[name][LANGUAGES.index(language)]
    return text.format(**values) if values else text
