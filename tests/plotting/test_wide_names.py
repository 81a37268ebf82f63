"""Chinese, Japanese and Korean names: their characters fill two columns, and need fonts."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from plotted import inside, pick, report_of, row

from stylesim import _charts, plotting
from stylesim._charts import short, wrapped
from stylesim._study_figure import lines_figure
from stylesim._tables import width_of
from stylesim.study import EpochRow, EpochStudy

NAMES = [
    "민트색 플리츠 미디 스커트와 벨트가 있는 아주 긴 이름의 옷",
    "薄荷绿色百褶裙配腰带长款女士春夏新款显瘦气质",
    "ミントグリーンのプリーツスカート、ベルト付き、春夏新作",
]


@pytest.mark.parametrize(
    "text", [*NAMES, "a business-casual shirt", "street/0001.jpg", "", "x" * 99]
)
@pytest.mark.parametrize(("width", "lines"), [(8, 1), (13, 3), (32, 2)])
def test_lines_are_no_wider_than_asked(text: str, width: int, lines: int) -> None:
    found = wrapped(text, width, lines)
    assert 1 <= len(found) <= lines
    assert max(map(width_of, [*found, short(text, width)])) <= width
    whole = not found[-1].endswith("…")
    assert ("".join(found).replace(" ", "") == text.replace(" ", "")) == whole


@pytest.mark.filterwarnings("ignore:Glyph .* missing from font")
def test_wide_names_stay_on_the_page() -> None:
    report = report_of(*(row(name, 0.5, upper=0.5) for name in NAMES))
    for figure in (
        plotting.similarity_table(report),
        plotting.slot_bars(report),
        plotting.gap_chart(report),
        plotting.closet_sheet(report),
        plotting.recommendation_sheet([pick(name * 2) for name in NAMES]),
        lines_figure([1, 2], np.full((2, 3), 0.5), NAMES, NAMES[0], None),
    ):
        inside(figure)


def test_fonts_are_named_where_they_are_installed(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(_charts, "WIDE_FONTS", ("No Such Font", "DejaVu Serif"))
    figure = plotting.gap_chart(report_of(row("ー", 0.5), row("cap", 0.5)))
    wide, plain = figure.axes[0].get_yticklabels()
    assert wide.get_fontfamily()[-1] == "DejaVu Serif"
    assert "No Such Font" not in wide.get_fontfamily()
    assert "DejaVu Serif" not in plain.get_fontfamily()
    with caplog.at_level(logging.WARNING, logger="matplotlib.font_manager"):
        plotting.closet_sheet(report_of(row("cap", 0.5))).draw_without_rendering()
    assert not caplog.records


def test_the_text_of_a_study_stays_in_columns() -> None:
    shares = np.array([[0.9, 0.1], [0.4, 0.6]], np.float32)
    rows = (EpochRow(epochs=5, similarity=shares, loss=0.1, accuracy=1.0, seconds=0.1),)
    study = EpochStudy(classes=("a", "b"), tests=("치마", "blouse"), method="head", rows=rows)
    assert {width_of(line[: line.index("0.")]) for line in str(study).splitlines()[1:]} == {16}
