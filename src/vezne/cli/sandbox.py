"""`vezne clock` and `vezne faults`: the control door of a running sandbox, from a terminal."""

import base64
import ssl
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlencode

import httpcore
import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from vezne.bootstrap.cannot_start import CannotStart
from vezne.cli.options import Config, Data, settings_from
from vezne.core.fault import BankCall, FaultKind

clock = typer.Typer(
    help="See and move a merchant's time in a running sandbox.", no_args_is_help=True
)
faults = typer.Typer(
    help="Have things go wrong on purpose in a running sandbox.", no_args_is_help=True
)

DEFAULT_URL: Final = "http://127.0.0.1:8080"
# A move of the clock is answered once what is due by then was done.
_TIMEOUT_S: Final = 300.0
_HTTP_ERRORS: Final = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
    # A URL that is none, or has letters that none may have.
    TypeError,
    ValueError,
)
_UNITS_MS: Final = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000))

_out = Console()

Url = Annotated[str, typer.Option("--url", help="Where the server is.")]
ApiKey = Annotated[
    str | None,
    typer.Option("--api-key", help="The merchant's iyzico API key. [default: of sandbox.json]"),
]
SecretKey = Annotated[
    str | None, typer.Option("--secret-key", help="Its secret key. [default: of sandbox.json]")
]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]


class _Iyzico(msgspec.Struct):
    api_key: str
    secret_key: str


class _SandboxFile(msgspec.Struct):
    """The part of `sandbox.json` that is needed here."""

    iyzico: _Iyzico


class _Problem(msgspec.Struct):
    code: str
    message: str


class _Failed(msgspec.Struct):
    error: _Problem


class _Clock(msgspec.Struct):
    now: str
    offset_ms: int
    looked_at: int | None = None
    is_complete: bool = True


class _Fault(msgspec.Struct, omit_defaults=True):
    id: int
    kind: str
    left: int | None
    operation: str = ""
    bin: str = ""
    last4: str = ""
    amount: str = ""
    currency: str = ""
    path: str = ""
    delay_ms: int = 0
    code: str = ""


class _Faults(msgspec.Struct):
    faults: list[_Fault]


class _Removed(msgspec.Struct):
    removed: int


class Control:
    """A merchant at the control door of a server."""

    def __init__(self, url: str, keys: tuple[str, str]) -> None:
        self._url = url.rstrip("/")
        self._keys = keys

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        query: dict[str, str] | None = None,
    ) -> bytes:
        """The body of a good answer. Raises CannotStart with what a person can do about it."""
        pair = base64.b64encode(":".join(self._keys).encode()).decode()
        url = f"{self._url}/sandbox/{path}" + (f"?{urlencode(query)}" if query else "")
        try:
            with httpcore.ConnectionPool(ssl_context=ssl.create_default_context()) as pool:
                response = pool.request(
                    method,
                    url,
                    headers={"Authorization": f"Basic {pair}", "Accept-Language": "en"},
                    content=None if body is None else msgspec.json.encode(body),
                    extensions={"timeout": dict.fromkeys(("connect", "read"), _TIMEOUT_S)},
                )
        except httpcore.ConnectError as error:
            why = "is it running? `vezne serve --sandbox` starts it"
            raise CannotStart(f"no server can be reached at {self._url}; {why}") from error
        except _HTTP_ERRORS as error:
            raise CannotStart(f"{self._url}: {str(error) or type(error).__name__}") from error
        if HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
            return response.content
        raise CannotStart(self._explain(response))

    def _explain(self, response: httpcore.Response) -> str:
        if response.status == HTTPStatus.UNAUTHORIZED:
            return (
                f"the server at {self._url} does not know these keys; "
                "--data, or --api-key and --secret-key, say which ones"
            )
        try:
            return msgspec.json.decode(response.content, type=_Failed).error.message
        except msgspec.DecodeError:
            return f"the server at {self._url} is no Vezne in sandbox mode"


@clock.command("show", epilog="Example:\n\n`vezne clock show`")
def show_clock(
    *,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    secret_key: SecretKey = None,
    config: Config = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show what time it is for the merchant."""
    control = _control(url, api_key, secret_key, config, data)
    _print_clock(control.ask("GET", "clock"), as_json=as_json)


@clock.command(
    "advance", epilog="Examples:\n\n`vezne clock advance 8d`\n\n`vezne clock advance 1d12h`"
)
def advance_clock(
    duration: Annotated[str, typer.Argument(help="8d, 12h, 30m, 90s, or several: 1d12h.")],
    *,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    secret_key: SecretKey = None,
    config: Config = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Move the merchant's time ahead, and do at once what is due by then."""
    control = _control(url, api_key, secret_key, config, data)
    _print_clock(control.ask("POST", "clock", {"advance": duration}), as_json=as_json)


@clock.command(
    "set",
    epilog="Examples:\n\n`vezne clock set 2030-01-02`\n\n`vezne clock set 2030-01-02T10:00`",
)
def set_clock(
    moment: Annotated[str, typer.Argument(help="Istanbul's time, or with an offset.")],
    *,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    secret_key: SecretKey = None,
    config: Config = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Make it a certain time for the merchant, which must lie ahead of its present."""
    control = _control(url, api_key, secret_key, config, data)
    _print_clock(control.ask("POST", "clock", {"set": moment}), as_json=as_json)


@clock.command("reset", epilog="Example:\n\n`vezne clock reset`")
def reset_clock(
    *,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    secret_key: SecretKey = None,
    config: Config = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Give the merchant the real time again. What has happened stays as it is."""
    control = _control(url, api_key, secret_key, config, data)
    _print_clock(control.ask("POST", "clock", {"reset": True}), as_json=as_json)


@faults.command(
    "add",
    epilog="Examples:\n\n"
    "`vezne faults add silence_after --operation authorize --bin 552879`\n\n"
    "`vezne faults add decline --code 51 --amount 1.20 --times 3`\n\n"
    "`vezne faults add answer_500_after_commit --path /payment/auth`\n\n"
    "`vezne faults add latency --delay-ms 2000 --always`",
)
def add_fault(
    kind: Annotated[FaultKind, typer.Argument(help="What goes wrong.")],
    *,
    operation: Annotated[BankCall | None, typer.Option(help="Of the bank.")] = None,
    bin: Annotated[str, typer.Option(help="How the card's number begins.")] = "",
    last4: Annotated[str, typer.Option(help="How it ends.")] = "",
    amount: Annotated[str | None, typer.Option(help="In units of the currency.")] = None,
    currency: Annotated[str, typer.Option(help="Such as TRY.")] = "",
    path: Annotated[str, typer.Option(help="Of a request to the gateway.")] = "",
    times: Annotated[int, typer.Option(min=1, max=1_000_000, help="How often it happens.")] = 1,
    always: Annotated[bool, typer.Option("--always", help="Until it is removed.")] = False,
    delay_ms: Annotated[int, typer.Option(help="Of latency and late.")] = 0,
    code: Annotated[str, typer.Option(help="The response code of a decline.")] = "",
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    secret_key: SecretKey = None,
    config: Config = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Put up a fault. What is left out matches every call."""
    wish = {
        "kind": kind,
        "operation": operation,
        "bin": bin,
        "last4": last4,
        "amount": amount,
        "currency": currency,
        "path": path,
        "times": None if always else times,
        "delay_ms": delay_ms,
        "code": code,
    }
    control = _control(url, api_key, secret_key, config, data)
    _print_faults(control.ask("POST", "faults", wish), is_one=True, as_json=as_json)


@faults.command("list", epilog="Example:\n\n`vezne faults list --json | jq`")
def list_faults(
    *,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    secret_key: SecretKey = None,
    config: Config = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show the faults that still happen."""
    control = _control(url, api_key, secret_key, config, data)
    _print_faults(control.ask("GET", "faults"), as_json=as_json)


@faults.command("remove", epilog="Example:\n\n`vezne faults remove 3`")
def remove_fault(
    fault: Annotated[int, typer.Argument(help="Its id, as `vezne faults list` shows it.")],
    *,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    secret_key: SecretKey = None,
    config: Config = None,
    data: Data = None,
) -> None:
    """Take a fault away."""
    control = _control(url, api_key, secret_key, config, data)
    control.ask("DELETE", "faults", query={"id": str(fault)})
    _out.print(f"fault {fault} is removed", highlight=False)


@faults.command("clear", epilog="Example:\n\n`vezne faults clear`")
def clear_faults(
    *,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
    secret_key: SecretKey = None,
    config: Config = None,
    data: Data = None,
) -> None:
    """Take all of the merchant's faults away."""
    control = _control(url, api_key, secret_key, config, data)
    done = msgspec.json.decode(control.ask("DELETE", "faults"), type=_Removed)
    _out.print(f"removed: {done.removed}", highlight=False)


def _control(
    url: str, api_key: str | None, secret_key: str | None, config: Path | None, data: str | None
) -> Control:
    """Raises CannotStart and InvalidSettings."""
    if api_key is not None and secret_key is not None:
        return Control(url, (api_key, secret_key))
    if api_key is not None or secret_key is not None:
        raise CannotStart("--api-key and --secret-key go together")
    path = settings_from(config, data, None).data / "sandbox.json"
    try:
        keys = msgspec.json.decode(path.read_bytes(), type=_SandboxFile).iyzico
    except OSError as error:
        why = "--data says where it is; or give --api-key and --secret-key"
        raise CannotStart(f"{path}: {error.strerror}; {why}") from error
    except msgspec.DecodeError as error:
        raise CannotStart(f"{path}: {error}") from error
    return Control(url, (keys.api_key, keys.secret_key))


def _print_clock(answer: bytes, *, as_json: bool) -> None:
    if as_json:
        _out.print_json(answer.decode())
        return
    shown = msgspec.json.decode(answer, type=_Clock)
    ahead = f"{_duration(shown.offset_ms)} ahead" if shown.offset_ms else "the real time"
    _out.print(f"{shown.now} ({ahead})", highlight=False)
    if shown.looked_at:
        rest = "" if shown.is_complete else "; the rest follows"
        _out.print(f"due payments looked at: {shown.looked_at}{rest}", highlight=False)


def _duration(ms: int) -> str:
    parts = []
    for unit, unit_ms in _UNITS_MS:
        count, ms = divmod(ms, unit_ms)
        parts.append(f"{count}{unit}" if count else "")
    return "".join(parts) or "less than a second"


def _print_faults(answer: bytes, *, as_json: bool, is_one: bool = False) -> None:
    if as_json:
        _out.print_json(answer.decode())
        return
    shown = (
        [msgspec.json.decode(answer, type=_Fault)]
        if is_one
        else msgspec.json.decode(answer, type=_Faults).faults
    )
    if not shown:
        _out.print("there are no faults")
        return
    table = Table("id", "fault", "left", "for")
    for fault in shown:
        rest = {
            name: value
            for name, value in msgspec.to_builtins(fault).items()
            if name not in {"id", "kind", "left"}
        }
        left = "always" if fault.left is None else str(fault.left)
        calls = ", ".join(f"{name} {value}" for name, value in rest.items()) or "every call"
        table.add_row(str(fault.id), fault.kind, left, escape(calls))
    _out.print(table)
