"""What the recipe's steps share: the prepared pictures and the ImageNet trunk they start from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn


def load_items(work: Path) -> tuple[list[dict], list[dict]]:
    """Prepared laid-out garments and street photographs."""
    laid = np.load(work / "laid.npy", allow_pickle=True).tolist()
    street = np.load(work / "street.npy", allow_pickle=True).tolist()
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
