"""The recipe that cuts out garments, on small arrays: what is stored of each, and of which."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from prepared import CATEGORIES, laid, number, outfit, painted

if TYPE_CHECKING:
    from conftest import Asked

SIDE = 48
LAID = [laid(i) for i in range(12)]
# Every third has no map drawn by people; every fourth is held out, with and without such a map.
STREET = [outfit(i, masked=i % 3 < 2, held_out=i % 4 == 3) for i in range(12)]
HELD = {item["id"] for item in (*LAID, *STREET) if item["held_out"]}


@pytest.fixture
def told(asked: Asked) -> list[tuple[set[str], bool]]:
    """Cuts out the garments with a finder that sees one skirt; what it was asked, and how."""
    module = asked.module("crops")
    asked.monkeypatch.setattr(module, "SIDE", SIDE)
    for name, items in (("laid", LAID), ("street", STREET)):
        np.save(asked.work / f"{name}.npy", np.array(items, dtype=object))
    init = asked.checkpoint()
    net = module.GarmentNet(module.trunk(init), module.N_PIX, len(CATEGORIES))
    torch.save(net.state_dict(), asked.work / "finder.pt")
    calls = []

    def sees(loaded: Any, items: list[dict[str, Any]], *, use_tags: bool = True) -> list[Any]:
        assert torch.equal(loaded.category.bias, net.category.bias)
        calls.append(({item["id"] for item in items}, use_tags))
        pixels = np.zeros_like(outfit(0)["pixels"])
        pixels[50:80, 20:44] = number("bottom")
        plain = ({k: v for k, v in item.items() if k != "fine"} for item in items)
        return [item | {"pixels": pixels} for item in plain]

    asked.monkeypatch.setattr(module, "pseudo_label", sees)
    asked.run("crops", "--init", init)
    return calls


def load(asked: Asked, name: str) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
    data = dict(np.load(asked.work / f"{name}.npz"))
    crops, half = (np.load(asked.work / f"{name}_crops{end}.npy") for end in ("", "_half"))
    assert crops.shape == (len(data["id"]), SIDE, SIDE, 4)
    assert half.shape == (len(crops), SIDE // 2, SIDE // 2, 4)
    assert crops.dtype == half.dtype == np.uint8
    assert all(len(values) == len(crops) for values in data.values())
    assert np.isfinite(data["palette"]).all()
    return data, crops, half


def photographs(data: dict[str, np.ndarray]) -> set[str]:
    """Ids of the photographs that garments, also those derived of others, come from."""
    return {str(name).partition(":")[0].partition("-")[0] for name in data["id"]}


def test_no_held_out_photograph_is_learned_from(
    asked: Asked, told: list[tuple[set[str], bool]]
) -> None:
    train, test = load(asked, "train")[0], load(asked, "test")[0]
    everything = {item["id"] for item in (*LAID, *STREET)}
    assert photographs(train) == everything - HELD
    assert photographs(test) == HELD
    derived = train["derived"]
    assert derived.any()
    assert not derived[: -derived.sum()].any(), "at the end"
    assert not test["derived"].any()
    # Of what is held out nobody but the finder says where it is, without a look at the tags.
    drawn = {item["id"] for item in STREET if "pixels" in item}
    street = {item["id"] for item in STREET}
    assert (street & HELD, False) in told
    assert (street - HELD - drawn, True) in told
    assert len(told) == 2
    assert set(test["slot"][test["kind"] == "worn"]) == {"bottom"}, "as the finder sees it"
    tags = json.loads((asked.work / "tags.json").read_text())
    assert tags == {name: ["blouse", "jeans"] for name in street & HELD}


@pytest.mark.usefixtures("told")
def test_each_garment_stands_in_the_middle_with_its_outline(asked: Asked) -> None:
    data, crops, half = load(asked, "train")
    assert len(set(data["id"])) == len(crops)
    slots = dict(zip(data["id"], data["slot"], strict=True))
    assert {slots["0:top"], slots["0:bottom"]} == {"top", "bottom"}
    assert "2:top" not in slots, "the finder sees none"
    middle = SIDE // 2
    for place, name in enumerate(data["id"]):
        if data["derived"][place]:
            continue
        crop, kind = crops[place], data["kind"][place]
        assert kind == ("laid" if str(name).startswith("l") else "worn")
        grey = int(painted(np.array([[number(data["slot"][place])]]))[0, 0, 0])
        if name == "l4":  # its outline failed, so the whole picture is the garment
            assert (crop[11:37, 11:37, 3] == 255).all()
            continue
        assert crop[middle, middle, 3] == 255
        assert np.abs(crop[middle, middle, :3].astype(int) - grey).max() < 12
        assert crop[0, 0, 3] == crop[-1, -1, 3] == 0
        # The longest side of the garment fills two thirds of the square.
        inside = crop[..., 3] > 127
        extent = max(np.ptp(np.flatnonzero(inside.any(axis))) + 1 for axis in (0, 1))
        assert abs(extent - SIDE / 1.5) <= 2
        assert np.abs(half[place].astype(int) - crop[::2, ::2]).mean() < 12


@pytest.mark.usefixtures("told")
def test_categories_are_those_that_people_gave(asked: Asked) -> None:
    data = load(asked, "train")[0]
    given = dict(zip(data["id"], data["category"], strict=True))
    for item in LAID:
        if not item["held_out"]:
            assert given[item["id"]] == item["category"]
    assert given["0:top"] == CATEGORIES.index("blouse")
    assert given["0:bottom"] == CATEGORIES.index("pants")
    # Where only tags are known, the one that fits the slot; of two neither.
    assert given["2:bottom"] == CATEGORIES.index("pants")
    fine = dict(zip(data["id"], data["fine"], strict=True))
    assert (fine["0:top"], fine["0:bottom"], fine["2:bottom"]) == ("blouse", "jeans", "jeans")
    item = outfit(2, masked=False) | {"tags": ["jeans", "skirt"], "pixels": outfit(2)["pixels"]}
    (_, bottom) = asked.module("crops").street_garments(item)
    assert (bottom["slot"], bottom["category"], bottom["fine"]) == ("bottom", -1, None)
