"""Which addresses name what on pCloud."""

import re

from platforms.base import ContentRef
from platforms.urls import Address, Rule

_CODE = re.compile(r"[A-Za-z0-9]{5,100}")


def _pcloud(address: Address) -> ContentRef | None:
    """The two regions know nothing of each other's links, so the region is a part of the identity."""
    region, code = address.host[0], address.parameter("code")
    if address.path.rstrip("/") != "/publink/show" or not _CODE.fullmatch(code):
        return None
    return ContentRef("pcloud", "file", f"{region}/{code}", f"https://{region}.pcloud.link/publink/show?code={code}")


RULE = Rule("pcloud", _pcloud, re.compile(r"[eu]\.pcloud\.(?:link|com)"))
