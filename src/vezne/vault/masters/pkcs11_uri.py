"""Keys in devices, named as RFC 7512 says: `pkcs11:token=…;object=…?module-path=…&pin-source=…`."""

from pathlib import Path
from typing import Final
from urllib.parse import unquote, unquote_to_bytes

import msgspec

from vezne.vault.master_key import UnusableMasterKey

_IN_PATH: Final = frozenset(("token", "serial", "object", "id", "type"))
_IN_QUERY: Final = frozenset(("module-path", "pin-source"))
_FILE: Final = "file:"


class Pkcs11Key(msgspec.Struct, frozen=True, kw_only=True):
    """Which key, in which device, and where the user's PIN is read. None: not said."""

    module: str
    pin_file: Path
    token: str | None = None
    serial: bytes | None = None
    label: str | None = None
    id: bytes | None = None


def pkcs11_key_from_uri(rest: str) -> Pkcs11Key:
    """The key that a URI names; `rest` is what follows `pkcs11:`. Raises UnusableMasterKey.

    Attributes that are not known here are refused: a misspelt one must not name another key.
    """
    path_text, _, query_text = rest.partition("?")
    path = _attributes(path_text, ";", _IN_PATH)
    query = _attributes(query_text, "&", _IN_QUERY)
    module, pin_source = query.get("module-path"), query.get("pin-source")
    if module is None or pin_source is None:
        raise UnusableMasterKey("a pkcs11: URI ends in ?module-path=LIBRARY&pin-source=file:FILE")
    if path.get("type", "secret-key") != "secret-key":
        raise UnusableMasterKey("a pkcs11: URI names a key of type=secret-key")
    if not {"object", "id"} & path.keys() or not {"token", "serial"} & path.keys():
        raise UnusableMasterKey("a pkcs11: URI names a token or serial, and an object or id")
    return Pkcs11Key(
        module=unquote(module),
        pin_file=Path(unquote(pin_source).removeprefix(_FILE)),
        token=_text(path.get("token")),
        serial=_bytes(path.get("serial")),
        label=_text(path.get("object")),
        id=_bytes(path.get("id")),
    )


def _attributes(text: str, divider: str, known: frozenset[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in filter(None, text.split(divider)):
        name, _, value = part.partition("=")
        if name not in known:
            raise UnusableMasterKey(
                f"a pkcs11: URI with {name} is not supported; known are {', '.join(sorted(known))}"
            )
        if not value or name in found:
            raise UnusableMasterKey(f"a pkcs11: URI has {name} once, with a value")
        found[name] = value
    return found


def _text(value: str | None) -> str | None:
    return None if value is None else unquote(value)


def _bytes(value: str | None) -> bytes | None:
    return None if value is None else unquote_to_bytes(value)
