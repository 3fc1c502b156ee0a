"""The API keys of a merchant: what each door calls them, and new ones in each door's style."""

import secrets
import string
from collections.abc import Mapping
from typing import Final

Keys = dict[str, dict[str, str]]

_LETTERS: Final = string.ascii_letters + string.digits


def random_key(length: int = 32) -> str:
    """That many random letters and digits."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def fill_keys(given: Mapping[str, Mapping[str, str | None]]) -> Keys:
    """The given keys, and new ones in the style of each door for the rest."""
    made = {
        "iyzico": {
            "api_key": f"sandbox-{random_key()}",
            "secret_key": f"sandbox-{random_key()}",
        },
        "paywall": {
            "public_key": random_key(64),
            "public_client": random_key(),
            "private_key": random_key(64),
            "private_client": random_key(),
        },
        "paynet": {
            "publishable_key": f"pbk_{random_key()}",
            "secret_key": f"sck_{random_key()}",
        },
    }
    return {
        door: {name: given.get(door, {}).get(name) or value for name, value in pairs.items()}
        for door, pairs in made.items()
    }


def new_pair(door: str) -> tuple[str, str]:
    """The public name and the secret of a new pair in the style of a door, as `key_pairs` has it.

    Raises KeyError for a door that there is not.
    """
    return {each: (key, secret) for each, key, secret in key_pairs(fill_keys({}))}[door]


def key_pairs(keys: Keys) -> list[tuple[str, str, str]]:
    """Door, public name and secret of every pair that a merchant calls with."""
    iyzico, paywall, paynet = keys["iyzico"], keys["paywall"], keys["paynet"]
    return [
        ("iyzico", iyzico["api_key"], iyzico["secret_key"]),
        ("paywall.public", paywall["public_client"], paywall["public_key"]),
        ("paywall.private", paywall["private_client"], paywall["private_key"]),
        ("paynet", paynet["publishable_key"], paynet["secret_key"]),
    ]
