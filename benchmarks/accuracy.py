"""How well stylesim tells styles and finds garments, beside the alternatives, on real photographs.

    python benchmarks/accuracy.py --data ../shared/data [--systems stylesim checkpoint ...]

Systems: ``stylesim`` (garments found, bundled weights), ``stylesim-whole`` (the same weights on
whole pictures), ``checkpoint`` (a YOLOv8n-cls of ImageNet, frozen, whole pictures), ``paper`` (the
same fine-tuned by Ultralytics, 20 epochs, as in the paper), ``lite2`` (EfficientNet-Lite2 of
ImageNet, whole pictures; needs the extra ``recipes``).
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from protocol import (
    STYLES,
    Array,
    gap_aucs,
    iou,
    style_draws,
    table_one,
    target_of,
    ten_shot,
)

import stylesim as ss
from stylesim._head import fit_head
from stylesim.classifier import PictureView
from stylesim.datasets import OutfitPhoto, load_clothing, load_outfits, make_closet

SLOTS = ("top", "outer", "full", "bottom", "shoes", "headwear", "bag")


def system(name: str, checkpoint: Path) -> ss.LightweightClassifier:
    """A fresh classifier of each system."""
    whole = ss.WholePictureFinder()
    if name == "stylesim":
        return ss.LightweightClassifier()
    if name == "stylesim-whole":
        return ss.LightweightClassifier(finder=whole)
    if name == "checkpoint":
        return ss.LightweightClassifier(weights=checkpoint, finder=whole)
    if name == "paper":
        return ss.LightweightClassifier(weights=checkpoint, method="finetune")
    if name == "lite2":
        sys.path.insert(0, str(Path(__file__).parents[1] / "recipes"))
        from common import compiled
        from teacher import SIDE, lite2
        from torch import from_numpy

        run = compiled(lite2(), 2, SIDE)

        def embed(images: list) -> Array:  # type: ignore[type-arg]
            arrays = (np.asarray(i.resize((SIDE, SIDE)), np.float32) / 255 for i in images)
            rows = np.concatenate([run(from_numpy(a.transpose(2, 0, 1)[None])) for a in arrays])
            return rows / np.linalg.norm(rows, axis=1, keepdims=True)

        backbone = ss.FunctionBackbone(embed, name="efficientnet-lite2", dim=1280)
        return ss.LightweightClassifier(backbone=backbone, finder=whole)
    raise SystemExit(f"no system {name!r}")


def head(x: Array, y: Array, n: int, seed: int):  # type: ignore[no-untyped-def]
    """Class probabilities of the library's own linear head."""
    return fit_head(x, y, n, epochs=20, seed=seed).proba


def similarity(
    model: ss.LightweightClassifier,
    support: Mapping[str, Sequence[OutfitPhoto]],
    wanted: str,
    views: Sequence[PictureView],
) -> Array:
    """Similarity of pictures to one of the styles, (n,); the model learns it anew."""
    scorer = ss.SimilarityScorer(model.fit(target_of(support, wanted), progress=False))
    return np.array([row.similarity for row in scorer.score(views)])


def measure(name: str, args: argparse.Namespace) -> dict[str, object]:
    """All figures of one system."""
    clothing = [p for p in load_clothing(args.data / "garments") if p.held_out]
    photos = [p for p in load_outfits(args.data / "outfits") if p.held_out]
    model = system(name, args.data / "checkpoints" / "yolov8n-cls-finetuned.pt")
    labels = np.array([p.label for p in clothing])
    out: dict[str, object] = {}
    draws = args.draws
    frozen = model.method == "head"
    if frozen:
        laid = model.view([p.path for p in clothing])
        street = {
            p.id: v for p, v in zip(photos, model.view([p.path for p in photos]), strict=True)
        }
        vectors = model.embed([p.path for p in clothing])
        shots = ten_shot(vectors, labels, head, args.shots)
        out["10-shot"] = float(np.mean(shots[:20]))
        out["10-shot, all draws"] = {"draws": len(shots), "mean": float(np.mean(shots))}
    else:
        draws = min(draws, args.finetunes)
    tables, gaps, alone = [], [], []
    for support, rest in style_draws(photos, draws):
        model.fit(target_of(support, STYLES[0]), progress=False)
        if not frozen:
            laid = model.view([p.path for p in clothing])
            street = {
                p.id: v for p, v in zip(photos, model.view([p.path for p in photos]), strict=True)
            }
        scorer = ss.SimilarityScorer(model)

        def probabilities(views: list, scorer: ss.SimilarityScorer = scorer) -> Array:  # type: ignore[type-arg]
            return np.array([list(r.by_class.values()) for r in scorer.score(views)])

        tables.append(
            table_one(
                {g: probabilities([street[p.id] for p in members]) for g, members in rest.items()}
            )
        )
        among = probabilities(laid)
        alone.append(gap_aucs(among, labels))
        # A network that was tuned knows no wanted class and no "neither".
        asked = [similarity(model, support, style, laid) for style in STYLES] if frozen else among.T
        gaps.append(gap_aucs(np.transpose(asked), labels))
    out["table 1"] = {k: float(np.mean([t[k] for t in tables])) for k in tables[0]}
    out["gaps"] = {k: float(np.mean([g[k] for g in gaps])) for k in gaps[0]}
    values = list(out["gaps"].values())  # type: ignore[attr-defined]
    out["gap AUC mean"], out["gap AUC worst"] = float(np.mean(values)), min(values)
    out["gaps, lowest draw"] = {k: min(g[k] for g in gaps) for k in gaps[0]}
    values = [float(np.mean([g[k] for g in alone])) for k in alone[0]]
    out["gap AUC without neither"] = {"mean": float(np.mean(values)), "worst": min(values)}
    out["draws"] = draws
    if name == "stylesim":
        out["finder"] = finder(clothing, photos)
        out["speed"] = speed(model, clothing, photos)
    return out


def outlines(photos: list[OutfitPhoto], *, fine: bool) -> dict[str, dict[str, float]]:
    """Outlines on street photographs against drawn masks, by slot."""
    from stylesim.datasets import OUTFIT_CATEGORIES

    per_photo: dict[str, list[float]] = {s: [] for s in SLOTS}
    pooled = {s: np.zeros(2) for s in SLOTS}
    for photo in photos:
        mask = photo.mask()
        if mask is None:
            continue
        found: dict[str, Array] = {}
        for garment in ss.find_garments(photo.path, fine=fine):
            if garment.mask is not None:
                slot = str(garment.slot)
                found[slot] = found.get(slot, np.zeros_like(garment.mask)) | garment.mask
        for slot in SLOTS:
            names = [n for n in photo.labels if n in OUTFIT_CATEGORIES and slot_of(n) == slot]
            truth = np.isin(mask, [photo.labels.index(n) for n in names])
            if truth.mean() > 0.002:
                per_photo[slot].append(iou(found.get(slot), truth))
            seen = found.get(slot, np.zeros_like(truth))
            pooled[slot] += [(seen & truth).sum(), (seen | truth).sum()]
    return {
        "IoU, mean over photographs": {s: float(np.mean(v)) for s, v in per_photo.items() if v},
        "IoU, all pixels": {s: float(a / max(b, 1)) for s, (a, b) in pooled.items()},
    }


def finder(clothing: list, photos: list[OutfitPhoto]) -> dict[str, object]:  # type: ignore[type-arg]
    """Outlines of what is worn; slots of laid-out and of drawn garments."""
    right = nothing = 0
    for photo in clothing:
        garments = ss.find_garments(photo.path)
        nothing += not garments
        right += bool(garments) and garments[0].slot is photo.slot
    drawn = make_closet(90, seed=5)
    told = [ss.find_garments(garment.image) for garment in drawn]
    return {
        "slot accuracy, drawn": float(
            np.mean([bool(t) and t[0].slot is g.slot for t, g in zip(told, drawn, strict=True)])
        ),
        **outlines(photos, fine=True),
        "by which garments are embedded": outlines(photos, fine=False),
        "slot accuracy, laid out": right / len(clothing),
        "nothing found, laid out": nothing / len(clothing),
    }


def slot_of(label: str) -> str:
    """Slot of a label of Clothing Co-Parsing."""
    from stylesim.datasets import CATEGORY_SLOTS, OUTFIT_CATEGORIES

    return str(CATEGORY_SLOTS[OUTFIT_CATEGORIES[label]])


def speed(model: ss.LightweightClassifier, clothing: list, photos: list) -> dict[str, float]:  # type: ignore[type-arg]
    """Median milliseconds of finding, and of finding and embedding, one picture at a time."""
    out = {}
    for kind, records in (("street", photos[:40]), ("laid out", clothing[:40])):
        steps = {
            "read and find": lambda path: ss.find_garments(path, fine=False),
            "read, find and embed": lambda path: model.view([path]),
            "read and find, fine outlines": ss.find_garments,
        }
        taken: dict[str, list[float]] = {name: [] for name in steps}
        for record in records:
            for name, step in steps.items():
                start = time.perf_counter()
                step(record.path)
                taken[name].append(time.perf_counter() - start)
        out |= {f"{kind}: {name}, ms": 1000 * float(np.median(t)) for name, t in taken.items()}
    return out


def main() -> None:
    """Measure every system asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument(
        "--systems",
        nargs="+",
        default=["stylesim", "stylesim-whole", "checkpoint", "paper", "lite2"],
    )
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--shots", type=int, default=200, help="draws of 10-shot; 20 are told")
    parser.add_argument("--finetunes", type=int, default=2, help="draws of the slow `paper` system")
    parser.add_argument("--out", type=Path, default=Path("out/accuracy.json"))
    args = parser.parse_args()
    results: dict[str, object] = {
        "machine": platform.machine(),
        "python": platform.python_version(),
    }
    args.out.parent.mkdir(parents=True, exist_ok=True)
    for name in args.systems:
        start = time.perf_counter()
        results[name] = measure(name, args)
        print(
            name,
            f"({time.perf_counter() - start:.0f} s)",
            json.dumps(results[name], indent=1),
            flush=True,
        )
        args.out.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
