"""The text of a reply, in the charset that it is written in.

In the order in which browsers decide (WHATWG HTML, section 13.2.3): byte order mark, header, what the page says of itself, and at last a
guess. What cannot be read that way is not what it claims to be, so the next claim is tried.
"""

import codecs
import re
from collections.abc import Iterator

from charset_normalizer import from_bytes

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_IN_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w.:+-]{1,40})", re.IGNORECASE)
_IN_PAGE = re.compile(rb"<(?:meta|\?xml)\b[^<>]{0,300}?\b(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:+-]{1,40})", re.IGNORECASE)
_HEAD = 4096
_SAMPLE = 8192
"""Bytes that a guess is made from: it costs far more than all the rest."""
_TAGS = re.compile(rb"<[^<>]*>")
_WIDER = {"ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874", "tis-620": "cp874"} | {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "utf-16": "utf-16-le",
}
"""What browsers read instead of the charset that is named (encoding.spec.whatwg.org)."""
_NO_TEXT = frozenset({"utf-7", "idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})


def decoded(body: bytes, content_type: str) -> str:
    """`body` as text, without a byte order mark; `content_type` is the whole header. Never raises."""
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    said = list(_claimed(body, content_type))
    for name in [*said, "utf-8"]:
        try:
            return body.decode(name)
        except UnicodeDecodeError:
            continue
    return body.decode(said[0] if said else _guess(body), "replace")


def _claimed(body: bytes, content_type: str) -> Iterator[str]:
    if header := _IN_HEADER.search(content_type):
        yield from _known(header[1])
    if page := _IN_PAGE.search(body[:_HEAD]):
        # A page whose head can be read byte by byte is not in UTF-16, whatever it says.
        yield from (name for name in _known(page[1].decode("ascii")) if not name.startswith("utf-16"))


def _known(label: str) -> Iterator[str]:
    try:
        found = codecs.lookup(label)
        "".encode(found.name)
    except LookupError:
        return
    if found.name not in _NO_TEXT:
        yield _WIDER.get(found.name, found.name)


def _guess(body: bytes) -> str:
    best = from_bytes(_TAGS.sub(b" ", body[: 4 * _SAMPLE])[:_SAMPLE]).best()
    return best.encoding if best else "utf-8"
