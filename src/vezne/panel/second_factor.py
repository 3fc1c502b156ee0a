"""The second factor: codes of an authenticator app (RFC 6238), and codes for when it is lost."""

import base64
import hashlib
import hmac
from typing import Final

import msgspec
import pyotp

from vezne.core.ports import Entropy

STEP_S: Final = 30
RECOVERY_CODES: Final = 10

_ISSUER: Final = "Vezne"
# 160 bits, as many as RFC 4226 4 recommends.
_SECRET_BYTES: Final = 20
# Clocks of telephones are off by so many steps, and the network takes its time (RFC 6238 5.2).
_DRIFT_STEPS: Final = 1
# 80 bits: nobody tries them out, not even with the digests at hand.
_RECOVERY_BYTES: Final = 10
_RECOVERY_GROUP: Final = 4
# Light fields around the picture (ISO/IEC 18004, 6.3.8).
_QUIET_FIELDS: Final = 4


def new_secret(entropy: Entropy) -> bytes:
    """The secret of a new second factor."""
    return entropy.take(_SECRET_BYTES)


def secret_text(secret: bytes) -> str:
    """A secret as people type it into an app."""
    return base64.b32encode(secret).decode("ascii")


def code_at(secret: bytes, step: int) -> str:
    """The code of a time step."""
    return pyotp.TOTP(secret_text(secret), interval=STEP_S).generate_otp(step)


def matching_step(secret: bytes, typed: str, now_ms: int, used_step: int) -> int | None:
    """The time step whose code was typed; None: no code of about now, or one used before.

    No code and none before it is good twice (RFC 6238 5.2, PCI DSS v4.0.1 8.5.1).
    """
    now_step = now_ms // 1000 // STEP_S
    found = None
    for step in range(now_step - _DRIFT_STEPS, now_step + _DRIFT_STEPS + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), _digits_of(typed)):
            found = step
    return found if found is not None and found > used_step else None


def new_recovery_codes(entropy: Entropy) -> tuple[str, ...]:
    """Codes to keep on paper."""
    texts = [
        base64.b32encode(entropy.take(_RECOVERY_BYTES)).decode("ascii").lower()
        for _ in range(RECOVERY_CODES)
    ]
    return tuple(
        "-".join(
            text[start : start + _RECOVERY_GROUP] for start in range(0, len(text), _RECOVERY_GROUP)
        )
        for text in texts
    )


def recovery_digest(typed: str) -> bytes:
    """What a recovery code is known by, however it is typed."""
    letters = "".join(typed.split()).replace("-", "").lower()
    return hashlib.sha256(letters.encode("utf-8", "surrogatepass")).digest()


class QrCode(msgspec.Struct, frozen=True):
    """A picture that apps read: the outline of its dark fields, and how many fields it is wide."""

    outline: str
    width: int


def qr_code(secret: bytes, email: str) -> QrCode:
    """A secret as a picture."""
    # Drawn once in the life of a member, and slow to load.
    import segno  # noqa: PLC0415

    totp = pyotp.TOTP(secret_text(secret), interval=STEP_S)
    code = segno.make(totp.provisioning_uri(name=email, issuer_name=_ISSUER), error="m")
    rows = [list(row) for row in code.matrix_iter(border=_QUIET_FIELDS)]
    outline = "".join(
        f"M{x} {y}h1v1h-1z"
        for y, row in enumerate(rows)
        for x, is_dark in enumerate(row)
        if is_dark
    )
    return QrCode(outline, len(rows))


def _digits_of(typed: str) -> bytes:
    return "".join(typed.split()).encode("utf-8", "surrogatepass")
