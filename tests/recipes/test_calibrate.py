"""The recipe of the calibration: what it looks at, and that it finds what is known to be true."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
import numpy as np
import pytest
from around import middles, rows_around

from stylesim._calibration import calibration_from, save_calibration
from stylesim._views import GarmentView, PictureView
from stylesim.backbones.storing import read_safetensors
from stylesim.types import Slot

ROOT = Path(__file__).parents[2]
EACH = 24  # photographs of a style, and of a kind that is laid out


@pytest.fixture
def recipe(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    for folder in ("benchmarks", "recipes"):
        monkeypatch.syspath_prepend(str(ROOT / folder))
    names = ("calibrate", "episodes", "spreading")
    modules = {name: importlib.import_module(name) for name in names}
    monkeypatch.setattr(modules["spreading"], "SPREADS", (0.3, 1.0, 2.0, 4.0, 8.0))
    return SimpleNamespace(**modules)


def worn(top: np.ndarray, bottom: np.ndarray) -> PictureView:
    parts = tuple(
        GarmentView(slot, None, 1.0, row.astype(np.float32))
        for slot, row in ((Slot.TOP, top), (Slot.BOTTOM, bottom))
    )
    return PictureView(parts, GarmentView(None, None, 1.0, (top + bottom).astype(np.float32) / 2))


@pytest.fixture
def outfits(recipe: SimpleNamespace) -> dict[str, list[PictureView]]:
    """Four styles; each is a cloud of tops and one of bottoms."""
    rng = np.random.default_rng(5)
    return {
        style: [
            worn(top, bottom)
            for top, bottom in zip(
                rows_around(middles(30)[place], EACH, rng),
                rows_around(middles(30)[place + 8], EACH, rng),
                strict=True,
            )
        ]
        for place, style in enumerate(recipe.episodes.STYLES)
    }


@pytest.fixture
def shown(recipe: SimpleNamespace, outfits: dict[str, list[PictureView]]) -> dict[str, Any]:
    """The same as the recipe sees them, and kinds of garments that are laid out."""
    rng = np.random.default_rng(6)
    views, kinds, styles = [], [], []
    for style, some in outfits.items():
        views += some
        kinds += [{"": "", "top": f"{style} top", "bottom": f"{style} bottom"}] * len(some)
        styles += [style] * len(some)
    for place, slot in enumerate((Slot.TOP, Slot.BOTTOM, Slot.SHOES) * 4):
        for row in rows_around(middles(30)[place + 16], EACH, rng).astype(np.float32):
            part = GarmentView(slot, None, 1.0, row)
            views.append(PictureView((part,), attrs.evolve(part, slot=None)))
            kinds.append({str(slot): f"kind {place}"})
            styles.append("")
    return recipe.episodes.by_region(views, kinds, styles)


def test_what_is_held_out_is_not_looked_at(
    recipe: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    street = [
        SimpleNamespace(id=i, path=f"street {i}", held_out=i % 4 == 0, slots=("blouse",))
        for i in range(20)
    ]
    laid = [
        SimpleNamespace(path=f"laid {i}", held_out=i % 4 == 0, slot=Slot.TOP, category="shirt")
        for i in range(40)
    ]
    asked: list[Any] = []

    class Model:
        def view(self, images: list[Any], **_: object) -> list[PictureView]:
            asked.extend(images)
            return [worn(*middles(2)) for _ in images]

    module = recipe.calibrate
    monkeypatch.setattr(module, "load_outfits", lambda _: street)
    monkeypatch.setattr(module, "load_clothing", lambda _: laid)
    monkeypatch.setattr(module, "outfit_groups", lambda some: {"suit": list(some)[:3]})
    monkeypatch.setattr(module, "bare", lambda some, _: [p.path for p in some])
    monkeypatch.setattr(module, "shapes", lambda *_: [])
    args = argparse.Namespace(data=Path("data"), laid=20, street=50)
    module.look(Model(), args, np.random.default_rng(0))
    seen = {p.path for p in (*street, *laid) if p.path in asked}
    assert len(seen) == 15 + 30
    assert not any(p.held_out for p in (*street, *laid) if p.path in seen)


def test_the_file_holds_what_was_measured(
    recipe: SimpleNamespace, shown: Any, outfits: Any, tmp_path: Path
) -> None:
    base = SimpleNamespace(source=SimpleNamespace(digest="0" * 64), kinds=None)
    none = rows_around(-middles(30).sum(0), 40, np.random.default_rng(7))
    made = recipe.calibrate.calibrate(
        SimpleNamespace(_base=lambda: base), shown, outfits, none, (0.9, 0.05), 8
    )
    constant, by_shots, by_classes = made.temperature
    assert np.exp(constant + by_shots * np.log(10) + by_classes * np.log(4)) < 1
    assert min(made.novelty[1:]) >= 0, "farther from all classes is never less strange"
    assert made.nothing_found == pytest.approx(0.9 * 0.1 / (0.9 * 0.1 + 0.05 * 0.9))
    assert 0.3 <= made.spread <= 8.0
    save_calibration(tmp_path / "made.safetensors", made, {})
    content = (tmp_path / "made.safetensors").read_bytes()
    back = calibration_from(*read_safetensors(content, tmp_path, "path", "a calibration"))
    for name in ("temperature", "novelty", "nothing_found", "spread", "backbone"):
        assert getattr(back, name) == getattr(made, name)


def test_odds_that_are_known_are_found_and_slopes_below_zero_left_out(
    recipe: SimpleNamespace,
) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20_000, 3))
    odds = -1.0 + 2.0 * x[:, 0] + 0.5 * x[:, 1] - 1.0 * x[:, 2]
    y = (rng.random(len(x)) < 1 / (1 + np.exp(-odds))).astype(float)
    weights = np.full(len(x), 1 / len(x))
    found = recipe.episodes.weighted_logistic(x[:, :2], y, weights)
    assert found[1] / found[2] == pytest.approx(4.0, rel=0.15)
    found = recipe.episodes.weighted_logistic(x, y, weights)
    assert found[3] == 0
    assert found[1] > found[2] > 0


def test_pairs_of_draws_share_no_photograph(
    recipe: SimpleNamespace, outfits: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned: list[set[int]] = []

    def learn(views: Any, **_: object) -> dict[str, Any]:
        learned.append({id(ways[0]) for pictures in views for ways in pictures})
        return {}

    monkeypatch.setattr(recipe.spreading, "learn_regions", learn)
    made = recipe.spreading.pairs(None, outfits, 5, 4, np.random.default_rng(0))
    assert [first.classes[0] for first, _, _ in made] == list(outfits)
    for (_, _, rest), one, other in zip(made, learned[::2], learned[1::2], strict=True):
        asked = {id(view) for view in rest}
        assert len(one) == len(other) == 5 * len(outfits)
        assert not one & other
        assert asked
        assert not asked & (one | other)


def test_the_spread_gives_the_coverage_wanted(
    recipe: SimpleNamespace, shown: Any, outfits: Any
) -> None:
    spreading, rng = recipe.spreading, np.random.default_rng(1)
    spaces = {n: recipe.calibrate.space_of(o.rows, o.kinds, o.worn, 8) for n, o in shown.items()}
    base = recipe.calibrate.Calibration("none", spaces, temperature=(-1.5, 0.0, 0.0))
    made = spreading.pairs(base, outfits, 5, 4, rng)
    shares = [spreading.coverage(made, spread) for spread in (0.1, 1.0, 10.0)]
    assert shares[0] < shares[1] < shares[2]
    spread, covered = spreading.fit_spread(base, outfits, rng)
    assert covered == pytest.approx(spreading.WANTED_COVERAGE, abs=0.03)
    assert spreading.SPREADS[0] <= spread <= spreading.SPREADS[-1]
