"""What the finder's networks are taught of outlines: shares of pixels, moved with the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from stylesim.backbones.garment_net import GarmentMaps

if TYPE_CHECKING:
    from conftest import Asked

TOP, OUTER, BOTTOM = 2, 3, 5
H, W = 480, 320


def _worn() -> dict[str, Any]:
    pixels = np.zeros((H, W), np.uint8)
    pixels[100:300, 80:200], pixels[300:460, 90:180] = TOP, BOTTOM
    pixels[150:200, 100:140] = OUTER
    image = np.repeat(pixels[..., None] * 40, 3, 2)
    return {"kind": "street", "id": "1", "tags": ["blouse", "jeans"], "image": image} | {
        "pixels": pixels
    }


class Sees(nn.Module):
    """A network that is sure of one class in the left half of what it sees, of one in the right."""

    finest = nn.ModuleDict()

    def __init__(self, classes: int, left: int, right: int) -> None:
        super().__init__()
        self.classes, self.sides = classes, (left, right)

    def forward(self, x: torch.Tensor) -> GarmentMaps:
        n, _, h, w = x.shape
        pixels = torch.zeros(n, self.classes, h // 2, w // 2)
        for side, number in enumerate(self.sides):
            pixels[:, number, :, side * (w // 4) : (side + 1) * (w // 4)] = 4.0
        none = torch.zeros(n, 1)
        return GarmentMaps(pixels, none, none, none, none)


@pytest.mark.parametrize("seed", range(4))
def test_what_a_teacher_says_moves_with_the_picture(asked: Asked, seed: int) -> None:
    data = asked.module("finder_data")
    item, count = _worn(), len(data.PIXEL_CLASSES)
    planes = (item["pixels"] == np.arange(count)[:, None, None]).astype(np.float32) * 255
    small = [cv2.resize(p, (W // 4, H // 4), interpolation=cv2.INTER_AREA) for p in planes]
    told = item | {"shares": np.stack(small).round().astype(np.uint8)}
    _, pixels, move = data.augment(item, np.random.default_rng(seed), (H, W), [item])
    drawn, said = data.shares_of(item, pixels, move), data.shares_of(told, pixels, move)
    assert drawn.shape == said.shape == (H // 2, W // 2, count)
    np.testing.assert_allclose(said.sum(-1), 1, atol=1e-5)
    agree = (drawn.argmax(-1) == said.argmax(-1)).mean()
    assert agree > 0.998
    for axis in (0, 1):  # a pixel beside it would be seen
        assert (np.roll(drawn.argmax(-1), 1, axis) == said.argmax(-1)).mean() < agree - 0.003


def test_ignored_pixels_have_no_share(asked: Asked) -> None:
    data = asked.module("finder_data")
    pixels = np.full((8, 8), TOP, np.uint8)
    pixels[:4] = data.IGNORE
    shares = data.shares_of({}, pixels, np.eye(2, 3))
    assert not shares[:2].any()
    assert (shares[2:, :, TOP] == 1).all()
    assert shares.sum() == 8


def test_teacher_speaks_of_tagged_slots_alone_and_keeps_its_doubt(asked: Asked) -> None:
    reading = asked.module("finder_reading")
    net = Sees(reading.N_PIX, OUTER, TOP)  # no outerwear is tagged
    (plain,) = reading.pseudo_label(net, [_worn()])
    assert set(np.unique(plain["pixels"])) <= {TOP, reading.IGNORE}
    assert "shares" not in plain
    (taught,) = reading.pseudo_label(net, [_worn()], taught=True)
    shares = taught["shares"]
    assert shares.shape == (reading.N_PIX, H // 4, W // 4)
    assert not shares[OUTER].any()
    # Seen once as it is and once mirrored, it is half as sure, and on both sides alike; four
    # classes are possible there.
    for half in (shares[TOP, :, :36], shares[TOP, :, 44:]):
        assert half.mean() == pytest.approx(255 * np.exp(2) / (np.exp(2) + 3), abs=2)


def test_loss_of_shares_ignores_what_is_unknown(asked: Asked) -> None:
    training, reading = asked.module("train_finder"), asked.module("finder_reading")
    shares = torch.zeros(1, reading.N_PIX, 8, 8)
    shares[:, TOP, :, :4] = 1  # the right half is not known
    right, wrong = (torch.zeros_like(shares) for _ in range(2))
    right[:, TOP], wrong[:, OUTER] = 20.0, 20.0
    mixed = torch.where(torch.arange(8) < 4, right, wrong)
    for single in (False, True):
        assert training.dice(mixed, shares, single=single).item() == pytest.approx(0, abs=1e-5)
        assert training.dice(wrong, shares, single=single).item() == pytest.approx(1, abs=1e-5)
