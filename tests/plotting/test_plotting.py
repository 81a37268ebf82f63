"""Pictures of results: right numbers in the right place, no global state, readable errors."""

from __future__ import annotations

import subprocess
import sys

import attrs
import numpy as np
import pytest
from PIL import Image
from plotted import CLASSES, drawn, inside, pick, report_of, row, texts

from stylesim import plotting
from stylesim.errors import InvalidArgumentError, MissingExtraError
from stylesim.outfits import Candidate, best_outfits
from stylesim.similarity import ItemSimilarity, SimilarityReport
from stylesim.types import Slot


def rows_named(figure) -> list[str]:
    return [t.get_text().replace("\n", " ") for t in figure.axes[0].get_yticklabels()]


def test_the_table_shows_every_probability(report: SimilarityReport) -> None:
    figure = plotting.similarity_table(report, names=["one", "two", "three"])
    assert [text.get_text() for text in figure.axes[0].get_xticklabels()] == list(CLASSES)
    assert rows_named(figure) == ["one", "two", "three"]
    assert texts(figure) == [f"{item.by_class[c]:.2f}" for item in report for c in CLASSES]
    values = figure.axes[0].images[0].get_array()
    assert values.shape == (3, 3)
    assert np.allclose(values[1, 0], 0.91)


def test_more_similar_is_darker(report: SimilarityReport) -> None:
    figure = plotting.similarity_table(report)
    image = figure.axes[0].images[0]
    shade = image.cmap(image.norm([0.0, 0.5, 1.0]))[:, :3].sum(axis=1)
    assert shade[0] > shade[1] > shade[2]


def test_slot_bars_show_each_part(report: SimilarityReport) -> None:
    figure = plotting.slot_bars(report)
    assert rows_named(figure) == ["upper", "upper", "lower", "lower"]
    assert texts(figure) == ["0.25", "0.90", "0.92", "0.07", "a", "b", "c"]
    lengths = [bar.get_width() for bar in figure.axes[0].patches][4:]
    assert lengths == pytest.approx([0.25, 0.9, 0.92, 0.07])


def test_parts_that_weigh_nothing_are_marked() -> None:
    item = attrs.evolve(row("a", 0.4, upper=0.4, shoes=0.9), counted=("upper",))
    assert texts(plotting.slot_bars(report_of(item))) == ["0.40", "0.90", "not counted", "a"]


def test_an_item_without_parts_shows_itself() -> None:
    figure = plotting.slot_bars(report_of(row("a", 0.4)))
    assert rows_named(figure) == ["whole"]
    assert texts(figure) == ["0.40", "a"]


def test_gaps_come_least_similar_first(report: SimilarityReport) -> None:
    figure = plotting.gap_chart(report, k=2, names={"c": "cap", "a": "coat"})
    assert rows_named(figure) == ["cap", "coat"]
    shown = texts(figure)
    assert shown[0] == "0.07"
    assert shown[1].startswith("nearest to sporty (0.")
    assert "1 more" in figure.axes[0].get_xlabel()


def test_the_gaps_of_a_closet_say_what_becomes_of_each_garment() -> None:
    rows = [
        attrs.evolve(row(name, at, upper=at), slot=Slot.TOP)
        for name, at in [("a", 0.9), ("b", 0.1)]
    ]
    gaps = report_of(*rows).gaps()
    figure = plotting.gap_chart(gaps, names={"a": "blouse", "b": "jersey"})
    assert rows_named(figure) == ["top", "bottom", "jersey", "blouse"]
    shown = texts(figure)
    assert any(text.startswith("missing: nothing owned") for text in shown)
    assert any(text.startswith("let go") for text in shown)
    assert {"The best of each slot", "Garments, least similar first"} <= set(shown)
    assert rows_named(plotting.gap_chart(gaps, k=1))[2:] == ["b"]


def test_gaps_say_what_was_not_compared() -> None:
    hat = attrs.evolve(row("hat", 0.0, whole=0.0), slot=Slot.HEADWEAR, compared=False)
    report = report_of(hat, attrs.evolve(row("tee", 0.1, upper=0.1), slot=Slot.TOP))
    assert rows_named(plotting.gap_chart(report)) == ["tee", "hat"]
    aside = "not compared: too little in the style"
    assert "0.00" not in texts(plotting.gap_chart(report)), "no number is told"
    sheet = texts(plotting.closet_sheet(report))
    assert sheet.index("hat") > sheet.index("tee")
    assert "not compared" in sheet
    assert aside in texts(plotting.gap_chart(report))
    assert texts(plotting.slot_bars(report_of(hat))) == ["-", aside, "hat"]
    gaps = plotting.gap_chart(report.gaps())
    assert rows_named(gaps)[-2:] == ["tee", "hat"]
    assert sum(" ".join(text.split()).endswith(aside) for text in texts(gaps)) == 2


def test_garments_are_named_by_category_unless_told() -> None:
    rows = [attrs.evolve(row("7f3a", 0.4), category="skirt"), row("look", 0.8)]
    assert rows_named(plotting.gap_chart(report_of(*rows)))[0] == "skirt 7f3a"
    assert rows_named(plotting.gap_chart(report_of(*rows), names={"7f3a": "mint"}))[0] == "mint"


def test_hostile_titles_stay_text() -> None:
    """Dollar signs are mathematics to matplotlib, and unbalanced ones an error."""
    titles = ["from $5 to $6", "$\\frac{", "_^{}\\", "line\nbreak", "x" * 500]
    figure = plotting.recommendation_sheet([pick(title) for title in titles])
    drawn(figure)
    assert "from $5 to $6" in texts(figure)
    assert max(map(len, texts(figure))) <= 34
    named = report_of(row("$a^{", 0.5))
    for draw in (plotting.similarity_table, plotting.slot_bars, plotting.gap_chart):
        drawn(draw(named, title="$\\bad"))


def test_nothing_runs_out_of_the_page(report: SimilarityReport, pictures) -> None:
    """Text cut off at the rim would be lost in the saved picture."""
    long = ["a very long name of a garment that nobody would type by hand"] * 3
    figures = [
        plotting.similarity_table(report, names=long),
        plotting.slot_bars(report, names=long),
        plotting.gap_chart(report, names=long),
        plotting.closet_sheet(report, pictures, names=long),
        plotting.recommendation_sheet([pick(long[0] * 3)] * 3),
        plotting.journey(report, [pick()], names=long, outfits=report),
    ]
    for figure in figures:
        inside(figure)


def test_figures_are_written_where_asked(report: SimilarityReport, tmp_path) -> None:
    plotting.gap_chart(report).savefig(tmp_path / "gaps.png")
    with Image.open(tmp_path / "gaps.png") as image:
        assert image.width > 500
    assert [p.name for p in tmp_path.iterdir()] == ["gaps.png"]


def test_intervals_are_drawn_and_told(report: SimilarityReport) -> None:
    known = [judged(item, (0.05, 0.95)) for item in report]
    figure = plotting.gap_chart(report_of(*known))
    (segments,) = [c.get_segments() for c in figure.axes[0].collections]
    assert [(round(a[0], 2), round(b[0], 2)) for a, b in segments] == [(0.05, 0.95)] * 3
    assert texts(figure)[0] == "0.07 (0.05 to 0.95)"
    parts = plotting.slot_bars(report_of(*known))
    assert sum(len(c.get_segments()) for c in parts.axes[0].collections) == 4
    assert "0.25 (0.05 to 0.95)" in texts(plotting.closet_sheet(report_of(*known)))


def test_what_is_like_no_style_is_said(report: SimilarityReport) -> None:
    unlike = [judged(item, (0.0, 1.0), p_neither=0.7, neither=True) for item in report]
    table = plotting.similarity_table(report_of(*unlike))
    assert table.axes[0].get_xticklabels()[-1].get_text() == "none of them"
    assert texts(table)[3::4] == ["0.70"] * 3
    assert "like none of the styles" in texts(plotting.gap_chart(report_of(*unlike)))


def test_shares_add_up_to_one(report: SimilarityReport) -> None:
    unsure = [attrs.evolve(item, p_neither=0.4) for item in report]
    values = np.asarray(plotting.similarity_table(report_of(*unsure)).axes[0].images[0].get_array())
    assert values.sum(axis=1) == pytest.approx([1, 1, 1])
    assert values[1] == pytest.approx([0.6 * 0.91, 0.6 * 0.018, 0.6 * 0.072, 0.4])
    page = plotting.journey(report, outfits=report_of(*unsure))
    table = next(axes for axes in page.axes if axes.get_yticklabels() and axes.images)
    assert np.allclose(table.images[0].get_array(), values.T)
    assert table.get_yticklabels()[-1].get_text() == "none of them"
    assert "nearest to sporty (0.45)" in texts(plotting.gap_chart(report_of(*unsure)))


def judged(item: ItemSimilarity, interval: tuple[float, float], **more: object) -> ItemSimilarity:
    """A row as a report that knows intervals gives it."""
    intervals = dict.fromkeys(item.by_slot, interval)
    return attrs.evolve(item, interval=interval, intervals=intervals, **more)


def test_everything_draws_on_axes_of_ones_own(report: SimilarityReport, pictures) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(20, 10), layout="constrained")
    grid = figure.subplots(2, 3)
    outfits = best_outfits([Candidate("a", "top", 0.9), Candidate("b", "bottom", 0.7)])
    draws = [
        lambda ax: plotting.similarity_table(report, ax=ax),
        lambda ax: plotting.slot_bars(report, ax=ax),
        lambda ax: plotting.gap_chart(report, names=["a rather long name"] * 3, ax=ax),
        lambda ax: plotting.closet_sheet(report, pictures, ax=ax),
        lambda ax: plotting.recommendation_sheet([pick()], ax=ax),
        lambda ax: plotting.outfit_board(outfits, ax=ax),
    ]
    for draw, ax in zip(draws, grid.flat, strict=True):
        assert draw(ax) is figure
        assert ax.texts
        assert ax.get_title(loc="left")
    assert len(figure.axes) == 6
    inside(figure)


def test_one_row_and_many() -> None:
    long = "a very long name of a garment that nobody would type by hand"
    for count in (1, 90):
        rows = [row(f"{long} {i}", i / count, upper=i / count) for i in range(count)]
        inside(plotting.similarity_table(report_of(*rows)))
        inside(plotting.slot_bars(report_of(*rows)))
    assert len(rows_named(plotting.slot_bars(report_of(*rows), k=5))) == 5


def test_many_gaps_can_be_read() -> None:
    rows = [attrs.evolve(row(str(i), i / 100, upper=i / 100), slot=Slot.TOP) for i in range(100)]
    figure = plotting.gap_chart(report_of(*rows).gaps(), k=100)
    figure.draw_without_rendering()
    axes = figure.axes[0]
    assert len(rows_named(figure)) == 102
    assert any("\n" in text for text in texts(figure))
    assert min(text.get_fontsize() for text in axes.texts) >= 7
    (head,) = [text for text in axes.texts if "least similar first" in text.get_text()]
    box = head.get_bbox_patch().get_window_extent()
    assert not any(box.overlaps(bar.get_window_extent()) for bar in axes.patches)


@pytest.mark.parametrize(
    "draw", [plotting.gap_chart, plotting.slot_bars, plotting.similarity_table]
)
def test_no_figure_grows_without_end(draw) -> None:
    figure = draw(report_of(*(row(str(i), 0.5, upper=0.5) for i in range(250))), k=250)
    assert figure.get_size_inches()[1] < 43
    left = 250 - len(rows_named(figure))
    assert figure.axes[0].get_xlabel().startswith(f"{left} more")


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda r, p: plotting.similarity_table(report_of()), "report"),
        (lambda r, p: plotting.gap_chart(r, k=0), "k"),
        (lambda r, p: plotting.gap_chart(r, names=["only one"]), "names"),
        (lambda r, p: plotting.closet_sheet(r, p[:2]), "images"),
        (lambda r, p: plotting.closet_sheet(r, {"a": p[0]}), "images"),
        (lambda r, p: plotting.closet_sheet(r, p, columns=0), "columns"),
        (lambda r, p: plotting.recommendation_sheet([]), "picks"),
        (lambda r, p: plotting.outfit_board([]), "outfits"),
        (lambda r, p: plotting.similarity_table(r, k=True), "k"),
        (lambda r, p: plotting.similarity_table(r, ax="here"), "ax"),
        (lambda r, p: plotting.closet_sheet(r, p, columns=2.5), "columns"),
        (lambda r, p: plotting.closet_sheet(r, p, columns=True), "columns"),
    ],
)
def test_bad_arguments_are_named(report: SimilarityReport, pictures, call, argument: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        call(report, pictures)
    assert caught.value.details["argument"] == argument


def test_without_matplotlib_the_extra_is_named(report: SimilarityReport, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingExtraError, match=r"stylesim\[plot\]"):
        plotting.similarity_table(report)


def test_pyplot_and_its_state_are_left_alone() -> None:
    code = (
        "import sys; from stylesim import plotting; before = 'matplotlib' in sys.modules;"
        "from stylesim.similarity import ItemSimilarity, SimilarityReport;"
        "r = SimilarityReport(('a',), [ItemSimilarity('x', 0.5, {'a': 0.5})]);"
        "plotting.similarity_table(r).savefig('/dev/null', format='png');"
        "print(before, 'matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path), "MPLCONFIGDIR": "/dev/null/none"},
    )
    assert done.stdout.split() == ["False", "False"]
