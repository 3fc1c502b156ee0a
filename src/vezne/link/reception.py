"""The gateway answers what the vault hands to it: requests without their cards."""

from collections.abc import Mapping, Sequence
from typing import Final

from vezne.core.audit import current_origin
from vezne.core.ports import Audit
from vezne.edge.key_uses import KeyUses
from vezne.edge.load import BEHIND, LoadGate
from vezne.edge.messages import Answer, BadRequest, Door, Request, Response, Route
from vezne.edge.pages import Pages
from vezne.edge.sites import Site
from vezne.link.failures import LinkFailure
from vezne.link.messages import Answered, Browse, Question, Visit, sender_from
from vezne.link.peer import Peer
from vezne.link.remote import RemoteBody

_NOT_OURS: Final = "this process does not answer that"


class Desk:
    """Calls the handler of a route, or visits a site, for a request that the vault has.

    The gate is this process's own: the vault's knows how far the vault is behind.
    """

    def __init__(
        self,
        doors: Sequence[Door],
        sites: Mapping[str, Site],
        audit: Audit,
        gate: LoadGate,
        key_uses: KeyUses,
    ) -> None:
        self._gate = gate
        self._key_uses = key_uses
        self._routes: dict[tuple[str, str, str], tuple[Door, Route]] = {
            (door.name, route.method, route.path): (door, route)
            for door in doors
            for route in door.routes
        }
        self._sites = sites
        self._audit = audit
        self._pages = Pages()

    async def answer(self, peer: Peer, question: Question) -> Answered:
        """The response, and who the caller turned out to be, once the trail has all of it.

        Raises LinkFailure for what no gateway of this make is asked; AuditFailure; what a handler
        raises.
        """
        sender = sender_from(current_origin())
        if isinstance(question, Visit):
            try:
                response = await self._visit(question, sender.request, peer)
            finally:
                self._key_uses.note(current_origin())
        elif isinstance(question, Browse) and question.site in self._sites:
            response = await self._sites[question.site](question.incoming)
        else:
            raise LinkFailure(_NOT_OURS)
        await self._audit.settled()
        return Answered(response, sender_from(current_origin()))

    async def _visit(self, visit: Visit, request: int, peer: Peer) -> Response:
        found = self._routes.get((visit.door, visit.route_method, visit.path))
        if found is None:
            raise LinkFailure(_NOT_OURS)
        door, route = found
        if not self._gate.admits(is_last=route.is_last):
            refused = BadRequest(
                method=visit.method, path=visit.path, why=BEHIND, headers=visit.headers
            )
            return await self._gate.refuse(door, refused)
        answer: Answer = await route.handle(
            Request(
                method=visit.method,
                scheme=visit.scheme,
                host=visit.host,
                path=visit.path,
                target=visit.target,
                query=visit.query,
                headers=visit.headers,
                body=RemoteBody(visit, request, peer),
            )
        )
        return answer if isinstance(answer, Response) else self._pages.render(answer)
