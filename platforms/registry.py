"""Which connectors there are: every package below `platforms.connectors`, found by looking."""

import pkgutil
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType, ModuleType

from platforms import connectors as connectors_package
from platforms.base import Connector


class DuplicateConnectorError(Exception):
    """Two connectors claim one slug."""


@cache
def connectors() -> Mapping[str, type[Connector]]:
    """All connectors by slug, in alphabetical order."""
    found = pkgutil.iter_modules(connectors_package.__path__, f"{connectors_package.__name__}.")
    return collect(import_module(module.name) for module in found if module.ispkg)


def collect(modules: Iterable[ModuleType]) -> Mapping[str, type[Connector]]:
    """The connectors defined in `modules`. Raises `DuplicateConnectorError`."""
    by_slug: dict[str, type[Connector]] = {}
    for module in modules:
        for candidate in vars(module).values():
            if not (isinstance(candidate, type) and issubclass(candidate, Connector) and candidate.__module__.startswith(module.__name__)):
                continue
            if by_slug.setdefault(candidate.slug, candidate) is not candidate:
                raise DuplicateConnectorError(f"two connectors are called {candidate.slug!r}")
    return MappingProxyType(dict(sorted(by_slug.items())))


def get(slug: str) -> type[Connector]:
    """The connector called `slug`. Raises `LookupError` that names the ones there are."""
    try:
        return connectors()[slug]
    except KeyError:
        raise LookupError(f"There is no connector {slug!r}. There are: {', '.join(connectors())}.") from None
