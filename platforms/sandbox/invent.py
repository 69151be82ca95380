"""Invented ids that look like the real ones."""

import secrets

LETTERS = "abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"
BASE32 = LETTERS + "234567"
BASE62 = LETTERS + LETTERS.upper() + DIGITS


def word(length: int, alphabet: str = LETTERS) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))


def number(digits: int) -> str:
    """A decimal number of exactly so many digits."""
    return str(secrets.randbelow(9 * 10 ** (digits - 1)) + 10 ** (digits - 1))
