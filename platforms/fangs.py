"""Undo what people do to make an address unclickable. By rule, not by a list of spellings.

Scheme and host have an alphabet of their own: no bracket, space or word in brackets can belong to them, so whatever stands there stands for
a separator. A path may hold all of that, so it is only touched where the head shows that the whole address was defanged.
"""

import re

_JOINERS = "\u200c\u200d"
"""Letters of Persian, Sinhala and emoji where they stand in a path."""
_HIDDEN = frozenset(
    map(chr, (0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF, *range(0xFFF9, 0xFFFC)))
)
INVISIBLE = re.compile(f"[{''.join(_HIDDEN)}]")
"""Characters that show nothing and mean nothing in an address."""
_AROUND = "".join((*map(chr, range(33)), "\u00a0\u3000\u2028\u2029", _JOINERS, *_HIDDEN))
_FULL_WIDTH = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {
    0x3002: ".",
    0xFF61: ".",
    0x3000: " ",
    0x2024: ".",
    0x2236: ":",
}
_OPENERS, _THEIRS = "<([{\u00ab\u201c\u2018\u201e\u2039\"'`*_|", ">)]}\u00bb\u201d\u2019\u201c\u203a\"'`*_|"
_PARTNERS = dict(zip(_OPENERS, _THEIRS, strict=True))
CLOSERS = ">\"'`*|.,;:!?)]}\u00bb\u201d\u2019\u201c\u2018\u203a\u2026"
"""What ends a sentence or closes what was opened before an address."""
_PAIRS = {")": "(", "]": "[", "}": "{"}

_BRACKETS = r"\[\](){}<>"
_SCHEME = re.compile(
    rf"(?P<word>[^/\\:;?#.,|]{{1,24}})(?P<mark>[:;.,|]?[{_BRACKETS}\s]*)(?P<slashes>(?:[/\\](?:[{_BRACKETS}\s]*(?=[/\\]))?)*)"
)
_LIKE_HTTP = re.compile(r"h(?:[^\W\d]|[*_#x~^$+-]){1,6}p(s?)")
_JUST_HTTP = re.compile(r"h[txr*]{1,3}p(s?)")
_WORD = re.compile(r"[^\W\d_][\w*+-]*?(s?)")
_LETTER_BY_LETTER = re.compile(r"(?:\S\s+)+\S")
_OTHER_SCHEMES = re.compile(
    r"s?ftps?|fxp|tftp|file|wss?|ssh|git|svn|ldaps?|smb|nfs|ircs?|rtmps?|rtsps?|mms|gopher|telnet|nntp|news|xmpp|sips?|jdbc|mongodb|postgres(ql)?"
    r"|mysql|rediss?|amqps?|mqtts?|(android|ios)-app|ip[fn]s|magnet|(chrome|moz|edge)(-extension)?|about|data|blob|javascript|mailto|app|intent"
    r"|market|itms(-apps)?|content|tel|sms|tg|at|steam|whatsapp|fb"
)
"""Words before `://` that mean what they say."""
_PLAIN = re.compile(r"(?:https?://)?[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?(?:[/?#].*)?", re.DOTALL)
"""Nothing to undo: most of what comes."""
_LITERAL = re.compile(r"\[[0-9a-f.]*:[0-9a-f:.]*\](?::\d+)?", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"\s{0,4}[\[({<]\s{0,4}(?P<inner>[^\w\s]{0,3}|\w{1,12})\s{0,4}[\])}>]\s{0,4}")
_HALF_BRACKET = re.compile(
    rf"[{_BRACKETS}\s]{{1,8}}(?P<before>[.:@])[{_BRACKETS}\s]{{0,8}}|(?P<after>[.:@])[{_BRACKETS}][{_BRACKETS}\s]{{0,8}}"
)
_AT_THE_ENDS = re.compile(rf"^[{_BRACKETS}\s]+|[{_BRACKETS}]\s{{0,4}}$")
_SPOKEN_DOT = re.compile(r"(?<=\w)(?:\s+|-|_)dot(?:\s+|-|_)(?=\w)", re.IGNORECASE)
_DOTS = re.compile(
    "dot|punkt|punt|point|punto|ponto|pkt|nokta|\u0442\u043e\u0447\u043a\u0430|\u043a\u0440\u0430\u043f\u043a\u0430|\u0646\u0642\u0637\u0629|\u70b9|\u9ede"
)
"""Words for a dot. Behind a scheme any word in brackets is one; without it these only, for prose has brackets too."""
_OPENING, _CLOSING = re.compile(r"[\[({<]"), re.compile(r"[\])}>]")
_IN_TAIL = re.compile(r"[\[({](?P<inner>[./:?=&@#_-]|dot)[\])}]", re.IGNORECASE)


def refang(text: str) -> str:
    """`hxxp[:]//bad[.]example` gives `http://bad.example`; what a browser prints is given back as it is.

    Full-width characters are folded and joiners dropped in scheme and host only: in a path they can be part of the address.
    """
    text = opened(text)
    if _PLAIN.fullmatch(text):
        return text
    folded = INVISIBLE.sub("", text).translate(_FULL_WIDTH)
    scheme, start = _scheme(folded)
    end = _end_of_host(folded, start)
    authority = folded[start:end]
    tail = text[_place(text, end) :]
    # An address typed in full width throughout has its path in it too.
    tail = tail if tail[:1] == folded[end : end + 1] else tail.translate(_FULL_WIDTH)
    if _LITERAL.fullmatch(authority):
        return scheme + authority + tail
    host = _host(authority, bool(scheme))
    if _OPENING.match(authority.rstrip()[-1:]) and _CLOSING.match(tail[1:2]):
        tail = tail[:1] + tail[2:]
    if host != authority or scheme != folded[:start].lower():
        tail = _IN_TAIL.sub(lambda match: "." if match["inner"].isalpha() else match["inner"], tail)
    return scheme + host + tail


def opened(text: str) -> str:
    """`text` out of the brackets and quotes around it; with them goes the punctuation of the sentence they stood in."""
    text = text.strip(_AROUND)
    if _PLAIN.fullmatch(text):
        return text
    if (plain := re.sub(r"^url\s*:(?!/)\s*", "", text, flags=re.IGNORECASE)) != text:
        text = trimmed(plain)
    head = text[: _scheme(text.translate(_FULL_WIDTH))[1]]
    if _LITERAL.match(text) or (head and len(_OPENING.findall(head)) == len(_CLOSING.findall(head))):
        return text
    while text[:1] in _PARTNERS:
        partner, text = _PARTNERS[text[0]], text[1:].lstrip()
        end = text.rfind(partner)
        text = text[:end] if end >= 0 and not text[end:].strip(CLOSERS + " ") else trimmed(text)
    return text.strip(_AROUND)


def trimmed(text: str) -> str:
    """`text` without the punctuation of the sentence behind it; a closing bracket that has its partner stays."""
    end, alone = len(text), {}
    while end and ((last := text[end - 1]) in CLOSERS or last.isspace()):
        if last in _PAIRS:
            if last not in alone:
                alone[last] = text.count(last) - text.count(_PAIRS[last])
            if alone[last] <= 0:
                break
            alone[last] -= 1
        end -= 1
    return text[:end]


def _scheme(text: str) -> tuple[str, int]:
    """The scheme meant, and where what follows it begins; ("", 0) where there is none or a real one that is not the web's."""
    match = _SCHEME.match(text)
    if not match:
        return "", 0
    word = re.sub(rf"[{_BRACKETS}{_JOINERS}]", "", match["word"]).strip().rstrip("_-").lower()
    word = re.sub(r"\s", "", word) if _LETTER_BY_LETTER.fullmatch(word) else word
    slashes = len(re.findall(r"[/\\]", match["slashes"]))
    colon = ":" in match["mark"]
    if slashes >= 2:
        known = _LIKE_HTTP.fullmatch(word) or (colon and not _OTHER_SCHEMES.fullmatch(word) and _WORD.fullmatch(word))
    else:
        known = colon and _JUST_HTTP.fullmatch(word)
    return (f"http{known[1]}://", match.end()) if known else ("", 0)


def _end_of_host(text: str, start: int) -> int:
    match = re.compile(r"(?:\\(?=\.\w)|[^/\\?#])*").match(text, start)
    return match.end() if match else start


def _place(text: str, count: int) -> int:
    """Where in `text` its first `count` visible characters end."""
    visible = [place for place, char in enumerate(text) if char not in _HIDDEN]
    return visible[count] if count < len(visible) else len(text)


def _host(authority: str, has_scheme: bool) -> str:
    host = re.sub(rf"[{_JOINERS}]", "", authority).replace("\\.", ".")
    host = re.sub(rf"[{_BRACKETS}](\.\w+)[{_BRACKETS}]", r"\1", host)
    host = _IN_BRACKETS.sub(lambda match: _meant(match, has_scheme), host)
    host = _HALF_BRACKET.sub(lambda match: match["before"] or match["after"], host)
    host = _AT_THE_ENDS.sub("", host) if has_scheme else host
    return host if "." in host else _SPOKEN_DOT.sub(".", host)


def _meant(match: re.Match[str], has_scheme: bool) -> str:
    """What stands in brackets: a separator for itself, a word for a dot, letters for themselves."""
    inner, text = match["inner"], match.string
    if not inner[:1].isalnum():
        return inner if inner and inner in "-:@_" else "." if "/" not in inner else match[0]
    if inner.lower() in {"at", "colon"}:
        return "@" if inner.lower() == "at" else ":"
    between = text[: match.start()][-1:].isalnum() and text[match.end() :][:1].isalnum()
    if _DOTS.fullmatch(inner.lower()) or (has_scheme and between and len(inner) > 2 and not inner.isdecimal()):
        return "."
    return inner if has_scheme and not match[0][0].isspace() else match[0]


_BEGINS = re.compile(
    rf"h[tx*_rz]{{1,3}}ps?[{_BRACKETS}]?:[{_BRACKETS}]?[/\\][{_BRACKETS}]?[/\\]|(?<=[,;|\u3001\uff0c\uff1b])\s{{0,4}}www\.", re.IGNORECASE
)
_INSIDE = frozenset("/\\=?&#:@_~+-%")
"""Behind these an address stands inside another: an archive's, a redirector's."""
_SEPARATORS = " \t\r\n,;|\u3001\uff0c\uff1b"


def apart(text: str) -> list[str]:
    """Cut `text` where another address begins that is not part of the one before. Nothing of one address is ever cut off."""
    pieces, start = [], 0
    for match in _BEGINS.finditer(text):
        before = text[start : match.start()]
        if before.strip(_SEPARATORS + _OPENERS) and _begins_anew(before):
            pieces.append(before)
            start = match.start()
    plain = [piece.strip(_SEPARATORS).rstrip(_SEPARATORS + "([{<") for piece in pieces]
    return [*plain, text[start:].strip(_SEPARATORS)]


def _begins_anew(before: str) -> bool:
    """Whether what follows `before` is no part of it. An escaped space or comma ends a path; in a query it belongs to a text."""
    if not re.search(r"[/\\?]", before):
        # `Link:`, a bullet, a number: no address that could hold another.
        return True
    if escaped := re.fullmatch(r"%([0-9a-fA-F]{2})", before[-3:]):
        return "?" not in before and chr(int(escaped[1], 16)) in _SEPARATORS
    return before[-1] not in _INSIDE


_SENTENCE = re.compile(r"((?:[^/]*//)?[^/]+/(?:.*?[!-~])?)[\u3002\uff61\uff0c\uff1b\u3001](?![!-~])")


def before_the_sentence(text: str) -> str:
    """`text` up to a full stop or comma of Chinese or Japanese, which are written without a space, where the address before is plain."""
    match = _SENTENCE.match(text)
    return match[1] if match else text
