"""Pairs of photographs that show one garment, and pairs that show two, for ``owned.py``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from PIL import Image, ImageEnhance

import stylesim as ss
from stylesim.datasets._backgrounds import background, finish

if TYPE_CHECKING:
    from stylesim.datasets import ClothingPhoto

FLOORS = ("wood", "sheet", "wall", "studio")

#: Photographs of the clothing data set that show one garment twice, looked for by eye among the
#: nearest pairs of every sender: only where a print, a logo or a cut leaves no doubt.
REPEATS = (
    ("78b7da73-ca6c-4e99-b88d-a9f358e7f0f2", "02341619-2fa3-42d4-bb5e-689518228e67"),
    ("1210f1df-66ca-4490-992e-d922d47432de", "a1ce79d6-ad15-4bc6-96bb-ed6b380d0104"),
    ("62bb46a5-44de-48d9-8c95-3b11ef386471", "c258578a-6d97-4514-91b5-7d146893756f"),
    ("4eba049d-e813-4af9-913a-53b6877cdda2", "de853711-0b97-45a6-a794-3c424246db03"),
    ("09b36693-00d5-403b-b706-c18d9d10cb52", "195de33e-ed94-4729-b254-b351aafbfca8"),
    ("0d87a812-8c30-4b1f-9ecc-199ae426c8e6", "915d8f8f-982a-4ce1-8371-50868530a69c"),
    ("e6a8b33f-279c-4072-8dba-229d94205e55", "b59e4d4a-a283-4868-8a81-2f24d8b9c8d8"),
    ("51be3a3b-a726-40b0-8432-da7aea1f67e1", "468cfbc6-04db-4626-ad89-7bb929f19b66"),
    ("6e199a44-ee88-4a58-ace4-b6d926d82e6d", "2e688422-7be9-415a-94e6-488065873b40"),
    ("890a181f-a879-4ab4-a1a3-7c136fb41f93", "5fc9672d-c368-45c3-88bd-b5a41ebd9e82"),
    ("9fba5065-dc5e-40b8-9548-40d2d498d7a2", "b0d71fba-23a7-4912-b6c6-16b7d8a5bd43"),
    ("9b68ea5b-6589-4468-bad4-231cf47a60ae", "50f6bd8d-cf7a-4cb7-a1e8-190618947ef4"),
    ("d56b676e-1f28-4c56-96d6-070237e2a43f", "d794c5f1-e227-4007-ba34-8192faba5a05"),
    ("5e944547-5d37-4b1a-a544-64a250377e4d", "79307c6e-cc11-422f-8b55-d01148cc94b3"),
    ("7e557cdd-6cf6-441f-b13a-32e93e9e7508", "aa38f6dd-1d5c-4401-aa4f-59d77bd747d1"),
    ("f86d0bfd-6a44-4dce-a1ee-235a5d0a49a8", "31bfad90-ce1e-4185-b92b-c527804af85f"),
)
#: Street photographs that show one outfit twice.
STREET_REPEATS = (("0594", "0722"),)


def chosen(
    photos: Sequence[ClothingPhoto], count: int, rng: np.random.Generator
) -> list[ClothingPhoto]:
    """Photographs of senders that have another garment of the label; four of each at most."""
    groups: dict[str, dict[str, list[ClothingPhoto]]] = defaultdict(lambda: defaultdict(list))
    for photo in photos:
        if photo.label not in {"Not sure", "Other", "Skip"}:
            groups[photo.sender][photo.label].append(photo)
    senders = sorted(groups)
    picked: list[ClothingPhoto] = []
    for at in rng.permutation(len(senders)):
        for group in groups[senders[at]].values():
            some = [group[i] for i in rng.permutation(len(group))[:4]]
            if len(group) > 1 and len(picked) + len(some) <= count:
                picked += some
    return picked


def in_other_light(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """The same photograph turned, cropped, and in other light."""
    width, height = picture.size
    edge = np.asarray(picture.resize((16, 16))).astype(float)
    rim = np.concatenate([edge[0], edge[-1], edge[:, 0], edge[:, -1]]).mean(0)
    turned = picture.rotate(
        float(rng.uniform(-15, 15)), Image.Resampling.BILINEAR, fillcolor=tuple(map(int, rim))
    )
    cut = rng.uniform(0.0, 0.08, 4)
    box = (cut[0] * width, cut[1] * height, (1 - cut[2]) * width, (1 - cut[3]) * height)
    return lit(turned.crop(tuple(map(round, box))), rng)


def lit(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Brighter or darker, warmer or colder."""
    pixels = (np.asarray(picture, np.float32) / 255) ** rng.uniform(0.75, 1.35)
    pixels *= rng.uniform(0.85, 1.15) * (1 + rng.uniform(-0.08, 0.08, 3))
    out = Image.fromarray((pixels.clip(0, 1) * 255).astype(np.uint8))
    return ImageEnhance.Contrast(out).enhance(float(rng.uniform(0.85, 1.15)))


def outlined(picture: Image.Image, photo: ClothingPhoto) -> ss.FoundGarment | None:
    """The garment that a photograph is of, with its outline; None where none was found."""
    found = [one for one in ss.find_garments(picture) if one.mask is not None]
    found = [one for one in found if one.slot is photo.slot] or found
    return max(found, key=lambda one: one.mask.sum(), default=None)  # type: ignore[union-attr]


def on_another_floor(
    picture: Image.Image, garment: ss.FoundGarment, rng: np.random.Generator
) -> Image.Image:
    """The garment cut out and laid on a drawn floor, in other light."""
    mask = Image.fromarray(garment.mask.astype(np.uint8) * 255).crop(garment.box)  # type: ignore[union-attr]
    cut = lit(picture.crop(garment.box), rng)
    scale = float(rng.uniform(0.8, 1.2)) * 300 / max(cut.size)
    size = (max(8, round(cut.width * scale)), max(8, round(cut.height * scale)))
    turn = float(rng.uniform(-10, 10))
    cut = cut.resize(size).rotate(turn, Image.Resampling.BILINEAR, expand=True)
    mask = mask.resize(size).rotate(turn, Image.Resampling.BILINEAR, expand=True)
    width, height = round(cut.width * 1.35), round(cut.height * 1.35)
    floor = finish(background(FLOORS[rng.integers(len(FLOORS))], width, height, rng), rng)
    free = (width - cut.width, height - cut.height)
    floor.paste(
        cut, (round(rng.uniform(0.2, 0.8) * free[0]), round(rng.uniform(0.2, 0.8) * free[1])), mask
    )
    return floor


def in_another_colour(
    picture: Image.Image, garment: ss.FoundGarment, rng: np.random.Generator
) -> Image.Image:
    """The same cut in another colour, as shops offer it: not what is owned."""
    lab = cv2.cvtColor(np.asarray(picture, np.float32) / 255, cv2.COLOR_RGB2LAB)
    inside = lab[garment.mask]
    middle = float(np.median(inside[:, 0]))
    turn, towards = rng.uniform(0.4, 1.6) * np.pi, rng.uniform(0, 2 * np.pi)
    cos, sin = np.cos(turn), np.sin(turn)
    inside[:, 1:] = inside[:, 1:] @ np.array([[cos, sin], [-sin, cos]])
    inside[:, 1:] += rng.uniform(15, 35) * np.array([np.cos(towards), np.sin(towards)])
    inside[:, 0] += rng.uniform(20, 40) * (1 if middle < 50 else -1)
    lab[garment.mask] = inside
    lab = lab.clip((0, -127, -127), (100, 127, 127)).astype(np.float32)
    rgb = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)
    return Image.fromarray((rgb.clip(0, 1) * 255).astype(np.uint8))


def negatives(
    photos: Sequence[ClothingPhoto],
    rng: np.random.Generator,
    *,
    same_label: bool = True,
    most: int = 3,
) -> list[tuple[int, int]]:
    """Ordered pairs of places: two garments of one sender, of one label or of one slot only."""
    known = {frozenset(pair) for pair in REPEATS}
    groups: dict[Any, list[int]] = defaultdict(list)
    for place, photo in enumerate(photos):
        groups[photo.sender, photo.slot].append(place)
    pairs = []
    for place, photo in enumerate(photos):
        others = [
            i
            for i in groups[photo.sender, photo.slot]
            if i != place and (photos[i].label == photo.label) == same_label
        ]
        some = rng.permutation(others)[:most].tolist() if others else []
        pairs += [(place, i) for i in some if frozenset((photo.id, photos[i].id)) not in known]
    return pairs
