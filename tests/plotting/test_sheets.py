"""Contact sheets and the page of the whole journey: the right pictures under the right names."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from PIL import Image
from plotted import SIMILAR, drawn, inside, pick, report_of, row, texts

from stylesim import plotting
from stylesim._report import Shown
from stylesim.errors import InvalidArgumentError
from stylesim.outfits import Candidate, best_outfits
from stylesim.similarity import ItemSimilarity, SimilarityReport
from stylesim.wardrobe import Wardrobe


def test_the_closet_is_sorted_with_its_own_pictures(report: SimilarityReport, pictures) -> None:
    figure = plotting.closet_sheet(report, pictures)
    assert texts(figure) == ["b", "0.91", "a", "0.25", "c", "0.07"]
    colours = [image.get_array()[0, 0].tolist() for image in figure.axes[0].images]
    assert colours == [[40, 90, 160], [0, 90, 160], [80, 90, 160]]
    by_id = dict(zip("abc", pictures, strict=True))
    again = plotting.closet_sheet(report, by_id)
    assert np.array_equal(drawn(figure), drawn(again))


def test_pictures_come_from_the_wardrobe_or_the_report(pictures) -> None:
    closet = Wardrobe()
    ids = [closet.add(picture, slot="top", category="shirt").id for picture in pictures]
    rows = [row(key, 0.2 * i, upper=0.1) for i, key in enumerate(ids)]
    known = closet_colours(plotting.closet_sheet(report_of(*rows), closet))
    assert known == [[80, 90, 160], [40, 90, 160], [0, 90, 160]]
    remembered = [
        attrs.evolve(one, shown=(Shown(image=lambda p=picture: p),))
        for one, picture in zip(rows, pictures, strict=True)
    ]
    assert closet_colours(plotting.closet_sheet(report_of(*remembered))) == known
    # Neither: a grey tile, not an error, for the numbers are still worth seeing.
    assert closet_colours(plotting.closet_sheet(report_of(*rows))) == [[228, 232, 234]] * 3


def closet_colours(figure) -> list[list[int]]:
    return [image.get_array()[0, 0].tolist() for image in figure.axes[0].images]


def test_a_large_closet_is_cut() -> None:
    report = report_of(*(row(str(i), i / 100) for i in range(90)))
    figure = plotting.closet_sheet(report, [Image.new("RGB", (8, 8))] * 90)
    assert len(figure.axes[0].images) == 60
    assert texts(figure)[:2] == ["89", "0.89"]
    assert figure.axes[0].get_xlabel() == "30 more, less similar, not shown"


def test_recommendations_show_title_price_and_link() -> None:
    figure = plotting.recommendation_sheet([pick(), pick(price=None, image=None, currency=None)])
    first = texts(figure)
    assert first[:4] == ["Mint skirt", "42.50 EUR", SIMILAR, "example.com/p/1"]
    assert first[4:] == ["Mint skirt", SIMILAR, "example.com/p/1"]
    assert len(figure.axes[0].images) == 2


def test_the_journey_holds_all_parts(report: SimilarityReport, pictures) -> None:
    full = plotting.journey(
        report,
        [pick()],
        images=pictures,
        outfits=report,
        outfit_images=pictures,
        outfit_names=["one", "two", "three"],
    )
    shown = texts(full)
    for part in ("Mint skirt", "0.91", "nearest to sporty (0.74)"):
        assert part in shown
    named = {text.get_text() for axes in full.axes for text in axes.get_xticklabels()}
    assert {"one", "two", "three"} <= named
    assert len([image for axes in full.axes for image in axes.images]) == 3 + 1 + 3 + 1
    small = plotting.journey(report)
    assert small.get_size_inches()[1] < full.get_size_inches()[1]
    assert drawn(full).std() > 10


def test_long_names_and_many_outfits_stay_on_the_page_of_the_journey() -> None:
    classes = [f"{what} of flowing fabrics and pastel" for what in ("wannabe", "sporty", "suit")]
    rows = [
        ItemSimilarity(
            f"/photos/{folder}/{i:04}.jpg",
            0.1,
            dict(zip(classes, (0.1, 0.2, 0.7), strict=True)),
            interval=(0.05, 0.2),
        )
        for folder in ("street", "home")
        for i in range(6)
    ]
    outfits = SimilarityReport(classes, rows)
    closet = SimilarityReport(classes, [attrs.evolve(rows[0], id="C:\\me\\IMG 1.JPG"), *rows[:3]])
    figure = plotting.journey(closet, outfits=outfits, title="A very long title " * 20)
    inside(figure)
    assert "Whole outfits: the probability of each style (6 more not shown)" in {
        text.get_text() for text in figure.texts
    }
    shown = {text.get_text() for axes in figure.axes for text in axes.get_xticklabels()}
    assert {text.replace("\n", "") for text in shown} >= {f"street/{i:04}.jpg" for i in range(6)}
    named = {text.get_text() for axes in figure.axes for text in axes.get_yticklabels()}
    assert {"IMG 1.JPG", "0002.jpg"} <= named


def test_captions_do_not_run_into_each_other(report: SimilarityReport, pictures) -> None:
    named = ["Powder blue striped padded coat", "Royal blue sneakers", "Dark denim joggers"]
    many = [pick("Powder blue striped padded coat", url="https://shop.example.com/products/p00001")]
    figures = [
        plotting.closet_sheet(report, pictures, names=named),
        plotting.recommendation_sheet(many * 7),
        plotting.similarity_table(report, names=named),
        plotting.gap_chart(report, names=named),
    ]
    for figure in figures:
        figure.canvas.draw()
        boxes = [
            (text.get_text(), text.get_window_extent().shrunk(0.98, 0.8))
            for axes in figure.axes
            for text in [*axes.texts, *axes.get_xticklabels(), *axes.get_yticklabels()]
            if text.get_text()
        ]
        for i, (one, box) in enumerate(boxes):
            for other, against in boxes[i + 1 :]:
                assert not box.overlaps(against), f"{one!r} over {other!r}"


def test_outfits_show_their_garments_as_worn(pictures) -> None:
    closet = dict(zip("abc", pictures, strict=True))
    worn = [
        Candidate("a", "top", 0.9, category="blouse"),
        Candidate("b", "bottom", 0.7),
        Candidate("c", "shoes", 0.6),
    ]
    outfits = best_outfits(worn, k=2)
    figure = plotting.outfit_board(outfits, closet, names={"b": "mint skirt"})
    shown = texts(figure)
    assert shown[0] == f"1. {outfits[0].similarity:.2f}"
    assert {"blouse a", "mint skirt"} <= set(shown)
    extents = [image.get_extent() for image in figure.axes[0].images[:2]]
    assert extents[0][2] < extents[1][2], "the top is above the bottom"
    wardrobe = Wardrobe()
    ids = [
        wardrobe.add(p, slot=s).id
        for p, s in zip(pictures, ("top", "bottom", "shoes"), strict=True)
    ]
    again = best_outfits([attrs.evolve(one, id=key) for one, key in zip(worn, ids, strict=True)])
    assert plotting.outfit_board(again, wardrobe).axes[0].images
    with pytest.raises(InvalidArgumentError, match="images: expected a picture for each"):
        plotting.outfit_board(outfits, {"a": pictures[0]})


def test_picks_and_names_may_come_in_any_form(report: SimilarityReport) -> None:
    page = plotting.journey(report, (one for one in [pick()]), names=np.array(["x", "y", "z"]))
    assert SIMILAR in texts(page)
