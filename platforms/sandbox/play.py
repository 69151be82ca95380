"""How one platform is played: what its folder tells the stand-in world."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Play:
    """`PLAY` of `platforms/connectors/<slug>/sandbox.py`."""

    slug: str
    routes: web.RouteTableDef
    """The platform's interface. It is served below `/<slug>` and at the root. Pages are served as `/{scheme}/{host}{path}`, so that
    no two platforms claim one path."""
    states: Mapping[str, frozenset[str]]
    """By kind, the states the interface has a wire form for, besides those that spoil a whole reply. The first kind is the default."""
    invent: Callable[[str], str]
    """A new address of an item of a kind. It looks real; its ids are invented."""
    absent: str = ""
    """The state an item seems to be in when the interface leaves it out of a list without a word; "" if it never does."""
