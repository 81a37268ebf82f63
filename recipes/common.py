"""What the recipe's steps share: the prepared pictures and the ImageNet trunk they start from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from labels import CATEGORIES
from torch import nn

#: Share of a label that people's word has; the teacher's probe has the rest.
TRUST = 0.7
#: The same where tuned teachers that never saw the photographer have the rest.
TRUST_UNSEEN = 0.5


def load_items(work: Path, street_name: str = "street") -> tuple[list[dict], list[dict]]:
    """Prepared laid-out garments and street photographs."""
    laid = np.load(work / "laid.npy", allow_pickle=True).tolist()
    street = np.load(work / f"{street_name}.npy", allow_pickle=True).tolist()
    return laid, street


def trunk(checkpoint: Path) -> list[nn.Module]:
    """The nine layers of YOLOv8n-cls before its head, with the weights of a checkpoint."""
    from ultralytics.nn.tasks import ClassificationModel

    model = ClassificationModel("yolov8n-cls.yaml", verbose=False)
    state = torch.load(checkpoint, map_location="cpu", weights_only=False)["model"].float()
    wanted = {k: v for k, v in state.state_dict().items() if not k.startswith("model.9.")}
    missing = model.load_state_dict(wanted, strict=False)
    if any(not k.startswith("model.9.") for k in missing.missing_keys):
        raise SystemExit(f"{checkpoint} is no YOLOv8n-cls checkpoint")
    return list(model.model[:9])


def folds(senders: np.ndarray, count: int) -> np.ndarray:
    """Which of ``count`` folds each is in, (n,), by who took the photograph."""
    return np.array([sum(ord(c) * 31**i for i, c in enumerate(s[:12])) % count for s in senders])


def compiled(net: torch.nn.Module, threads: int, side: int) -> Callable[[torch.Tensor], np.ndarray]:
    """The network in OpenVINO, in half precision where the processor has it."""
    import openvino as ov

    model = ov.convert_model(net.eval(), example_input=torch.zeros(1, 3, side, side))
    settings = {"INFERENCE_PRECISION_HINT": "bf16", "INFERENCE_NUM_THREADS": threads}
    run = ov.compile_model(model, "CPU", settings)
    return lambda x: run(x.contiguous().numpy())[0].copy()


def soft_labels(work: Path, *, unseen: bool = False) -> torch.Tensor:
    """Probabilities (n, categories): people's labels, shared with the teacher's probe.

    With ``unseen`` shared with the tuned teachers that never saw the photographer, the mean of
    what they say of a few views. What `derived.py` made is what it was made to be, whatever it
    looks like to a teacher.
    """
    data = np.load(work / "train.npz")
    category = torch.from_numpy(data["category"]).long()
    if unseen:
        said = np.load(work / "tuned_unseen_views.npy", "r")[..., -len(CATEGORIES) :]
        soft = torch.from_numpy(said.astype(np.float32)).softmax(2).mean(0)
    else:
        probe = torch.from_numpy(np.load(work / "teacher.npz")["soft"]).softmax(1)
        soft = F.pad(probe, (0, len(CATEGORIES) - probe.shape[1]))
    people = F.one_hot(category.clamp(min=0), len(CATEGORIES))
    derived = torch.from_numpy(data["derived"])
    trust = torch.where(derived, 1.0, TRUST_UNSEEN if unseen else TRUST)[:, None]
    return torch.where((category >= 0)[:, None], trust * people + (1 - trust) * soft, soft)


def sampling(data: Mapping[str, np.ndarray], laid: float = 1.0) -> np.ndarray:
    """Chance of each garment to be drawn: rare kinds, worn and laid out apart, more often.

    Of what `derived.py` made two count for one; what is laid out counts ``laid`` times.
    """
    key = (data["category"] + 1) * 2 + (data["kind"] == "worn")
    share = np.where(data["derived"], 0.5, 1.0)
    chance = share / np.maximum(np.bincount(key, share)[key], 12) ** 0.5
    chance *= np.where(data["kind"] == "worn", 1.0, laid)
    return chance / chance.sum()


def follow(ema: nn.Module, model: nn.Module, step: int, most: float) -> None:
    """Move a running mean of the weights on by one step; it keeps up with the first steps."""
    rate = min(most, (1 + step) / (10 + step))
    with torch.no_grad():
        for p, q in zip(ema.state_dict().values(), model.state_dict().values(), strict=True):
            if p.dtype.is_floating_point:
                p.lerp_(q, 1 - rate)
            else:
                p.copy_(q)


def save_state(path: Path, kept: Mapping[str, Any], step: int) -> None:
    """Save all that training goes on from; a run that is cut off meanwhile leaves the last."""
    part = path.with_suffix(".part")
    torch.save({**{name: thing.state_dict() for name, thing in kept.items()}, "step": step}, part)
    part.replace(path)


def resume(path: Path, kept: Mapping[str, Any]) -> int:
    """Load what ``save_state`` saved, if there is such a file; the steps done.

    A schedule is for one number of steps, so a round cannot go on for more.
    """
    if not path.exists():
        return 0
    saved = torch.load(path)
    steps, of = kept["schedule"].total_steps, saved["schedule"]["total_steps"]
    if steps != of:
        raise SystemExit(f"{path} is of a round of {of} steps: say --steps {of}, or delete it")
    for name, thing in kept.items():
        thing.load_state_dict(saved[name])
    return int(saved["step"])
