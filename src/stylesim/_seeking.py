"""Which products of a large catalogue to look at: those that lie nearest to the wanted style.

Looking at a product's picture takes a hundredth of a second and more. A catalogue that was
embedded by the scorer's own model knows already how its products look, so of each slot only the
nearest are looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from stylesim.errors import InvalidArgumentError
from stylesim.functional import unit_rows
from stylesim.providers._vectors import embedding_name
from stylesim.types import REGIONS_OF

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stylesim.products import ProductQuery
    from stylesim.types import FloatArray, Slot


def towards_the_style(
    queries: Sequence[ProductQuery], provider: Any, model: Any, shortlist: int
) -> list[ProductQuery]:
    """Ask for the nearest products, where the provider can tell and has more than enough.

    Args:
        queries: One a slot.
        provider: Any provider.
        model: Fitted.
        shortlist: Most products a slot.

    Returns:
        The queries; those that can be asked better with ``near`` and ``limit``.
    """
    if not _knows(provider, model, shortlist):
        return list(queries)
    aims = [None if query.slot is None else wanted_vector(model, query.slot) for query in queries]
    return [
        query if aim is None else attrs.evolve(query, near=aim, limit=shortlist)
        for query, aim in zip(queries, aims, strict=True)
    ]


def _knows(provider: Any, model: Any, shortlist: int) -> bool:
    name = getattr(provider, "embedding", None)
    if not isinstance(name, str) or not hasattr(provider, "__len__"):
        return False
    try:
        return name == embedding_name(model) and len(provider) > shortlist
    except InvalidArgumentError:
        return False


def wanted_vector(model: Any, slot: Slot) -> FloatArray | None:
    """Mean garment of the wanted class on a slot, of unit length; None where it is not known."""
    learned = getattr(model, "_learned", None)
    for region in REGIONS_OF[slot]:
        head = None if learned is None else learned.heads.get(region)
        if head is not None and head.clouds is not None:
            place = head.members.index(0)
            vector: FloatArray = unit_rows(head.clouds.means[place][None])[0].astype("float32")
            return vector
    return None
