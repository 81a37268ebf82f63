"""What the teachers say of every view of every training garment, as the backbone's targets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from common import soft_labels
from labels import CATEGORIES
from teacher import MORE, close_rows
from views import Views

#: Share of a label that the soft labels have; what a tuned teacher says of the view has the rest.
TRUST_TUNED = 0.5
#: Share of the probe where both teachers say what they see, and what it says of kinds it never saw.
PROBE, NEVER = 0.4, -12.0


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


def what_teachers_say(work: Path, *, tuned: bool, close: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Unit-length features (views, n, d), and probabilities (views, n, categories)."""
    targets = half_whitened(np.load(work / "teacher_views.npy"))
    labels = soft_labels(work).expand(len(targets), -1, -1)
    if not tuned:
        return targets, labels
    said = np.load(work / "tuned_views.npy")
    targets = torch.cat([targets, half_whitened(said[..., : -len(CATEGORIES)])], 2)
    seen = torch.from_numpy(said[..., -len(CATEGORIES) :]).float().softmax(2)
    data = np.load(work / "train.npz")
    if close:
        near = np.load(work / "close_views.npy")[..., -len(CATEGORIES) :]
        seen[:, close_rows(data)] = torch.from_numpy(near).float().softmax(2)
    derived = torch.from_numpy(data["derived"])
    trust = torch.where(derived, 1.0, TRUST_TUNED)[:, None]
    return F.normalize(targets, dim=2), trust * labels + (1 - trust) * seen


class More:
    """Views of what is laid out, seen closely: by ImageNet's teacher and by the one tuned so.

    The two are right together more often than either: one knows clothes, the other has
    forgotten nothing for their sake, and its probe weighs rare categories like common ones.

    Args:
        work: Where the recipe's arrays are.
        full: Stored crops, (n, s, s, 4) uint8.
        half: The same at half the side.
        share: How often such a garment is shown in one of these views.
    """

    def __init__(self, work: Path, full: np.ndarray, half: np.ndarray, share: float) -> None:
        data = np.load(work / "train.npz")
        rows = close_rows(data)
        said = np.load(work / "close_more.npy")
        self.share, self.count = share, len(said)
        features = half_whitened(said[..., : -len(CATEGORIES)])
        features = torch.cat([features, half_whitened(np.load(work / "teacher_more.npy"))], 2)
        self.targets = F.normalize(features, dim=2)
        logits = torch.from_numpy(said[..., -len(CATEGORIES) :]).float().log_softmax(2)
        probe = torch.from_numpy(np.load(work / "teacher_more_said.npy")).log_softmax(2)
        probe = F.pad(probe, (0, logits.shape[2] - probe.shape[2]), value=NEVER)
        seen = ((1 - PROBE) * logits + PROBE * probe).softmax(2)
        self.labels = TRUST_TUNED * soft_labels(work)[rows] + (1 - TRUST_TUNED) * seen
        self.place = np.full(len(data["kind"]), -1)
        self.place[rows] = np.arange(len(rows))
        derived, worn = int(data["derived"].sum()), data["kind"] == "worn"
        self.views = Views(full, half, worn, self.count, seed=MORE, derived=derived)

    def choose(self, rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Which of ``rows`` are shown in one of these views, (len(rows),) bool."""
        return (rng.random(len(rows)) < self.share) & (self.place[rows] >= 0)
