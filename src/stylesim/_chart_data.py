"""What :mod:`stylesim.plotting` reads out of reports and recommendations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, Union

from PIL import Image

from stylesim._charts import short, wrapped
from stylesim.errors import expected
from stylesim.wardrobe import Wardrobe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stylesim.recommender import Recommendation
    from stylesim.similarity import ItemSimilarity, SimilarityReport
    from stylesim.types import ImageLike

Names: TypeAlias = Union["Sequence[str]", "Mapping[str, str]", None]
Images: TypeAlias = Union["Wardrobe", "Sequence[ImageLike]", "Mapping[str, ImageLike]", None]

_NO_PICTURE = (228, 232, 234)


class Tile(NamedTuple):
    """A picture of a contact sheet."""

    image: ImageLike
    caption: list[str]
    value: float | None


def rows_of(report: SimilarityReport) -> list[ItemSimilarity]:
    """The items of a report; raises InvalidArgumentError where there is none."""
    rows = list(report)
    if not rows:
        raise expected("report", "at least one item", "none", "score something first")
    return rows


def labels_of(rows: Sequence[ItemSimilarity], names: Names) -> list[str]:
    """What to call each item: its name, else its category and id."""
    if names is None or isinstance(names, Mapping):
        given = names or {}
        return [
            str(given.get(row.id) or (f"{row.category} {row.id}" if row.category else row.id))
            for row in rows
        ]
    if len(names) != len(rows):
        todo = "pass one name an item, or a mapping from ids to names"
        raise expected("names", f"{len(rows)} names", f"{len(names)}", todo)
    return [str(name) for name in names]


def images_of(rows: Sequence[ItemSimilarity], images: Images) -> list[ImageLike]:
    """The picture of each item; a grey one where the report no longer has it."""
    if images is None:
        shown = [row.shown[0].picture() if row.shown else None for row in rows]
        return [_blank() if picture is None else picture for picture in shown]
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


def gap_bars(
    rows: Sequence[ItemSimilarity], labels: Sequence[str], k: int
) -> tuple[list[float], list[str], list[str]]:
    """Similarities, names and notes of the ``k`` least similar items."""
    if k < 1:
        raise expected("k", "a whole number of at least 1", k, "pass k=12")
    order = sorted(range(len(rows)), key=lambda i: (rows[i].similarity, i))[:k]
    notes = []
    for i in order:
        nearest = max(rows[i].by_class.items(), key=lambda pair: pair[1], default=("", 0.0))
        notes.append(f"nearest to {nearest[0]} ({nearest[1]:.2f})" if nearest[0] else "")
    return [float(rows[i].similarity) for i in order], [labels[i] for i in order], notes


def closet_tiles(
    rows: Sequence[ItemSimilarity], labels: Sequence[str], images: Images, limit: int
) -> list[Tile]:
    """Items as pictures, most similar first."""
    pictures = images_of(rows, images)
    order = sorted(range(len(rows)), key=lambda i: (-rows[i].similarity, i))[:limit]
    return [
        Tile(
            pictures[i],
            [short(labels[i], 20), f"{rows[i].similarity:.2f}"],
            float(rows[i].similarity),
        )
        for i in order
    ]


def pick_tiles(picks: Sequence[Recommendation]) -> list[Tile]:
    """Recommended products as pictures with title, price and link."""
    tiles = []
    for pick in picks:
        product = pick.product
        link = product.url.removeprefix("https://").removeprefix("http://")
        lines = [
            *wrapped(product.title, 27, 2),
            product.price_text,
            f"similarity {pick.similarity:.2f}, gain {pick.gain:.2f}",
            short(link, 27),
        ]
        image = _blank() if product.image is None else product.image
        tiles.append(Tile(image, [line for line in lines if line], float(pick.similarity)))
    return tiles


def _blank() -> Image.Image:
    return Image.new("RGB", (96, 120), _NO_PICTURE)
