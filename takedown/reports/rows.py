"""Rows of the queries: one frozen class per query, fields in the order of its columns."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestRow:
    """`n` requests of which `report_requests.sql` says the same; its header tells what each field may be."""

    slug: str
    name: str
    category: str
    started: bool
    left_out: str
    state: str
    outcome: str
    first: int
    last: int
    counted_as: str
    back: bool
    is_order: bool
    done: bool
    impossible: bool
    n: int
