"""Put the trained networks into the package, as safetensors in half precision.

python recipes/export.py --work out/recipes --init yolov8n-cls.pt
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from common import trunk
from labels import CATEGORIES, PIXEL_CLASSES, SLOT_OF
from sizes import student
from torch import nn
from train_backbone import SCALE

from stylesim.backbones.garment_net import GarmentNet
from stylesim.backbones.garment_weights import save_garment_net
from stylesim.backbones.storing import save_backbone

WEIGHTS = Path(__file__).parents[1] / "src" / "stylesim" / "weights"
SAYS = {
    "licence": "AGPL-3.0-or-later",
    "data": "clothing-dataset (CC0-1.0); Clothing Co-Parsing (Apache-2.0)",
    "start": "Ultralytics YOLOv8n-cls, ImageNet (AGPL-3.0)",
    "card": "docs/models.md",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("out/recipes"))
    parser.add_argument("--init", type=Path, required=True)
    parser.add_argument("--backbone", default="backbone.pt")
    parser.add_argument("--backbone-worn", default="backbone_worn.pt", help="for worn garments")
    parser.add_argument("--finder", default="finder.pt")
    parser.add_argument("--worn", default="worn.pt", help="the finder of the second look")
    args = parser.parse_args()
    WEIGHTS.mkdir(exist_ok=True)
    if (args.work / args.backbone).exists():
        model, worn = student(args.init, args.work / args.backbone), None
        if (args.work / args.backbone_worn).exists():
            worn = student(args.init, args.work / args.backbone_worn).trunk
        proxies = SCALE * torch.nn.functional.normalize(model.proxies)
        save_backbone(
            model.trunk,
            WEIGHTS / "stylesim-n.safetensors",
            {**SAYS, "recipe": "recipes/"},
            kinds=(CATEGORIES, proxies),
            worn=worn,
        )
    for name, file in (("finder", args.finder), ("outlines", args.worn)):
        if not (args.work / file).exists():
            continue
        fine = name == "outlines"
        net = GarmentNet(trunk(args.init), len(PIXEL_CLASSES), len(CATEGORIES), fine=fine)
        net.load_state_dict(torch.load(args.work / file))
        eps = next(m.eps for m in net.layers.modules() if isinstance(m, nn.BatchNorm2d))
        meta = {"pixel_classes": PIXEL_CLASSES, "categories": CATEGORIES, "slot_of": SLOT_OF}
        says = {**SAYS, **meta, "eps": eps, "fine": fine}
        save_garment_net(net, WEIGHTS / f"stylesim-{name}.safetensors", says)
    for path in sorted(WEIGHTS.glob("*.safetensors")):
        print(path.name, f"{path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
