"""All warnings are of one tree, so that one filter is enough."""

from __future__ import annotations

import pytest

import stylesim as ss
from stylesim.providers.base import SkippedProductWarning
from stylesim.wardrobe import SkippedImageWarning


@pytest.mark.parametrize("kind", [SkippedImageWarning, SkippedProductWarning])
def test_every_warning_is_a_style_sim_warning(kind: type[Warning]) -> None:
    assert issubclass(kind, ss.StyleSimWarning)
