"""The shapes of the JSON interface."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

Share = float
"""A probability, 0 to 1."""


class PhotoOut(BaseModel):
    """A photograph of a style."""

    id: str
    name: str


class StyleOut(BaseModel):
    """A style and what could not be added to it."""

    name: str
    photos: list[PhotoOut]
    problems: list[str] = []


class GarmentOut(BaseModel):
    """An owned garment."""

    id: str
    name: str
    slot: str | None
    category: str | None
    picture: str


class ClosetOut(BaseModel):
    """The closet and what could not be added to it."""

    garments: list[GarmentOut]
    problems: list[str] = []


class CatalogOut(BaseModel):
    """The catalogue and what of it cannot be used."""

    name: str
    products: int
    problems: list[str] = []


class StatusOut(BaseModel):
    """Where the comparison stands; ``stale`` where something has changed since."""

    state: Literal["none", "running", "done", "failed"]
    step: str | None = None
    error: str | None = None
    stale: bool = False
    advice: list[str] = []


class SimilarityOut(BaseModel):
    """How near one garment comes."""

    id: str
    name: str
    slot: str | None
    category: str | None
    similarity: Share = Field(ge=0, le=1)
    by_class: dict[str, Share]
    by_slot: dict[str, Share]
    assumed: str | None


class SimilaritiesOut(BaseModel):
    """Every garment, in the order of adding; the first class is the wanted one."""

    classes: list[str]
    garments: list[SimilarityOut]


class GarmentGapOut(SimilarityOut):
    """What becomes of one garment: ``keep``, ``maybe`` or ``let go``."""

    verdict: str
    why: str
    versatility: int | None


class SlotGapOut(BaseModel):
    """How near the closet comes in one slot; ``status`` is that of ``stylesim.gaps.SlotGap``."""

    slot: str
    status: str
    count: int
    best: Share | None
    best_id: str | None
    unlocks: int | None
    words: str


class GapsOut(BaseModel):
    """What is furthest from the wanted style first, and what is missing."""

    good_outfits: int
    garments: list[GarmentGapOut]
    slots: list[SlotGapOut]


class PickOut(BaseModel):
    """A product that would bring the closet nearer."""

    title: str
    url: str
    price: float | None
    currency: str | None
    brand: str | None
    slot: str | None
    picture: str | None
    similarity: Share
    gain: Share
    unlocks: int
    reason: str


class LeftOutOut(BaseModel):
    """A product that was left out, and why."""

    title: str
    why: str


class PicksOut(BaseModel):
    """Products, best first."""

    picks: list[PickOut]
    owned: list[LeftOutOut]
    skipped: list[str]


class ProblemsOut(BaseModel):
    """What could not be taken."""

    problems: list[str]
