"""Numbers of an agency's rows: counted for each agency by itself, so that they tell nothing of what another one does.

The database draws them (migration `walls`): the agency's own number stands in the upper bits of a key, the count below it.
"""

_BITS = 32
_COUNT = (1 << _BITS) - 1


def count_of(key: int) -> int:
    """The number as people read it, of a primary key."""
    return key & _COUNT


def key_of(agency_id: int, number: int) -> int:
    """The primary key of the agency's row of that number; of a key, as it stands in addresses, itself."""
    return number if number > _COUNT else agency_id << _BITS | number


def agency_of(key: int) -> int:
    """The number of the agency whose row this is."""
    return key >> _BITS
