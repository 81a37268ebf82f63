"""The classifier as its user meets it."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
from PIL import Image

from stylesim.backbones import FunctionBackbone
from stylesim.classifier import LightweightClassifier, PictureView
from stylesim.errors import ImageError, InvalidArgumentError, NotFittedError
from stylesim.garments import WholePictureFinder
from stylesim.images import image_bytes
from stylesim.style_target import StyleTarget

RED, BLUE, GREEN, WHITE = (200, 30, 30), (30, 30, 200), (30, 160, 30), (240, 240, 240)


def outfit(top: tuple[int, ...], bottom: tuple[int, ...]) -> Image.Image:
    picture = Image.new("RGB", (24, 32), top)
    picture.paste(bottom, (0, 16, 24, 32))
    return picture


def test_the_four_outfits_are_told_as_similar_as_they_are(model: Any) -> None:
    pictures = [outfit(RED, BLUE), outfit(RED, WHITE), outfit(GREEN, BLUE), outfit(GREEN, WHITE)]
    same, top, bottom, none = model.predict_proba(pictures)[:, 0]
    assert same > 0.8
    # Half of it each, but then the other half gives away sporty and suit.
    assert max(top, bottom, none) < 0.15
    # The paper's whole pictures let the bottom outweigh the top; regions weigh the same.
    assert abs(top - bottom) < 0.1


def test_classes_are_in_the_order_of_the_target(model: Any) -> None:
    assert model.classes_ == ("wannabe", "sporty", "suit")
    guess = model.predict_proba([outfit(RED, BLUE), outfit(GREEN, BLUE), outfit(RED, WHITE)])
    assert guess.argmax(axis=1).tolist() == [0, 1, 2]


def test_probabilities_are_float32_rows_that_sum_to_one(model: Any) -> None:
    rows = model.predict_proba([outfit(RED, BLUE)] * 3 + [Image.new("RGB", (40, 20), GREEN)])
    assert rows.shape == (4, 3)
    assert rows.dtype == np.float32
    assert np.allclose(rows.sum(axis=1), 1.0, atol=1e-6)
    assert model.predict_proba([]).shape == (0, 3)


def test_history_has_every_epoch(make: Any, target: StyleTarget) -> None:
    model = make().fit(target, epochs=7, progress=False)
    assert [epoch["epoch"] for epoch in model.history_] == list(range(1, 8))
    assert all(set(epoch) == {"epoch", "loss", "accuracy"} for epoch in model.history_)
    assert model.history_[-1]["loss"] < model.history_[0]["loss"]
    model.history_.clear()
    assert len(model.history_) == 7


def test_regions_with_a_head_are_told(model: Any) -> None:
    assert model.slots_ == ("upper", "lower")
    (seen,) = model.proba_by_region(model.view([outfit(GREEN, BLUE)]))
    assert set(seen) == {"upper", "lower", "whole"}
    assert seen["upper"].argmax() == 1  # green tops are sporty; blue bottoms say two classes
    assert seen["lower"][2] < min(seen["lower"][0], seen["lower"][1])


def test_a_told_slot_scores_a_single_garment_in_its_region(model: Any) -> None:
    blue = Image.new("RGB", (40, 20), BLUE)  # wide: the finder finds nothing
    views = model.view([blue, blue], slots=["skirt", None])
    told, untold = model.proba_by_region(views)
    assert set(told) == {"lower", "whole"}
    assert set(untold) == {"whole"}
    assert views[0].garments[0].confidence == 0.0


def test_embeddings_are_of_unit_length_and_weigh_regions_alike(make: Any, colours: Any) -> None:
    model = make()  # needs no fit
    rows = model.embed([outfit(RED, BLUE), Image.new("RGB", (40, 20), RED)])
    assert rows.shape == (2, 3)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-6)
    red, blue = colours.embed([Image.new("RGB", (9, 9), c) for c in (RED, BLUE)])
    middle = (red + blue) / np.linalg.norm(red + blue)
    assert np.allclose(rows[0], middle, atol=0.1)
    assert np.allclose(rows[1], red, atol=0.02)
    assert model.embed([]).shape == (0, 3)


def test_the_same_seed_gives_the_same_classifier_and_moves_nothing_global(
    make: Any, target: StyleTarget
) -> None:
    import torch

    def state() -> list[str]:
        drawn = str(np.random.get_state())  # noqa: NPY002 - the global one is meant
        return [str(random.getstate()), drawn, str(torch.random.get_rng_state().tolist())]

    before = state()
    pictures = [outfit(GREEN, WHITE), outfit(RED, WHITE)]
    one, two, other = (
        make(seed=seed).fit(target, progress=False).predict_proba(pictures) for seed in (3, 3, 4)
    )
    assert state() == before
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)


def test_a_second_fit_forgets_the_first(make: Any, target: StyleTarget) -> None:
    model = make().fit(target, progress=False)
    other = StyleTarget(
        [outfit(WHITE, (240, 240, i)) for i in (200, 220)],
        {"dark": [outfit((9, 9, 9), (9, 9, i)) for i in (20, 40)]},
        name="light",
    )
    model.fit(other, progress=False)
    fresh = make().fit(other, progress=False)
    assert model.classes_ == ("light", "dark")
    pictures = [outfit(RED, WHITE)]
    assert np.array_equal(model.predict_proba(pictures), fresh.predict_proba(pictures))


def test_a_second_fit_of_one_target_does_not_look_again(
    make: Any, target: StyleTarget, halves: Any
) -> None:
    model = make().fit(target, epochs=2, progress=False)
    looked = halves.pictures
    model.fit(target, epochs=9, progress=False)
    assert halves.pictures == looked
    assert len(model.history_) == 9


def test_a_failed_fit_leaves_the_classifier_as_it_was(
    model: Any, target: StyleTarget, halves: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = [outfit(RED, WHITE)]
    before = model.predict_proba(pictures)
    for bad in ({"epochs": 0}, {"epochs": 2.5}, {"epochs": True}):
        with pytest.raises(InvalidArgumentError, match="epochs"):
            model.fit(target, progress=False, **bad)
    with pytest.raises(InvalidArgumentError, match="target: expected a StyleTarget"):
        model.fit({"wannabe": pictures})
    other = StyleTarget([outfit(RED, (0, 0, i)) for i in (1, 2)], {"x": [BYTES, outfit(RED, RED)]})

    def break_off(images: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(halves, "find", break_off)
    with pytest.raises(KeyboardInterrupt):
        model.fit(other, progress=False)
    monkeypatch.undo()
    assert model.classes_ == ("wannabe", "sporty", "suit")
    assert np.array_equal(model.predict_proba(pictures), before)


BYTES = image_bytes(Image.new("RGB", (8, 8), "pink"))


@pytest.mark.parametrize("name", ["classes_", "history_", "slots_"])
def test_learned_fields_need_a_fit(make: Any, name: str) -> None:
    with pytest.raises(NotFittedError, match=f"{name}.*call fit or load first"):
        getattr(make(), name)


def test_methods_that_need_a_fit_say_so(make: Any, tmp_path: Path) -> None:
    calls: list[Any] = [
        lambda m: m.predict_proba([BYTES]),
        lambda m: m.proba_by_region([]),
        lambda m: m.save(tmp_path / "x"),
    ]
    for call in calls:
        with pytest.raises(NotFittedError):
            call(make())
    with pytest.raises(NotFittedError):
        LightweightClassifier(method="finetune").view([BYTES])
    assert list(tmp_path.iterdir()) == []


def test_a_bad_picture_is_named_by_its_place(model: Any) -> None:
    with pytest.raises(ImageError, match=r"images\[1\]"):
        model.predict_proba([BYTES, b"no picture"])
    with pytest.raises(InvalidArgumentError, match="put a single picture in a list"):
        model.predict_proba("photo.jpg")


@pytest.mark.parametrize(
    ("settings", "argument"),
    [
        ({"weights": "resnet"}, "weights"),
        ({"method": "magic"}, "method"),
        ({"image_size": 225}, "image_size"),
        ({"device": 0}, "device"),
        ({"seed": -1}, "seed"),
        ({"seed": 1.5}, "seed"),
        ({"finder": "bundled"}, "finder"),
        ({"backbone": "yolo"}, "backbone"),
        ({"method": "finetune", "backbone": FunctionBackbone(len, name="x")}, "backbone"),
    ],
)
def test_settings_out_of_range_are_named(settings: dict[str, Any], argument: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        LightweightClassifier(**settings)
    assert caught.value.details["argument"] == argument


def test_fine_tuning_sees_whole_pictures_only(halves: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="finder"):
        LightweightClassifier(method="finetune", finder=halves)
    LightweightClassifier(method="finetune", finder=WholePictureFinder())


def test_settings_are_keywords_and_stay_as_they_were_checked(make: Any) -> None:
    with pytest.raises(TypeError):
        LightweightClassifier("stylesim-n")  # type: ignore[misc]
    with pytest.raises(attrs.exceptions.FrozenAttributeError):
        make().image_size = 64


def test_making_one_loads_no_network_yet() -> None:
    assert LightweightClassifier(weights="not-there.pt").weights == "not-there.pt"


def test_whole_pictures_only(colours: Any, target: StyleTarget) -> None:
    model = LightweightClassifier(finder=WholePictureFinder(), backbone=colours)
    model.fit(target, progress=False)
    assert model.slots_ == ()
    (view,) = model.view([outfit(RED, BLUE)])
    assert view.garments == ()
    assert set(model.proba_by_region([view])[0]) == {"whole"}


def test_the_key_of_views_tells_finder_and_backbone(make: Any, halves: Any, colours: Any) -> None:
    keys = {
        make().view_key,
        LightweightClassifier(finder=WholePictureFinder(), backbone=colours).view_key,
        LightweightClassifier(
            finder=halves, backbone=FunctionBackbone(colours.function, name="other", dim=3)
        ).view_key,
    }
    assert len(keys) == 3
    assert make(seed=5).view_key == make().view_key


def test_views_kept_as_bytes_score_the_same(model: Any) -> None:
    views = model.view([outfit(RED, BLUE), outfit(GREEN, WHITE)])
    again = [PictureView.from_bytes(view.to_bytes()) for view in views]
    for a, b in zip(model.proba_by_region(views), model.proba_by_region(again), strict=True):
        assert a.keys() == b.keys()
        assert all(np.array_equal(a[region], b[region]) for region in a)


def test_progress_is_shown_on_standard_error_only_if_asked(
    make: Any, target: StyleTarget, capsys: pytest.CaptureFixture[str]
) -> None:
    make().fit(target, progress=False).predict_proba([outfit(RED, BLUE)])
    assert capsys.readouterr() == ("", "")
    make().fit(target)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Looking at pictures" in shown.err
    assert "Learning" in shown.err


def test_scoring_many_views_is_quick(model: Any) -> None:
    import time

    views = model.view([outfit(RED, BLUE)]) * 300
    start = time.perf_counter()
    assert len(model.proba_by_region(views)) == 300
    assert time.perf_counter() - start < 0.5  # about 0.01 s on an idle machine
