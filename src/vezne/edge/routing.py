"""Which door and route a path belongs to."""

from collections.abc import Iterable, Sequence

from vezne.edge.messages import Door, Route

Found = tuple[Door, Route]


class RouteTable:
    """The routes of all doors by method and path.

    A path is found as it is written, and in any other case too when its door ignores that. Raises
    ValueError when there is no door, or when two routes could answer one request.
    """

    def __init__(self, doors: Sequence[Door]) -> None:
        if not doors:
            raise ValueError("a dispatcher needs at least one door")
        self._default = doors[0]
        self.exact = _routes_of(doors)
        folding = [door for door in doors if door.ignores_case]
        self._folded = _routes_of(folding, folds=True)
        for (method, path), (door, _) in self.exact.items():
            other, _ = self._folded.get((method, path.lower()), (door, None))
            if other is not door:
                raise ValueError(f"two doors claim {method} {path}")
        self._methods = _allowed_methods(self.exact)
        self._folded_methods = _allowed_methods(self._folded)
        self._owners = _owners_by_prefix(doors)
        self._folded_owners = _owners_by_prefix(folding, folds=True)
        self._depth_max = max((prefix.count("/") for prefix in self._owners), default=0)

    def find(self, method: str, path: str) -> Found | None:
        """The door and route of a request, a slash at the end of the path aside."""
        found = self.exact.get((method, path))
        if found is None:
            path = path.removesuffix("/")
            found = self.exact.get((method, path))
        if found is None and "&" in path:
            # A client that forgets the question mark in front of its first parameter.
            found = self.exact.get((method, path.partition("&")[0]))
        if found is None and self._folded:
            return self._folded.get((method, path.lower()))
        return found

    def methods_of(self, path: str) -> bytes | None:
        """The value of the Allow header (RFC 9110, 10.2.1) of a path; None when nobody has it."""
        return self._methods.get(path) or self._folded_methods.get(path.lower())

    def owner_of(self, path: str) -> Door:
        """The door that answers for a path without a route: the one that has most of its prefix."""
        segments = path.split("/", self._depth_max + 1)
        for depth in range(min(len(segments), self._depth_max + 1), 1, -1):
            prefix = "/".join(segments[:depth])
            owner = self._owners.get(prefix) or self._folded_owners.get(prefix.lower())
            if owner is not None:
                return owner
        return self._default


def _routes_of(doors: Sequence[Door], *, folds: bool = False) -> dict[tuple[str, str], Found]:
    table: dict[tuple[str, str], Found] = {}
    for door in doors:
        for route in door.routes:
            key = (route.method, route.path.lower() if folds else route.path)
            if key in table:
                raise ValueError(f"two routes claim {route.method} {route.path}")
            table[key] = (door, route)
    return table


def _allowed_methods(routes: Iterable[tuple[str, str]]) -> dict[str, bytes]:
    methods: dict[str, set[str]] = {}
    for method, path in routes:
        methods.setdefault(path, set()).add(method)
        if method == "GET":
            methods[path].add("HEAD")
    return {path: ", ".join(sorted(names)).encode() for path, names in methods.items()}


def _owners_by_prefix(doors: Sequence[Door], *, folds: bool = False) -> dict[str, Door]:
    """Which door answers below a path prefix. A prefix that several share is the first one's."""
    owners: dict[str, Door] = {}
    for door in doors:
        for route in door.routes:
            path = route.path.lower() if folds else route.path
            segments = path.split("/")
            for depth in range(2, len(segments) + 1):
                owners.setdefault("/".join(segments[:depth]), door)
    return owners
