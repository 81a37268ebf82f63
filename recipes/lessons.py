"""What the teachers say of every view of every training garment, as the backbone's targets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from common import soft_labels
from labels import CATEGORIES
from teacher import MORE, MORE_VIEWS, close_rows
from views import Views

#: Share of a label that the soft labels have; what a tuned teacher says of the view has the rest.
TRUST_TUNED = 0.5


def half_whitened(features: np.ndarray, dim: int = 256) -> torch.Tensor:
    """The teacher's first components (k, n, dim), spread evened by half, unit length."""
    k, n, _ = features.shape
    x = features.reshape(k * n, -1).astype(np.float32)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    x -= x.mean(0)
    values, vectors = np.linalg.eigh(x.T @ x / len(x))
    values, vectors = values[::-1][:dim], vectors[:, ::-1][:, :dim]
    y = x @ (vectors / values**0.25)
    y /= np.linalg.norm(y, axis=1, keepdims=True)
    return torch.from_numpy(y.reshape(k, n, dim).astype(np.float32))


def said_by(logits: np.ndarray, labels: torch.Tensor, trust: torch.Tensor) -> torch.Tensor:
    """Labels shared with what the tuned teacher says of each view, (views, n, categories)."""
    seen = torch.from_numpy(logits).float().softmax(2)
    return trust * labels + (1 - trust) * seen


def what_teachers_say(work: Path, *, tuned: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Unit-length features (views, n, d), and probabilities (views, n, categories)."""
    targets = half_whitened(np.load(work / "teacher_views.npy"))
    labels = soft_labels(work).expand(len(targets), -1, -1)
    if not tuned:
        return targets, labels
    said = np.load(work / "tuned_views.npy")
    targets, labels = targets[: len(said)], labels[: len(said)]
    targets = torch.cat([targets, half_whitened(said[..., : -len(CATEGORIES)])], 2)
    derived = torch.from_numpy(np.load(work / "train.npz")["derived"])
    trust = torch.where(derived, 1.0, TRUST_TUNED)[:, None]
    labels = said_by(said[..., -len(CATEGORIES) :], labels, trust)
    return F.normalize(targets, dim=2), labels


class More:
    """Views of what is laid out, seen closely by the tuned teacher.

    Args:
        work: Where the recipe's arrays are.
        full: Stored crops, (n, s, s, 4) uint8.
        half: The same at half the side.
        share: How often such a garment is shown in one of these views.
    """

    def __init__(self, work: Path, full: np.ndarray, half: np.ndarray, share: float) -> None:
        data = np.load(work / "train.npz")
        rows = close_rows(data)
        said = np.load(work / "more_views.npy")
        self.share, self.count = share, len(said)
        self.targets = half_whitened(said[..., : -len(CATEGORIES)])
        labels = soft_labels(work)[rows]
        self.labels = said_by(said[..., -len(CATEGORIES) :], labels, torch.tensor(TRUST_TUNED))
        self.place = np.full(len(data["kind"]), -1)
        self.place[rows] = np.arange(len(rows))
        derived, worn = int(data["derived"].sum()), data["kind"] == "worn"
        self.views = Views(full, half, worn, MORE_VIEWS, seed=MORE, derived=derived)

    def choose(self, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Which of ``rows`` are shown in one of these views, (len(rows),) bool."""
        return (rng.random(len(rows)) < self.share) & (self.place[rows] >= 0)
