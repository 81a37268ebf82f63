"""The calibration diagram: does 0.8 come true in 8 of 10 cases?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stylesim._charts import INK, LINES, MARKS, MUTED, RULE, finished, heading, panel, short, write
from stylesim._checks import check_whole
from stylesim.errors import expected

if TYPE_CHECKING:
    import numpy.typing as npt
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from stylesim.functional import Floats

_SIDE = 3.9
_Z = 1.6449  # of a 90% interval
_COUNTS = 0.12  # height of the counts at the foot
_LINE = 0.055  # of the height, for a line of text


def calibration_diagram(
    probability: npt.ArrayLike,
    truth: npt.ArrayLike,
    *,
    bins: int = 10,
    label: str | None = None,
    title: str | None = "Calibration",
    ax: Axes | None = None,
) -> Figure:
    """Probabilities that were given against how often they came true.

    On the dotted line, what was said with 0.8 came true in 8 of 10 cases; below it, too much was
    promised. Thin lines are 90% intervals (Wilson), for few cases say little; the
    columns at the foot tell how the cases are spread. Draw on the same axes twice, with a
    ``label`` each, to compare two.

    Args:
        probability: Array of shape (n,), 0 to 1: probability of the wanted class for each case;
            or of shape (n, c), of each class, of which the most probable is judged.
        truth: Array of shape (n,): whether each case is of the wanted class; or, for
            shape (n, c), its class number, 0 to c - 1.
        bins: Number of equally wide bins, at least 2.
        label: What the line is called.
        title: Shown above; None for none.
        ax: Axes to draw on; None makes a figure.

    Returns:
        The figure. The expected calibration error stands beside the label.

    Raises:
        MissingExtraError: matplotlib is not installed.
        InvalidArgumentError: The shapes do not fit each other, a number is out of range, there
            is no case, or ``ax`` is no axes.

    Examples:
        >>> figure = calibration_diagram([0.9, 0.9, 0.1, 0.1], [1, 1, 0, 1], label="head")
        >>> figure.axes[0].texts[0].get_text()
        'head: expected calibration error 0.25, 4 cases'

    Method: expected calibration error by M. Pakdaman Naeini, G. Cooper and M. Hauskrecht,
    Obtaining Well Calibrated Probabilities Using Bayesian Binning, AAAI 2015; intervals by E. B.
    Wilson, Probable Inference, the Law of Succession, and Statistical Inference, JASA 22, 1927.
    """
    sure, right = _judged(probability, truth)
    check_whole("bins", bins, "pass bins=10", 2)
    place = np.minimum((sure * bins).astype(int), bins - 1)
    counts = np.bincount(place, minlength=bins)
    full = np.flatnonzero(counts)
    said = np.bincount(place, sure, bins)[full] / counts[full]
    came = np.bincount(place, right, bins)[full] / counts[full]
    error = float((np.abs(said - came) * counts[full]).sum() / len(sure))
    axes = panel(ax, (_SIDE, _SIDE), (0.65, 0.5, 0.25, 0.55))
    turn = sum(line.get_gid() == "calibration" for line in axes.lines)
    if not turn:
        _frame(axes, title)
    colour = LINES[turn % len(LINES)]
    middle, reach = _wilson(came, counts[full])
    axes.vlines(said, middle - reach, middle + reach, color=colour, linewidth=1.0, alpha=0.7)
    axes.plot(
        said, came, color=colour, marker=MARKS[turn % len(MARKS)], markersize=5, gid="calibration"
    )
    foot = _COUNTS * counts / counts.max()
    if not turn:
        axes.bar((np.arange(bins) + 0.5) / bins, foot, 0.9 / bins, color=RULE, zorder=0)
    cases = f"{len(sure)} case" + "s" * (len(sure) != 1)
    name = f"{short(label, 24)}: expected" if label else "Expected"
    text = f"{name} calibration error {error:.2f}, {cases}"
    # The lines of the diagram end at 1, so they never cross what stands above.
    axes.set_ylim(0, 1.02 / (0.97 - _LINE * (turn + 1)))
    style = {"va": "top", "fontsize": 8, "color": colour, "transform": axes.transAxes}
    write(axes, 0.02, 0.98 - _LINE * turn, text, **style)
    return finished(axes)


def _frame(axes: Axes, title: str | None) -> None:
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1.0, linestyle=":", zorder=1)
    axes.set_xlim(0, 1)
    ticks = np.arange(6) / 5
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(ticks)
        axis.grid(visible=True, color=RULE, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, labelsize=8, labelcolor=INK)
    axes.set_xlabel("probability given (columns: number of cases)", fontsize=9, color=MUTED)
    axes.set_ylabel("how often it came true", fontsize=9, color=MUTED)
    for spine in axes.spines.values():
        spine.set_color(RULE)
    heading(axes, title)


def _judged(probability: npt.ArrayLike, truth: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Confidence of each case, and 1.0 where it came true."""
    try:
        given = np.asarray(probability, np.float64)
        true = np.asarray(truth, np.float64)
    except (TypeError, ValueError) as error:
        wish = "arrays of numbers"
        raise expected("probability", wish, probability, "pass one a case") from error
    wish = "numbers from 0 to 1, of shape (n,) or (n, c), at least one case"
    if given.ndim not in (1, 2) or not given.size:
        raise expected("probability", wish, f"shape {given.shape}", "pass one a case")
    if not ((given >= -1e-6) & (given <= 1 + 1e-6)).all():
        raise expected("probability", wish, "others", "pass probabilities")
    if true.shape != given.shape[:1]:
        wish = f"one a case, of shape ({len(given)},)"
        raise expected("truth", wish, f"shape {true.shape}", "pass one a case")
    classes = 2 if given.ndim == 1 else given.shape[1]
    if not np.isin(true, np.arange(classes)).all():
        wish = "True or False" if given.ndim == 1 else f"class numbers from 0 to {classes - 1}"
        raise expected("truth", wish, "others", "pass what each case is")
    given = given.clip(0, 1)
    if given.ndim == 1:
        return given, true
    return given.max(axis=1), (given.argmax(axis=1) == true).astype(np.float64)


def _wilson(share: Floats, n: npt.NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Middle and half width of the interval of a share of n cases."""
    middle = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    reach = _Z * np.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2)) / (1 + _Z**2 / n)
    return middle, reach
