"""Cut pasted text (mails, chats, spreadsheets) into addresses."""

import re

from platforms.fangs import CLOSERS, apart, before_the_sentence, opened, trimmed
from platforms.urls import LONGEST_URL, NotAURL, parse

_SPACED_DOT = re.compile(r"(?<=\S)[ \t]{1,4}([\[({](?:\.|,|dot)[\])}])[ \t]{1,4}(?=\S)", re.IGNORECASE)
_ANGLED_DOT = re.compile(r"(?<=\w)<(\.|,|dot)>(?=\w)", re.IGNORECASE)
_BEGUN = re.compile(
    r"[\[(]?h[^\s/:]{1,6}ps?[\])]?(?:\[:\]|\(:\)|\[:|[:;_.])?[\])]?//|at(?:\[:\]|\(:\)|:)//|tg(?:\[:\]|\(:\)|:)/{0,2}(?:resolve|privatepost|join)\b",
    re.IGNORECASE,
)
"""How an address begins, an app's too."""
_TELLING = re.compile(r"[.:\[({\u2024\u3002\uff0e\uff1a\uff61]|dot|localhost", re.IGNORECASE)
"""What an address has and most words have not."""
_MAIL_HEADER = re.compile(
    r"(?:from|sent|to|cc|bcc|date|subject|importance|attachments|reply-to|sender|message-id|in-reply-to|references|return-path|received"
    r"|delivered-to|mime-version|content-[a-z-]+|dkim-signature|authentication-results|list-[a-z-]+|x-[a-z0-9-]+)\s*:(?!//)",
    re.IGNORECASE,
)


def split_urls(text: str) -> list[str]:
    """Cut pasted text into candidate addresses, in order.

    Lines, spaces, commas and mail quoting separate; a line without any address is one candidate of its own, so that the screen can say
    "not a URL" about it, and so is whatever begins like an address but is none; the headers of a mail say nothing beside what it brings.
    Candidates are as pasted, without the sentence around them: `parse` refangs them.
    """
    found: list[str] = []
    headers: list[str] = []
    for line in re.split(r"[\r\n\u2028\u2029]+", text):
        bare = line.strip().lstrip(">|").strip()
        if not bare:
            continue
        pieces = [piece for piece in _pieces(bare) if _BEGUN.match(piece) or _is_address(piece)]
        (headers if not pieces and _MAIL_HEADER.match(bare) else found).extend(pieces or [bare])
    return found or headers


def _pieces(line: str) -> list[str]:
    """Words of a line, two addresses glued by a separator cut apart. Beside other words an address may end in a sentence's punctuation."""
    words = re.split(r"[\s\"<>]+", _ANGLED_DOT.sub(r"[\1]", _SPACED_DOT.sub(r"\1", line)))
    words = [word for word in words if word.strip(CLOSERS)]
    pieces = [piece for word in words if _TELLING.search(word.strip(CLOSERS)) for piece in apart(word)]
    alone = len(words) == len(pieces) == 1
    return [_plain(piece, alone=alone) if len(piece) <= LONGEST_URL else piece for piece in pieces]


def _plain(piece: str, *, alone: bool) -> str:
    plain = opened(before_the_sentence(piece))
    return trimmed(plain) if plain == piece and not alone else plain


def _is_address(word: str) -> bool:
    try:
        parse(word)
    except NotAURL:
        return False
    return True
