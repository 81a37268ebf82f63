"""Draw the pictures of the documentation, from drawn clothes, so that anyone can draw them again.

    python scripts/make_figures.py [--out docs/figures] [--only closet outfits ...]

Learns the drawn "wannabe" style, scores drawn outfits and a closet, and writes one PNG a kind of
picture, each below 150 kB.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

import stylesim as ss
from stylesim import datasets, plotting
from stylesim.outfits import assemble

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_BYTES = 150_000
SEED = 3
JUDGED = 8  # drawn outfits of each style, to see how calibrated the probabilities are


class Journey:
    """What the pictures show, made when first asked for."""

    @cached_property
    def target(self) -> ss.StyleTarget:
        """Ten drawn outfits of each style."""
        pictures = {
            name: [outfit.image for outfit in datasets.make_style(name, n=10, seed=SEED + i)]
            for i, name in enumerate(datasets.STYLE_NAMES)
        }
        return ss.StyleTarget(pictures.pop("wannabe"), pictures)

    @cached_property
    def scorer(self) -> ss.SimilarityScorer:
        """A scorer that has learned the target."""
        return ss.SimilarityScorer(ss.LightweightClassifier().fit(self.target, progress=False))

    @cached_property
    def four(self) -> dict[str, Image.Image]:
        """The four outfits of the paper's Table 1."""
        return {n: one.image for n, one in datasets.make_outfits("wannabe", seed=SEED).items()}

    @cached_property
    def outfits(self) -> ss.SimilarityReport:
        """Their similarities."""
        return self.scorer.score(self.four)

    @cached_property
    def closet(self) -> tuple[ss.Wardrobe, dict[str, str]]:
        """A drawn closet and the names of its garments; some with price and wears."""
        wardrobe, names = ss.Wardrobe(), {}
        rng = np.random.default_rng(SEED)
        for drawn in datasets.make_closet(n=24, seed=SEED):
            told = {"price": float(rng.integers(15, 90)), "wears": int(rng.integers(1, 40))}
            garment = wardrobe.add(
                drawn.image, slot=drawn.slot, category=drawn.category, currency="EUR", **told
            )
            names[garment.id] = drawn.truth.title
        return wardrobe, names

    @cached_property
    def report(self) -> ss.SimilarityReport:
        """The similarity of every garment of the closet."""
        return self.scorer.score(self.closet[0])

    def similarity_table(self) -> Figure:
        """The table of the four outfits."""
        return plotting.similarity_table(self.outfits)

    def slot_bars(self) -> Figure:
        """Parts of the body, with intervals."""
        return plotting.slot_bars(self.outfits)

    def gaps(self) -> Figure:
        """Slots and garments with their verdicts."""
        wardrobe, names = self.closet
        return plotting.gap_chart(
            self.report.gaps(wardrobe), names=names, title="Gaps of the closet"
        )

    def closet_sheet(self) -> Figure:
        """The closet, most similar first."""
        return plotting.closet_sheet(self.report, self.closet[0], names=self.closet[1], columns=8)

    def outfit_board(self) -> Figure:
        """The best outfits."""
        wardrobe, names = self.closet
        outfits = assemble(wardrobe, self.scorer, k=4, report=self.report)
        return plotting.outfit_board(outfits, wardrobe, names=names, columns=4)

    def recommendations(self) -> Figure:
        """What a drawn shop has for the same closet without its skirts."""
        closet = ss.Wardrobe()
        for garment in self.closet[0]:
            if garment.category != "skirt":
                closet.add(garment.image_bytes, slot=garment.slot, category=garment.category)
        shop = ss.CatalogProvider(datasets.make_catalog(n=36, seed=SEED + 5).products)
        picks = ss.Recommender(self.scorer, shop).recommend(closet, k=5)
        return plotting.recommendation_sheet(picks, columns=5)

    def explanation(self) -> Figure:
        """Why the outfit whose top alone is similar gets its similarity."""
        why = self.scorer.explain(self.four["Top Similar"], target=self.target)
        return plotting.explanation_overlay(why)

    def calibration(self) -> Figure:
        """Probabilities of each style for drawn outfits, learned from only two a style."""
        few = ss.StyleTarget(
            self.target.images["wannabe"][:2],
            {name: self.target.images[name][:2] for name in self.target.classes[1:]},
        )
        scorer = ss.SimilarityScorer(ss.LightweightClassifier().fit(few, progress=False))
        pictures, truth = [], []
        for number, name in enumerate(few.classes):
            drawn = datasets.make_style(name, n=JUDGED, seed=SEED + 500 + number)
            pictures += [outfit.image for outfit in drawn]
            truth += [[float(name == other) for other in few.classes]] * JUDGED
        shares = np.asarray(scorer.score(pictures).table())
        return plotting.calibration_diagram(shares.ravel(), np.ravel(truth), bins=5)


FIGURES: dict[str, Callable[[Journey], Figure]] = {
    "similarity-table": Journey.similarity_table,
    "slot-bars": Journey.slot_bars,
    "gaps": Journey.gaps,
    "closet": Journey.closet_sheet,
    "outfits": Journey.outfit_board,
    "recommendations": Journey.recommendations,
    "explanation": Journey.explanation,
    "calibration": Journey.calibration,
}


def save_small(figure: Figure, path: Path) -> int:
    """Write a PNG below the limit; returns its bytes."""
    for dpi in (110, 96, 80, 64):
        buffer: Any = io.BytesIO()
        figure.savefig(buffer, dpi=dpi)
        with Image.open(buffer) as image:
            few = image.convert("RGB").quantize(256, kmeans=2, dither=Image.Dither.NONE)
        out = io.BytesIO()
        few.save(out, "PNG", optimize=True)
        if len(out.getvalue()) <= MOST_BYTES:
            break
    path.write_bytes(out.getvalue())
    return len(out.getvalue())


def main() -> None:
    """Draw the pictures asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--out", type=Path, default=Path("docs/figures"))
    parser.add_argument("--only", nargs="+", choices=list(FIGURES), default=list(FIGURES))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    journey = Journey()
    for name in args.only:
        path = args.out / f"{name}.png"
        print(f"{path}: {save_small(FIGURES[name](journey), path) / 1000:.0f} kB", flush=True)


if __name__ == "__main__":
    main()
