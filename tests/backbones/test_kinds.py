"""Kinds of garment as a part of vectors: what they mean, how two opinions are pooled, files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from stylesim import FoundGarment, FunctionFinder, LightweightClassifier, YoloBackbone
from stylesim.backbones.kinds import Kinds, kinds_of
from stylesim.backbones.network import build_network
from stylesim.backbones.storing import save_backbone
from stylesim.functional import unit_rows

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("shirt", "skirt", "shoes")
KINDS = Kinds(NAMES, 9.0 * np.eye(3, 8))
ROWS = unit_rows(np.random.default_rng(0).standard_normal((5, 8))).astype(np.float32)


def test_the_kind_is_the_one_whose_direction_the_features_have() -> None:
    assert KINDS.proba(np.eye(8, dtype=np.float32)[:3]).argmax(1).tolist() == [0, 1, 2]


def test_vectors_have_unit_length_and_end_with_the_roots_of_the_probabilities() -> None:
    vectors = KINDS.vectors(ROWS)
    assert vectors.shape == (5, 11)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(5), abs=1e-6)
    assert 2 * vectors[:, 8:] ** 2 == pytest.approx(KINDS.proba(ROWS), abs=1e-6)


def test_their_cosine_is_the_mean_of_that_of_features_and_of_the_overlap_of_kinds() -> None:
    first, second = KINDS.vectors(ROWS[:2])
    overlap = np.sqrt(KINDS.proba(ROWS[:2])).prod(axis=0).sum()
    assert first @ second == pytest.approx((ROWS[0] @ ROWS[1] + overlap) / 2, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0.05, 1), min_size=3, max_size=3))
def test_a_finder_has_a_third_of_the_say(row: list[float]) -> None:
    told = np.array(row) / sum(row)
    alone = KINDS.proba(ROWS[:1])[0]
    pooled = KINDS.proba(ROWS[:1], [dict(zip(NAMES, told.tolist(), strict=True))])[0]
    assert pooled.sum() == pytest.approx(1)
    # The odds of any two kinds move that far towards the finder's, but for a floor below both.
    own, said, both = (np.log(p[:, None] + 1e-4) - np.log(p + 1e-4) for p in (alone, told, pooled))
    assert both == pytest.approx(0.65 * own + 0.35 * said, abs=0.01)


def test_who_agrees_changes_nothing_and_who_disagrees_as_surely_is_overruled() -> None:
    alone = KINDS.proba(ROWS[:1])[0]
    same = KINDS.proba(ROWS[:1], [dict(zip(NAMES, alone.tolist(), strict=True))])[0]
    assert same == pytest.approx(alone, abs=1e-3)
    surely = Kinds(NAMES, np.log([[0.9], [0.05], [0.05]]))
    against = {"shirt": 0.05, "skirt": 0.9, "shoes": 0.05}
    assert surely.proba(np.ones((1, 1), np.float32), [against])[0].argmax() == 0


def test_who_says_nothing_changes_nothing_and_unknown_names_are_passed_over() -> None:
    rows = ROWS[:2]
    assert KINDS.proba(rows, [None, None]) == pytest.approx(KINDS.proba(rows))
    sure = KINDS.proba(rows, [{"skirt": 1.0, "cape": 0.5}, None])
    assert sure[0, 1] > KINDS.proba(rows)[0, 1]
    assert sure[1] == pytest.approx(KINDS.proba(rows)[1])


def test_the_bundled_weights_know_kinds_and_those_of_imagenet_do_not(weights_file: Path) -> None:
    bundled = YoloBackbone()
    assert bundled.kinds is not None
    assert bundled.dim == 256 + len(bundled.kinds.names)
    other = YoloBackbone(weights_file)
    assert other.kinds is None
    assert other.dim == 256


def test_kinds_are_stored_with_the_weights(tmp_path: Path) -> None:
    weight = torch.randn(3, 256, generator=torch.Generator().manual_seed(1))
    path = tmp_path / "own.safetensors"
    save_backbone(build_network(), path, kinds=(NAMES, weight))
    backbone = YoloBackbone(path, image_size=64)
    assert backbone.kinds is not None
    assert backbone.kinds.names == NAMES
    assert backbone.kinds.weight == pytest.approx(weight.numpy(), abs=1e-2)
    assert backbone.embed([Image.new("RGB", (40, 40), "navy")]).shape == (1, 259)


def test_names_that_do_not_fit_are_no_kinds(tmp_path: Path) -> None:
    path = tmp_path / "own.safetensors"
    save_backbone(build_network(), path, kinds=(NAMES[:2], torch.ones(3, 256)))
    assert kinds_of(YoloBackbone(path).source) is None


def test_a_classifier_keeps_what_its_own_weights_know(tmp_path: Path) -> None:
    from stylesim import StyleTarget, WholePictureFinder

    path = tmp_path / "own.safetensors"
    save_backbone(build_network(), path, kinds=(NAMES, torch.randn(3, 256)))
    reds, blues = (
        [Image.new("RGB", (40, 40), (r, 20 + i, b)) for i in range(3)]
        for r, b in ((200, 0), (0, 200))
    )
    model = LightweightClassifier(weights=path, finder=WholePictureFinder(), image_size=64)
    model.fit(StyleTarget(reds, {"blue": blues}), progress=False)
    model.save(tmp_path / "model.safetensors")
    path.unlink()
    again = LightweightClassifier.load(tmp_path / "model.safetensors")
    assert again.embed(reds).shape == (3, 259)
    assert again.predict_proba(reds) == pytest.approx(model.predict_proba(reds), abs=1e-5)


def test_the_name_changes_with_how_garments_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = build_network()
    save_backbone(network, tmp_path / "own.safetensors", kinds=(NAMES, torch.ones(3, 256)))
    save_backbone(network, tmp_path / "plain.safetensors")
    own, plain = (YoloBackbone(tmp_path / f"{name}.safetensors") for name in ("own", "plain"))
    before = own.name, plain.name
    monkeypatch.setattr("stylesim.backbones.yolo._LOOKING", 99)
    assert own.name != before[0]
    assert plain.name == before[1]


def test_what_a_finder_says_of_the_kind_is_in_the_vector() -> None:
    picture = Image.new("RGB", (60, 60), "grey")

    def view(kinds: dict[str, float] | None) -> np.ndarray:
        found = FoundGarment("bottom", "skirt", (5, 5, 50, 50), kinds=kinds)
        finder = FunctionFinder(lambda _: [found], name=str(kinds))
        model = LightweightClassifier(finder=finder, image_size=64)
        return model.view([picture])[0].garments[0].embedding

    bundled = YoloBackbone().kinds
    assert bundled is not None
    place = 256 + bundled.names.index("skirt")
    assert view({"skirt": 1.0})[place] > view(None)[place] > view({"shoes": 1.0})[place]
