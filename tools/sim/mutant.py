"""Plant a bug: change the text of one module while it is imported, and nothing on disk."""

import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import find_spec
from types import CodeType, ModuleType

import msgspec


class Bug(msgspec.Struct, frozen=True):
    """A bug: in `module` the text `old`, which stands there once, becomes `new`.

    The hunt for it begins in the world of `seed`: where it was found, when that is far from the
    first.
    """

    name: str
    module: str
    old: str
    new: str
    seed: int = 1


class NotPlantable(Exception):
    """The text that a bug changes is not in its module, or is there more than once."""


class _Changed(SourceFileLoader):
    """Loads a module with a bug in it."""

    def __init__(self, bug: Bug, path: str) -> None:
        super().__init__(bug.module, path)
        self._bug = bug

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 - the importer passes it
        """The code, compiled from the changed text; no compiled file is read or written."""
        text = self.get_data(self.path).decode()
        return compile(mutated(self._bug, text), self.path, "exec", dont_inherit=True)


class _Finder(MetaPathFinder):
    """Finds the module that has the bug."""

    def __init__(self, bug: Bug, path: str) -> None:
        self._bug = bug
        self._path = path

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002 - the importer passes it
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """The module's spec; None for any other module."""
        if fullname != self._bug.module:
            return None
        loader = _Changed(self._bug, self._path)
        return importlib.util.spec_from_file_location(fullname, self._path, loader=loader)


def mutated(bug: Bug, text: str) -> str:
    """A module's text with a bug in it. Raises NotPlantable."""
    found = text.count(bug.old)
    if found != 1:
        raise NotPlantable(f"{bug.name}: {bug.module} has its text {found} times, not once")
    return text.replace(bug.old, bug.new)


def path_of(bug: Bug) -> str:
    """The file of a bug's module. Raises NotPlantable."""
    spec = find_spec(bug.module)
    if spec is None or spec.origin is None:
        raise NotPlantable(f"{bug.name}: there is no module {bug.module}")
    return spec.origin


def plant(bug: Bug) -> None:
    """Have this process import the module with the bug. Raises NotPlantable."""
    path = path_of(bug)
    if bug.module in sys.modules:
        raise NotPlantable(f"{bug.name}: {bug.module} was imported already")
    sys.meta_path.insert(0, _Finder(bug, path))
