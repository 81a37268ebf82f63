"""Learns a style from a few pictures and gives class probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import attrs
import numpy as np

from stylesim._bundle import Bundle, read_bundle, weights_text, write_bundle
from stylesim._checks import check_whole, plain_whole
from stylesim._fitting import bar, check_choices, fit_heads, fit_network, see_target, unfitted
from stylesim._looking import look
from stylesim._opinions import Opinion, judge_by_region, overall
from stylesim._regions import WHOLE, balanced, by_region
from stylesim._views import GarmentView, PictureView
from stylesim.backbones.base import listed
from stylesim.backbones.sources import check_settings, check_weights, usual_size
from stylesim.backbones.yolo import YoloBackbone
from stylesim.errors import expected
from stylesim.garments import WholePictureFinder, default_finder
from stylesim.style_target import StyleTarget

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from stylesim._regions import Learned, TargetViews
    from stylesim.backbones.base import AbstractBackbone
    from stylesim.garments import AbstractGarmentFinder
    from stylesim.types import FloatArray, ImageLike, Slot

__all__ = ["GarmentView", "LightweightClassifier", "Opinion", "PictureView"]

_fixed = attrs.setters.frozen
_USUAL_SIZE = attrs.Factory(lambda self: usual_size(self.weights, self.method), takes_self=True)


@attrs.define(kw_only=True, eq=False)
class LightweightClassifier:
    """A YOLOv8 classification network that learns a style from a few pictures.

    The garments of each picture are found, cut out and embedded one by one; a small head for
    each region of the body (upper, lower, shoes, ...) and one for the whole picture tell the
    classes apart. Upper and lower body weigh the same, however much of the picture either fills.

    Args:
        weights: ``"stylesim-n"`` (bundled), ``"yolov8n-cls.pt"``, a size letter or a path; see
            ``stylesim.YoloBackbone``.
        method: ``"head"``: the network stays as it is, and heads are learned on its features,
            in seconds. ``"finetune"``: the whole network is trained by Ultralytics' own trainer
            on whole pictures, as in the paper, in minutes.
        image_size: Side of the square that the network sees, in pixels, a multiple of 32: 192 for
            the bundled weights (224 of garments cut out), 224 for others and for fine-tuning.
        device: ``"auto"`` (CUDA, else MPS, else CPU) or a device of torch.
        seed: Of all that is drawn; the same seed and input give the same classifier on a machine.
        finder: Finds the garments; None is the bundled finder, and
            ``stylesim.WholePictureFinder`` compares whole pictures, as ``"finetune"``
            always does.
        backbone: Embeds pictures, in place of ``weights``.

    Raises:
        InvalidArgumentError: A setting is out of range.

    Examples:
        >>> from PIL import Image
        >>> from stylesim import StyleTarget, WholePictureFinder
        >>> reds = [Image.new("RGB", (64, 64), (200 + i, 20, 30)) for i in range(3)]
        >>> blues = [Image.new("RGB", (64, 64), (20, 30, 200 + i)) for i in range(3)]
        >>> model = LightweightClassifier(finder=WholePictureFinder(), image_size=64)
        >>> model = model.fit(StyleTarget(reds, {"blue": blues}), progress=False)
        >>> model.classes_, model.predict_proba(reds).shape
        (('wannabe', 'blue'), (3, 2))
    """

    weights: str | os.PathLike[str] = attrs.field(default="stylesim-n", on_setattr=_fixed)
    method: Literal["head", "finetune"] = attrs.field(default="head", on_setattr=_fixed)
    image_size: int = attrs.field(default=_USUAL_SIZE, converter=plain_whole, on_setattr=_fixed)
    device: str = attrs.field(default="auto", on_setattr=_fixed)
    seed: int = attrs.field(default=0, on_setattr=_fixed)
    finder: AbstractGarmentFinder | None = attrs.field(default=None, on_setattr=_fixed)
    backbone: AbstractBackbone | None = attrs.field(default=None, on_setattr=_fixed)
    _loaded: AbstractBackbone | None = attrs.field(default=None, init=False, repr=False)
    _tuned: YoloBackbone | None = attrs.field(default=None, init=False, repr=False)
    _learned: Learned | None = attrs.field(default=None, init=False, repr=False)
    _seen: tuple[str, TargetViews] | None = attrs.field(default=None, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        check_weights(self.weights)
        check_settings(self.image_size, self.device)
        check_choices(self.method, self.seed, self.finder, self.backbone)

    @property
    def classes_(self) -> tuple[str, ...]:
        """Names of the classes: the wanted one, then the contrast classes in their order."""
        return self._fitted("classes_").classes

    @property
    def history_(self) -> list[dict[str, float]]:
        """``epoch`` (from 1), ``loss`` (nats) and ``accuracy`` (0 to 1): means over the heads."""
        return [
            {"epoch": number, "loss": loss, "accuracy": accuracy}
            for number, (loss, accuracy) in enumerate(self._fitted("history_").history, start=1)
        ]

    @property
    def slots_(self) -> tuple[str, ...]:
        """Regions of the body that have a head of their own."""
        return tuple(region for region in self._fitted("slots_").heads if region != WHOLE)

    @property
    def view_key(self) -> str:
        """Identity of finder and network: pictures seen under one key need not be seen again."""
        return f"{self._finder().name}|{self._backbone().name}"

    def fit(
        self, target: StyleTarget, *, epochs: int = 20, progress: bool = True
    ) -> LightweightClassifier:
        """Learn a style; what was learned before is forgotten.

        With ``method="head"``, each garment and each whole picture is embedded once (whole
        pictures by themselves also mirrored), and the epochs run over the vectors, with noise.

        Args:
            target: The wanted class and its contrast classes.
            epochs: Passes over the pictures.
            progress: Whether to show a progress bar on standard error.

        Returns:
            The classifier itself.

        Raises:
            InvalidArgumentError: An argument is of the wrong kind.
            StyleSimError: Ultralytics' training failed; the classifier stays what it was.
        """
        given: object = target
        if not isinstance(given, StyleTarget):
            raise expected("target", "a StyleTarget", given, "make one of your pictures first")
        check_whole("epochs", epochs, "pass epochs=20")
        seed = int(self.seed)
        if self.method == "finetune":
            self._learned, self._tuned = fit_network(
                target, self._base(), epochs=epochs, seed=seed, progress=progress
            )
            return self
        key = f"{target.fingerprint}|{self.view_key}"
        if self._seen is None or self._seen[0] != key:  # a second fit need not look again
            self._seen = key, see_target(target, self._finder(), self._base(), progress=progress)
        self._learned = fit_heads(
            target.classes, self._seen[1], self._base(), epochs=epochs, seed=seed, progress=progress
        )
        return self

    def view(
        self,
        images: Sequence[ImageLike],
        *,
        slots: Sequence[Slot | str | None] | None = None,
        progress: bool = False,
    ) -> list[PictureView]:
        """Find the garments of pictures and embed them, and the whole of each; needs no fit.

        Args:
            images: n pictures.
            slots: For each picture of a single garment its slot, which overrules the finder;
                None where the finder shall decide.
            progress: Whether to show a progress bar on standard error.

        Returns:
            One small view a picture, which can be kept under ``view_key``.

        Raises:
            ImageError: A picture cannot be read; its place is named.
            InvalidArgumentError: ``slots`` does not fit ``images``.
        """
        pictures = listed(images)
        with bar("Looking at pictures", len(pictures), "picture", shown=progress) as step:
            seen = look(pictures, self._finder(), self._backbone(), slots=slots, on_pictures=step)
        return [views[0] for views in seen]

    def predict_proba(self, images: Sequence[ImageLike]) -> FloatArray:
        """Class probabilities of pictures.

        What the upper and the lower body say together, "neither" being one more class; else the
        other regions; else the whole picture: the ``by_class`` of ``SimilarityScorer``.

        Args:
            images: n pictures.

        Returns:
            float32 array of shape (n, classes), 0 to 1; each row sums to 1.

        Raises:
            NotFittedError: Nothing was learned yet.
            ImageError: A picture cannot be read; its place is named.
        """
        classes = self._fitted("predict_proba").classes
        rows = [overall(said) for said in self.judge_by_region(self.view(images))]
        return np.stack(rows) if rows else np.zeros((0, len(classes)), np.float32)

    def proba_by_region(self, views: Sequence[PictureView]) -> list[dict[str, FloatArray]]:
        """Class probabilities of each region of the body.

        A class that the target shows there too rarely keeps a fixed small probability.

        Args:
            views: What ``view`` returned, of pictures of any number.

        Returns:
            For each view float32 arrays of shape (classes,), by region: ``"whole"`` always;
            ``"upper"``, ``"lower"``, ``"shoes"``, ``"headwear"``, ``"bag"``, ``"accessory"``
            where the picture shows a garment there and ``slots_`` names the region.

        Raises:
            NotFittedError: Nothing was learned yet.
        """
        return by_region(views, self._fitted("proba_by_region").heads)

    judge_by_region = judge_by_region

    def embed(self, images: Sequence[ImageLike]) -> FloatArray:
        """One vector for each picture, to which each region of the body adds the same.

        Args:
            images: n pictures.

        Returns:
            float32 array of shape (n, d), each row of unit length: the mean over the regions of
            outerwear, else the largest garment there; the whole picture's where none is found.

        Raises:
            ImageError: A picture cannot be read; its place is named.
        """
        rows = [balanced(view) for view in self.view(images)]
        return np.stack(rows) if rows else np.zeros((0, self._backbone().dim), np.float32)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the classifier as one safetensors file, which scores without the pictures.

        Bundled weights are named with their digest; others are in the file, replaced as a whole.

        Args:
            path: Where to write.

        Raises:
            NotFittedError: Nothing was learned yet.
            StorageError: The path cannot be written.
        """
        learned = self._fitted("save")
        settings: dict[str, object] = {"weights": weights_text(self.weights), "method": self.method}
        settings |= {"image_size": self.image_size, "seed": int(self.seed)}
        write_bundle(path, Bundle(settings, learned, self._backbone(), self._finder()))

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        device: str = "auto",
        backbone: AbstractBackbone | None = None,
        finder: AbstractGarmentFinder | None = None,
    ) -> LightweightClassifier:
        """Read what ``save`` wrote. Nothing in the file can run code.

        Args:
            path: The file.
            device: ``"auto"`` or a device of torch.
            backbone: That of the fit, if it was one of your own.
            finder: Likewise.

        Returns:
            The fitted classifier.

        Raises:
            DamagedFileError: It is missing, not whole, or of other bundled weights or finder.
            NewerVersionError: A newer stylesim wrote it.
            InvalidArgumentError: ``backbone`` or ``finder`` is not that of the fit.
        """
        check_settings(224, device)
        bundle = read_bundle(path, device=device, backbone=backbone, finder=finder)
        model = cls(
            **bundle.settings,
            device=device,
            finder=bundle.finder,
            backbone=None if isinstance(bundle.backbone, YoloBackbone) else bundle.backbone,
        )
        if model.method == "finetune" and isinstance(bundle.backbone, YoloBackbone):
            model._tuned = bundle.backbone
        else:
            model._loaded = bundle.backbone
        model._learned = bundle.learned
        return model

    def _finder(self) -> AbstractGarmentFinder:
        if self.finder is not None:
            return self.finder
        if self.method == "finetune":
            return WholePictureFinder()
        return default_finder(device=self.device)

    def _backbone(self) -> AbstractBackbone:
        """What embeds pictures: with ``method="finetune"`` the network as it was tuned."""
        if self.method == "finetune":
            if self._tuned is None:
                raise unfitted("method='finetune'")
            return self._tuned
        return self._base()

    def _base(self) -> AbstractBackbone:
        if self._loaded is None:
            self._loaded = self.backbone or YoloBackbone(
                self.weights, image_size=self.image_size, device=self.device
            )
        return self._loaded

    def _fitted(self, asked: str) -> Learned:
        if self._learned is None:
            raise unfitted(asked)
        return self._learned
