"""URIs of keys in devices, as RFC 7512 has them."""

from pathlib import Path

import pytest

from vezne.vault.master_key import UnusableMasterKey
from vezne.vault.masters.pkcs11_uri import Pkcs11Key, pkcs11_key_from_uri

QUERY = "?module-path=/usr/lib/hsm.so&pin-source=file:/etc/vezne/pin"


def test_a_key_by_its_label():
    """With its token's label, and everything that RFC 7512 writes as percent signs."""
    assert pkcs11_key_from_uri(
        "token=My%20token;object=vezne%3b2027;type=secret-key"
        "?module-path=/usr/lib/a%20b.so&pin-source=file:/etc/vezne/my%20pin"
    ) == Pkcs11Key(
        module="/usr/lib/a b.so",
        pin_file=Path("/etc/vezne/my pin"),
        token="My token",
        label="vezne;2027",
    )


def test_a_key_by_its_id():
    """Bytes, and the token's serial number; the PIN's file may stand without a scheme."""
    assert pkcs11_key_from_uri(
        "serial=0001;id=%01%ff?pin-source=/etc/vezne/pin&module-path=/usr/lib/hsm.so"
    ) == Pkcs11Key(
        module="/usr/lib/hsm.so",
        pin_file=Path("/etc/vezne/pin"),
        serial=b"0001",
        id=b"\x01\xff",
    )


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ("", "module-path"),
        ("token=a;object=b", "module-path"),
        ("token=a;object=b?module-path=/x", "pin-source"),
        ("token=a;object=b?pin-source=file:/x", "module-path"),
        ("object=b" + QUERY, "a token or serial"),
        ("token=a" + QUERY, "an object or id"),
        ("token=a;object=b;type=private" + QUERY, "secret-key"),
        ("token=a;objekt=b" + QUERY, "objekt"),
        ("token=a;object=b" + QUERY + "&pin-value=1234", "pin-value"),
        ("token=a;object=b;object=c" + QUERY, "once"),
        ("token=;object=b" + QUERY, "with a value"),
    ],
)
def test_unclear_names_are_refused(rest, words):
    """What is missing, misspelt or said twice is named; a PIN is never repeated."""
    with pytest.raises(UnusableMasterKey, match=words) as refused:
        pkcs11_key_from_uri(rest)
    assert "1234" not in str(refused.value)
