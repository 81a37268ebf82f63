"""What ``stylesim.plotting`` reads out of reports, outfits and recommendations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, Union

import numpy as np
from PIL import Image

from stylesim._chart_bars import Bar
from stylesim._chart_sheets import Tile
from stylesim._charts import short, wrapped
from stylesim._checks import check_whole
from stylesim.errors import expected
from stylesim.wardrobe import Wardrobe

if TYPE_CHECKING:
    from stylesim.gaps import ClosetGaps
    from stylesim.outfits import AssembledOutfit, Candidate
    from stylesim.recommender import Recommendation
    from stylesim.similarity import ItemSimilarity
    from stylesim.types import FloatArray, ImageLike

Names: TypeAlias = Union["Sequence[str]", "Mapping[str, str]", None]
Images: TypeAlias = Union["Wardrobe", "Sequence[ImageLike]", "Mapping[str, ImageLike]", None]

Row = TypeVar("Row")

NONE = "none of them"
_FOLDERS = re.compile(r"^.*[/\\](?=[^/\\]+\.\w{2,5}$)")
_NO_PICTURE = (228, 232, 234)
_ASIDE = "not compared: too little in the style"
_TILE_WIDTH, _PICK_WIDTH, _OUTFIT_WIDTH = 20, 27, 30  # letters in a line below a picture


def listed(argument: str, things: Iterable[Row], having: str, todo: str) -> list[Row]:
    """Things as a list; raises InvalidArgumentError for what are no things with this attribute."""
    given: object = things
    rows = list(things) if isinstance(given, Iterable) else []
    if not isinstance(given, Iterable) or not all(hasattr(row, having) for row in rows):
        raise expected(argument, "several, in a list", type(given).__name__, todo)
    return rows


def rows_of(report: Sequence[Row]) -> list[Row]:
    """The items of a report; raises InvalidArgumentError where there is none."""
    rows = listed("report", report, "similarity", "pass scorer.score(wardrobe)")
    if not rows:
        raise expected("report", "at least one item", "none", "score something first")
    return rows


def counted(argument: str, k: Any) -> int:
    """How many are shown, checked."""
    check_whole(argument, k, f"pass {argument}=12")
    return int(k)


def labels_of(rows: Sequence[ItemSimilarity], names: Names) -> list[str]:
    """What to call each item: its name, else its category and id, of a file its name alone."""
    if names is None or isinstance(names, Mapping):
        given = names or {}
        ids = _file_names([row.id for row in rows])
        return [
            str(given.get(row.id) or (f"{row.category} {name}" if row.category else name))
            for row, name in zip(rows, ids, strict=True)
        ]
    todo = "pass one name an item, or a mapping from ids to names"
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise expected("names", "names in a list or a mapping", names, todo)
    names = list(names)
    if len(names) != len(rows):
        raise expected("names", f"{len(rows)} names", f"{len(names)}", todo)
    return [str(name) for name in names]


def _file_names(ids: Sequence[str]) -> list[str]:
    """Ids as they are, but of paths of files the name, and the folder where names repeat."""
    short = [_FOLDERS.sub("", one) for one in ids]
    return [
        name if name == one or short.count(name) == 1 else "/".join(re.split(r"[/\\]", one)[-2:])
        for one, name in zip(ids, short, strict=True)
    ]


def images_of(rows: Sequence[ItemSimilarity], images: Images) -> list[ImageLike]:
    """The picture of each item; a grey one where the report no longer has it."""
    if images is None:
        shown = [row.shown[0].picture() if row.shown else None for row in rows]
        return [blank() if picture is None else picture for picture in shown]
    if isinstance(images, Mapping):
        missing = [row.id for row in rows if row.id not in images]
        if missing:
            got = f"none for {missing[0]!r}"
            raise expected("images", "a picture for each item", got, "add it")
        return [images[row.id] for row in rows]
    if isinstance(images, Wardrobe):
        return [images[row.id].image() for row in rows]
    if len(images) != len(rows):
        todo = "pass one picture an item, the wardrobe, or a mapping from ids to pictures"
        raise expected("images", f"{len(rows)} pictures", f"{len(images)}", todo)
    return list(images)


def interval_of(row: object) -> tuple[float, float] | None:
    """Where the similarity of an item may lie, as far as the report says."""
    return _known(getattr(row, "interval", None))


def _known(interval: Any) -> tuple[float, float] | None:
    """An interval that says more than that a similarity is 0 to 1."""
    if interval is None or tuple(interval) == (0.0, 1.0):
        return None
    return float(interval[0]), float(interval[1])


def slot_rows(rows: Sequence[ItemSimilarity], labels: Sequence[str]) -> list[list[Bar]]:
    """For each item a bar for each part of the body that it shows."""
    out = []
    for row, name in zip(rows, labels, strict=True):
        parts = dict(row.by_slot) or {"whole": row.similarity}
        intervals: Mapping[str, Any] = getattr(row, "intervals", None) or {}
        aside = set(parts) - set(row.counted or parts)
        if not row.compared:
            out.append([Bar(None, next(iter(parts)), None, _ASIDE, name)])
            continue
        out.append(
            [
                Bar(
                    float(value),
                    part,
                    _known(intervals.get(part)),
                    "not counted" if part in aside else "",
                    name,
                )
                for part, value in parts.items()
            ]
        )
    return out


def shares_of(
    rows: Sequence[ItemSimilarity], classes: Sequence[str]
) -> tuple[list[str], FloatArray]:
    """Columns of a table and shares of shape (rows, columns), of which each row adds up to 1.

    Where something may be like none of the classes, a last column says so, and the classes share
    what it leaves.
    """
    none = np.array([[row.p_neither] for row in rows], np.float32)
    values = np.array([[row.shares[name] for name in classes] for row in rows], np.float32)
    if not none.any():
        return list(classes), values
    return [*classes, NONE], np.hstack([values, none])


def gap_rows(rows: Sequence[ItemSimilarity], labels: Sequence[str], k: int) -> list[Bar]:
    """A bar for each of the ``k`` least similar items; those not compared come last."""
    order = sorted(range(len(rows)), key=lambda i: (not rows[i].compared, rows[i].similarity, i))
    out = []
    for i in order[:k]:
        name, share = max(rows[i].shares.items(), key=lambda pair: pair[1], default=("", 0.0))
        note = f"nearest to {name} ({share:.2f})" if name else ""
        if rows[i].neither:
            note = "like none of the styles"
        if not rows[i].compared:
            note = _ASIDE
        value = float(rows[i].similarity) if rows[i].compared else None
        out.append(Bar(value, labels[i], interval_of(rows[i]), note))
    return out


def closet_gap_rows(gaps: ClosetGaps, names: Names, k: int) -> tuple[list[Bar], list[Bar]]:
    """A bar for the best of each slot, and for each of the ``k`` least similar garments."""
    slots, garments = [], []
    for slot in gaps.slots:
        if slot.status == "optional":
            continue
        status = _ASIDE if slot.status == "unknown" else f"{slot.status}, {slot.count} owned"
        note = "missing: nothing owned" if slot.missing else status
        if slot.unlocks:
            more = "outfit" + "s" * (slot.unlocks != 1)
            note += f"; one of the style would make {slot.unlocks:,} good {more}"
        slots.append(Bar(slot.best, slot.slot.value, None, note, "The best of each slot"))
    labels = labels_of([gap.row for gap in gaps], names)
    for gap, label in list(zip(gaps, labels, strict=True))[:k]:
        note = gap.verdict if gap.row.compared else f"{gap.verdict}, {_ASIDE}"
        if gap.versatility is not None:
            note += f", in {gap.versatility:,} good outfit{'s' * (gap.versatility != 1)}"
        if gap.cost_per_wear is not None:
            note += f", {gap.cost_per_wear:.2f} {gap.currency or ''}".rstrip() + " a wear"
        known = interval_of(gap.row)
        garments.append(
            Bar(
                float(gap.similarity) if gap.row.compared else None,
                label,
                known,
                note,
                "Garments, least similar first",
            )
        )
    return slots, garments


def closet_tiles(
    rows: Sequence[ItemSimilarity], labels: Sequence[str], images: Images, limit: int
) -> list[Tile]:
    """Items as pictures, most similar first; those not compared come last."""
    pictures = images_of(rows, images)
    order = sorted(range(len(rows)), key=lambda i: (not rows[i].compared, -rows[i].similarity, i))
    tiles = []
    for i in order[:limit]:
        value, name = float(rows[i].similarity), wrapped(labels[i], _TILE_WIDTH, 3)
        known = interval_of(rows[i])
        number = (
            f"{value:.2f}" if known is None else f"{value:.2f} ({known[0]:.2f} to {known[1]:.2f})"
        )
        if not rows[i].compared:
            value, number = 0.0, "not compared"
        tiles.append(Tile.of(pictures[i], [*name, number], value, len(name)))
    return tiles


def pick_tiles(picks: Sequence[Recommendation]) -> list[Tile]:
    """Recommended products as pictures with title, price and link."""
    tiles = []
    for pick in picks:
        product = pick.product
        link = product.url.removeprefix("https://").removeprefix("http://")
        title = wrapped(product.title, _PICK_WIDTH, 3)
        lines = [
            *title,
            product.price_text,
            f"similarity {pick.similarity:.2f}, gain {pick.gain:.2f}",
            short(link, 30),
        ]
        image = blank() if product.image is None else product.image
        caption = [line for line in lines if line]
        tiles.append(Tile.of(image, caption, float(pick.similarity), len(title)))
    return tiles


def outfit_tiles(outfits: Sequence[AssembledOutfit], images: Images, names: Names) -> list[Tile]:
    """Outfits as groups of pictures, in the order given."""
    tiles = []
    for number, outfit in enumerate(outfits, 1):
        parts = [garment.slot.value for garment in outfit.garments]
        pictures = [_garment_picture(garment, images) for garment in outfit.garments]
        lines = [f"{number}. {outfit.similarity:.2f}"]
        regions = ", ".join(f"{name} {value:.2f}" for name, value in outfit.by_region.items())
        lines += wrapped(regions, _OUTFIT_WIDTH, 2)
        for garment in outfit.garments:
            lines += wrapped(_garment_name(garment, names), _OUTFIT_WIDTH, 2)
        places = _places(parts)
        tiles.append(Tile(list(zip(pictures, places, strict=True)), lines, outfit.similarity))
    return tiles


def _garment_name(garment: Candidate, names: Names) -> str:
    kind = getattr(garment, "category", None) or garment.slot.value
    if isinstance(names, Mapping) and names.get(garment.id):
        return str(names[garment.id])
    return f"{kind} {garment.id}"


def _garment_picture(garment: Candidate, images: Images) -> ImageLike:
    if images is None:
        shown: Any = getattr(garment, "shown", None)
        picture: ImageLike | None = None if shown is None else shown.picture()
        return blank() if picture is None else picture
    if isinstance(images, Wardrobe):
        return images[garment.id].image()
    if not isinstance(images, Mapping):
        todo = "pass the wardrobe or a mapping from ids to pictures"
        raise expected("images", "the wardrobe or a mapping", type(images).__name__, todo)
    if garment.id not in images:
        wish = "a picture for each garment"
        raise expected("images", wish, f"none for {garment.id!r}", "add it")
    return images[garment.id]


def _places(slots: Sequence[str]) -> list[tuple[float, float, float, float]]:
    """Left, top, width and height of garments: as they are worn, the others to the right."""
    body = [slot for slot in slots if slot in ("top", "bottom", "full")]
    beside = len(slots) - len(body)
    wide = 0.6 if beside and body else 1.0 if body else 0.0
    places = []
    upper = lower = 0
    for slot in slots:
        if slot in ("top", "bottom", "full"):
            places.append((0.0, upper / len(body), wide, 1 / len(body)))
            upper += 1
        else:
            places.append((wide, lower / beside, 1 - wide, 1 / beside))
            lower += 1
    return places


def blank() -> Image.Image:
    """A grey picture, where there is none."""
    return Image.new("RGB", (96, 120), _NO_PICTURE)
