"""Small pieces of HTML for notebooks; whatever comes from outside is escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from stylesim.errors import StyleSimError
from stylesim.images import load_image, thumbnail_data_uri

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stylesim.types import ImageLike

MOST_ROWS = 200
_SIDE = 72


def text(value: object) -> str:
    """Escape anything for the inside of an element or a quoted attribute."""
    return escape(str(value), quote=True)


def link(address: str, shown: str) -> str:
    """A link that opens apart and tells nothing of the page; plain text unless http or https.

    Examples:
        >>> link("javascript:alert(1)", "<b>")
        '&lt;b&gt;'
    """
    if not address.lower().startswith(("http://", "https://")):
        return text(shown)
    return f'<a href="{text(address)}" target="_blank" rel="noopener noreferrer">{text(shown)}</a>'


def thumbnail(image: ImageLike | None, side: int = _SIDE) -> str:
    """A small picture inside the page; nothing where it can no longer be read."""
    if image is None:
        return ""
    try:
        source = thumbnail_data_uri(load_image(image, shrink_to=side), side)
    except StyleSimError:
        return ""
    return f'<img src="{source}" alt="">'


def table(head: Sequence[object], rows: Iterable[Sequence[str]], notes: Iterable[str] = ()) -> str:
    """A table of cells that are HTML already, below a head of plain text."""
    top = "".join(f"<th>{text(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows)
    below = "".join(f"<p><em>{text(note)}</em></p>" for note in notes)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>{below}"
