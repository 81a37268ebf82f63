"""How much one visitor may send."""

from __future__ import annotations

import attrs


@attrs.frozen(kw_only=True)
class Limits:
    """Bounds that keep a small server standing; all of them can be set.

    Attributes:
        request_bytes: Of one request, all files together.
        photo_bytes: Of one photograph.
        photo_pixels: Of one photograph, width x height, read from its header.
        style_photos: Photographs of one style.
        styles: Contrast styles.
        garments: Clothes in one closet.
        products: Rows of an uploaded catalogue.
        name_length: Characters of a style's name.
        sessions: Visitors at a time.
        idle_seconds: After which what a visitor left behind is deleted.
    """

    request_bytes: int = 150_000_000
    photo_bytes: int = 15_000_000
    photo_pixels: int = 50_000_000
    style_photos: int = 10
    styles: int = 8
    garments: int = 200
    products: int = 2_000
    name_length: int = 40
    sessions: int = 20
    idle_seconds: float = 3_600.0
