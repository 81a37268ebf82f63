"""Measure what comes with the bundled networks, so that similarities can be trusted.

    python recipes/calibrate.py --data ../shared/data

Looks through the bundled networks at photographs that they learned from, and writes to
``src/stylesim/weights`` how garments lie among the embeddings, temperatures, the odds of
"neither" and the width of intervals. To be run again whenever either network changes. Nothing of
the held-out quarter is looked at.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import attrs
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from episodes import (
    NO_CLOTHES,
    STYLES,
    Shown,
    by_region,
    fit_novelty,
    fit_temperature,
    kind_episodes,
    style_episodes,
)
from no_clothes import bare, shapes
from spreading import fit_spread

import stylesim as ss
from stylesim._calibration import SPACES, Calibration, save_calibration, space_of
from stylesim._views import PictureView
from stylesim.datasets import (
    CATEGORY_SLOTS,
    OUTFIT_CATEGORIES,
    load_clothing,
    load_outfits,
    outfit_groups,
)

PLACE = Path(__file__).parents[1] / "src/stylesim/weights/stylesim-n-calibration.safetensors"


def main() -> None:
    """Look, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--laid", type=int, default=900, help="photographs of laid-out garments")
    parser.add_argument("--street", type=int, default=1200, help="street photographs")
    parser.add_argument("--rank", type=int, default=48, help="directions kept of each space")
    parser.add_argument("--out", type=Path, default=PLACE)
    args = parser.parse_args()
    start = time.perf_counter()
    rng = np.random.default_rng(0)
    model = ss.LightweightClassifier()
    shown, outfits, none, nothing, something = look(model, args, rng)
    print(f"looked at in {time.perf_counter() - start:.0f} s", flush=True)
    calibration = calibrate(model, shown, outfits, none, (nothing, something), args.rank)
    notes = {"photographs": {r: len(set(s.pictures.tolist())) for r, s in shown.items()}}
    save_calibration(args.out, calibration, notes)
    print(f"{args.out.name}: {args.out.stat().st_size / 1e3:.0f} kB, "
          f"{time.perf_counter() - start:.0f} s in all")  # fmt: skip


def look(
    model: ss.LightweightClassifier, args: argparse.Namespace, rng: np.random.Generator
) -> tuple[dict[str, Shown], dict[str, list[PictureView]], np.ndarray, float, float]:
    """Embed photographs of the training part; and pictures without clothes."""
    photos = [p for p in load_outfits(args.data / "outfits") if not p.held_out]
    style_of = {p.id: s for s, members in outfit_groups(photos).items() for p in members}
    # Those that show a style first: they are few.
    ranks = {p.id: (style_of.get(p.id) not in STYLES, place) for place, p in enumerate(photos)}
    photos = sorted(photos, key=lambda p: ranks[p.id])[: args.street]
    clothing = [p for p in load_clothing(args.data / "garments") if not p.held_out]
    order = rng.permutation(len(clothing))
    laid = [clothing[place] for place in order[: args.laid]]
    corners = [clothing[place] for place in order[args.laid : args.laid + 120]]
    street_views = model.view([p.path for p in photos], progress=True)
    laid_views = model.view([p.path for p in laid], slots=[p.slot for p in laid], progress=True)
    empty = model.view([*bare(corners, rng), *shapes(120, rng)], progress=True)

    kinds: list[dict[str, str]] = []
    for photo in photos:
        worn: dict[str, str] = {"": ""}
        for tag in photo.slots:
            category = OUTFIT_CATEGORIES[tag]
            slot = str(CATEGORY_SLOTS[category])
            # Two kinds of one slot: which garment is which, nobody said.
            worn[slot] = category if worn.get(slot, category) == category else ""
        kinds.append(worn)
    kinds += [{str(p.slot): p.category} for p in laid]
    styles = [style_of.get(p.id, "") for p in photos] + [""] * len(laid)
    shown = by_region([*street_views, *laid_views], kinds, styles)
    groups = {
        style: [v for p, v in zip(photos, street_views, strict=True) if style_of.get(p.id) == style]
        for style in STYLES
    }
    parts = [part for view in empty for part in view.garments or (view.whole,)]
    none = np.stack([part.embedding for part in parts]).astype(np.float64)
    blind = float(np.mean([not view.garments for view in empty]))
    missed = sum(not view.garments for view in street_views)
    missed += sum(all(g.confidence == 0 for g in view.garments) for view in laid_views)
    return shown, groups, none, blind, (missed + 1) / (len(photos) + len(laid) + 2)


def calibrate(
    model: ss.LightweightClassifier,
    shown: dict[str, Shown],
    outfits: dict[str, list[PictureView]],
    none: np.ndarray,
    found_nothing: tuple[float, float],
    rank: int,
) -> Calibration:
    """All figures, each fitted with those before it."""
    spaces = {
        name: space_of(one.rows, np.where(one.kinds == "", "unknown", one.kinds), one.worn, rank)
        for name, one in shown.items()
        if name in SPACES
    }
    digest = model._base().source.digest  # type: ignore[attr-defined]
    kinds = model._base().kinds  # type: ignore[attr-defined]
    base = Calibration(digest, spaces, kinds=0 if kinds is None else len(kinds.names))
    rng = np.random.default_rng(1)
    episodes = [*kind_episodes(shown, base, 60, rng), *style_episodes(shown, base, 40, rng)]
    temperature = fit_temperature(episodes)
    novelty, areas = fit_novelty(episodes, none, rng)
    blind, missed = found_nothing
    nothing = blind * NO_CLOTHES / (blind * NO_CLOTHES + missed * (1 - NO_CLOTHES))
    base = attrs.evolve(
        base, temperature=temperature, novelty=novelty, nothing_found=min(nothing, 0.99)
    )
    alone = np.mean([np.log(t) for e in episodes for t in e.temperatures.values()])
    spread, covered = fit_spread(base, outfits, rng)
    base = attrs.evolve(base, spread=spread)
    print("log-temperature", np.round(temperature, 3), "of the targets", round(alone, 3))
    print("novelty", np.round(novelty, 2), "AUROC in training", areas)
    print("nothing found", round(nothing, 3), "spread", spread, "coverage", covered, flush=True)
    return base


if __name__ == "__main__":
    main()
