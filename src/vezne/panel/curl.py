"""A logged call as a command that sends it again, once its secret and its card are filled in."""

from typing import Final

from vezne.core.call_log import ApiCall

# What curl sets by itself, and what only the caller can make again.
_LEFT_OUT: Final = frozenset({"content-length", "host", "authorization"})


def curl_of(call: ApiCall, origin: str, secret: str) -> str:
    """The command, for a POSIX shell. `secret` stands for what proves the caller."""
    summary = call.summary
    lines = [f"curl -X {_quoted(summary.method)} {_quoted(origin + call.target)}"]
    for name, value in call.headers:
        if name == "authorization":
            lines.append(f"-H {_quoted(f'{name}: {value} <{secret}>')}")
        elif name not in _LEFT_OUT:
            lines.append(f"-H {_quoted(f'{name}: {value}')}")
    if call.body.text:
        lines.append(f"--data-binary {_quoted(call.body.text)}")
    return " \\\n  ".join(lines)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
