"""Is a target fit to learn from? Its photographs checked before, with advice in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, overload

import attrs
import numpy as np
from PIL import Image

from stylesim import _target_findings as findings
from stylesim._calibration import calibration_for
from stylesim._checks import check_seed
from stylesim._finding import garments_in
from stylesim._fitting import bar, see_target
from stylesim._lookalikes import pairs_alike, summarise
from stylesim._looking import look
from stylesim._target_findings import Finding
from stylesim._telling_apart import confusion, hold_out
from stylesim.backbones.pictures import GREY
from stylesim.classifier import LightweightClassifier
from stylesim.errors import expected
from stylesim.garments import WholePictureFinder, default_finder
from stylesim.images import load_image
from stylesim.style_target import StyleTarget

if TYPE_CHECKING:
    from stylesim._views import PictureView
    from stylesim.garments import AbstractGarmentFinder, FoundGarment
    from stylesim.types import FloatArray

__all__ = ["Finding", "TargetReport", "check_target"]

_SHORT_SIDE = 640  # as pictures are decoded for learning
_MARGIN = 0.08
_EPOCHS = 20


@attrs.frozen(eq=False, kw_only=True)
class TargetReport(Sequence[Finding]):
    """What was found about a target: a sequence of findings, the grave ones first.

    Attributes:
        classes: Names of the classes, the wanted one first.
        counts: Number of photographs of each class.
        slots: For each class, in how many photographs each region of the body shows a garment.
        confusion: float32 array of shape (classes, classes): share of the
            photographs of each class (row) taken for each class (column) by heads
            that had not learned from them; NaN in the row of a class with too few.
        accuracy: Mean of the diagonal of ``confusion``, 0 to 1; NaN where nothing could be judged.
        background: For each class the mean probability, 0 to 1, that its
            photographs are of it: ``"whole"`` as they are, ``"background"`` with their
            garments blanked; NaN where that could not be judged. Both by the
            head for the whole picture.
        findings: What was found.

    Examples:
        >>> report = TargetReport(
        ...     classes=("wannabe", "suit"),
        ...     counts={"wannabe": 9, "suit": 2},
        ...     slots={},
        ...     confusion=np.eye(2, dtype=np.float32),
        ...     accuracy=1.0,
        ...     background={},
        ...     findings=(
        ...         Finding(
        ...             "few",
        ...             False,
        ...             ("suit",),
        ...             "suit has 2 photographs",
        ...             "Add 3 photographs to suit.",
        ...         ),
        ...     ),
        ... )
        >>> report.ok, report.advice
        (True, ('Add 3 photographs to suit.',))
    """

    classes: tuple[str, ...]
    counts: Mapping[str, int]
    slots: Mapping[str, Mapping[str, int]] = attrs.field(repr=False)
    confusion: FloatArray = attrs.field(repr=False)
    accuracy: float
    background: Mapping[str, Mapping[str, float]] = attrs.field(repr=False)
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing grave was found."""
        return not any(finding.grave for finding in self.findings)

    @property
    def advice(self) -> tuple[str, ...]:
        """What to do, in plain words, the grave first; each only once."""
        return tuple(dict.fromkeys(finding.advice for finding in self.findings))

    @overload
    def __getitem__(self, place: int) -> Finding: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Finding]: ...
    def __getitem__(self, place: int | slice) -> Finding | Sequence[Finding]:
        return self.findings[place]

    def __len__(self) -> int:
        return len(self.findings)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; numbers that are not known are None."""
        return {
            "classes": list(self.classes),
            "counts": dict(self.counts),
            "slots": {label: dict(shown) for label, shown in self.slots.items()},
            "confusion": [[_number(value) for value in row] for row in self.confusion.tolist()],
            "accuracy": _number(self.accuracy),
            "background": {
                label: {name: _number(value) for name, value in row.items()}
                for label, row in self.background.items()
            },
            "findings": [finding.to_dict() for finding in self.findings],
        }

    def __str__(self) -> str:
        if not self.findings:
            return "Nothing was found that speaks against this target."
        return "\n".join(str(finding) for finding in self.findings)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{'grave' if finding.grave else 'note'}</td>"
            f"<td>{escape(finding.message)}</td><td>{escape(finding.advice)}</td></tr>"
            for finding in self.findings
        )
        table = f"<p>{escape(str(self))}</p>"
        if rows:
            head = "<tr><th></th><th>found</th><th>advice</th></tr>"
            table = f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"
        names = "".join(f"<th>{escape(name)}</th>" for name in self.classes)
        lines = "".join(
            f"<tr><th>{escape(name)}</th>"
            + "".join(f"<td>{'-' if np.isnan(value) else f'{value:.2f}'}</td>" for value in row)
            + "</tr>"
            for name, row in zip(self.classes, self.confusion, strict=True)
        )
        return (
            f"{table}<p>Photographs held out of learning (rows) and what they were taken for:</p>"
            f"<table><thead><tr><th></th>{names}</tr></thead><tbody>{lines}</tbody></table>"
        )


def check_target(
    target: StyleTarget,
    model: LightweightClassifier | None = None,
    *,
    seed: int = 0,
    progress: bool = False,
) -> TargetReport:
    """Check whether a target is fit to learn from.

    Looked for are photographs that are nearly the same, within a class and
    across; classes that cannot be told apart, overall or by their tops or
    bottoms; backgrounds that give a class away; garments that a class does not
    show; and classes that are few or uneven. To tell classes apart, heads are
    learned from four fifths of the photographs and judge the rest, five times;
    Fisher's exact test at 5% says whether chance would have done as well.

    Args:
        target: The target.
        model: Whose finder and backbone to use; it need not be fitted, and what it
            has learned stays. One not fitted yet keeps what it saw, so that a fit to
            this target need not look again. None is ``LightweightClassifier()``. With
            ``method="finetune"``, the network as it is before it is tuned.
        seed: Of the choice of what is held out.
        progress: Whether to show a progress bar on standard error.

    Returns:
        The report.

    Raises:
        InvalidArgumentError: An argument is of the wrong kind.

    Examples:
        >>> from stylesim.backbones import FunctionBackbone
        >>> mean = lambda some: np.stack([np.asarray(one).mean((0, 1)) + 1 for one in some])
        >>> model = LightweightClassifier(
        ...     backbone=FunctionBackbone(mean, name="mean"), finder=WholePictureFinder()
        ... )
        >>> shade = lambda *rgb: Image.new("RGB", (48, 48), rgb)
        >>> reds = [shade(200, i, 30) for i in range(0, 180, 45)]
        >>> blues = [shade(i, 20, 250) for i in range(0, 180, 45)]
        >>> report = check_target(StyleTarget(reds, {"blue": blues}), model)
        >>> report.accuracy, report.ok
        (1.0, True)
    """
    given: object = target
    if not isinstance(given, StyleTarget):
        raise expected("target", "a StyleTarget", given, "make one of your pictures first")
    chosen: object = LightweightClassifier() if model is None else model
    if not isinstance(chosen, LightweightClassifier):
        raise expected("model", "a LightweightClassifier or None", chosen, "leave it out")
    seed = check_seed(seed)
    finder, backbone = chosen._finder(), chosen._base()
    key = f"{target.fingerprint}|{finder.name}|{backbone.name}"
    if chosen._seen is not None and chosen._seen[0] == key:
        views = chosen._seen[1]
    else:
        views = see_target(target, finder, backbone, progress=progress)
        if chosen.method == "head" and chosen._learned is None:
            # A fit need not look again. One that has learned keeps what it has learned from.
            chosen._seen = key, views
    # What a network sees as a whole has garments all the same.
    whole = isinstance(finder, WholePictureFinder)
    looking = default_finder(device=chosen.device) if whole else finder
    bare, twins = _without_garments(target, looking, progress=progress)
    blanked = _seen_bare(bare, backbone)
    groups = _groups(twins, len(blanked))
    calibration = calibration_for(backbone)
    held = hold_out(views, blanked, groups, epochs=_EPOCHS, seed=seed, calibration=calibration)
    table = confusion(held)
    found = [
        *findings.nearly_the_same(target, twins),
        *findings.not_told_apart(target.classes, held),
        *findings.backgrounds(target.classes, held, whole=whole),
        *findings.missing_garments(target, views, whole=whole),
        *findings.numbers(target),
    ]
    known = np.diag(table)[~np.isnan(np.diag(table))]
    return TargetReport(
        classes=target.classes,
        counts={label: len(pictures) for label, pictures in target.images.items()},
        slots=findings.shown_regions(target.classes, views),
        confusion=table.astype(np.float32),
        accuracy=float(known.mean()) if len(known) else float("nan"),
        background=findings.background_scores(target.classes, held),
        findings=tuple(sorted(found, key=lambda finding: not finding.grave)),
    )


def _without_garments(
    target: StyleTarget, finder: AbstractGarmentFinder, *, progress: bool
) -> tuple[list[Image.Image | None], list[tuple[int, int]]]:
    """Each picture without its garments (None: it shows none), and pairs nearly the same."""
    flat = [picture for pictures in target.images.values() for picture in pictures]
    bare: list[Image.Image | None] = []
    plain, mirrored = [], []
    with bar("Blanking garments", len(flat), "picture", shown=progress) as step:
        for data in flat:
            picture = load_image(data, shrink_to=_SHORT_SIDE)
            plain.append(summarise(picture))
            mirrored.append(summarise(picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)))
            garments = garments_in(finder, [picture])[0]
            bare.append(_blanked(picture, garments) if garments else None)
            step(1)
    count = len(flat)
    twins = {
        (min(first, second % count), max(first, second % count))
        for first, second in pairs_alike([*plain, *mirrored])
        if first < count and first != second % count
    }
    return bare, sorted(twins)


def _blanked(picture: Image.Image, garments: Sequence[FoundGarment]) -> Image.Image:
    """Paint boxes grey: an outline alone would still tell a skirt from trousers."""
    out = picture.copy()
    for garment in garments:
        left, top, right, bottom = garment.box
        pad = round(_MARGIN * max(right - left, bottom - top))
        out.paste(GREY, (left - pad, top - pad, right + pad, bottom + pad))
    return out


def _seen_bare(bare: Sequence[Image.Image | None], backbone: Any) -> list[PictureView | None]:
    pictures = [picture for picture in bare if picture is not None]
    if not pictures:
        return [None] * len(bare)
    views = iter(look(pictures, WholePictureFinder(), backbone))
    return [None if picture is None else next(views)[0] for picture in bare]


def _groups(twins: Sequence[tuple[int, int]], count: int) -> list[int]:
    """A number for each picture, the same for pictures that are nearly the same."""
    groups = list(range(count))
    for first, second in twins:
        old, new = groups[second], groups[first]
        groups = [new if group == old else group for group in groups]
    return groups


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
