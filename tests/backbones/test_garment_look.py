"""How the garment finder's network looks at a picture, once or twice."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stylesim.backbones import garment_weights
from stylesim.backbones.garment_look import Look, at_picture, letterbox
from stylesim.backbones.garment_net import GarmentMaps, GarmentNet
from stylesim.backbones.garment_reader import GarmentReader
from stylesim.backbones.network import build_network
from stylesim.errors import DamagedFileError, StorageError

SMALL, LARGE, CLOSEST = (320, 224), (480, 320), (704, 480)
CLASSES = ["background", "person", "top", "bottom"]
CATEGORIES = ["shirt", "skirt"]
META = {
    "pixel_classes": CLASSES,
    "categories": CATEGORIES,
    "slot_of": {"shirt": "top", "skirt": "bottom"},
}


def test_a_picture_is_scaled_into_a_frame_that_lies_as_it_does() -> None:
    canvas, place = letterbox(np.full((100, 50, 3), 7, np.uint8), SMALL)
    assert canvas.shape == (320, 224, 3)
    assert place == (0, 32, 320, 160)
    assert (canvas[:, 32:192] == 7).all()
    assert (canvas[:, :32] == 114).all()
    canvas, place = letterbox(np.full((50, 100, 3), 7, np.uint8), SMALL)
    assert canvas.shape == (224, 320, 3)
    assert place == (32, 0, 160, 320)


def slope_as_seen(height: int, width: int, frame: tuple[int, int], stride: int = 4) -> Look:
    """A look at a picture whose one logit grows evenly from its left upper corner."""
    _, place = letterbox(np.zeros((height, width, 3), np.uint8), frame)
    top, left, h, w = place
    shape = frame if height >= width else frame[::-1]
    y, x = ((np.arange(side // stride) + 0.5) * stride for side in shape)
    plane = 3 * ((y - top) / h)[:, None] + ((x - left) / w)[None]
    scene, kinds = np.array([1, 0, 0], np.float32), np.full((2, 2), 0.5, np.float32)
    return Look(scene, plane[None].astype(np.float32), place, kinds, stride)


@given(st.integers(60, 700), st.integers(60, 700), st.sampled_from([2, 4]))
def test_two_looks_at_one_picture_lie_on_each_other(height: int, width: int, stride: int) -> None:
    first = slope_as_seen(height, width, SMALL)
    second = slope_as_seen(height, width, LARGE, stride)
    both = first.with_second(second)
    assert (both.place, both.stride) == (second.place, stride)
    assert both.pixels.shape == second.pixels.shape
    shape = (height, width)
    mean, alone = (at_picture(look.pixels, second, shape)[0] for look in (both, second))
    # A frame holds whole pixels, and beyond the edge of the first there is nothing to be known.
    inside = np.s_[len(mean) // 8 : -len(mean) // 8, mean.shape[1] // 8 : -mean.shape[1] // 8]
    assert np.abs(mean - alone)[inside].max() < 0.05


def test_two_looks_count_alike() -> None:
    first, second = (slope_as_seen(80, 60, frame) for frame in (SMALL, LARGE))
    first = Look(first.scene, first.pixels * 0 + 1, first.place, first.kinds * 0)
    second = Look(second.scene * 0, second.pixels * 0 + 3, second.place, second.kinds * 2)
    both = first.with_second(second)
    assert both.pixels == pytest.approx(2)
    assert both.kinds is first.kinds
    assert both.scene.tolist() == [1, 0, 0]


class Watched(torch.nn.Module):
    """A network that knows what it is shown, and sees a top on the lighter side of it."""

    def __init__(self, scene: int) -> None:
        super().__init__()
        self.scene = scene
        self.seen: list[torch.Tensor] = []

    def forward(self, x: torch.Tensor) -> GarmentMaps:
        self.seen.append(x)
        n, _, h, w = x.shape
        pixels = torch.zeros(n, len(CLASSES), h // 4, w // 4)
        left, right = (x[0, 0, h // 2, side * w // 4] for side in (1, 3))
        half = np.s_[w // 8 :] if right > left else np.s_[: w // 8]
        pixels[:, CLASSES.index("top"), :, half] = 9.0
        pixels[:, CLASSES.index("background")] = 9.0 - pixels[:, CLASSES.index("top")]
        scene = 20 * torch.nn.functional.one_hot(torch.tensor([self.scene] * n), 3).float()
        presence = torch.zeros(n, len(CATEGORIES))
        return GarmentMaps(
            pixels,
            scene,
            presence,
            torch.zeros(n, 96, h // 8, w // 8),
            torch.zeros(n, 256, h // 32, w // 32),
        )

    def categories(self, *seen: torch.Tensor) -> torch.Tensor:
        return torch.zeros(len(seen[2]), len(CATEGORIES))


def watched(scene: int) -> tuple[Watched, GarmentReader]:
    net = Watched(scene)
    return net, GarmentReader(net, META, "watched", "cpu")  # type: ignore[arg-type]


def test_somebody_is_looked_at_again_larger_and_mirrored() -> None:
    net, reader = watched(scene=0)
    picture = np.zeros((96, 64, 3), np.uint8)
    picture[:, :32] = 255
    ((region,),) = reader.read([picture])
    assert [tuple(x.shape) for x in net.seen] == [(1, 3, *SMALL), (1, 3, *LARGE)]
    assert net.seen[0][0, 0, 160, 60].item() > 0.9 > net.seen[1][0, 0, 240, 60].item()
    assert region.slot == "top"
    assert region.worn
    left, top, right, bottom = region.box
    assert (left, top, bottom) == (0, 0, 96)
    assert abs(right - 32) <= 1


def test_a_close_outline_takes_a_third_look_at_more_pixels() -> None:
    nets = Watched(scene=0), Watched(scene=0)
    reader = GarmentReader(nets[0], META, "watched", "cpu", nets[1])  # type: ignore[arg-type]
    picture = np.zeros((96, 64, 3), np.uint8)
    picture[:, :32] = 255
    ((plain,),), ((fine,),) = (reader.read([picture], fine=fine) for fine in (False, True))
    assert [tuple(x.shape) for x in nets[1].seen] == [(1, 3, *LARGE)] * 2 + [(1, 3, *CLOSEST)]
    assert nets[1].seen[2][0, 0, 350, 120].item() > 0.9, "not mirrored"
    assert (fine.slot, fine.confidence) == (plain.slot, plain.confidence)
    left, top, right, bottom = fine.box
    assert (left, top, bottom) == (0, 0, 96)
    assert abs(right - 32) <= 1


def test_a_second_network_has_the_second_look_to_itself() -> None:
    nets = Watched(scene=0), Watched(scene=0)
    reader = GarmentReader(nets[0], META, "watched", "cpu", nets[1])  # type: ignore[arg-type]
    reader.read([np.zeros((96, 64, 3), np.uint8)])
    assert [[tuple(x.shape) for x in net.seen] for net in nets] == [
        [(1, 3, *SMALL)],
        [(1, 3, *LARGE)],
    ]


def test_a_fine_network_draws_on_every_second_pixel() -> None:
    layers = build_network("n").model[:9]
    net = GarmentNet(layers, len(CLASSES), len(CATEGORIES), fine=True).eval()
    x = torch.zeros(1, 3, 64, 96)
    with torch.inference_mode():
        before = net(x).pixels
        net.fuse_pyramid()
        after = net(x).pixels
    assert before.shape == (1, len(CLASSES), 32, 48)
    assert torch.allclose(before, after, atol=1e-5)


@pytest.mark.parametrize("scene", [1, 2])
def test_anything_else_is_looked_at_once(scene: int) -> None:
    net, reader = watched(scene)
    (regions,) = reader.read([np.zeros((96, 64, 3), np.uint8)])
    assert [tuple(x.shape) for x in net.seen] == [(1, 3, *SMALL)]
    assert len(regions) == (scene == 1)


class Doubtful(Watched):
    """Sees a bottom everywhere, and a top that is less likely by a margin, in nats."""

    def __init__(self, margin: float) -> None:
        super().__init__(scene=0)
        self.margin = margin

    def forward(self, x: torch.Tensor) -> GarmentMaps:
        maps = super().forward(x)
        pixels = torch.zeros_like(maps.pixels)
        pixels[:, CLASSES.index("bottom")] = 9.0
        pixels[:, CLASSES.index("top")] = 9.0 - self.margin
        return maps._replace(pixels=pixels)


@pytest.mark.parametrize(("margin", "slot"), [(-0.5, "top"), (0.25, "top"), (0.5, "bottom")])
def test_a_top_is_favoured_where_the_pixels_leave_a_doubt(margin: float, slot: str) -> None:
    reader = GarmentReader(Doubtful(margin), META, "doubtful", "cpu")  # type: ignore[arg-type]
    ((region,),) = reader.read([np.zeros((96, 64, 3), np.uint8)])
    assert region.slot == slot


@pytest.mark.parametrize(("percent", "found"), [(1, False), (6, True)])
def test_the_little_of_a_top_that_shows_is_reported(percent: int, found: bool) -> None:
    class Sliver(Watched):
        def forward(self, x: torch.Tensor) -> GarmentMaps:
            maps = super().forward(x)
            pixels = torch.zeros_like(maps.pixels)
            pixels[:, CLASSES.index("bottom")] = 9.0
            h, w = pixels.shape[2:]
            some = np.s_[
                h // 2 : h // 2 + round(h * percent / 100), w // 2 - w // 16 : w // 2 + w // 16
            ]
            pixels[:, CLASSES.index("top")][:, *some] = 18.0
            return maps._replace(pixels=pixels)

    reader = GarmentReader(Sliver(scene=0), META, "sliver", "cpu")  # type: ignore[arg-type]
    (regions,) = reader.read([np.zeros((960, 640, 3), np.uint8)])
    share = {region.slot: float(region.mask.mean()) for region in regions}
    assert ("top" in share) == found
    if found:
        assert 0.003 < share["top"] < 0.01


@pytest.mark.parametrize("place", [0, 1])
def test_each_file_of_weights_is_missed_by_its_name(
    place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = list(garment_weights._FILES)
    load = garment_weights._reader.__wrapped__  # what was loaded before is kept
    names[place] = "none-such.safetensors"
    monkeypatch.setattr(garment_weights, "_FILES", tuple(names))
    with pytest.raises(StorageError, match=r"none-such\.safetensors"):
        load("cpu")
    names[place] = "stylesim-n.safetensors"  # another network's
    monkeypatch.setattr(garment_weights, "_FILES", tuple(names))
    with pytest.raises(DamagedFileError, match=r"stylesim-n\.safetensors"):
        load("cpu")
