"""A simple standing figure to wear the clothes: head, hair, arms, legs."""

from __future__ import annotations

import attrs
import numpy as np

from stylesim.datasets._canvas import Sketch
from stylesim.datasets._fabric import RGB, Fabric, mix, tone
from stylesim.datasets._lines import Point, flip, limb, smooth
from stylesim.datasets._pose import ANKLE, CHIN, CROWN, KNEE, NECK, SHOULDER, SOLE, Pose

_SKINS: tuple[RGB, ...] = (
    (240.0, 208.0, 184.0),
    (226.0, 184.0, 152.0),
    (198.0, 150.0, 116.0),
    (152.0, 106.0, 78.0),
    (104.0, 70.0, 52.0),
)
_HAIRS: tuple[RGB, ...] = (
    (34.0, 28.0, 26.0),
    (66.0, 44.0, 32.0),
    (110.0, 74.0, 46.0),
    (190.0, 150.0, 96.0),
    (140.0, 64.0, 40.0),
    (150.0, 148.0, 146.0),
)
HAIR_STYLES = ("long", "bob", "bun", "short")
_SIDES = (-1, 1)


@attrs.frozen
class Person:
    """Who wears the clothes: build, skin, hair and how they stand."""

    skin: RGB
    hair: RGB
    style: str
    pose: Pose
    glasses: bool
    lean: float
    holds: int

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Person:
        """A person at random."""
        elbows: list[Point] = []
        wrists: list[Point] = []
        stance = int(rng.integers(0, 4))
        for side in _SIDES:
            out = float(rng.uniform(0, 5))
            elbow, wrist = (side * (42 + out), 168.0), (side * (46 + out), 218.0)
            if (stance == 1 and side < 0) or (stance == 2 and side > 0):
                # A hand on the hip.
                elbow, wrist = (side * (60 + out), 166.0), (side * 37.0, 203.0)
            elbows.append(elbow)
            wrists.append(wrist)
        apart = float(rng.uniform(0, 6))
        shift = float(rng.uniform(-4, 4))
        pose = Pose(
            elbows=(elbows[0], elbows[1]),
            wrists=(wrists[0], wrists[1]),
            knees=((-16 - apart / 2 + shift, KNEE), (16 + apart / 2 + shift, KNEE)),
            ankles=((-16 - apart + shift, ANKLE), (16 + apart + shift, ANKLE)),
        )
        return cls(
            skin=_SKINS[int(rng.integers(0, len(_SKINS)))],
            hair=_HAIRS[int(rng.integers(0, len(_HAIRS)))],
            style=HAIR_STYLES[int(rng.integers(0, len(HAIR_STYLES)))],
            pose=pose,
            glasses=bool(rng.random() < 0.35),
            lean=float(rng.uniform(-2.5, 2.5)),
            holds=-1 if stance == 2 else 1,
        )


def hair_behind(person: Person) -> Sketch | None:
    """The hair that falls behind the shoulders."""
    drop = {"long": 142.0, "bob": 96.0}.get(person.style)
    if drop is None:
        return None
    k = Sketch(Fabric(person.hair, texture="hair"))
    x = person.lean
    right: list[Point] = [
        (x, CROWN - 5),
        (x + 20, CROWN + 8),
        (x + 25, 64),
        (x + 27, drop - 14),
        (x + 15, drop),
    ]
    k.panel(
        smooth(
            [(x, CROWN - 5), *right[1:]],
            [(x, drop - 6)],
            [
                (x - 15, drop),
                (x - 27, drop - 14),
                (x - 25, 64),
                (x - 20, CROWN + 8),
                (x, CROWN - 5),
            ],
        ),
        shade=0.85,
    )
    return k


def body(person: Person, *, tights: RGB | None = None) -> Sketch:
    """Neck, shoulders, arms with hands, and legs; ``tights`` cover the legs."""
    k = Sketch(Fabric(person.skin, texture="skin"))
    legs = Fabric(tights, texture="silk") if tights else k.fabric
    for side in _SIDES:
        hip, knee, ankle = person.pose.leg(side)
        calf = ((knee[0] + ankle[0]) / 2 + side * 2, KNEE + 30)
        foot = (ankle[0] + side * 2, ankle[1] + 10)
        line = [(hip[0], hip[1]), ((hip[0] + knee[0]) / 2, 285), knee, calf, ankle, foot]
        k.panel(limb(line, (34, 30, 22, 23, 13, 13)), fabric=legs, edge=0.8)
        k.fold((knee[0] - 6, KNEE - 4), (knee[0] + 5, KNEE + 2), depth=-0.18, width=4)
    k.panel(
        smooth(
            [(-34, SHOULDER + 6), (-12, NECK - 4), (-10, CHIN - 10)],
            [(10, CHIN - 10), (12, NECK - 4), (34, SHOULDER + 6)],
            [(30, 150), (-30, 150), (-34, SHOULDER + 6)],
        ),
        edge=0.85,
    )
    k.fold((-9, CHIN + 4), (0, CHIN + 8), (9, CHIN + 4), depth=-0.45, width=8)
    for side in _SIDES:
        shoulder, elbow, wrist = person.pose.arm(side)
        k.panel(limb([shoulder, elbow, wrist], (20, 16, 11)), edge=0.8)
        dx, dy = wrist[0] - elbow[0], wrist[1] - elbow[1]
        length = (dx * dx + dy * dy) ** 0.5 + 1e-6
        tip = (wrist[0] + dx / length * 18, wrist[1] + dy / length * 18)
        middle = (wrist[0] + dx / length * 9, wrist[1] + dy / length * 9)
        k.panel(limb([wrist, middle, tip], (9, 13, 12, 7)), edge=0.75)
    return k


def head(person: Person) -> Sketch:
    """Face and the hair in front of it."""
    x = person.lean
    k = Sketch(Fabric(person.skin, texture="skin"))
    for side in _SIDES:
        k.panel(
            smooth(
                [
                    (x + side * 18, 54),
                    (x + side * 21.5, 56),
                    (x + side * 20, 65),
                    (x + side * 17, 66),
                ]
            ),
            shade=0.92,
        )
    jaw: list[Point] = [(18, 48), (18, 62), (13, 76), (5, CHIN), (0, CHIN + 0.5)]
    right = [(x + px, y) for px, y in [(0.0, CROWN + 1), (11.0, CROWN + 4), *jaw]]
    left = [(x - px, y) for px, y in reversed([(11.0, CROWN + 4), *jaw])]
    k.panel(smooth(right + left + [(x, CROWN + 1)]), edge=0.82)
    _features(k, person, x)
    return k


def _features(k: Sketch, person: Person, x: float) -> None:
    dark: RGB = (42.0, 34.0, 32.0)
    for side in _SIDES:
        eye = x + side * 7.2
        k.line([(eye - 4, 52.5), (eye, 51), (eye + 4, 52.5)], width=1.4, colour=person.hair)
        if person.glasses:
            k.panel(
                smooth(
                    [(eye - 6, 54.5), (eye + 6, 54.5)], [(eye + 5, 62), (eye, 63.5), (eye - 5, 62)]
                ),
                fabric=Fabric(dark, texture="leather"),
            )
        else:
            k.panel(
                smooth(
                    [(eye - 3.4, 57.5), (eye, 55.8), (eye + 3.4, 57.5)],
                    [(eye, 59.2), (eye - 3.4, 57.5)],
                ),
                fabric=Fabric((240.0, 238.0, 234.0)),
            )
            k.disc(eye, 57.4, 1.5, dark)
    if person.glasses:
        k.line([(x - 3, 55.5), (x + 3, 55.5)], width=1.2, colour=dark)
    k.line([(x + 1, 60), (x + 2.4, 66.5), (x - 1.2, 67.4)], width=0.9, shade=0.74)
    lips = mix(person.skin, (170.0, 66.0, 70.0), 0.55)
    k.line([(x - 5, 74), (x, 73.4), (x + 5, 74)], width=2.6, colour=lips)
    k.line([(x - 5, 74), (x + 5, 74)], width=0.7, colour=tone(lips, 0.7))
    k.fold((x - 13, 68), (x - 9, 72), depth=-0.15, width=5)
    k.fold((x + 13, 68), (x + 9, 72), depth=-0.15, width=5)


def hair_front(person: Person) -> Sketch:
    """The hair over the forehead and at the sides of the face."""
    k = Sketch(Fabric(person.hair, texture="hair"))
    x = person.lean
    side_drop = {"long": 96.0, "bob": 84.0, "bun": 54.0, "short": 52.0}[person.style]
    if person.style == "bun":
        turn = np.linspace(0, 2 * np.pi, 18)
        ring = np.stack([x + 10 * np.cos(turn), CROWN - 6 + 8 * np.sin(turn)], 1)
        k.panel(ring.astype(np.float32))
    outer: list[Point] = [(20.5, side_drop), (22.5, 56), (18, CROWN + 6), (0, CROWN - 5)]
    inner: list[Point] = [(0, CROWN + 13), (9, CROWN + 14), (15.5, 50), (16, side_drop)]
    right = [(x + px, y) for px, y in outer]
    left = [(x + px, y) for px, y in flip(outer)]
    face_left = [(x + px, y) for px, y in flip(inner)][::1]
    face = [(x + px, y) for px, y in inner]
    k.panel(smooth(right + left[1:], face_left, face))
    for share in (-0.8, -0.4, 0.0, 0.4, 0.8):
        k.fold((x + share * 5, CROWN - 3), (x + share * 17, CROWN + 14), depth=0.3, width=2)
        k.fold(
            (x + share * 5 + 3, CROWN - 3), (x + share * 17 + 3, CROWN + 15), depth=-0.3, width=2
        )
    return k


def shoes_on(person: Person, kind: str, fabric: Fabric) -> Sketch:
    """Shoes on the feet, seen from the front."""
    k = Sketch(fabric)
    sole: RGB = (240.0, 240.0, 236.0) if kind == "sneakers" else (44.0, 38.0, 34.0)
    for side in _SIDES:
        x, y = person.pose.leg(side)[2]
        out = side * 5.0
        if kind == "boots":
            k.panel(limb([(x, y - 44), (x, y - 20), (x + out * 0.2, y + 6)], (21, 19, 18)))
            k.line([(x - 9, y - 42), (x + 9, y - 42)], width=3, shade=0.75)
        toe = SOLE + (3.0 if side > 0 else 0.0)
        low = y - 2 if kind != "flats" else y + 6
        k.panel(
            smooth(
                [(x - 7.5, low), (x + 7.5, low)],
                [
                    (x + 8.5 + out * 0.3, y + 8),
                    (x + 10 + out, toe - 4),
                    (x + out, toe + 1),
                    (x - 10 + out, toe - 4),
                    (x - 8.5 + out * 0.3, y + 8),
                ],
                [(x - 7.5, low)],
            ),
            edge=0.6,
        )
        k.line(
            [(x - 9.5 + out, toe - 3), (x + out, toe + 1.5), (x + 9.5 + out, toe - 3)],
            width=3.0,
            colour=sole,
        )
        if kind != "flats":
            for i in range(3):
                k.line(
                    [(x - 4 + out * 0.4, y + 3 + 4 * i), (x + 4 + out * 0.4, y + 3 + 4 * i)],
                    width=1.4,
                    colour=sole if kind == "sneakers" else tone(fabric.colour, 0.5),
                )
    return k
