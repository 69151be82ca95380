"""Addresses that carry the one they lead to: mail gateways, messengers, search, translation, accelerated pages.

What is reported is inside. An archive's copy of a page is an item of its own, so archives do not stand here.
"""

import base64
import binascii
import re
from collections.abc import Callable
from urllib.parse import unquote

from platforms.urls import LONGEST_URL, Address, NotAURL, read

MOST_LAYERS = 6
"""A mail that was forwarded through some gateways is wrapped by each of them."""


Inside = Callable[[Address], str]
"""Reads the address inside; "" where there is none."""


def unwrap(address: Address) -> Address:
    """The innermost address; `address` itself where it wraps none."""
    for _ in range(MOST_LAYERS):
        inner = _inside(address)
        if inner is None:
            break
        address = inner
    return address


def _inside(address: Address) -> Address | None:
    for hosts, path, found in _WRAPPERS:
        if hosts.fullmatch(address.host) and path.fullmatch(address.path):
            inside = found(address)
            if _ABSOLUTE.match(inside) and len(inside) <= LONGEST_URL:
                try:
                    return read(inside)
                except NotAURL:
                    continue
    return None


_ABSOLUTE = re.compile(r"https?://", re.IGNORECASE)


def _of(*keys: str) -> Inside:
    """The first of these query keys that holds an address, which may be escaped twice."""

    def inside(address: Address) -> str:
        for key in keys:
            text = address.parameter(key).strip()
            text = unquote(text) if _ESCAPED_TWICE.match(text) else text
            if _ABSOLUTE.match(text):
                return text
        return ""

    return inside


_ESCAPED_TWICE = re.compile(r"https?%3a", re.IGNORECASE)


def _after(prefix: str) -> Inside:
    """What follows a prefix (a pattern) of the path, with the query."""

    def inside(address: Address) -> str:
        match = re.match(prefix, address.path, re.DOTALL)
        return _whole(address, address.path[match.end() :]) if match else ""

    return inside


def _whole(address: Address, rest: str) -> str:
    """`rest` of a path with query and fragment, as an address: two slashes of a scheme are often one here, or all of it is escaped."""
    if _ESCAPED_TWICE.match(rest):
        return unquote(rest)
    tail = (f"?{address.query}" if address.query else "") + (f"#{address.fragment}" if address.fragment else "")
    return _ONE_SLASH.sub(r"\1://", rest) + tail


_ONE_SLASH = re.compile(r"^(https?):/+", re.IGNORECASE)


def _accelerated(address: Address) -> str:
    """`/amp/s/host/path`, `/c/s/host/path`: the `s` says https."""
    match = re.match(r"/(?:amp|wp|[acivr])/(s/)?", address.path)
    return f"http{'s' if match[1] else ''}://{_whole(address, address.path[match.end() :])}" if match else ""


def _proofpoint2(address: Address) -> str:
    """Version 2 writes `/` as `_` and escapes with `-` instead of `%`."""
    return unquote(address.parameter("u").replace("-", "%").replace("_", "/"))


_RUN = re.compile(r"\*(?:\*(.))?", re.DOTALL)
_RUNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_PROOFPOINT3 = re.compile(r"__(.+)__;([A-Za-z0-9_=-]*)!", re.DOTALL)


def _proofpoint3(address: Address) -> str:
    """Version 3: `/v3/__address__;characters!…`. A `*` stands for the next character taken out, `**` and a letter for a run of them."""
    match = _PROOFPOINT3.match(_whole(address, address.path.removeprefix("/v3/")))
    if not match:
        return ""
    taken, place = _decoded(match[2]), 0

    def put_back(run: re.Match[str]) -> str:
        nonlocal place
        start, place = place, place + (_RUNS.find(run[1]) + 2 if run[1] else 1)
        return taken[start:place]

    return _ONE_SLASH.sub(r"\1://", _RUN.sub(put_back, match[1]))


def _decoded(text: str) -> str:
    """Base64 of either alphabet, padded or not; "" if it is none."""
    text = text.replace("+", "-").replace("/", "_").replace(" ", "-").rstrip("=")
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (ValueError, binascii.Error):
        return ""


def _encoded(key: str, skip: int = 0) -> Inside:
    """Base64 of the address, behind `skip` characters that say so."""
    return lambda address: _decoded(address.parameter(key)[skip:])


def _between(mark: str) -> Inside:
    """`/v2/___address___.token`"""

    def inside(address: Address) -> str:
        parts = _whole(address, address.path).split(mark)
        return _ONE_SLASH.sub(r"\1://", parts[1]) if len(parts) > 2 else ""

    return inside


def _translated(address: Address) -> str:
    """`bad-example-org.translate.goog`: a dot of the host is `-`, a hyphen `--`; keys that begin `_x_tr_` are the translator's own."""
    host = address.host.removesuffix(".translate.goog").replace("--", "\0").replace("-", ".").replace("\0", "-")
    query = "&".join(pair for pair in address.query.split("&") if not pair.startswith("_x_tr_"))
    return f"{address.parameter('_x_tr_sch') or 'https'}://{host}{address.path}" + (f"?{query}" if query else "")


def _proxied(address: Address) -> str:
    """Discord's proxy of what is linked: `/external/token/https/host/path`, the query escaped before the scheme."""
    match = re.fullmatch(r"/external/[^/]+/(?:%3F([^/]*)/)?(https?)/(.+)", address.path, re.IGNORECASE | re.DOTALL)
    return f"{match[2]}://{match[3]}" + (f"?{unquote(match[1])}" if match[1] else "") if match else ""


def _yahoo(address: Address) -> str:
    return unquote(re.sub(r"/R[A-Z]=.*", "", address.path.split("/RU=", 1)[-1], flags=re.DOTALL))


_GOOGLE = r"(?:[a-z0-9-]+\.)*google(?:\.[a-z]{2,3}){1,2}"
_YANDEX = r"(?:[a-z0-9-]+\.)*yandex\.[a-z.]{2,6}"
_PROOFPOINT = r"(?:[a-z0-9-]+\.)?urldefense(?:\.proofpoint)?\.(?:com|us)"
_TABLE: tuple[tuple[str, str, Inside], ...] = (
    # Search, translation, accelerated pages
    (_GOOGLE, r"/(?:url|interstitial)", _of("q", "url")),
    (_GOOGLE, r"/imgres", _of("imgrefurl", "imgurl")),
    (_GOOGLE, r"/amp/.+", _accelerated),
    (r"translate\.google(?:\.[a-z]{2,3}){1,2}|translate\.googleusercontent\.com", r".*", _of("u")),
    (r"consent\.(?:google|youtube)(?:\.[a-z]{2,3}){1,2}", r".*", _of("continue")),
    (r"[a-z0-9-]+\.translate\.goog", r".*", _translated),
    (r"[a-z0-9-]+\.cdn\.ampproject\.org|(?:www\.)?bing-amp\.com", r"/(?:wp|[acivr])/.+", _accelerated),
    (r"(?:www\.|cn\.)?bing\.com", r"/ck/a", _encoded("u", skip=2)),
    (r"(?:www\.)?translatetheweb\.com|(?:www\.|ssl\.)?microsofttranslator\.com", r".*", _of("a")),
    (r"(?:[a-z]+\.)?duckduckgo\.com", r"/l/?", _of("uddg")),
    (_YANDEX, r"/(?:clck/.*|redir/?.*|turbo/?.*|translate/?)", _of("url", "text")),
    (r"sba\.yandex\.net", r"/redirect", _of("url")),
    (r"r\.search\.yahoo\.com", r"/.*/RU=.*", _yahoo),
    # Messengers and networks
    (r"lm?\.(?:facebook|instagram|messenger|threads|workplace)\.com|l\.(?:threads\.net|wl\.co)", r"/(?:l\.php|l)?", _of("u")),
    (r"(?:www\.|m\.|web\.|mbasic\.)?(?:facebook|messenger)\.com", r"/(?:l|flx/warn|sharer|sharer/sharer)(?:\.php)?/?", _of("u")),
    (r"(?:www\.|m\.)?youtube\.com", r"/redirect", _of("q")),
    (r"(?:www\.)?(?:t|telegram)\.me", r"/(?:iv|share/url|share)", _of("url")),
    (r"(?:m\.|www\.)?vk\.(?:com|ru)", r"/(?:away|share)(?:\.php)?", _of("to", "url")),
    (r"(?:www\.|m\.)?ok\.ru", r"/dk", _of("st.link")),
    (r"(?:[a-z]+\.)?mail\.ru", r"/(?:redir|proxy)", _of("u", "url")),
    (r"out\.reddit\.com", r".*", _of("url")),
    (r"(?:www\.)?(?:x|twitter)\.com", r"/safety/unsafe_link_warning", _of("unsafe_link")),
    (r"(?:www\.)?steamcommunity\.com", r"/linkfilter/?", _of("url", "u")),
    (r"(?:www\.)?steamcommunity\.com", r"/linkfilter/.+", _after("/linkfilter/")),
    (r"(?:www\.)?tiktok\.com", r"/link/v2/?", _of("target")),
    (r"(?:www\.)?linkedin\.com", r"/(?:redir/.+|safety/go|authwall)/?", _of("url", "sessionRedirect")),
    (r"slack-redir\.net", r"/link", _of("url")),
    (r"(?:images-ext-\d|media)\.discordapp\.net", r"/external/.+", _proxied),
    (r"href\.li|anonym\.to|nullrefer\.com|dereferer\.me", r"/", lambda address: unquote(address.query)),
    (r"(?:www\.)?pinterest\.[a-z.]{2,6}", r"/offsite/?", _of("url")),
    (r"t\.umblr\.com", r"/redirect", _of("z")),
    (r"(?:www\.)?medium\.com", r"/r/?", _of("url")),
    (r"exit\.sc|gate\.sc", r"/", _of("url")),
    (r"(?:www\.)?weibo\.(?:cn|com)", r"/sinaurl", _of("u", "toasturl")),
    (r"link\.zhihu\.com|link\.juejin\.cn|link\.csdn\.net|c\.pc\.qq\.com", r".*", _of("target", "pfurl")),
    # Mail gateways
    (r"(?:[a-z0-9-]+\.)*safelinks\.protection\.(?:partner\.)?(?:outlook|office365)\.(?:com|us|cn|de)", r".*", _of("url")),
    (r"(?:[a-z0-9-]+\.)*safelink\.emails?\.azure\.net", r"/redirect/?", _of("destination")),
    (r"statics\.teams\.cdn\.office\.net", r"/.*safelinks.*", _of("url")),
    (r"outlook\.(?:office|office365|live|cloud)\.(?:com|us|microsoft)", r"/mail/(?:[^/]+/)*safelink\.html", _of("url")),
    (_PROOFPOINT, r"/v1/url", _of("u")),
    (_PROOFPOINT, r"/v2/url", _proofpoint2),
    (_PROOFPOINT, r"/v3/.+", _proofpoint3),
    (r"linkprotect\.cudasvc\.com", r"/url", _of("a")),
    (r"(?:[a-z0-9-]+\.)*mimecast(?:protect)?\.com", r".*", _of("url", "u")),
    (r"secure-web\.cisco\.com", r"/.+", _after(r"/.*?(?=https?(?:%3A|%3a|:))")),
    (r"(?:[a-z0-9-]+\.)*protection\.sophos\.com", r"/", _encoded("u")),
    (r"(?:[a-z0-9-]+\.)*trendmicro\.(?:com|eu)", r"/wis/clicktime/.*", _of("url")),
    (r"(?:[a-z0-9-]+\.)*clicktime\.symantec\.com", r"/.+", _of("u", "url")),
    (r"(?:[a-z0-9-]+\.)*(?:fireeye|trellix)\.com", r"/(?:.+/)?url", _of("u")),
    (r"(?:[a-z0-9-]+\.)*(?:avanan\.click|checkpoint\.com)", r"/v\d/.+", _between("___")),
    (r"link\.edgepilot\.com|urlsand\.esvalabs\.com|(?:[a-z0-9-]+\.)*hornetsecurity\.com", r".*", _of("u", "url")),
    # Programs for mail that run on any host
    (r".+", r"/owa/redir\.aspx|/(?:.+/)?redir\.hsp|/horde/(?:.+/)?go\.php|/(?:service|zimbra)/(?:.+/)?redir(?:ect)?", _of("URL", "url")),
)
"""Hosts, paths, and how the address inside is read. The first that finds one decides."""
_WRAPPERS = [(re.compile(hosts), re.compile(path, re.DOTALL), inside) for hosts, path, inside in _TABLE]
