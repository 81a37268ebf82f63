"""What a recommender is asked for: checked, and brought into one form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

import attrs

from stylesim._checks import check_whole
from stylesim._ranking import RANKS
from stylesim.errors import expected
from stylesim.products import ProductQuery
from stylesim.types import REGIONS_OF, Slot

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Literal

    from stylesim._gaining import Closet
    from stylesim.products import Product

_HOW: dict[str, Any] = {"k": 5, "rank_by": "gain", "fetch_images": False, "progress": False}
_ASKED = tuple(field.name for field in attrs.fields(ProductQuery) if field.name != "limit")


class Wishes(TypedDict, total=False):
    """Arguments of ``stylesim.Recommender.recommend``, apart from the closet."""

    k: int
    max_price: float | None
    min_price: float | None
    currency: str | None
    slot: str | Slot | None
    category: str | None
    gender: str | None
    brand: str | None
    colour: str | None
    size: str | None
    words: str | tuple[str, ...]
    rank_by: Literal["gain", "gain_per_price", "similarity", "price"]
    fetch_images: bool
    progress: bool


@attrs.frozen(eq=False)
class Asked:
    """Wishes, checked."""

    query: ProductQuery
    k: int
    rank_by: str
    fetch_images: bool
    progress: bool

    @classmethod
    def of(cls, wishes: Any) -> Asked:
        """Check wishes.

        Raises:
            InvalidArgumentError: One is unknown, of the wrong kind or out of range.
        """
        given = {**_HOW, **wishes}
        how = {name: given.pop(name) for name in _HOW}
        for name in set(given) - set(_ASKED):
            todo = f"choose among {', '.join((*_HOW, *_ASKED))}"
            raise expected(name, "an argument that there is", "another", todo)
        check_whole("k", how["k"])
        if how["rank_by"] not in RANKS:
            raise expected("rank_by", f"one of {', '.join(RANKS)}", how["rank_by"], "pass 'gain'")
        for name in ("fetch_images", "progress"):
            if not isinstance(how[name], bool):
                raise expected(name, "True or False", how[name], "pass one of them")
        return cls(ProductQuery(**given, limit=None), **how)

    def queries(self, closet: Closet) -> list[ProductQuery]:
        """One for each slot that is asked for, those with the widest gap first."""
        slots = [self.query.slot or Slot.guess(self.query.category)]
        if slots == [None]:
            slots = [
                slot for region in closet.gaps() for slot in Slot if region in REGIONS_OF[slot]
            ]
        return [attrs.evolve(self.query, slot=slot) for slot in dict.fromkeys(slots)]

    def check_currencies(self, products: Iterable[Product]) -> None:
        """Refuse to compare prices of several currencies, where prices are compared."""
        bounded = self.query.max_price is not None or self.query.min_price is not None
        if self.query.currency is not None or not (bounded or self.rank_by.endswith("price")):
            return
        currencies = {one.currency for one in products if one.price is not None}
        if len(currencies) > 1:
            got = ", ".join(sorted(code or "unknown" for code in currencies))
            wish = "one currency, for prices of several cannot be compared"
            raise expected("currency", wish, got, "pass currency='EUR', or which you want")
