"""Log lines: who asked for what and how long it took, in ids only; never a name, an address of content, a token or a note.

A line has the fields named here and no others, whatever else its record carries, and addresses and secrets are cut out of its text.
"""

import logging
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from pythonjsonlogger.json import JsonFormatter

FIELDS = ("route", "method", "status", "ms", "key", "user")
"""What the line of a request adds; see `takedown.ops.middleware`."""
_REQUEST: ContextVar[str] = ContextVar("request", default="")
_TASK: ContextVar[str] = ContextVar("task", default="")

# An API key, whatever follows the word by which it is sent, and the address of anything.
_SECRET = re.compile(r"tdk_[\w-]+|(?<=Api-Key )[^\s\"'\\]+", re.IGNORECASE)
_ADDRESS = re.compile(r"\b(?:https?|hxxps?|ftp|wss?|postgres(?:ql)?|rediss?|smtp)(?:://|:\\?/\\?/|\[:\]//)[^\s\"'\\<>]+", re.IGNORECASE)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# What PostgreSQL adds to an error: the row that it would not take.
_DETAIL = re.compile(r"(?<=DETAIL:  )(?:(?!\\n).)+")


def current_request() -> str:
    """Id of the request that is being answered; empty outside of one."""
    return _REQUEST.get()


@contextmanager
def during_request(name: str) -> Iterator[None]:
    """Every line written meanwhile carries this id."""
    token = _REQUEST.set(name)
    try:
        yield
    finally:
        _REQUEST.reset(token)


def during_task(name: str) -> None:
    """Every line written by this worker carries this id, until the next one or an empty one."""
    _TASK.set(name)


def clean(text: str) -> str:
    """The text without what has no place in a log."""
    for pattern, instead in ((_SECRET, "[key]"), (_ADDRESS, "[address]"), (_DETAIL, "[row]"), (_MAIL, "[mail]")):
        text = pattern.sub(instead, text)
    return text


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    found: dict[str, Any] = {"request_id": _REQUEST.get(), "task_id": _TASK.get()}
    found |= {name: getattr(record, name, None) for name in FIELDS}
    return {name: value for name, value in found.items() if value not in (None, "")}


class WithoutPaths(logging.Filter):
    """Django's own lines about a request name its path, and a path may hold a token. The line of the request names its route instead."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.") and record.args and hasattr(record, "request"):
            what, *_ = record.args if isinstance(record.args, tuple) else [""]
            record.msg, record.args = "%s", (what,)
        return True


class JsonLine(JsonFormatter):
    """One object a line."""

    converter = staticmethod(time.gmtime)

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: Mapping[str, Any]) -> None:
        log_data |= {"at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03}Z"}
        log_data |= {"level": record.levelname, "logger": record.name, "message": record.getMessage()}
        log_data |= _fields(record)
        log_data |= {name: message_dict[name] for name in ("exc_info", "stack_info") if message_dict.get(name)}

    def format(self, record: logging.LogRecord) -> str:
        return clean(super().format(record))


class PlainLine(logging.Formatter):
    """For people at a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        name = _REQUEST.get() or _TASK.get()
        return clean(super().format(record)) + (f" [{name}]" if name else "")
