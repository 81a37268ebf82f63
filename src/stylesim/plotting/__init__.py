"""Pictures of results, a function each: tables, bars, gaps, contact sheets, heat, calibration.

Every function returns a ``matplotlib.figure.Figure``: save it with ``figure.savefig("out.png")``.
Without ``ax`` the figure is new, has a canvas of its own and the size that its content asks for;
with ``ax``, axes of a figure of yours, it is drawn there and that figure returned. Nothing is
shown, written or changed elsewhere. Needs the extra ``stylesim[plot]``; matplotlib is first
loaded when a picture is made.

Long names are wrapped, text is never read as mathematics, and nothing is told by hue alone.
"""

from __future__ import annotations

from stylesim.plotting.calibration import calibration_diagram
from stylesim.plotting.explanations import explanation_overlay
from stylesim.plotting.page import journey
from stylesim.plotting.reports import gap_chart, similarity_table, slot_bars
from stylesim.plotting.sheets import closet_sheet, outfit_board, recommendation_sheet

__all__ = [
    "calibration_diagram",
    "closet_sheet",
    "explanation_overlay",
    "gap_chart",
    "journey",
    "outfit_board",
    "recommendation_sheet",
    "similarity_table",
    "slot_bars",
]
