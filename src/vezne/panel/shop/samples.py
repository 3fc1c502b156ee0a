"""The same call in curl and in Python, for whoever takes it home.

Secrets stand in variables of the environment. A card number is that of a test card.
"""

import shlex
from typing import Final

import msgspec

# What comes after a signed key in its variable's place, in both languages.
_CURL_SIGNED: Final = """\
RANDOM_KEY=$(date +%s)$RANDOM
SIGNATURE=$(printf '%s' "$RANDOM_KEY"{target}"$BODY" |
  openssl dgst -sha256 -hmac "${variable}" | sed 's/^.* //')
TOKEN=$(printf '%s' {claim}"&randomKey:$RANDOM_KEY&signature:$SIGNATURE" | base64 | tr -d '\\n')
"""
_PYTHON_SIGNED: Final = """\
random_key = secrets.token_hex(8)
message = random_key.encode() + {target}.encode() + BODY
secret = os.environ["{variable}"].encode()
signature = hmac.digest(secret, message, "sha256").hex()
claim = f"&randomKey:{{random_key}}&signature:{{signature}}"
token = base64.b64encode({key}.encode() + claim.encode()).decode()
"""


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """A call that is signed: with which key, over which target, by the secret in a variable."""

    key: str
    target: str
    variable: str


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """What a sample is made of.

    `headers` are pairs of name and text; `secrets` are triples: the name, the text, and the
    variable whose value follows it. `names` are those of the headers that prove who calls.
    """

    names: frozenset[str]
    secrets: tuple[tuple[str, str, str], ...] = ()
    signed: Signed | None = None
    method: str = "POST"
    url: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""


def curl_sample(recipe: Recipe) -> str:
    """A script for a shell, with curl and, where a call is signed, openssl."""
    lines = [f': "${{{name}:?}}"' for name in _variables(recipe)]
    if recipe.body or recipe.signed:
        lines.append(f"BODY={shlex.quote(recipe.body)}")
    if recipe.signed is not None:
        lines.append(
            _CURL_SIGNED.format(
                target=shlex.quote(recipe.signed.target),
                claim=shlex.quote(f"apiKey:{recipe.signed.key}"),
                variable=recipe.signed.variable,
            ).rstrip()
        )
    parts = [f"curl -sS -X {recipe.method} {shlex.quote(recipe.url)}"]
    parts += [f"-H {shlex.quote(f'{name}: {text}')}" for name, text in recipe.headers]
    parts += [
        f'-H {shlex.quote(f"{name}: {text}")}"${variable}"'
        for name, text, variable in recipe.secrets
    ]
    if recipe.signed is not None:
        parts.append('-H "Authorization: IYZWSv2 $TOKEN"')
    if recipe.body:
        parts.append('--data-binary "$BODY"')
    return "\n".join([*lines, " \\\n  ".join(parts)]) + "\n"


def python_sample(recipe: Recipe) -> str:
    """A program for Python 3 and nothing else."""
    signed = recipe.signed
    modules = ["urllib.request"]
    if _variables(recipe):
        modules.append("os")
    if signed is not None:
        modules += ["base64", "hmac", "secrets"]
    lines = [f"import {name}" for name in sorted(modules)]
    lines += ["", f"BODY = {_python_text(recipe.body)}.encode()"]
    if signed is not None:
        lines.append(
            _PYTHON_SIGNED.format(
                target=repr(signed.target),
                variable=signed.variable,
                key=repr(f"apiKey:{signed.key}"),
            ).rstrip()
        )
    lines.append("headers = {")
    lines += [f"    {name!r}: {text!r}," for name, text in recipe.headers]
    lines += [
        f"    {name!r}: {text!r} + os.environ[{variable!r}],"
        for name, text, variable in recipe.secrets
    ]
    if signed is not None:
        lines.append('    "Authorization": "IYZWSv2 " + token,')
    lines += [
        "}",
        "request = urllib.request.Request(",
        f"    {recipe.url!r}, BODY or None, headers, method={recipe.method!r}",
        ")",
        "with urllib.request.urlopen(request) as response:",
        "    print(response.read().decode())",
    ]
    return "\n".join(lines) + "\n"


def _variables(recipe: Recipe) -> list[str]:
    signed = [recipe.signed.variable] if recipe.signed else []
    return signed + [variable for _, _, variable in recipe.secrets]


def _python_text(text: str) -> str:
    """A text in the form of a program's, its lines as they are."""
    escaped = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    if escaped.endswith('"'):
        escaped = f'{escaped[:-1]}\\"'
    return f'"""{escaped}"""'
