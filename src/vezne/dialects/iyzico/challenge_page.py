"""The page that brings a browser to the bank: `threeDSHtmlContent` of an answer."""

import base64
from html import escape
from typing import Final

from vezne.core.acquirer import Challenge

_TITLES: Final = {"tr": "Bankanıza yönlendiriliyorsunuz", "en": "Taking you to your bank"}
_BUTTONS: Final = {"tr": "Bankama devam et", "en": "Continue to my bank"}

# The id is that of the live service's page, which tests of merchants look for.
_PAGE: Final = """\
<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
</head>
<body>
<form id="iyzico-3ds-form" method="post" action="{action}" accept-charset="utf-8">
{inputs}
<button type="submit">{button}</button>
</form>
<script>document.getElementById("iyzico-3ds-form").submit();</script>
</body>
</html>
"""


def challenge_page(challenge: Challenge, language: str) -> str:
    """A complete page in base64 that posts the challenge by itself, or at the press of a button.

    `language` is `tr` or `en`.
    """
    page = _PAGE.format(
        language=language,
        title=_TITLES[language],
        action=escape(challenge.url),
        inputs="\n".join(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
            for name, value in challenge.fields.items()
        ),
        button=_BUTTONS[language],
    )
    return base64.b64encode(page.encode()).decode()
