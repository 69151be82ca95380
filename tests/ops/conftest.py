"""People of one agency, and a browser with one of them signed in."""

from tests.web.conftest import alice, people, signed_in

__all__ = ["alice", "people", "signed_in"]
