"""A quick look at a backbone on the held-out quarter while it trains.

The figures that count come from `benchmarks/accuracy.py`, which goes through the public API;
these use GrabCut masks and a shrinkage LDA, and only rank one recipe against another.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from protocol import BELONGING, STYLES, auc

from stylesim.datasets import OutfitPhoto, outfit_groups


def group_of(tags: list[str]) -> str | None:
    """The group of the four-image experiment that a photograph belongs to."""
    photo = OutfitPhoto("", Path(), tuple(tags), None, ())
    return next((name for name, found in outfit_groups([photo]).items() if found), None)


def lda(x: np.ndarray, y: np.ndarray, query: np.ndarray, shrink: float = 0.5) -> np.ndarray:
    """Class probabilities of a shrinkage LDA, (n, classes)."""
    classes = np.arange(y.max() + 1)
    means = np.stack([x[y == c].mean(0) for c in classes])
    within = x - means[y]
    cov = within.T @ within / max(len(x) - len(classes), 1)
    cov = (1 - shrink) * cov + shrink * np.trace(cov) / len(cov) * np.eye(len(cov))
    w = np.linalg.solve(cov, means.T)
    score = query @ w - 0.5 * (means.T * w).sum(0)
    score -= score.max(1, keepdims=True)
    p = np.exp(score)
    return p / p.sum(1, keepdims=True)


def ten_shot(z: np.ndarray, label: np.ndarray, draws: int = 20) -> float:
    rng = np.random.default_rng(0)
    names = [c for c in sorted(set(label)) if (label == c).sum() >= 20]
    scores = []
    for _ in range(draws):
        order = [rng.permutation(np.flatnonzero(label == c))[:20] for c in names]
        support = np.concatenate([o[:10] for o in order])
        query = np.concatenate([o[10:] for o in order])
        y = np.repeat(np.arange(len(names)), 10)
        scores.append((lda(z[support], y, z[query]).argmax(1) == y).mean())
    return float(np.mean(scores))


def regions(z: np.ndarray, test: dict[str, np.ndarray]) -> dict[str, dict[str, np.ndarray]]:
    """Street photograph -> region -> area-weighted unit mean of its garments' features."""
    sums: dict[str, dict[str, np.ndarray]] = {}
    for i in np.flatnonzero(test["kind"] == "worn"):
        key = test["id"][i].split(":")[0]
        slot = test["slot"][i]
        for region in {
            "top": ["upper"],
            "outer": ["upper"],
            "full": ["upper", "lower"],
            "bottom": ["lower"],
        }.get(slot, []):
            place = sums.setdefault(key, {})
            place[region] = place.get(region, 0) + z[i] * test["area"][i]
    return {k: {r: v / np.linalg.norm(v) for r, v in d.items()} for k, d in sums.items()}


def evaluate(
    work: Path, embed: Callable[[np.ndarray], np.ndarray], draws: int = 10
) -> dict[str, object]:
    """Ten-shot accuracy, gap AUC and the real Table 1 of an embedding of stored crops."""
    test = dict(np.load(work / "test.npz"))
    z = embed(np.load(work / "test_crops.npy", mmap_mode="r"))
    laid = test["kind"] == "laid"
    out: dict[str, object] = {"ten_shot": round(ten_shot(z[laid], test["label"][laid]), 3)}
    place = regions(z, test)
    groups: dict[str, list[str]] = {}
    for key, tags in json.loads((work / "tags.json").read_text()).items():
        group = group_of(tags)
        if group and key in place and {"upper", "lower"} <= set(place[key]):
            groups.setdefault(group, []).append(key)
    gaps: dict[tuple[str, str], list[float]] = {}
    table: dict[str, list] = {}
    four, aucs = [], []
    for draw in range(draws):
        rng = np.random.default_rng(draw)
        order = {g: list(rng.permutation(keys)) for g, keys in groups.items()}
        y = np.repeat(np.arange(4), 10)
        support = {
            r: np.stack([place[k][r] for s in STYLES for k in order[s][:10]])
            for r in ("upper", "lower")
        }
        for (style, region), (yes, no) in BELONGING.items():
            label, zl = test["label"][laid], z[laid]
            p = lda(support[region], y, zl)[:, STYLES.index(style)]
            gaps.setdefault((style, region), []).append(
                auc(p[np.isin(label, yes)], p[np.isin(label, no)])
            )

        def score(keys: list[str], support: dict = support, y: np.ndarray = y) -> np.ndarray:
            return np.mean(
                [lda(support[r], y, np.stack([place[k][r] for k in keys])) for r in support], 0
            )

        rest = {s: score(order[s][10:]) for s in STYLES}
        four.append(np.mean([(rest[s].argmax(1) == i).mean() for i, s in enumerate(STYLES)]))
        others = {
            g: score(order[g])[:, 0] for g in ("Top Similar", "Bottom Similar", "All Different")
        }
        others["All Similar"] = rest["wanted"][:, 0]
        for g, p in others.items():
            table.setdefault(g, []).append(p.mean())
        aucs.append(auc(others["All Similar"], others["All Different"]))
    means = {f"{s}/{r}": round(float(np.mean(v)), 3) for (s, r), v in gaps.items()}
    out |= {
        "gap": round(float(np.mean(list(means.values()))), 3),
        "worst": min(means.values()),
        "gaps": means,
    }
    out |= {"four_way": round(float(np.mean(four)), 3), "auc": round(float(np.mean(aucs)), 3)}
    out["table"] = {g: round(float(np.mean(v)), 2) for g, v in table.items()}
    return out
