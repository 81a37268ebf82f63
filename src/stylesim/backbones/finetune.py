"""Ultralytics' own classification trainer, run where nobody sees it."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import attrs

from stylesim.backbones.checkpoint import digest_of, read_weights
from stylesim.backbones.devices import pick_device
from stylesim.backbones.fence import fenced, import_ultralytics, scratch
from stylesim.backbones.network import NECK, build_network, fill
from stylesim.errors import StyleSimError
from stylesim.images import load_image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from stylesim.backbones.checkpoint import Weights
    from stylesim.types import ImageLike

_BATCH = 16


class Epoch(NamedTuple):
    """What one epoch came to."""

    loss: float
    accuracy: float


def finetune(
    weights: Weights,
    classes: Sequence[Sequence[ImageLike]],
    *,
    epochs: int,
    image_size: int = 224,
    device: str = "auto",
    seed: int = 0,
    on_epoch: Callable[[], object] | None = None,
) -> tuple[Weights, tuple[Epoch, ...]]:
    """Train a whole network on pictures of classes, as ``YOLO(...).train`` does.

    Ultralytics' settings stand (optimiser, augmentation, averaged weights, the
    best epoch kept), except that no epoch is skipped by early stopping and
    half precision is off. All files lie in a temporary folder that is gone
    afterwards, also when the training is interrupted; settings, integrations
    and usage statistics are left alone.

    Args:
        weights: Where to start.
        classes: For each class its pictures.
        epochs: Passes over the pictures.
        image_size: Side of the square the network sees, in pixels.
        device: ``"auto"`` or a device of torch.
        seed: Of the training.
        on_epoch: Called after each epoch.

    Returns:
        The trained weights with their classification layer, and for each
        epoch the loss, in nats, and the accuracy, 0 to 1, on the pictures
        that were trained on.

    Raises:
        StyleSimError: The training failed.
    """
    trainers = import_ultralytics("models.yolo.classify.train")
    hooks = import_ultralytics("utils.callbacks")
    network = build_network(weights.size, classes=len(classes), eps=weights.eps)
    fill(network, weights, neck=any(name.startswith(NECK) for name in weights.tensors))
    history: list[Epoch] = []
    with scratch() as root, fenced():
        # Asking for determinism is enough to make one.
        os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(root / "cache")
        # Integrations read the settings when they are first loaded, and keep what they read.
        with _replaced(hooks, "add_integration_callbacks", lambda _: None):
            try:
                _lay_out(classes, root / "data", 2 * image_size)
                trainer = trainers.ClassificationTrainer(
                    overrides={
                        "model": f"yolov8{weights.size}-cls.yaml",
                        "data": str(root / "data"),
                        "project": str(root),
                        "name": "run",
                        "epochs": epochs,
                        "patience": 0,
                        "batch": _BATCH,
                        "imgsz": image_size,
                        "device": pick_device(device),
                        "workers": 0,
                        "seed": seed,
                        "amp": False,
                        "plots": False,
                        "verbose": False,
                    },
                    _callbacks=_callbacks(epochs, history, on_epoch),
                )
                trainer.model = network
                trainer.train()
            except StyleSimError:
                raise
            except (RuntimeError, ValueError, OSError, FloatingPointError) as error:
                text = f"fit: the training by Ultralytics failed ({error})"
                raise StyleSimError(text, reason=str(error)) from error
        trained = read_weights(Path(trainer.best if trainer.best.exists() else trainer.last))
    # The file's own digest would hold the time of day.
    digest = digest_of(trained.tensors)
    return attrs.evolve(trained, stem=f"{weights.stem}-finetuned", digest=digest), tuple(history)


@contextmanager
def _replaced(owner: Any, name: str, value: object) -> Iterator[None]:
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


def _lay_out(classes: Sequence[Sequence[ImageLike]], root: Path, short_side: int) -> None:
    """Write the pictures as Ultralytics expects them; it validates on those it trains on."""
    for number, pictures in enumerate(classes):
        for part in ("train", "val"):
            # Names of classes may hold anything, and folders are sorted as text.
            (root / part / f"{number:04d}").mkdir(parents=True)
        for place, image in enumerate(pictures):
            picture = load_image(image, shrink_to=short_side)
            scale = short_side / min(picture.size)
            if scale < 1:
                picture = picture.resize([max(1, round(side * scale)) for side in picture.size])
            for part in ("train", "val"):
                # Not compressed, since each is read again in each epoch.
                picture.save(root / part / f"{number:04d}" / f"{place:04d}.bmp")


def _callbacks(
    epochs: int, history: list[Epoch], on_epoch: Callable[[], object] | None
) -> dict[str, list[Callable[[Any], None]]]:
    import torch

    threads = torch.get_num_threads()

    def keep_threads(_: object) -> None:
        # On a CPU, Ultralytics trains on all cores but one, also where fewer were allowed.
        if torch.get_num_threads() > threads:
            torch.set_num_threads(threads)

    def note(trainer: Any) -> None:
        if len(history) >= epochs:  # the last validation is reported once more
            return
        loss = sum(float(value) for value in trainer.label_loss_items(trainer.tloss).values())
        history.append(Epoch(loss, float(trainer.metrics["metrics/accuracy_top1"])))
        if on_epoch is not None:
            on_epoch()

    return {
        "on_pretrain_routine_start": [keep_threads],
        "on_train_epoch_start": [keep_threads],
        "on_fit_epoch_end": [note],
    }
