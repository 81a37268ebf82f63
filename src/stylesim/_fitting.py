"""How a classifier learns: heads over vectors seen once, or the whole network."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from stylesim._calibration import calibration_for
from stylesim._checks import check_seed
from stylesim._head import Head
from stylesim._looking import look
from stylesim._regions import (
    NOTHING_FOUND,
    WHOLE,
    Learned,
    RegionHead,
    learn_regions,
    regions_to_learn,
)
from stylesim._telling_apart import quick_faults
from stylesim.backbones.base import AbstractBackbone
from stylesim.backbones.finetune import finetune
from stylesim.backbones.yolo import YoloBackbone
from stylesim.errors import NotFittedError, StyleSimError, StyleTargetWarning, expected
from stylesim.garments import AbstractGarmentFinder, WholePictureFinder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stylesim._regions import TargetViews
    from stylesim.style_target import StyleTarget

_SEEDS = 2**32  # that Ultralytics takes


def check_choices(method: object, seed: object, finder: object, backbone: object) -> None:
    """Refuse settings of a classifier that are out of range or do not go together.

    Raises:
        InvalidArgumentError: A setting is of the wrong kind or out of range.
    """
    if method not in ("head", "finetune"):
        raise expected("method", "'head' or 'finetune'", method, "pass one of these")
    seed = check_seed(seed)
    if not isinstance(finder, (AbstractGarmentFinder, type(None))):
        wish, todo = "an AbstractGarmentFinder", "derive yours from it"
        raise expected("finder", wish, finder, todo)
    if not isinstance(backbone, (AbstractBackbone, type(None))):
        wish, todo = "an AbstractBackbone", "derive yours from it, or use FunctionBackbone"
        raise expected("backbone", wish, backbone, todo)
    if method == "finetune":
        if seed >= _SEEDS:
            wish = f"a whole number below {_SEEDS} with method='finetune'"
            raise expected("seed", wish, seed, "pass seed=0")
        if not isinstance(finder, (WholePictureFinder, type(None))):
            wish = "none with method='finetune', which sees whole pictures"
            raise expected("finder", wish, finder, "leave it out, or use method='head'")
        if backbone is not None:
            wish = "none with method='finetune', which trains the network of weights="
            raise expected("backbone", wish, backbone, "pass weights=, or use method='head'")


def see_target(
    target: StyleTarget,
    finder: AbstractGarmentFinder,
    backbone: AbstractBackbone,
    *,
    progress: bool,
) -> TargetViews:
    """Find and embed the garments of a target's pictures.

    Where whole pictures are all there is, they are embedded mirrored too. Of garments that
    doubles the work and was measured to gain nothing: noise on the vectors does as well.

    Raises:
        ImageError: A picture cannot be read.
    """
    images = target.images
    flat = [picture for pictures in images.values() for picture in pictures]
    with bar("Looking at pictures", len(flat), "picture", shown=progress) as step:
        seen = look(
            flat,
            finder,
            backbone,
            mirrored=isinstance(finder, WholePictureFinder),
            argument="target",
            on_pictures=step,
        )
    views = iter(seen)
    return [[next(views) for _ in pictures] for pictures in images.values()]


def fit_heads(
    classes: tuple[str, ...],
    views: TargetViews,
    backbone: AbstractBackbone,
    *,
    epochs: int,
    seed: int,
    progress: bool,
) -> Learned:
    """Learn a head for each region of the body, and for the whole picture.

    Warns of a target from which nothing good can be learned.
    """
    faults = quick_faults(classes, views)
    if faults:
        text = "; ".join(faults)
        advice = "target.check() tells what to do about it"
        # From here through fit to its caller.
        warnings.warn(f"target: {text}; {advice}.", StyleTargetWarning, stacklevel=3)
    total = regions_to_learn(views) * epochs
    calibration = calibration_for(backbone)
    with bar("Learning", total, "epoch", shown=progress) as step:
        heads = learn_regions(
            views, epochs=epochs, seed=seed, calibration=calibration, on_epoch=lambda: step(1)
        )
    means = np.mean([known.head.history for known in heads.values()], axis=0)
    history = tuple((float(loss), float(hits)) for loss, hits in means)
    nothing = NOTHING_FOUND if calibration is None else calibration.nothing_found
    return Learned(classes, heads, history, nothing)


def fit_network(
    target: StyleTarget, start: AbstractBackbone, *, epochs: int, seed: int, progress: bool
) -> tuple[Learned, YoloBackbone]:
    """Train the whole network on whole pictures.

    The classification layer is then the one head: its probabilities are those
    of the network itself, so they are not tempered.

    Raises:
        StyleSimError: Ultralytics' training failed.
    """
    assert isinstance(start, YoloBackbone)  # the classifier takes no other for this method
    with bar("Fine-tuning", epochs, "epoch", shown=progress) as step:
        weights, history = finetune(
            start.source,
            list(target.images.values()),
            epochs=epochs,
            image_size=start.image_size,
            device=start.device,
            seed=seed,
            on_epoch=lambda: step(1),
        )
    # As Ultralytics' own predict sees a picture: the square in its middle.
    tuned = YoloBackbone(
        weights, image_size=start.image_size, device=start.device, squaring="crop", neck=True
    )
    weight, bias = (
        weights.tensors[f"model.9.linear.{name}"].double().numpy() for name in ("weight", "bias")
    )
    members = tuple(range(len(target.classes)))
    known = RegionHead(
        Head(weight, bias, history=history), members, np.zeros(len(members)), scaled=True
    )
    return Learned(target.classes, {WHOLE: known}, history), tuned


@contextmanager
def bar(text: str, total: int, unit: str, *, shown: bool) -> Iterator[Callable[[int], object]]:
    """Show a progress bar on standard error, or nothing; gives what moves it on."""
    if not shown:
        yield lambda _: None
        return
    from tqdm.auto import tqdm

    with tqdm(total=total, desc=text, unit=unit, leave=False) as opened:
        yield opened.update


def unfitted(asked: str) -> StyleSimError:
    """Return the error of asking a classifier for what only a fit gives."""
    wish, todo = "a fitted classifier", "call fit or load first"
    return expected(asked, wish, "one that has learned nothing yet", todo, NotFittedError)
