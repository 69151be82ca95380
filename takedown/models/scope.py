"""The one gate to case data."""

from typing import TYPE_CHECKING, Self, TypeVar

from django.db import models

if TYPE_CHECKING:
    from takedown.models.agency import Agency

M = TypeVar("M", bound=models.Model, covariant=True)


class AgencyQuerySet(models.QuerySet[M]):
    """Rows that belong to an agency. Every query that answers a person or a client starts at `for_agency`."""

    def for_agency(self, agency: "Agency | None") -> Self:
        """This agency's rows; none for somebody without an agency."""
        return self.none() if agency is None else self.filter(agency=agency)


def one_of(field: str, choices: type[models.TextChoices]) -> models.CheckConstraint:
    """The database's own copy of an enum: `field` holds one of its values."""
    return models.CheckConstraint(condition=models.Q(**{f"{field}__in": choices.values}), name=f"%(class)s_{field}_known")
