"""What the pages say about things, in words and numbers for people."""

from __future__ import annotations

from typing import Any

import attrs

import stylesim as ss
from stylesim.gaps import GarmentGap
from stylesim.recommender import RecommendationResult
from stylesim_app.engine import Outcome, picture_name
from stylesim_app.sessions import Session

_STATUS = {
    "covered": "well covered",
    "gap": "a gap",
    "missing": "missing",
    "optional": "none",
    "unknown": "not compared: the style shows too little of it",
}


def garment_name(garment: ss.Garment) -> str:
    """What a garment is called: its file's name, or what it is."""
    said = garment.attributes.get("file")
    return said if isinstance(said, str) and said else garment.category or garment.id


def percent(value: float | None) -> str:
    r"""A probability for people.

    Example:
        >>> percent(0.734), percent(None)
        ('73\xa0%', '')
    """
    return "" if value is None else f"{round(100 * value)}\u00a0%"


@attrs.frozen
class Line:
    """One garment in the table."""

    picture: str
    title: str
    file: str
    similarity: float
    classes: tuple[float, ...]
    verdict: str
    why: str
    assumed: str | None


@attrs.frozen
class SlotLine:
    """What is owned in one slot, and how near the best of it comes."""

    title: str
    status: str
    said: str
    count: int
    best: float | None
    picture: str | None


@attrs.frozen
class PickCard:
    """One product."""

    product: ss.Product
    picture: str | None
    similarity: float
    gain: float
    unlocks: int
    reason: str


def _line(gap: GarmentGap, session: Session, classes: tuple[str, ...]) -> Line:
    row = gap.row
    here = row.id in session.closet
    return Line(
        picture=f"/pictures/garment-{row.id}",
        title=row.category or (row.slot.value if row.slot else "not recognised"),
        file=garment_name(session.closet[row.id]) if here else "removed since",
        similarity=row.similarity,
        classes=(*(row.shares[name] for name in classes), row.p_neither),
        verdict=gap.verdict,
        why=gap.why,
        assumed=row.assumed,
    )


def result_view(session: Session, outcome: Outcome, picks: RecommendationResult) -> dict[str, Any]:
    """Everything that the page of results shows."""
    report, gaps = outcome.report, outcome.gaps
    lines = [_line(gap, session, report.classes) for gap in gaps]
    slots = [
        SlotLine(
            title=one.slot.value,
            status=one.status,
            said=_STATUS[one.status],
            count=one.count,
            best=one.best,
            picture=f"/pictures/garment-{one.best_id}" if one.best_id else None,
        )
        for one in gaps.slots
        if one.count or one.status == "missing"
    ]
    cards = [
        PickCard(
            product=pick.product,
            picture=None
            if pick.product.image is None
            else f"/pictures/product-{picture_name(pick.product)}",
            similarity=pick.similarity,
            gain=pick.gain,
            unlocks=pick.unlocks,
            reason=pick.reason,
        )
        for pick in picks
    ]
    return {
        "classes": (*report.classes, "none of them"),
        "lines": lines,
        "slot_lines": slots,
        "good_outfits": gaps.good_outfits,
        "cards": cards,
        "owned": picks.blocked,
        "skipped": picks.skipped,
        "advice": outcome.advice,
        "seconds": outcome.seconds,
        "stale": outcome.version != session.version,
    }
