"""The epoch study: how similarity moves with the length of training, as in the paper."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Literal, overload

import attrs
import numpy as np

from stylesim._checks import check_whole
from stylesim._fitting import bar
from stylesim._study_figure import lines_figure
from stylesim._tables import aligned
from stylesim.backbones.base import listed
from stylesim.classifier import LightweightClassifier
from stylesim.errors import expected
from stylesim.images import load_image
from stylesim.similarity import SimilarityScorer
from stylesim.style_target import StyleTarget

if TYPE_CHECKING:
    import os

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from stylesim.backbones.base import AbstractBackbone
    from stylesim.garments import AbstractGarmentFinder
    from stylesim.types import FloatArray, ImageLike

__all__ = ["EpochRow", "EpochStudy", "epoch_study"]


@attrs.frozen(eq=False, kw_only=True)
class EpochRow:
    """What a classifier of one length of training says.

    Attributes:
        epochs: Passes over the pictures of the target.
        similarity: float32 array of shape (tests, classes): probabilities, 0
            to 1; the mean over the pictures where a test has several. What a
            row lacks of 1 is like none of the classes.
        loss: Of the last epoch on what was learned from, in nats.
        accuracy: Likewise, 0 to 1.
        seconds: How long the fit took; the first looks at the pictures, too.
    """

    epochs: int
    similarity: FloatArray = attrs.field(repr=False)
    loss: float
    accuracy: float
    seconds: float


@attrs.frozen(eq=False, kw_only=True)
class EpochStudy(Sequence[EpochRow]):
    """A table of similarities for each length of training: a sequence of rows, in their order.

    Attributes:
        classes: Names of the classes, the wanted one first.
        tests: Names of what was scored.
        method: ``"head"`` or ``"finetune"``.
        rows: One for each length of training.

    Examples:
        >>> shares = np.array([[0.9, 0.1]], np.float32)
        >>> study = EpochStudy(
        ...     classes=("wannabe", "suit"),
        ...     tests=("All Similar",),
        ...     method="head",
        ...     rows=(EpochRow(epochs=10, similarity=shares, loss=0.1, accuracy=1.0, seconds=0.1),),
        ... )
        >>> print(study)
        epochs  image        wannabe  suit
        10      All Similar  0.90     0.10
        >>> study.table().shape
        (1, 1, 2)
    """

    classes: tuple[str, ...]
    tests: tuple[str, ...]
    method: str
    rows: tuple[EpochRow, ...] = attrs.field(repr=False)

    @overload
    def __getitem__(self, place: int) -> EpochRow: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[EpochRow]: ...
    def __getitem__(self, place: int | slice) -> EpochRow | Sequence[EpochRow]:
        return self.rows[place]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[EpochRow]:
        return iter(self.rows)

    @property
    def epochs(self) -> tuple[int, ...]:
        """The lengths of training."""
        return tuple(row.epochs for row in self.rows)

    def table(self) -> FloatArray:
        """float32 array of shape (lengths, tests, classes): the paper's Table 1 for each length."""
        return np.stack([row.similarity for row in self.rows])

    def to_dicts(self) -> list[dict[str, Any]]:
        """One record for each length and test, for JSON or a data frame."""
        return [
            {
                "epochs": row.epochs,
                "test": test,
                **{f"similarity to {name}": float(p) for name, p in self._named(values)},
                "loss": row.loss,
                "accuracy": row.accuracy,
                "seconds": row.seconds,
            }
            for row in self.rows
            for test, values in zip(self.tests, row.similarity, strict=True)
        ]

    def figure(
        self, *, title: str | None = "Similarity by epochs", ax: Axes | None = None
    ) -> Figure:
        """Draw the similarity to the wanted class over the epochs, a line a test.

        Args:
            title: Shown above; None for none.
            ax: Axes to draw on; None makes a figure.

        Returns:
            The figure; save it with ``figure.savefig("out.png")``.

        Raises:
            MissingExtraError: matplotlib is not installed.
            InvalidArgumentError: ``ax`` is no axes.
        """
        wanted = self.table()[:, :, 0]
        return lines_figure(self.epochs, wanted, self.tests, self.classes[0], title, ax)

    def __str__(self) -> str:
        lines = [["epochs", "image", *self.classes]]
        lines += [
            [str(row.epochs), test, *(f"{value:.2f}" for value in values)]
            for row in self.rows
            for test, values in zip(self.tests, row.similarity, strict=True)
        ]
        return aligned(lines[0], lines[1:], left=len(lines[0]))

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{escape(name)}</th>" for name in ("epochs", "image", *self.classes))
        body = ""
        for row in self.rows:
            for number, test in enumerate(self.tests):
                first = f'<th rowspan="{len(self.tests)}">{row.epochs}</th>' if not number else ""
                cells = "".join(f"<td>{value:.2f}</td>" for value in row.similarity[number])
                body += f"<tr>{first}<td>{escape(test)}</td>{cells}</tr>"
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def _named(self, values: FloatArray) -> Iterator[tuple[str, float]]:
        return zip(self.classes, values.tolist(), strict=True)


def epoch_study(
    target: StyleTarget,
    test_images: Mapping[str, ImageLike | Sequence[ImageLike]],
    *,
    epochs: Sequence[int] = (10, 15, 20, 25, 30),
    method: Literal["head", "finetune"] = "head",
    weights: str | os.PathLike[str] = "stylesim-n",
    image_size: int | None = None,
    device: str = "auto",
    seed: int = 0,
    finder: AbstractGarmentFinder | None = None,
    backbone: AbstractBackbone | None = None,
    progress: bool = True,
) -> EpochStudy:
    """Fit once for each length of training and score the same pictures each time.

    The paper trains for 10 to 30 epochs and scores four outfits: its Table 1
    has a row an outfit and a column a class, its Figure 2 follows the training.

    Args:
        target: The wanted class and its contrast classes.
        test_images: What to score, by name: a picture, or a list of pictures
            whose mean is told.
        epochs: Lengths of training, each a whole number of at least 1.
        method: As in ``stylesim.LightweightClassifier``, as are the next six.
        weights: Likewise.
        image_size: Likewise; None for the usual one.
        device: Likewise.
        seed: Likewise.
        finder: Likewise.
        backbone: Likewise.
        progress: Whether to show a progress bar on standard error.

    Returns:
        The study.

    Raises:
        InvalidArgumentError: An argument is of the wrong kind or out of range.
        ImageError: A picture cannot be read.

    Examples:
        >>> from PIL import Image
        >>> from stylesim import FunctionBackbone, WholePictureFinder
        >>> mean = lambda some: np.stack([np.asarray(one).mean((0, 1)) + 1 for one in some])
        >>> shade = lambda *rgb: Image.new("RGB", (16, 16), rgb)
        >>> study = epoch_study(
        ...     StyleTarget(
        ...         [shade(200, 9, 9), shade(220, 9, 9)],
        ...         {"blue": [shade(9, 9, 200), shade(9, 9, 220)]},
        ...     ),
        ...     {"red": shade(210, 9, 9), "blue": shade(9, 9, 210)},
        ...     epochs=(5, 10),
        ...     backbone=FunctionBackbone(mean, name="mean"),
        ...     finder=WholePictureFinder(),
        ...     progress=False,
        ... )
        >>> study.epochs, (study.table()[:, 0, 0] > study.table()[:, 1, 0]).all().item()
        ((5, 10), True)
    """
    given: object = target
    if not isinstance(given, StyleTarget):
        raise expected("target", "a StyleTarget", given, "make one of your pictures first")
    groups = _groups(test_images)
    lengths = _lengths(epochs)
    model = LightweightClassifier(
        weights=weights,
        method=method,
        **({} if image_size is None else {"image_size": image_size}),
        device=device,
        seed=seed,
        finder=finder,
        backbone=backbone,
    )
    for name, pictures in groups.items():  # before minutes of learning
        for place, picture in enumerate(pictures):
            load_image(picture, shrink_to=1, argument=f"test_images[{name!r}][{place}]")
    flat = {
        f"{name} [{place}]": picture
        for name, pictures in groups.items()
        for place, picture in enumerate(pictures)
    }
    views: Any = None
    rows = []
    with bar("Epoch study", len(lengths), "fit", shown=progress) as step:
        for length in lengths:
            start = time.perf_counter()
            model.fit(target, epochs=length, progress=False)
            seconds = time.perf_counter() - start
            if views is None or method == "finetune":  # a tuned network sees with other eyes
                views = dict(zip(flat, model.view(list(flat.values())), strict=True))
            report = SimilarityScorer(model).score(views)
            table = np.array([[row.shares[name] for name in model.classes_] for row in report])
            last = model.history_[-1]
            rows.append(
                EpochRow(
                    epochs=length,
                    similarity=_means(table, [len(pictures) for pictures in groups.values()]),
                    loss=float(last["loss"]),
                    accuracy=float(last["accuracy"]),
                    seconds=seconds,
                )
            )
            step(1)
    return EpochStudy(classes=target.classes, tests=tuple(groups), method=method, rows=tuple(rows))


def _groups(test_images: object) -> dict[str, list[ImageLike]]:
    todo = 'pass {"All Similar": picture, "All Different": [picture, picture]}'
    if not isinstance(test_images, Mapping) or not test_images:
        wish = "a dict of name to picture or pictures, at least one"
        raise expected("test_images", wish, test_images, todo)
    groups = {}
    for name, given in test_images.items():
        if not isinstance(name, str) or not name.strip():
            raise expected("test_images", "names of at least one letter", name, todo)
        argument = f"test_images[{name!r}]"
        many = isinstance(given, Sequence) and not isinstance(given, (str, bytes))
        groups[name] = listed(given, argument) if many else [given]
        if not groups[name]:
            raise expected(argument, "at least one picture", "none", todo)
    return groups


def _lengths(epochs: object) -> list[int]:
    todo = "pass epochs=(10, 15, 20, 25, 30)"
    if not isinstance(epochs, Sequence) or isinstance(epochs, str) or not epochs:
        raise expected("epochs", "a list of whole numbers", epochs, todo)
    for place, length in enumerate(epochs):
        check_whole(f"epochs[{place}]", length, todo)
    return [int(length) for length in epochs]


def _means(table: Any, sizes: Sequence[int]) -> FloatArray:
    starts = np.cumsum([0, *sizes[:-1]])
    sums = np.add.reduceat(table, starts, axis=0)
    means: FloatArray = (sums / np.array(sizes)[:, None]).astype(np.float32)
    return means
