"""How an explanation shows itself in a notebook; all text is escaped."""

from __future__ import annotations

import base64
from html import escape
from typing import TYPE_CHECKING, Protocol

from stylesim.images import thumbnail_data_uri

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL import Image

    from stylesim._explaining import Nearest, Part

_SIDE = 360


class Explained(Protocol):
    """What is read of an explanation."""

    @property
    def sentence(self) -> str:
        """All in one sentence."""

    @property
    def method(self) -> str:
        """How the heat was found."""

    @property
    def parts(self) -> Sequence[Part]:
        """The garments."""

    @property
    def nearest(self) -> Sequence[Nearest]:
        """The nearest photographs."""

    @property
    def notes(self) -> Sequence[str]:
        """What was assumed."""

    def overlay(self) -> Image.Image:
        """The picture with its heat."""


def explanation_html(why: Explained) -> str:
    """A picture with its heat beside a table of its garments and the nearest photographs."""
    rows = "".join(
        f"<tr><td>{escape(part.name)}</td><td>{part.similarity:.2f}</td>"
        f"<td>{part.weight:.0%}</td><td>{part.heat:.0%}</td></tr>"
        for part in why.parts
    )
    table = (
        "<table><thead><tr><th>garment</th><th>similarity</th><th>counts</th><th>heat</th></tr>"
        f"</thead><tbody>{rows}</tbody></table>"
    )
    near = "".join(_figure(photograph) for photograph in why.nearest)
    notes = "".join(f"<p><em>{escape(note)}</em></p>" for note in why.notes)
    picture = thumbnail_data_uri(why.overlay(), _SIDE)
    return (
        '<div style="display:flex;gap:1em;align-items:flex-start">'
        f'<img src="{picture}" alt="heat map">'
        f"<div><p><strong>{escape(why.sentence)}</strong></p>{table}"
        f'<div style="display:flex;gap:.5em">{near}</div>{notes}'
        f"<p><small>Heat: {escape(why.method)}.</small></p></div></div>"
    )


def _figure(photograph: Nearest) -> str:
    named = photograph.source or f"number {photograph.place + 1}"
    text = escape(f"{photograph.label}: {named} ({photograph.cosine:.2f})")
    if photograph.thumbnail is None:
        return f"<span>{text}</span>"
    data = base64.b64encode(photograph.thumbnail).decode("ascii")
    source = f"data:image/png;base64,{data}"
    return f'<figure><img src="{source}" alt=""><figcaption>{text}</figcaption></figure>'
