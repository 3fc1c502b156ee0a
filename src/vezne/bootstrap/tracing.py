"""OpenTelemetry traces: spans around requests, and around what a request waits for.

Nothing but a server with `tracing.exporter` set imports this. A span says what was done, how it
ended and how long it took: no number, no name of a caller's, no body, no address has a place in it.
Where the spans go is said by the `OTEL_*` variables.
"""

import asyncio
import inspect
import os
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import wraps
from typing import Final, TypeVar, cast

import msgspec
from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from vezne import __version__
from vezne.core.acquirer import Acquirer
from vezne.core.audit import current_origin
from vezne.core.ports import Vault
from vezne.core.webhook import Courier, Reply, Undelivered, WebhookMessage
from vezne.edge.messages import Answer, Door, Handler, Outcome, Request, Response, Route
from vezne.edge.metrics_requests import RequestFigures
from vezne.edge.service import Handle
from vezne.edge.sites import Incoming
from vezne.engines.engine import Engine, Write

Watched = TypeVar("Watched")

# How long the end of a server may take to send the last spans.
LAST_SPANS_S: Final = 3.0
# The only header that is taken over (W3C Trace Context, 3.2): of a fixed form. `tracestate` and
# `baggage` are free text of a stranger's.
TRACEPARENT: Final = "traceparent"
# What others ask for time and again to watch over the server.
_WATCHED: Final = frozenset({"/health", "/ready", "/metrics"})
_BROKEN: Final = 500

Attributes = Mapping[str, str | int]


class Tracing:
    """Puts spans around things. Their names and attributes are words of ours.

    With `hands_on`, what comes behind in another process is told of the request's span by the
    header.
    """

    def __init__(self, provider: TracerProvider, *, hands_on: bool) -> None:
        self._provider = provider
        self._hands_on = hands_on
        self._tracer = provider.get_tracer("vezne", __version__)
        self._context = TraceContextTextMapPropagator()

    def requests(self, handle: Handle, figures: RequestFigures) -> Handle:
        """The handler with a span around each request, which goes on with its caller's trace."""

        async def trace_request(incoming: Incoming) -> Response:
            if incoming.target in _WATCHED:
                return await handle(incoming)
            before = current_origin()
            with self._server_span("request", incoming.headers) as span:
                span.set_attribute("http.request.method", incoming.method)
                if self._hands_on:
                    headers = {**incoming.headers, **self._header()}
                    incoming = msgspec.structs.replace(incoming, headers=headers)
                response = await handle(incoming)
                door, operation = figures.labels(incoming, before)
                span.update_name(f"{door} {operation}")
                span.set_attribute("vezne.door", door)
                span.set_attribute("vezne.operation", operation)
                _note_response(span, response)
                return response

        return trace_request

    def doors(self, doors: Sequence[Door]) -> list[Door]:
        """The doors of a gateway behind a vault's process, whose span each handler goes on with."""
        return [
            msgspec.structs.replace(
                door, routes=tuple(self._traced_route(door, route) for route in door.routes)
            )
            for door in doors
        ]

    def engine(self, engine: Engine, name: str) -> Engine:
        """The engine with a span around every batch and query; no statement is in it."""

        def batch(writes: Sequence[Write]) -> Attributes:
            return {"vezne.writes": len(writes)}

        marks = {"db.system.name": engine.name, "db.namespace": name}
        traced = _Traced(self, engine, f"database {name}", marks)
        traced.watch("apply", batch)
        traced.watch("fetch")
        return cast(Engine, traced)

    def vault(self, vault: Watched) -> Watched:
        """The vault with a span around every call."""
        traced = _Traced(self, vault, "vault", {})
        for name in _async_methods(Vault):
            traced.watch(name)
        return cast(Watched, traced)

    def acquirer(self, acquirer: Acquirer) -> Acquirer:
        """The bank with a span around every question."""
        marks = {"vezne.acquirer": acquirer.name}
        traced = _Traced(self, acquirer, "bank", marks, SpanKind.CLIENT)
        for name in _async_methods(Acquirer):
            traced.watch(name, says_answer=True)
        return cast(Acquirer, traced)

    def courier(self, courier: Courier, door: str) -> Courier:
        """The courier of a door with a span around every delivery."""
        return _TracedCourier(self, courier, door)

    @contextmanager
    def span(
        self, name: str, attributes: Attributes, kind: SpanKind = SpanKind.INTERNAL
    ) -> Iterator[Span]:
        """A span of the current trace. What is raised is named by its type only.

        What the house does unasked is no trace, unless it leaves the house.
        """
        if kind is SpanKind.INTERNAL and not current_trace_id():
            yield trace.INVALID_SPAN
            return
        with self._tracer.start_as_current_span(
            name,
            kind=kind,
            attributes=dict(attributes),
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield span
            except BaseException as error:
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(Status(StatusCode.ERROR))
                raise

    async def close(self) -> None:
        """Send what is left, if that can be done soon."""
        # The library waits for half a minute, and its thread must not hold up the process.
        ending = threading.Thread(target=self._provider.shutdown, name="last-spans", daemon=True)
        ending.start()
        await asyncio.to_thread(ending.join, LAST_SPANS_S)

    @contextmanager
    def _server_span(self, name: str, headers: Mapping[str, str]) -> Iterator[Span]:
        parent = self._context.extract({TRACEPARENT: headers.get(TRACEPARENT, "")})
        token = context.attach(parent)
        try:
            with self.span(name, {}, SpanKind.SERVER) as span:
                yield span
        finally:
            context.detach(token)

    def _header(self) -> dict[str, str]:
        carrier: dict[str, str] = {}
        self._context.inject(carrier)
        return carrier

    def _traced_route(self, door: Door, route: Route) -> Route:
        handle: Handler = route.handle

        async def trace_handler(request: Request) -> Answer:
            with self._server_span(f"{door.name} {route.method} {route.path}", request.headers):
                return await handle(request)

        return msgspec.structs.replace(route, handle=trace_handler)


class _Traced:
    """Something of the house with spans around some of its calls; the rest is as it was."""

    def __init__(
        self,
        tracing: Tracing,
        inner: object,
        name: str,
        marks: Attributes,
        kind: SpanKind = SpanKind.INTERNAL,
    ) -> None:
        self._tracing = tracing
        self._inner = inner
        self._name = name
        self._marks = marks
        self._kind = kind

    def watch(
        self,
        method: str,
        describe: Callable[..., Attributes] | None = None,
        *,
        says_answer: bool = False,
    ) -> None:
        """Put a span around a method. `says_answer`: the answer's type says how it went."""
        call: Callable[..., Awaitable[object]] = getattr(self._inner, method)
        name = f"{self._name} {method}"

        @wraps(call)
        async def traced(*args: object) -> object:
            marks = self._marks if describe is None else {**self._marks, **describe(args[0])}
            with self._tracing.span(name, marks, self._kind) as span:
                answer = await call(*args)
                if says_answer:
                    span.set_attribute("vezne.result", type(answer).__name__.lower())
                return answer

        setattr(self, method, traced)

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)


class _TracedCourier:
    """Implements `vezne.core.webhook.Courier` by another one, for one door."""

    def __init__(self, tracing: Tracing, courier: Courier, door: str) -> None:
        self._tracing = tracing
        self._courier = courier
        self._door = door

    async def deliver(self, message: WebhookMessage) -> Reply:
        """Send once; what the receiver said. Raises Undelivered."""
        with self._tracing.span("webhook", {"vezne.door": self._door}, SpanKind.CLIENT) as span:
            try:
                reply = await self._courier.deliver(message)
            except Undelivered as problem:
                if problem.reply is not None:
                    span.set_attribute("http.response.status_code", problem.reply.status)
                raise
            span.set_attribute("http.response.status_code", reply.status)
            return reply


@asynccontextmanager
async def open_tracing(*, hands_on: bool) -> AsyncIterator[Tracing]:
    """Traces that go where the `OTEL_EXPORTER_OTLP_*` variables say."""
    name = os.environ.get("OTEL_SERVICE_NAME", "vezne")
    resource = Resource.create({"service.name": name, "service.version": __version__})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    tracing = Tracing(provider, hands_on=hands_on)
    try:
        yield tracing
    finally:
        await tracing.close()


def current_trace_id() -> str:
    """The id of the trace that goes on here, in hexadecimal; empty outside of any."""
    span = trace.get_current_span().get_span_context()
    return trace.format_trace_id(span.trace_id) if span.is_valid else ""


def _note_response(span: Span, response: Response) -> None:
    span.set_attribute("http.response.status_code", response.status)
    span.set_attribute("vezne.outcome", response.outcome.value)
    if response.outcome is Outcome.FAILED or response.status >= _BROKEN:
        span.set_status(Status(StatusCode.ERROR))


def _async_methods(protocol: type) -> list[str]:
    return [
        name
        for name, member in vars(protocol).items()
        if inspect.iscoroutinefunction(member) and not name.startswith("_")
    ]
