"""Pictures of explanations and of calibration."""

from __future__ import annotations

import io
from itertools import combinations

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
from plotted import inside, texts

from stylesim import plotting
from stylesim.errors import InvalidArgumentError
from stylesim.explanation import Explanation, Nearest, Part
from stylesim.functional import calibration_error
from stylesim.types import Slot


def explained(near: int = 3, parts: int = 2, size: tuple[int, int] = (60, 90)) -> Explanation:
    width, height = size
    heat = np.zeros((height, width), np.float32)
    heat[height // 4 : height // 2, width // 3 :] = np.linspace(0.2, 1, width - width // 3)
    png = io.BytesIO()
    Image.new("RGB", (40, 60), "teal").save(png, "PNG")
    names = [(Slot.TOP, "flowing blouse"), (Slot.BOTTOM, "skirt")][:parts]
    return Explanation(
        wanted="wannabe",
        similarity=0.8,
        by_class={"wannabe": 0.8, "suit": 0.2},
        heat=heat,
        picture=Image.new("RGB", size, "grey"),
        parts=tuple(
            Part(slot, name, (5, 5 + 40 * i, 50, 40 + 40 * i), 0.9 - 0.2 * i, 0.5, 0.5)
            for i, (slot, name) in enumerate(names)
        ),
        nearest=tuple(
            Nearest("wannabe", i, 0.9, f"street/{i:04}.jpg", png.getvalue()) for i in range(near)
        ),
        sentence="0.80 similar to wannabe: the blouse most (0.90), the skirt least (0.70); the "
        "nearest photograph is street/0000.jpg of wannabe.",
        method="a class activation map",
    )


@pytest.mark.parametrize("size", [(60, 90), (200, 60)])
@pytest.mark.parametrize(("near", "parts"), [(4, 2), (0, 0)])
def test_the_explanation_shows_its_parts(near: int, parts: int, size: tuple[int, int]) -> None:
    why = explained(near, parts, size)
    figure = plotting.explanation_overlay(why)
    inside(figure)
    shown = texts(figure)
    assert "0.80 similar to wannabe" in " ".join(shown)
    assert ("flowing blouse 0.90" in shown) == (parts > 0)
    pictures = [image for axes in figure.axes for image in axes.images]
    assert len(pictures) == 1 + near
    assert np.array_equal(pictures[0].get_array(), np.asarray(why.overlay()))


def test_the_notes_stand_below_the_sentence() -> None:
    import attrs

    notes = ("No garment was found, so the picture was compared as a whole.", "long " * 90)
    why = attrs.evolve(
        explained(),
        notes=notes,
        parts=(attrs.evolve(explained().parts[0], category="cardigan " * 5),),
    )
    figure = plotting.explanation_overlay(why)
    inside(figure)
    places = {text.get_text(): text.get_window_extent() for text in figure.axes[1].texts}
    note = places[notes[0]]
    assert note.y1 < min(box.y0 for text, box in places.items() if text.startswith("0.80 similar"))
    assert note.y0 > places["Garments compared"].y1
    boxes = list(places.values())
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    (name,) = [label for axes in figure.axes for label in axes.get_yticklabels()]
    assert name.get_window_extent().x0 > figure.axes[0].get_window_extent().x1


def test_the_line_goes_around_the_hottest_tenth() -> None:
    why = explained()
    axes = plotting.explanation_overlay(why).axes[0]
    (line, _) = [c for c in axes.collections if c.get_paths()]
    points = np.concatenate([path.vertices for path in line.get_paths()])
    hot = np.argwhere(why.hottest(0.1))[:, ::-1]
    assert points.min(0) == pytest.approx(hot.min(0), abs=1.5)
    assert points.max(0) == pytest.approx(hot.max(0), abs=1.5)


def test_an_explanation_without_heat_and_on_own_axes() -> None:
    import attrs

    why = explained()
    cold = attrs.evolve(why, heat=np.zeros_like(why.heat))
    figure = Figure()
    axes = figure.subplots()
    assert plotting.explanation_overlay(cold, title="cold $x", ax=axes) is figure
    assert not [c for c in axes.collections if c.get_paths()]
    assert axes.get_title(loc="left") == "cold $x"
    with pytest.raises(InvalidArgumentError, match="why: expected an Explanation"):
        plotting.explanation_overlay("why")  # type: ignore[arg-type]


def test_calibration_is_that_of_the_function() -> None:
    rng = np.random.default_rng(0)
    shares = rng.dirichlet((1, 1, 1), 300)
    truth = np.array([rng.choice(3, p=row) for row in shares])
    figure = plotting.calibration_diagram(shares, truth)
    error = calibration_error(shares, truth)
    assert texts(figure) == [f"Expected calibration error {error:.2f}, 300 cases"]
    line = next(one for one in figure.axes[0].lines if one.get_gid() == "calibration")
    sure = shares.max(1)
    last = (sure >= 0.9) & (sure <= 1)
    assert line.get_xdata()[-1] == pytest.approx(sure[last].mean())
    assert line.get_ydata()[-1] == pytest.approx((shares.argmax(1) == truth)[last].mean())
    inside(figure)


def test_two_are_compared_on_the_same_axes() -> None:
    figure = plotting.calibration_diagram([0.9, 0.2], [True, False], label="a")
    plotting.calibration_diagram([0.9, 0.9], [0, 0], label="b", ax=figure.axes[0])
    assert texts(figure) == [
        "a: expected calibration error 0.15, 2 cases",
        "b: expected calibration error 0.90, 2 cases",
    ]
    lines = [one for one in figure.axes[0].lines if one.get_gid() == "calibration"]
    assert len({(one.get_color(), one.get_marker()) for one in lines}) == 2


def test_lines_do_not_cross_the_text() -> None:
    figure = plotting.calibration_diagram(np.linspace(0, 1, 40), np.ones(40), label="a")
    axes = figure.axes[0]
    plotting.calibration_diagram(np.linspace(0, 1, 40), np.ones(40), label="b", ax=axes)
    figure.draw_without_rendering()
    first, second = (text.get_window_extent() for text in axes.texts)
    (_, top) = axes.transData.transform((0, 1))
    assert first.y0 > second.y1 > second.y0 > top + 5
    assert max(axes.get_yticks()) == 1


@pytest.mark.parametrize(
    ("probability", "truth", "bins", "argument"),
    [
        ([], [], 10, "probability"),
        ([1.2], [1], 10, "probability"),
        ([float("nan")], [1], 10, "probability"),
        (["many"], [1], 10, "probability"),
        ([0.5], [1, 0], 10, "truth"),
        ([0.5], [2], 10, "truth"),
        ([[0.5, 0.5]], [0.5], 10, "truth"),
        ([0.5], [1], 1, "bins"),
    ],
)
def test_bad_arguments(probability: object, truth: object, bins: int, argument: str) -> None:
    with pytest.raises(InvalidArgumentError, match=f"^{argument}: expected"):
        plotting.calibration_diagram(probability, truth, bins=bins)  # type: ignore[arg-type]
