"""A report of three garments, and their pictures."""

from __future__ import annotations

import pytest
from PIL import Image
from plotted import report_of, row

from stylesim.similarity import SimilarityReport


@pytest.fixture
def report() -> SimilarityReport:
    return report_of(
        row("a", 0.25, upper=0.25),
        row("b", 0.91, upper=0.9, lower=0.92),
        row("c", 0.07, nearest="sporty", lower=0.07),
    )


@pytest.fixture
def pictures() -> list[Image.Image]:
    return [Image.new("RGB", (30 + 10 * i, 40), (40 * i, 90, 160)) for i in range(3)]
