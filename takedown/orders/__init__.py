"""Removal orders under Regulation (EU) 2021/784: what is written before they are sent, and what platforms answer."""

from takedown.orders.answers import record_answer, why_not_answerable
from takedown.orders.claims import Finding, compare, sentence
from takedown.orders.final import record_final, revoke_final, why_not_final
from takedown.orders.later import check_claims
from takedown.orders.link import issue_link, live_links, request_of, revoke_links, token_of
from takedown.orders.order import draft, is_approved, is_order, lacking, order_of, print_order, save_order, why_not_ready
from takedown.orders.paper import render, sections_of

__all__ = [
    "Finding",
    "check_claims",
    "compare",
    "draft",
    "is_approved",
    "is_order",
    "issue_link",
    "lacking",
    "live_links",
    "order_of",
    "print_order",
    "record_answer",
    "record_final",
    "render",
    "request_of",
    "revoke_final",
    "revoke_links",
    "save_order",
    "sections_of",
    "sentence",
    "token_of",
    "why_not_answerable",
    "why_not_final",
    "why_not_ready",
]
