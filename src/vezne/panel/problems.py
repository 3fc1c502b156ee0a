"""Why a webhook was not delivered, in the words of the visitor's language.

Notices keep what went wrong as a plain English text, for logs and the command line.
"""

import re
from typing import Final

from vezne.panel.wording import say

_KNOWN: Final = tuple(
    (re.compile(pattern, re.DOTALL), name)
    for pattern, name in (
        ("answered (?P<status>[0-9]+)", "webhooks.problem.answered"),
        ("no answer within (?P<seconds>[0-9.]+) s", "webhooks.problem.silent"),
        ("no connection: (?P<host>[^ ]+) cannot be looked up", "webhooks.problem.no_name"),
        ("no connection: (?P<host>[^ ]+) has no address", "webhooks.problem.no_name"),
        ("no connection: .*", "webhooks.problem.no_connection"),
        ("the answer is no HTTP", "webhooks.problem.no_http"),
        ("the merchant has no webhook URL .*", "webhooks.problem.no_url"),
        ("the merchant has no key .*", "webhooks.problem.no_key"),
        ("(?P<host>[^ ]+) has an address in a private network", "webhooks.problem.private"),
        ("in live mode a webhook goes over https only", "webhooks.problem.no_tls"),
        ("the URL has characters that must be escaped", "webhooks.problem.unescaped"),
        ("there is no such payment", "webhooks.problem.no_payment"),
        ("a fault of the gateway.*", "webhooks.problem.fault"),
    )
)


def say_problem(language: str, problem: str) -> str:
    """A problem in a language; as it is where it is none that we know."""
    for pattern, name in _KNOWN:
        match = pattern.fullmatch(problem)
        if match is not None:
            return say(language, name, **match.groupdict())
    return problem
