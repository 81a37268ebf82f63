"""The rules of keep, maybe and let go, and what is said of a gap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stylesim._gap_values import interval_of

if TYPE_CHECKING:
    from stylesim._gap_values import SlotGap, Verdict
    from stylesim.similarity import ItemSimilarity


def verdict_of(
    row: ItemSimilarity,
    *,
    good: float,
    unlike: float,
    versatility: int | None,
    nearer_twin: str | None,
    nearest: bool,
) -> tuple[Verdict, str]:
    """Judge a garment, and say why; the rules are those of ``stylesim.gaps.find_gaps``.

    Args:
        row: What the scorer said of it.
        good: Similarity from which it is good.
        unlike: Similarity from which good outfits can speak for it.
        versatility: In how many good outfits it takes part; None where it counts in none.
        nearer_twin: A garment that looks the same and comes at least as near.
        nearest: Whether nothing nearer is owned where it is worn.
    """
    similarity = f"{row.similarity:.2f} similar"
    if row.slot is None:
        return "maybe", f"{similarity}, but not one garment of known slot"
    if not row.compared:
        return "maybe", f"not compared: the style shows too little {row.slot.value} to say"
    if row.similarity >= good:
        if nearer_twin is not None:
            return "maybe", f"{similarity}, but it looks the same as {nearer_twin}"
        if versatility == 0:
            return "keep", f"{similarity}, though nothing owned makes a good outfit with it"
        return "keep", f"{similarity}{_outfits(versatility)}"
    interval = interval_of(row)
    if interval is not None and interval[1] >= good:
        return "maybe", f"{similarity}, perhaps up to {interval[1]:.2f}{_outfits(versatility)}"
    if nearest:
        return "maybe", f"{similarity}, but nothing nearer is owned: replace it first"
    if row.similarity >= unlike and versatility != 0:
        return "maybe", f"{similarity}, short of {good:.2f}{_outfits(versatility)}"
    if versatility:
        return "let go", f"{similarity}{_outfits(versatility)}, which the others make good"
    return "let go", f"{similarity}{_outfits(versatility)}"


def slot_words(gap: SlotGap, good: float) -> str:
    """What is said of a slot, in a sentence."""
    if gap.best is None and gap.count:
        said = "owned, but not compared: the style shows too little of it"
    elif gap.best is None:
        said = "nothing owned"
        if not gap.missing:
            said += ", and outfits do without"
    else:
        said = f"the nearest, {gap.best_id}, comes to {gap.best:.2f}"
        if gap.best < good:
            said += f", short of {good:.2f}"
    if gap.status != "covered" and gap.unlocks is not None:
        more = "1 good outfit" if gap.unlocks == 1 else f"{gap.unlocks:,} good outfits"
        made = f"would make {more}" if gap.unlocks else "alone would make no good outfit"
        said += f"; one of the style {made}"
    return said[0].upper() + said[1:] + "."


def _outfits(versatility: int | None) -> str:
    if versatility is None:
        return ""
    if versatility == 0:
        return ", in no good outfit"
    return f", in {versatility:,} good outfit{'' if versatility == 1 else 's'}"
