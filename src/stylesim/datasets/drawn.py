"""Drawn clothes with known truth: nothing to download, the same picture for the same seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stylesim.datasets._checks import check_count, check_name, check_style, generator
from stylesim.datasets._scene import Worn, draw_laid, draw_worn
from stylesim.datasets._styles import KINDS, STYLES, Choice, choose
from stylesim.datasets.truth import DrawnGarment, DrawnOutfit, GarmentTruth

if TYPE_CHECKING:
    import numpy as np

STYLE_NAMES: tuple[str, ...] = tuple(STYLES)
"""The styles there are to draw; the first is the one that examples take as wanted."""

OUTFIT_NAMES: tuple[str, ...] = ("Top Similar", "Bottom Similar", "All Similar", "All Different")
"""The four outfits of the paper, in the order of its Table 1."""

_PLACES = ("wood", "sheet", "wall")


def make_closet(
    n: int = 24, style: str | None = None, *, seed: int = 0
) -> tuple[DrawnGarment, ...]:
    """Draw garments as people photograph their own: laid out on a floor or bed, or on a hanger.

    Tops and bottoms come most often, then shoes, hats, bags and dresses.

    Args:
        n: Number of garments, at least 1.
        style: One of ``STYLE_NAMES``; None takes all styles in turn.
        seed: Same seed, same pictures.

    Returns:
        ``n`` garments with their truth.

    Raises:
        InvalidArgumentError: ``n`` is below 1, the style unknown, or the seed negative.

    Examples:
        >>> closet = make_closet(n=3, style="wannabe", seed=1)
        >>> [garment.truth.kind for garment in closet]
        ['blouse', 'skirt', 'flats']
        >>> closet[0].image.size
        (320, 400)
    """
    check_count(n)
    names = STYLE_NAMES if style is None else (check_style(style),)
    return draw_in_turn(n, names, generator(seed))


def make_style(name: str, n: int = 10, *, seed: int = 0) -> tuple[DrawnOutfit, ...]:
    """Draw worn outfits of one style: the photographs that a style target is made of.

    Args:
        name: One of ``STYLE_NAMES``: ``"wannabe"`` is a flowing blouse with a skirt,
            ``"sporty"`` a hoodie or t-shirt with joggers or shorts, ``"padding"`` a
            quilted coat with jeans, ``"suit"`` a blazer with pressed pants.
        n: Number of outfits, at least 1.
        seed: Same seed, same pictures.

    Returns:
        ``n`` outfits with their truth.

    Raises:
        InvalidArgumentError: ``n`` is below 1, the style unknown, or the seed negative.

    Examples:
        >>> outfit = make_style("suit", n=1)[0]
        >>> outfit.top.category, outfit.bottom.category
        ('blazer', 'pants')
    """
    check_count(n)
    check_style(name, "name")
    rng = generator(seed)
    return tuple(_draw_outfit(name, name, rng) for _ in range(n))


def make_outfits(wanted: str = "wannabe", *, seed: int = 0) -> dict[str, DrawnOutfit]:
    """Draw the four outfits of the paper's Table 1, with known truth.

    Top Similar wears only a top of the wanted style, Bottom Similar only a bottom,
    All Similar both, All Different neither. What is not of the wanted style comes
    from the other styles; All Different takes top and bottom from two of them.

    Args:
        wanted: The wanted style, one of ``STYLE_NAMES``.
        seed: Same seed, same pictures.

    Returns:
        The outfits by the names in ``OUTFIT_NAMES``, in that order.

    Raises:
        InvalidArgumentError: The style is unknown or the seed negative.

    Examples:
        >>> four = make_outfits(seed=3)
        >>> [(o.top.style == "wannabe", o.bottom.style == "wannabe") for o in four.values()]
        [(True, False), (False, True), (True, True), (False, False)]
    """
    check_style(wanted, "wanted")
    rng = generator(seed)
    others = [name for name in STYLE_NAMES if name != wanted]
    first, second = (others[int(i)] for i in rng.permutation(len(others))[:2])
    pairs = ((wanted, first), (second, wanted), (wanted, wanted), (first, second))
    drawn = [_draw_outfit(top, bottom, rng) for top, bottom in pairs]
    return dict(zip(OUTFIT_NAMES, drawn, strict=True))


def draw_garment(
    style: str,
    kind: str,
    *,
    background: str | None = None,
    seed: int = 0,
) -> DrawnGarment:
    """Draw one garment of a kind in the colours of a style.

    Args:
        style: One of ``STYLE_NAMES``.
        kind: Its name in plain words, such as ``"jeans"``.
        background: ``"wood"``, ``"sheet"``, ``"wall"`` or ``"studio"``; None draws one of
            the first three.
        seed: Same seed, same picture.

    Returns:
        The picture and its truth.

    Raises:
        InvalidArgumentError: Style, kind or background is unknown, or the seed negative.

    Examples:
        >>> draw_garment("suit", "blazer").slot
        <Slot.OUTER: 'outer'>
    """
    check_style(style)
    check_name("kind", kind, KINDS)
    if background is not None:
        check_name("background", background, (*_PLACES, "studio"))
    return _draw_garment(style, kind, background, generator(seed))


def _draw_garment(
    style: str, kind: str, background: str | None, rng: np.random.Generator
) -> DrawnGarment:
    choice = choose(style, kind, rng)
    place = background or _PLACES[int(rng.integers(0, len(_PLACES)))]
    image, box = draw_laid(choice, place, rng)
    return DrawnGarment(image=image, truth=_truth(choice, box), background=place)


def draw_in_turn(
    n: int, names: tuple[str, ...], rng: np.random.Generator, background: str | None = None
) -> tuple[DrawnGarment, ...]:
    """Draw garments of several styles in turn; shared by closet and catalogue.

    Examples:
        >>> import numpy as np
        >>> [g.style for g in draw_in_turn(2, ("suit", "sporty"), np.random.default_rng(0))]
        ['suit', 'sporty']
    """
    return tuple(
        _draw_garment(names[i % len(names)], _kind_in_turn(names, i), background, rng)
        for i in range(n)
    )


def _kind_in_turn(names: tuple[str, ...], i: int) -> str:
    """Top, bottom, shoes, top, bottom, something else; each style goes through it by itself."""
    style, turn = STYLES[names[i % len(names)]], i // len(names)
    if turn % 6 == 2:
        return style.shoes
    if turn % 6 == 5:
        return style.extras[turn // 6 % len(style.extras)]
    kinds = style.tops if turn % 3 == 0 else style.bottoms
    return kinds[turn // 3 % len(kinds)]


def _draw_outfit(top: str, bottom: str, rng: np.random.Generator) -> DrawnOutfit:
    def one(kinds: tuple[str, ...]) -> str:
        return kinds[int(rng.integers(0, len(kinds)))]

    garments = [
        choose(top, one(STYLES[top].tops), rng),
        choose(bottom, one(STYLES[bottom].bottoms), rng),
        choose(bottom, STYLES[bottom].shoes, rng),
    ]
    extra = STYLES[top].extras[0] if rng.random() < 0.35 else None
    if extra in {"bag", "cap", "beanie"}:
        garments.append(choose(top, extra, rng))
    place = "street" if rng.random() < 0.8 else "wall"
    image, boxes = draw_worn(Worn(tuple(garments)), place, rng)
    truth = tuple(_truth(choice, boxes[KINDS[choice.kind].slot]) for choice in garments)
    return DrawnOutfit(image, truth, top if top == bottom else None, place)


def _truth(choice: Choice, box: tuple[int, int, int, int]) -> GarmentTruth:
    kind = KINDS[choice.kind]
    return GarmentTruth(
        slot=kind.slot,
        category=kind.category,
        kind=choice.kind,
        style=choice.style,
        colour=choice.colour,
        pattern=choice.pattern,
        box=box,
    )
