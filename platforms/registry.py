"""Which connectors there are: every package below `platforms.connectors`, found by looking.

A package brings the connector itself, and may bring `addresses.RULE` (which addresses are its content) and `sandbox.PLAY` (how the stand-in
world plays it). Nothing else names them.
"""

import pkgutil
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any

from platforms import connectors as connectors_package
from platforms.base import Connector

if TYPE_CHECKING:
    from platforms.sandbox.play import Play
    from platforms.urls import Rule


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


@cache
def rules() -> "tuple[Rule, ...]":
    """The address rules of all connectors."""
    return tuple(_parts("addresses", "RULE"))


@cache
def plays() -> "Mapping[str, Play]":
    """How the stand-in world plays the platforms, by slug."""
    return MappingProxyType({play.slug: play for play in _parts("sandbox", "PLAY")})


def _parts(module: str, name: str) -> Iterable[Any]:
    """What the connectors' packages that have a submodule `module` call `name`."""
    for connector in connectors().values():
        path = f"{connector.__module__}.{module}"
        if find_spec(path):
            yield getattr(import_module(path), name)
