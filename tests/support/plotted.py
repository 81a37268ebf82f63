"""Reports and picks to draw pictures of, and what to read off the pictures."""

from __future__ import annotations

import numpy as np
from matplotlib.text import Text
from PIL import Image

from stylesim.products import Product
from stylesim.recommender import Recommendation
from stylesim.similarity import ItemSimilarity, SimilarityReport

CLASSES = ("wannabe", "sporty", "suit")
SIMILAR = "similarity 0.93, gain 0.20"


def report_of(*rows: ItemSimilarity) -> SimilarityReport:
    return SimilarityReport(CLASSES, rows)


def row(key: str, similarity: float, nearest: str = "suit", **by_slot: float) -> ItemSimilarity:
    rest = 1 - similarity
    shares = {"wannabe": similarity, "sporty": rest * 0.2, "suit": rest * 0.2}
    shares[nearest] += rest * 0.6
    return ItemSimilarity(key, similarity, shares, by_slot)


def pick(title: str = "Mint skirt", **changes: object) -> Recommendation:
    fields = {
        "id": "1",
        "title": title,
        "price": 42.5,
        "currency": "EUR",
        "url": "https://example.com/p/1",
        "image": Image.new("RGB", (20, 30), "teal"),
    }
    product = Product(**{**fields, **changes})
    return Recommendation(product=product, slot=None, similarity=0.93, gain=0.2)


def texts(figure) -> list[str]:
    return [t.get_text() for axes in figure.axes for t in axes.texts]


def drawn(figure) -> np.ndarray:
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3]


def inside(figure) -> None:
    """No text leaves the page."""
    figure.draw_without_rendering()
    page = figure.bbox
    for text in figure.findobj(Text):
        if text.get_text() and text.get_visible():
            box = text.get_window_extent()
            assert page.x0 <= box.x0 <= box.x1 <= page.x1, text.get_text()
            assert page.y0 <= box.y0 <= box.y1 <= page.y1, text.get_text()
