"""A gate that only remembers, and lets everybody in."""

import msgspec

from vezne.core.audit import Origin, begin_origin, visitor
from vezne.edge.messages import Answer, Door, Handler, Request


class OpenGate:
    """Implements `vezne.core.audit.Gate`. `seen` has what happened, in order."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, object]] = []

    def claim(self, name: str) -> None:
        self.seen.append(("claim", name))

    def prove(self, caller: str) -> None:
        self.seen.append(("prove", caller))

    def pay(self, payer: str) -> None:
        self.seen.append(("pay", payer))

    def hear(self, card: bytes | None, *, is_approved: bool) -> None:
        self.seen.append(("hear", is_approved))

    @property
    def claims(self) -> list[object]:
        return [what for verb, what in self.seen if verb == "claim"]

    @property
    def proofs(self) -> list[object]:
        return [what for verb, what in self.seen if verb == "prove"]


def watched(door: Door, gate: OpenGate) -> Door:
    """The door with a gate in front of its handlers."""

    def watching(handle: Handler) -> Handler:
        async def watch(request: Request) -> Answer:
            visitor().gate = gate
            return await handle(request)

        return watch

    routes = [
        msgspec.structs.replace(route, handle=watching(route.handle)) for route in door.routes
    ]
    return msgspec.structs.replace(door, routes=tuple(routes))


def come_in(gate: OpenGate) -> None:
    """Let this task be somebody's whom a gate watches."""
    origin = Origin(address="198.51.100.7", door="desk", path="/pay")
    origin.gate = gate
    begin_origin(origin)
