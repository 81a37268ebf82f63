"""What the teachers say of every view of every training garment, as the backbone's targets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from common import folds, soft_labels
from labels import CATEGORIES
from teacher import MORE, MORE_VIEWS, close_rows, unit
from tune_teacher import FOLDS
from views import Views

#: Share of a label that the soft labels have; what a tuned teacher says of the view has the rest.
TRUST_TUNED = 0.5
KINDS = len(CATEGORIES)
#: Components of the last teacher's features that are learned.
DIM = 128


def components(
    features: np.ndarray, dim: int = 256, evened: float = 0.25, like: np.ndarray | None = None
) -> torch.Tensor:
    """A teacher's first components (k, n, dim) of unit length.

    Args:
        features: (k, n, d).
        dim: How many are kept.
        evened: How far their spread is evened: 0 leaves it, 0.5 whitens.
        like: (m, d) features of the same teacher in which the components are found; None for
            ``features``.
    """
    x = unit(features.astype(np.float32)).reshape(-1, features.shape[2])
    known = x if like is None else unit(like.astype(np.float32))
    mean = known.mean(0)
    around = known - mean
    values, vectors = np.linalg.eigh(around.T @ around / len(around))
    values, vectors = values[::-1][:dim], vectors[:, ::-1][:, :dim]
    y = unit((x - mean) @ (vectors / values**evened))
    return torch.from_numpy(y.reshape(*features.shape[:2], dim))


def said_by(seen: torch.Tensor, labels: torch.Tensor, derived: np.ndarray) -> torch.Tensor:
    """Labels shared with what tuned teachers say of each view, (views, n, categories).

    What is ``derived``, (n,) bool, is what it was made to be.
    """
    trust = torch.where(torch.from_numpy(derived), 1.0, TRUST_TUNED)[:, None]
    return trust * labels + (1 - trust) * seen


def by_fold(features: np.ndarray, senders: np.ndarray) -> torch.Tensor:
    """The same of teachers that each saw a fold of their own, (k, n, FOLDS * dim).

    What two of them feel cannot be compared, so each has a part of the numbers to itself; the
    others are 0 there.
    """
    fold = folds(senders, FOLDS)
    parts = [components(features[:, fold == f]) for f in range(FOLDS)]
    dim = parts[0].shape[2]
    out = torch.zeros(*features.shape[:2], FOLDS * dim)
    for f, part in enumerate(parts):
        out[:, fold == f, f * dim : (f + 1) * dim] = part
    return out


def lesson(
    work: Path, name: str, rows: np.ndarray, *, unseen: bool, again: bool
) -> tuple[torch.Tensor, ...]:
    """What was stored of some views: features (views, n, d), probabilities (views, n, categories).

    With ``unseen`` the mean of the teacher that learned from all, and of that which did not see
    the photographer: the first has the labels by heart, the second less to learn from. With
    ``again`` the teacher that learned from those has half of the say, and the features are its.
    """
    said = np.load(work / f"{name}_views.npy")
    features, seen = said[..., :-KINDS], shares(said)
    if unseen:
        other = np.load(work / f"{name}_unseen_views.npy")
        seen = (seen + shares(other)) / 2
    if again:
        features, last = last_lesson(work, name)
        return features, (seen + last) / 2
    if not unseen:
        return components(features), seen
    own = by_fold(other[..., :-KINDS], np.load(work / "train.npz")["sender"][rows])
    return torch.cat([components(features), own], 2), seen


def last_lesson(work: Path, name: str) -> tuple[torch.Tensor, torch.Tensor]:
    """The same as the last teacher alone gave it."""
    said = np.load(work / f"{name}_again_views.npy")
    like = np.load(work / "tuned_again_views.npy", "r")[0, :, :-KINDS]
    # Evened, its features rank laid-out garments for a worn style much worse.
    return components(said[..., :-KINDS], DIM, 0.0, like), shares(said)


def shares(said: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(said[..., -KINDS:]).float().softmax(2)


def what_teachers_say(
    work: Path, *, tuned: bool, unseen: bool = False, again: bool = False
) -> tuple[torch.Tensor, torch.Tensor]:
    """Features (views, n, d), and probabilities (views, n, categories)."""
    targets = components(np.load(work / "teacher_views.npy"))
    labels = soft_labels(work, unseen=again).expand(len(targets), -1, -1)
    if not tuned:
        return targets, labels
    data = np.load(work / "train.npz")
    features, seen = lesson(work, "tuned", np.arange(len(data["kind"])), unseen=unseen, again=again)
    targets, labels = targets[: len(features)], labels[: len(features)]
    # ImageNet's own features rank laid-out garments for a worn style worse than the last teacher's.
    features = features if again else torch.cat([targets, features], 2)
    return features, said_by(seen, labels, data["derived"])


def what_the_last_says(work: Path, *, blend: bool = False) -> tuple[torch.Tensor, torch.Tensor]:
    """The same of views that only the last teacher saw; labels shared with those of the folds.

    With ``blend`` those of two garments in one picture follow: only the teacher says what they are.
    """
    features, seen = last_lesson(work, "wide")
    derived = np.load(work / "train.npz")["derived"]
    labels = said_by(seen, soft_labels(work, unseen=True), derived)
    if blend:
        others = last_lesson(work, "blend")
        features, labels = torch.cat([features, others[0]]), torch.cat([labels, others[1]])
    return features, labels


class More:
    """Views of what is laid out, seen closely by the tuned teachers.

    Args:
        work: Where the recipe's arrays are.
        full: Stored crops, (n, s, s, 4) uint8.
        half: The same at half the side.
        share: How often such a garment is shown in one of these views.
        unseen: Whether teachers speak of photographers whom they never saw, too.
        again: Whether the one that learned from these does.
    """

    def __init__(
        self,
        work: Path,
        full: np.ndarray,
        half: np.ndarray,
        share: float,
        *,
        unseen: bool,
        again: bool,
    ) -> None:
        data = np.load(work / "train.npz")
        rows = close_rows(data)
        self.targets, seen = lesson(work, "more", rows, unseen=unseen, again=again)
        self.share, self.count = share, len(seen)
        labels = soft_labels(work, unseen=again)[rows]
        self.labels = said_by(seen, labels, data["derived"][rows])
        self.place = np.full(len(data["kind"]), -1)
        self.place[rows] = np.arange(len(rows))
        derived, worn = int(data["derived"].sum()), data["kind"] == "worn"
        self.views = Views(full, half, worn, MORE_VIEWS, seed=MORE, derived=derived)

    def choose(self, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Which of ``rows`` are shown in one of these views, (len(rows),) bool."""
        return (rng.random(len(rows)) < self.share) & (self.place[rows] >= 0)
