"""The whole journey on one page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stylesim._journey import draw_journey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from stylesim._chart_data import Images, Names
    from stylesim.recommender import Recommendation
    from stylesim.similarity import SimilarityReport


def journey(
    closet: SimilarityReport,
    picks: Sequence[Recommendation] = (),
    *,
    images: Images = None,
    names: Names = None,
    outfits: SimilarityReport | None = None,
    outfit_images: Images = None,
    outfit_names: Names = None,
    title: str = "From the clothes you own to the style you want",
) -> Figure:
    """The whole journey on one page: outfits, gaps, closet, recommendations.

    The first of each are shown; what is left out is counted above it.

    Args:
        closet: The report of the wardrobe.
        picks: What a recommender gave; may be empty.
        images: The wardrobe that was scored, or its pictures in order or by id; None takes
            those that the report remembers.
        names: What to call the garments, in order or by id.
        outfits: A report of whole outfits, for the table at the top; None leaves it out. As in
            ``similarity_table``, what an outfit is like adds up to 1.
        outfit_images: The pictures of the outfits, as ``images``.
        outfit_names: What to call the outfits.
        title: Shown at the top.

    Returns:
        The figure.

    Raises:
        MissingExtraError: matplotlib is not installed.
        InvalidArgumentError: A report is empty, or names or images do not fit it.

    Examples:
        >>> from stylesim.similarity import ItemSimilarity, SimilarityReport
        >>> row = ItemSimilarity(id="skirt", similarity=0.9, by_class={"new": 0.9, "suit": 0.1})
        >>> figure = journey(SimilarityReport(("new", "suit"), (row,)))
        >>> [text.get_text() for text in figure.texts][1:]
        ['Gaps: least similar first', 'The closet, most similar first']
    """
    return draw_journey(
        closet,
        picks,
        images=images,
        names=names,
        outfits=outfits,
        outfit_images=outfit_images,
        outfit_names=outfit_names,
        title=title,
    )
