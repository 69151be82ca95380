"""Which addresses name what on Mastodon."""

import re
from urllib.parse import quote

from platforms.base import ContentRef
from platforms.urls import Address, Rule

_NAME = r"@[\w.-]*[\w-](?:@[\w.:-]*[\w-])?"
# Names of accounts are plain letters; what ends like a sentence would not survive being pasted once more.
_MASTODON_POST = re.compile(
    rf"/(?:(?:web/|deck/)?{_NAME}|(?:web|deck)/statuses|users/[\w.-]+/statuses|ap/users/\d+/statuses|api/v1/statuses)/(?P<id>\d{{1,20}})"
    r"(?:/(?:embed|activity|favourites|reblogs|quotes|context))?/?",
    re.ASCII,
)
_MASTODON_ACCOUNT = re.compile(
    rf"/(?:(?:web|deck)/accounts/(?P<id>\d{{1,20}})|(?:web/|deck/)?(?P<name>{_NAME}))(?:/(?:with_replies|media|featured))?/?",
    re.ASCII,
)
_MASTODON_HOSTS = re.compile(
    r"(?:mastodon|mstdn|masto|mastodonte)\..+|mas\.to|.*\.mastodon\.[a-z]+|fosstodon\.org|hachyderm\.io|infosec\.exchange|social\.coop|"
    r"mathstodon\.xyz|techhub\.social|chaos\.social|pawoo\.net|aethy\.com|kolektiva\.social|troet\.cafe|piaille\.fr|mamot\.fr|norden\.social"
)
"""Hosts on which `/@name` is known to be a Mastodon account; elsewhere that shape belongs to many kinds of site."""


def _mastodon(address: Address) -> ContentRef | None:
    host, path = address.authority, "/" + "/".join(address.segments)
    if (post := _MASTODON_POST.fullmatch(path)) and int(post["id"]):
        number = str(int(post["id"]))
        return ContentRef("mastodon", "post", f"{host}/{number}", f"https://{host}/web/statuses/{number}")
    account = _MASTODON_ACCOUNT.fullmatch(path)
    if account and account["id"] and int(account["id"]):
        return numbered(host, int(account["id"]))
    if account and account["name"] and _MASTODON_HOSTS.fullmatch(address.host):
        name = account["name"].lower().removesuffix(f"@{host}")
        return ContentRef("mastodon", "account", f"{host}/{name}", f"https://{host}/{quote(name, safe='@:')}")
    return None


def numbered(host: str, number: int) -> ContentRef:
    """An account by its number on a server, which stays its own."""
    return ContentRef("mastodon", "account", f"{host}/{number}", f"https://{host}/web/accounts/{number}")


_NOT_MASTODON = re.compile(r"(?:.*\.)?(?:medium|flipboard|substack|odysee|rumble)\.com")
"""Hosts of other services, on which a path that looks like Mastodon's means something else."""


def _anywhere(address: Address) -> ContentRef | None:
    return None if _NOT_MASTODON.fullmatch(address.host) else _mastodon(address)


RULE = Rule("mastodon", _anywhere)
