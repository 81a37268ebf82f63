"""The epoch study: the same pictures after trainings of several lengths."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from stylesim import study as study_module
from stylesim._study_figure import apart, lines_figure
from stylesim.backbones import FunctionBackbone
from stylesim.classifier import LightweightClassifier
from stylesim.errors import ImageError, InvalidArgumentError
from stylesim.garments import WholePictureFinder
from stylesim.similarity import SimilarityScorer
from stylesim.study import EpochStudy, epoch_study
from stylesim.style_target import StyleTarget

if TYPE_CHECKING:
    from collections.abc import Sequence


def shade(red: int, green: int, blue: int) -> Image.Image:
    return Image.new("RGB", (16, 16), (red, green, blue))


class Counting(FunctionBackbone):
    """Mean colours, and how many pictures were asked for."""

    def __init__(self) -> None:
        super().__init__(self.means, name="mean")
        self.asked = 0

    def means(self, pictures: Sequence[Image.Image]) -> np.ndarray:
        self.asked += len(pictures)
        return np.stack([np.asarray(one, float).mean((0, 1)) + 1 for one in pictures])


REDS, BLUES = ([shade(200 + i, 9, 9) for i in range(4)], [shade(9, 9, 200 + i) for i in range(4)])
TARGET = StyleTarget(REDS, {"blue": BLUES})
TESTS = {"red": shade(230, 9, 9), "both": [shade(230, 9, 9), shade(9, 9, 230)]}


@pytest.fixture(scope="module")
def backbone() -> Counting:
    return Counting()


@pytest.fixture(scope="module")
def result(backbone: Counting) -> EpochStudy:
    return epoch_study(
        TARGET,
        TESTS,
        epochs=(3, 7, 20),
        backbone=backbone,
        finder=WholePictureFinder(),
        progress=False,
    )


def test_each_row_is_a_fit_of_that_length(result: EpochStudy) -> None:
    assert result.epochs == (3, 7, 20)
    assert result.table().shape == (3, 2, 2)
    assert (result.table().sum(axis=2) <= 1 + 1e-5).all()
    for row in result:
        model = LightweightClassifier(backbone=Counting(), finder=WholePictureFinder())
        model.fit(TARGET, epochs=row.epochs, progress=False)
        report = SimilarityScorer(model).score([TESTS["red"], *TESTS["both"]])
        wanted = [item.similarity for item in report]
        assert row.similarity[0, 0] == pytest.approx(wanted[0], abs=1e-6)
        assert row.similarity[1, 0] == pytest.approx(np.mean(wanted[1:]), abs=1e-6)
        blue = [item.by_class["blue"] * (1 - item.p_neither) for item in report]
        assert row.similarity[1, 1] == pytest.approx(np.mean(blue[1:]), abs=1e-6)
        assert row.loss == pytest.approx(model.history_[-1]["loss"])
        assert row.accuracy == 1
        assert row.seconds > 0


def test_pictures_are_seen_once(result: EpochStudy, backbone: Counting) -> None:
    # 8 of the target, as they are and mirrored, and 3 tests.
    assert backbone.asked == 8 * 2 + 3


def test_it_shows_itself(result: EpochStudy) -> None:
    lines = str(result).splitlines()
    assert lines[0].split() == ["epochs", "image", "wannabe", "blue"]
    assert len(lines) == 1 + 3 * 2
    assert lines[1].split()[:2] == ["3", "red"]
    records = json.loads(json.dumps(result.to_dicts()))
    assert len(records) == 6
    assert records[3]["epochs"] == 7
    assert records[3]["test"] == "both"
    assert records[3]["similarity to wannabe"] == pytest.approx(float(result[1].similarity[1, 0]))
    assert len(result[1:]) == 2


def test_html_is_escaped() -> None:
    evil = "<script>alert(1)</script>"
    found = epoch_study(
        StyleTarget(REDS, {evil: BLUES}),
        {f"{evil}?": REDS[0]},
        epochs=[1],
        backbone=Counting(),
        finder=WholePictureFinder(),
        progress=False,
    )
    html = found._repr_html_()
    assert "<script>" not in html
    assert html.count("&lt;script&gt;") == 2


def test_the_figure_has_a_line_for_each_test(result: EpochStudy) -> None:
    from matplotlib.figure import Figure

    figure = result.figure(title="$x$")
    axes = figure.axes[0]
    assert len(axes.lines) == 2
    assert list(axes.lines[0].get_xdata()) == [3, 7, 20]
    assert list(axes.lines[1].get_ydata()) == pytest.approx(result.table()[:, 1, 0].tolist())
    assert [text.get_text().split("  ")[1] for text in axes.texts] == ["red", "both"]
    assert len({(line.get_color(), line.get_marker()) for line in axes.lines}) == 2
    figure.canvas.draw()
    again = Figure().subplots()
    assert result.figure(ax=again) is again.figure
    assert len(again.lines) == 2


def test_the_figure_goes_from_short_to_long_and_tells_every_line_apart() -> None:
    tests = [f"test {number}" for number in range(10)]
    values = np.array([[0.9], [0.1], [0.5]], np.float32) * np.ones(10, np.float32)
    axes = lines_figure((20, 1, 5), values, tests, "red", None).axes[0]
    assert list(axes.lines[0].get_xdata()) == [1, 5, 20]
    assert list(axes.lines[0].get_ydata()) == pytest.approx([0.1, 0.5, 0.9])
    assert {text.get_text()[:4] for text in axes.texts} == {"0.90"}
    assert len({(line.get_color(), line.get_marker()) for line in axes.lines}) == 10


@pytest.mark.parametrize(
    "epochs", [[*range(1, 31), 50, 100, 101], range(1, 301, 3), [1000, 1001, 2000], [7], [5, 10]]
)
def test_numbers_of_epochs_do_not_overlap(epochs: Sequence[int]) -> None:
    figure = lines_figure(epochs, np.full((len(epochs), 1), 0.5), ["test"], "wannabe", None)
    figure.draw_without_rendering()
    labels = figure.axes[0].get_xticklabels()
    assert [labels[0].get_text(), labels[-1].get_text()] == [str(epochs[0]), str(epochs[-1])]
    boxes = [label.get_window_extent() for label in labels]
    assert all(one.x1 < other.x0 for one, other in pairwise(boxes))
    assert len(figure.axes[0].lines[0].get_xdata()) == len(epochs)


def test_labels_keepapart() -> None:
    heights = sorted(apart([0.99, 0.98, 0.97, 0.2]))
    assert min(np.diff(heights)) > 0.05
    assert max(heights) <= 1.0


def test_finetuned_networks_see_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """The views are made again after each fit, for the network is another one then."""
    views = []

    class Tuned(LightweightClassifier):
        def fit(self, target: StyleTarget, *, epochs: int = 20, progress: bool = True) -> Tuned:
            head = LightweightClassifier(backbone=Counting(), finder=WholePictureFinder())
            self._learned = head.fit(target, epochs=epochs, progress=False)._learned
            return self

        def view(self, images, **more):  # type: ignore[no-untyped-def]
            views.append(len(images))
            head = LightweightClassifier(backbone=Counting(), finder=WholePictureFinder())
            return head.view(images)

    monkeypatch.setattr(study_module, "LightweightClassifier", Tuned)
    epoch_study(TARGET, TESTS, epochs=(1, 2), method="finetune", progress=False)
    assert views == [3, 3]


@pytest.mark.parametrize(
    ("argument", "change"),
    [
        ("test_images", {"test_images": {}}),
        ("test_images", {"test_images": [shade(1, 2, 3)]}),
        ("test_images", {"test_images": {"": shade(1, 2, 3)}}),
        (r"test_images\['a'\]", {"test_images": {"a": []}}),
        ("epochs", {"epochs": ()}),
        ("epochs", {"epochs": 10}),
        (r"epochs\[1\]", {"epochs": (10, 0)}),
        ("method", {"method": "magic"}),
        ("target", {"target": REDS}),
    ],
)
def test_bad_arguments(argument: str, change: dict[str, object]) -> None:
    given: dict[str, object] = {"target": TARGET, "test_images": TESTS, **change}
    with pytest.raises(InvalidArgumentError, match=f"^{argument}: expected"):
        epoch_study(**given)  # type: ignore[arg-type]


def test_a_picture_that_cannot_be_read() -> None:
    backbone = Counting()
    with pytest.raises(ImageError, match=r"^test_images\['bad'\]\[1\]: "):
        epoch_study(
            TARGET,
            {**TESTS, "bad": [shade(230, 9, 9), b"no picture"]},
            epochs=(1,),
            backbone=backbone,
            finder=WholePictureFinder(),
            progress=False,
        )
    assert backbone.asked == 0, "nothing was learned before"
