"""The paper's Table 1: a row an item, a column a class."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from stylesim.types import FloatArray


@attrs.frozen(eq=False, repr=False)
class SimilarityTable:
    """Class probabilities of items: a row an item, a column a class, the wanted one first.

    It is read as an array: ``table[0]``, ``table[:, 0]``, ``numpy.asarray(table)``.

    Attributes:
        classes: Names of the columns.
        ids: Names of the rows.
        values: float32 array of shape (n, classes), 0 to 1; each row sums to 1.

    Examples:
        >>> import numpy as np
        >>> table = SimilarityTable(("wannabe", "suit"), ("a",), np.array([[0.9, 0.1]]))
        >>> print(table)
           wannabe  suit
        a     0.90  0.10
        >>> table.shape, float(table[0, 1])
        ((1, 2), 0.1)
    """

    classes: tuple[str, ...]
    ids: tuple[str, ...]
    values: FloatArray

    @property
    def shape(self) -> tuple[int, int]:
        """Number of items and of classes."""
        return len(self.ids), len(self.classes)

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[FloatArray]:
        return iter(self.values)

    def __getitem__(self, place: Any) -> Any:
        return self.values[place]

    def __array__(
        self, dtype: npt.DTypeLike | None = None, copy: bool | None = None
    ) -> npt.NDArray[Any]:
        return np.array(self.values, dtype=dtype, copy=None if copy is None else bool(copy))

    def to_dicts(self) -> list[dict[str, str | float]]:
        """One dict a row: ``"id"``, then each class."""
        return [
            {"id": name, **{label: float(v) for label, v in zip(self.classes, row, strict=True)}}
            for name, row in zip(self.ids, self.values, strict=True)
        ]

    def to_markdown(self) -> str:
        """A table for a Markdown page; bars and marks in names are escaped."""
        head = ["", *map(_marked, self.classes)]
        lines = [head, ["---", *["---:"] * len(self.classes)]]
        lines += [
            [_marked(name), *(f"{value:.2f}" for value in row)]
            for name, row in zip(self.ids, self.values, strict=True)
        ]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)

    def __str__(self) -> str:
        rows = [[f"{value:.2f}" for value in row] for row in self.values]
        return aligned(
            ["", *self.classes], [[i, *row] for i, row in zip(self.ids, rows, strict=True)]
        )

    def __repr__(self) -> str:
        return f"SimilarityTable({len(self)} items x {len(self.classes)} classes)"


def aligned(head: list[str], rows: list[list[str]], *, left: int = 1) -> str:
    """Text in columns: the first ``left`` to the left, the others to the right."""
    lines = [[_one_line(cell) for cell in line] for line in (head, *rows)]
    widths = [max(width_of(line[i]) for line in lines) for i in range(len(head))]

    def padded(cell: str, i: int) -> str:
        space = " " * (widths[i] - width_of(cell))
        return cell + space if i < left else space + cell

    return "\n".join(
        "  ".join(padded(cell, i) for i, cell in enumerate(line)).rstrip() for line in lines
    )


def width_of(cell: str) -> int:
    """Columns that a text fills: Chinese, Japanese and Korean characters fill two.

    Examples:
        >>> width_of("skirt"), width_of("치마")
        (5, 4)
    """
    return sum(1 + (unicodedata.east_asian_width(char) in "WF") for char in cell)


def _one_line(cell: str) -> str:
    return "".join(char if char.isprintable() else " " for char in cell)


def _marked(cell: str) -> str:
    return "".join("\\" + char if char in "\\`*_{}[]<>|#" else char for char in _one_line(cell))
