"""Networks compute in single precision, whatever a program makes its own tensors in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from stylesim import datasets
from stylesim.backbones import YoloBackbone, garment_weights

PICTURE = datasets.make_style("wannabe", 1)[0].image


@contextmanager
def default(kind: torch.dtype) -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(kind)
    try:
        yield
        assert torch.get_default_dtype() == kind
    finally:
        torch.set_default_dtype(before)


@pytest.mark.parametrize("kind", [torch.float64, torch.float16])
def test_vectors_are_the_same(weights_file: Path, kind: torch.dtype) -> None:
    usual = YoloBackbone(weights_file, image_size=64).embed([PICTURE])
    with default(kind):
        again = YoloBackbone(weights_file, image_size=64).embed([PICTURE])
    assert np.array_equal(again, usual)


@pytest.mark.parametrize("kind", [torch.float64, torch.float16])
def test_garments_are_the_same(kind: torch.dtype) -> None:
    pixels = np.asarray(PICTURE)
    (usual,) = garment_weights.bundled_reader("cpu").read([pixels])
    load: Any = garment_weights._reader  # anew: what was loaded before is kept
    with default(kind):
        (again,) = load.__wrapped__("cpu").read([pixels])
    assert [one.category for one in again] == [one.category for one in usual]
    assert [one.confidence for one in again] == [one.confidence for one in usual]
    assert usual
