"""The scripts of benchmarks: what they print where there is too little to tell."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def _scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "benchmarks"))


@pytest.fixture
def similarity(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The script, with scorers that say of a photograph what its own number makes of the draw."""
    module = importlib.import_module("similarity")

    def fitted(seed: int, support: dict[str, list[Any]], _wanted: str) -> Any:
        chance = np.random.default_rng([seed, *(p.id for m in support.values() for p in m)])

        def row() -> Any:
            low, middle, high = sorted(chance.random(3))
            values = {"similarity": middle, "interval": (low, high)}
            by_slot = {"upper": middle}
            return SimpleNamespace(**values, by_slot=by_slot, intervals={"upper": (low, high)})

        return SimpleNamespace(score=lambda views: [row() for _ in views])

    def styles(photos: list[Any]) -> list[Any]:
        return [(s, photos[k::4], []) for k, s in enumerate(module.STYLES)]

    monkeypatch.setattr(module, "fitted", fitted)
    monkeypatch.setattr(module, "_styles", styles)
    return module


@pytest.mark.parametrize("draws", [1, 3])
def test_one_draw_tells_no_standard_error(similarity: Any, draws: int) -> None:
    photos = [SimpleNamespace(id=number) for number in range(40)]
    found = similarity.covered(5, photos, {p.id: None for p in photos}, 2, draws)
    said = {"wanted": {"a": [0.2, 0.4], "b": [0.6]}, "other": {"c": [0.2] * draws}}
    result = {
        "draws": draws,
        "calibration error": 0.0625,
        "coverage": [found],
        "table 1, standard error": similarity.standard_errors(said),
    }
    text = similarity.table_of(result)
    assert f"| draws | {draws} |" in text
    assert "| calibration error | 0.0625 |" in text
    assert "| table 1, standard error: wanted, 2 photographs | 0.150 |" in text
    assert "| table 1, standard error: other, 1 photographs | - |" in text
    assert "| table 1, standard error: Top less Bottom | - |" in text
    errors = [line for line in text.splitlines() if "class" in line and "standard error" in line]
    assert len(errors) == 3
    assert [line.endswith("| - |") for line in errors] == [draws == 1] * 3
    assert f"| coverage, 2 photographs a class: overall | {found['overall']:.3f} |" in text
    assert "nan" not in text
