"""Outfits: garments worn together."""

from __future__ import annotations

from stylesim._outfit import Outfit, OutfitPart

__all__ = ["Outfit", "OutfitPart"]
