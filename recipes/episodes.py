"""Few-shot episodes over embedded training photographs, and what is fitted to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import attrs
import numpy as np

from stylesim._calibration import Calibration
from stylesim._novelty import Clouds, clouds_of
from stylesim._regions import regions_of, speaker
from stylesim._tempering import held_out
from stylesim._views import PictureView
from stylesim.functional import softmax

Array = np.ndarray
BODY = ("upper", "lower")
STYLES = ("wanted", "suit", "padding", "sporty")
SHOTS = (2, 3, 5, 10)
QUERIES = 15
#: How often what is shown is taken to be of no class: unseen garments, and no garment at all.
UNSEEN, NO_CLOTHES = 0.1, 0.1


@attrs.frozen(eq=False)
class Shown:
    """Garments of one region: a row each, with the number of the photograph and what it is."""

    rows: Array
    pictures: Array
    kinds: Array
    styles: Array
    worn: Array

    def take(self, mask: Array) -> Shown:
        return Shown(*(getattr(self, f.name)[mask] for f in attrs.fields(Shown)))


@attrs.frozen(eq=False)
class Episode:
    """Supports of classes in some regions, and queries with the class of each picture."""

    clouds: Mapping[str, Clouds]
    temperatures: Mapping[str, float]
    queries: Mapping[str, Shown]
    truth: Mapping[int, int]
    shots: int
    unseen: Mapping[str, Array]
    alike: Mapping[str, Array]

    def logits(self, region: str) -> Array:
        """Untempered, (queries, classes)."""
        clouds = self.clouds[region]
        return -clouds.distances(self.queries[region].rows)[1] / 2 / clouds.widths[1]


def by_region(
    views: Sequence[PictureView], kinds: Sequence[Mapping[str, str]], styles: Sequence[str]
) -> dict[str, Shown]:
    """Garments by space; ``kinds`` tells for each picture what is worn in each slot."""
    found: dict[str, list[tuple]] = {}
    for number, (view, told, style) in enumerate(zip(views, kinds, styles, strict=True)):
        worn = "" in told
        for part in view.garments:
            kind = told.get(str(part.slot), "")
            for region in regions_of(part):
                if speaker(view, region) is not part:
                    continue
                place = region if region in BODY else "other"
                found.setdefault(place, []).append((part.embedding, number, kind, style, worn))
        kind = style if worn else next(iter(told.values()))
        row = (view.whole.embedding, number, kind or ("outfit" if worn else ""), style, worn)
        found.setdefault("whole", []).append(row)
    return {
        region: Shown(np.stack([r[0] for r in rows]).astype(np.float64),
                      *(np.array([r[k] for r in rows]) for k in range(1, 5)))
        for region, rows in found.items()
    }  # fmt: skip


def _episode(
    shown: Mapping[str, Shown],
    support: Sequence[Array],
    query: Sequence[Array],
    shots: int,
    base: Calibration,
) -> Episode | None:
    label = {int(p): k for k, some in enumerate(support) for p in some}
    truth = {int(p): k for k, some in enumerate(query) for p in some}
    clouds, temperatures, queries, unseen, alike = {}, {}, {}, {}, {}
    for region, everything in shown.items():
        held = everything.take(np.isin(everything.pictures, list(label)))
        y = np.array([label[int(p)] for p in held.pictures], dtype=np.intp)
        pictures = [len(set(held.pictures[y == k].tolist())) for k in range(len(support))]
        if min(pictures) < 2:
            continue
        clouds[region] = clouds_of(held.rows, y, held.pictures, len(support), base, region)
        shape = clouds[region].space.whitening(base.shrink)  # type: ignore[union-attr]
        temperatures[region] = held_out(
            held.rows @ shape, y, held.pictures, clouds[region], base
        ).temperature()
        queries[region] = everything.take(np.isin(everything.pictures, list(truth)))
        seen = set(held.kinds.tolist())
        strange = ~np.isin(everything.kinds, [*seen, ""])
        unseen[region] = everything.rows[strange]
        # Of the kinds of the classes, but laid out, as a closet is photographed.
        laid = np.isin(everything.kinds, [*(seen - {""})]) & ~everything.worn
        laid &= ~np.isin(everything.pictures, [*label, *truth])
        alike[region] = everything.rows[laid]
    return Episode(clouds, temperatures, queries, truth, shots, unseen, alike) if clouds else None


def kind_episodes(
    shown: Mapping[str, Shown], base: Calibration, count: int, rng: np.random.Generator
) -> Iterator[Episode]:
    """Classes are kinds of garments in one region, worn and laid out."""
    for number in range(count):
        region = ("upper", "lower", "upper", "other")[number % 4]
        one, shots = shown[region], int(rng.choice(SHOTS))
        names, counts = np.unique(one.kinds[one.kinds != ""], return_counts=True)
        able = names[counts >= shots + 5]
        if len(able) < 3:
            continue
        chosen = rng.choice(able, int(rng.integers(2, min(5, len(able) - 1) + 1)), replace=False)
        order = [rng.permutation(np.unique(one.pictures[one.kinds == kind])) for kind in chosen]
        made = _episode(
            {region: one}, [o[:shots] for o in order],
            [o[shots : shots + QUERIES] for o in order], shots, base,
        )  # fmt: skip
        if made is not None:
            yield made


def style_episodes(
    shown: Mapping[str, Shown], base: Calibration, count: int, rng: np.random.Generator
) -> Iterator[Episode]:
    """Classes are the styles of the street photographs, by upper and lower body."""
    body = {region: shown[region] for region in BODY}
    whole = shown["whole"]
    for _ in range(count):
        shots, classes = int(rng.choice(SHOTS)), int(rng.integers(2, 5))
        chosen = rng.choice(STYLES, classes, replace=False)
        order = [rng.permutation(whole.pictures[whole.styles == style]) for style in chosen]
        made = _episode(
            body, [o[:shots] for o in order],
            [o[shots : shots + QUERIES] for o in order], shots, base,
        )  # fmt: skip
        if made is not None:
            yield made


def fit_temperature(episodes: Sequence[Episode]) -> tuple[float, float, float]:
    """Coefficients of the log-temperature, for slots and whole outfits together.

    For each number of shots and classes the best temperature is searched; then a plane is laid
    through them.
    """
    grid = np.exp(np.linspace(np.log(0.01), np.log(1.0), 24))
    cells: dict[tuple[int, int], list[Array]] = {}
    for episode in episodes:
        losses = np.array([_loss(episode, t) for t in grid])
        classes = len(next(iter(episode.clouds.values())).means)
        cells.setdefault((episode.shots, classes), []).append(losses)
    rows, best, weights = [], [], []
    for (shots, classes), losses in cells.items():
        rows.append((1.0, np.log(shots), np.log(classes)))
        best.append(np.log(grid[np.mean(losses, axis=0).argmin()]))
        weights.append(np.sqrt(len(losses)))
    w = np.array(weights)[:, None]
    found = np.linalg.lstsq(np.array(rows) * w, np.array(best) * w[:, 0], rcond=None)[0]
    return float(found[0]), float(found[1]), float(found[2])


def _loss(episode: Episode, temperature: float) -> float:
    losses, by_picture = [], {}
    for region, shown in episode.queries.items():
        shares = softmax(episode.logits(region), temperature)
        y = np.array([episode.truth[int(p)] for p in shown.pictures])
        losses.append(-np.log(np.maximum(shares[np.arange(len(y)), y], 1e-9)).mean())
        for picture, row in zip(shown.pictures, shares, strict=True):
            by_picture.setdefault(int(picture), {}).setdefault(region, []).append(row)
    overall = [
        -np.log(max(np.mean([np.mean(v, 0) for v in rows.values()], 0)[episode.truth[p]], 1e-9))
        for p, rows in by_picture.items()
    ]
    return float(np.mean(losses) + np.mean(overall)) / 2


def fit_novelty(
    episodes: Sequence[Episode], no_clothes: Array, rng: np.random.Generator
) -> tuple[tuple[float, ...], dict[str, float]]:
    """Coefficients of the log-odds of "neither", and areas under the ROC curve in training."""
    known, unseen, none = [], [], []
    for episode in episodes:
        for region, clouds in episode.clouds.items():
            known.append(clouds.features(episode.queries[region].rows))
            if len(alike := episode.alike[region]):
                known.append(clouds.features(alike[rng.permutation(len(alike))[:40]]))
            strange = episode.unseen[region]
            strange = strange[rng.permutation(len(strange))[:60]]
            if len(strange):
                unseen.append(clouds.features(strange))
            none.append(clouds.features(no_clothes[rng.permutation(len(no_clothes))[:30]]))
    groups = [np.concatenate(some) for some in (known, unseen, none)]
    shares = (1 - UNSEEN - NO_CLOTHES, UNSEEN, NO_CLOTHES)
    x = np.concatenate(groups)
    y = np.concatenate([np.full(len(g), float(k > 0)) for k, g in enumerate(groups)])
    w = np.concatenate([np.full(len(g), s / len(g)) for g, s in zip(groups, shares, strict=True)])
    found = weighted_logistic(x, y, w)
    score = [g @ found[1:] for g in groups]
    areas = {
        "unseen": float((score[1][:, None] > score[0][None]).mean()),
        "no clothes": float((score[2][:, None] > score[0][None]).mean()),
    }
    return tuple(float(value) for value in found), areas


def weighted_logistic(x: Array, y: Array, w: Array, ridge: float = 1e-4) -> Array:
    """Logistic regression by Newton's method; slopes below 0 are left out."""
    columns = list(range(x.shape[1]))
    while True:
        a = np.column_stack([np.ones(len(x)), x[:, columns]])
        beta = np.zeros(a.shape[1])
        for _ in range(30):
            p = 0.5 * (1 + np.tanh(0.5 * (a @ beta)))
            gradient = a.T @ (w * (p - y)) + ridge * np.r_[0, beta[1:]]
            bend = a.T @ (a * (w * p * (1 - p))[:, None]) + ridge * np.eye(len(beta))
            beta = beta - np.linalg.solve(bend, gradient)
        if (beta[1:] >= 0).all():
            out = np.zeros(1 + x.shape[1])
            out[[0, *(c + 1 for c in columns)]] = beta
            return out
        columns.pop(int(beta[1:].argmin()))
