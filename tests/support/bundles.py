"""Saved classifiers read back, and changed as nobody should change them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file

from stylesim.classifier import LightweightClassifier


def reload(path: Path, model: LightweightClassifier) -> LightweightClassifier:
    return LightweightClassifier.load(path, backbone=model.backbone, finder=model.finder)


def header_of(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    return json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["stylesim"])


def rewrite(path: Path, change: Any, to: Path | None = None) -> Path:
    """Change header and tensors of a file, in place or in another."""
    header, tensors = header_of(path), load_file(path)
    change(header, tensors)
    save_file(tensors, to or path, {"stylesim": json.dumps(header)})
    return to or path
