"""Whether what is recommended closes a known hole in a closet, on held-out photographs.

    python benchmarks/hits.py --data ../shared/data [--draws 3]

Each draw: ten street photographs of a wanted style and ten of each contrast style; a closet of
garments that people laid out and photographed, complete but for one slot, where it has nothing
("missing") or only what does not belong to the style ("wrong"); and a catalogue of other people's
garments, of which some are of the right slot and category. What is counted: the
draws in which one of the five first picks is, and the share of right ones among the five; by gain
and, from the same scores, by similarity alone, which does not look at the closet.
"""

from __future__ import annotations

import argparse
import json
import math
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from protocol import BELONGING, STYLES, style_draws

import stylesim as ss
from stylesim.classifier import PictureView
from stylesim.datasets import ClothingPhoto, load_clothing, load_outfits
from stylesim.errors import StyleTargetWarning
from stylesim.images import content_hash

FIRST = 5
PARTS = ("upper", "lower")
HOLES = ("missing", "wrong")
CLOSET, RIGHT, OTHERS = 8, 6, 34
#: Worn on neither part alone, or of no known kind.
LEFT_OUT = {"Dress", "Body", "Not sure", "Other", "Skip"}
SLOTS = {"upper": {"top", "outer"}, "lower": {"bottom"}}


class Remembered:
    """A classifier that looks at each photograph once, whatever style it has learned since."""

    def __init__(self, model: ss.LightweightClassifier) -> None:
        self.model, self.seen = model, dict[Any, PictureView]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)

    @property
    def classes_(self) -> Sequence[str]:
        """As the classifier's."""
        return self.model.classes_

    @property
    def view_key(self) -> str:
        """As the classifier's."""
        return self.model.view_key

    def proba_by_region(self, views: Sequence[PictureView]) -> list[dict[str, Any]]:
        """As the classifier's."""
        return self.model.proba_by_region(views)

    def view(self, images: Sequence[Any], *, slots: Any = None, **_: Any) -> list[PictureView]:
        """As the classifier's, each picture once."""
        slots = slots or [None] * len(images)
        keys = [(content_hash(image), slot) for image, slot in zip(images, slots, strict=True)]
        new = list({key: i for i, key in enumerate(keys) if key not in self.seen}.values())
        views = self.model.view([images[i] for i in new], slots=[slots[i] for i in new])
        self.seen |= {keys[i]: view for i, view in zip(new, views, strict=True)}
        return [self.seen[key] for key in keys]


def take(photos: Sequence[ClothingPhoto], count: int, rng: np.random.Generator) -> list[Any]:
    """Some of the photographs."""
    return [photos[i] for i in rng.permutation(len(photos))[:count]]


def scene(
    clothing: Sequence[ClothingPhoto], style: str, part: str, hole: str, rng: np.random.Generator
) -> tuple[list[ClothingPhoto], list[ClothingPhoto], set[str]]:
    """A closet with a hole, a catalogue of other people's clothes, and the ids that are right."""
    senders = sorted({photo.sender for photo in clothing})
    owners = set(rng.permutation(senders)[: len(senders) // 2].tolist())
    mine = [photo for photo in clothing if photo.sender in owners]
    shop = [photo for photo in clothing if photo.sender not in owners]
    other = "lower" if part == "upper" else "upper"
    (yes, no), (good, _) = BELONGING[style, part], BELONGING[style, other]
    closet = take([p for p in mine if p.label in good], CLOSET // 2, rng)
    closet += take([p for p in mine if p.slot in SLOTS[other]], CLOSET // 2, rng)
    if any(p.slot == "outer" and p.label in yes for p in clothing):
        # Nobody wears a coat on its own: the hole is in the outerwear, over tops of other styles.
        closet += take([p for p in mine if p.label in no and p.slot == "top"], CLOSET // 2, rng)
        no = tuple({p.label for p in clothing if p.slot == "outer"} - set(yes))
    if hole == "wrong":
        closet += take([p for p in mine if p.label in no], CLOSET // 2, rng)
    right = take([p for p in shop if p.label in yes], RIGHT, rng)
    rest = [p for p in shop if p.label not in yes]
    known = {photo.id for photo in right}
    return list({p.id: p for p in closet}.values()), right + take(rest, OTHERS, rng), known


def draw_of(
    model: Any, clothing: Sequence[ClothingPhoto], style: str, part: str, hole: str, seed: int
) -> dict[str, tuple[bool, float]]:
    """Hit, and share of right ones, by each way of ranking."""
    rng = np.random.default_rng([seed, STYLES.index(style), PARTS.index(part), HOLES.index(hole)])
    owned, shelf, right = scene(clothing, style, part, hole, rng)
    scorer = ss.SimilarityScorer(model)
    closet = ss.Wardrobe()
    for photo in owned:
        closet.add(photo.path, slot=photo.slot, category=photo.category)
    products = [
        ss.Product(
            p.id, p.label, f"https://shop.example/{p.id}",
            image=p.path, slot=p.slot, category=p.category,
        )
        for p in shelf
    ]  # fmt: skip
    views = model.view([p.path for p in shelf], slots=[p.slot for p in shelf])
    rows = scorer.score(views)
    order = sorted(range(len(shelf)), key=lambda i: (-rows[i].similarity, shelf[i].id))
    found = {"similarity alone": [shelf[i].id for i in order[:FIRST]]}
    recommender = ss.Recommender(scorer, ss.CatalogProvider(products))
    found["gain"] = [pick.product.id for pick in recommender.recommend(closet, k=FIRST)]
    return {
        way: (bool(right & set(ids)), len(right & set(ids)) / FIRST) for way, ids in found.items()
    }


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("out/hits.json"))
    args = parser.parse_args()
    start = time.perf_counter()
    # Ten street photographs are what they are; that some styles look alike is part of the test.
    warnings.filterwarnings("ignore", category=StyleTargetWarning)
    clothing = [p for p in load_clothing(args.data / "garments") if p.held_out and not p.kids]
    clothing = [p for p in clothing if p.label not in LEFT_OUT]
    photos = [p for p in load_outfits(args.data / "outfits") if p.held_out]
    learner = ss.LightweightClassifier()
    model = Remembered(learner)
    cases: dict[str, list[dict[str, tuple[bool, float]]]] = {}
    for seed, (support, _) in enumerate(style_draws(photos, args.draws)):
        for style in STYLES:
            contrast = {s: [p.path for p in support[s]] for s in STYLES if s != style}
            wanted = [p.path for p in support[style]]
            learner.fit(ss.StyleTarget(wanted, contrast), progress=False)
            for part in PARTS:
                for hole in HOLES:
                    case = draw_of(model, clothing, style, part, hole, seed)
                    cases.setdefault(f"{style}, {part}, {hole}", []).append(case)
    everything = [case for some in cases.values() for case in some]
    ways = ("gain", "similarity alone")
    results: dict[str, Any] = {
        way: {
            "hit rate": float(np.mean([case[way][0] for case in everything])),
            "right among five": float(np.mean([case[way][1] for case in everything])),
        }
        for way in ways
    }
    results["draws"], results["cases"] = args.draws, len(everything)
    total = RIGHT + OTHERS
    results["hit rate of chance"] = 1 - math.comb(OTHERS, FIRST) / math.comb(total, FIRST)
    results["by case"] = {
        name: {way: float(np.mean([case[way][0] for case in some])) for way in ways}
        for name, some in cases.items()
    }
    results["seconds"] = time.perf_counter() - start
    print(json.dumps(results, indent=1))
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
