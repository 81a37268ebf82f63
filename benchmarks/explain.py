"""Are the heat maps true? Deleting the hottest tenth against deleting a random tenth.

    python benchmarks/explain.py --data ../shared/data [--page docs/how-to/explain.md]

Learns the wanted style of the paper's experiment from ten street photographs a style, none of
them held out, and explains held-out ones; with ``--choose`` others that are not held out, for
a method should be chosen by photographs that its figures are not taken from. A tenth of the
picture, and then a tenth of the garments that were compared, is painted grey: the hottest
places, and random squares. The picture is scored from scratch each time, its garments found
again.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
from pages import figure, markdown, write_between
from protocol import SHOTS, STYLES, standard_error, target_of

import stylesim as ss
from stylesim._deleting import hottest_marks, random_marks, similarity_without
from stylesim._explaining import explained_parts
from stylesim.backbones.activation import CHOSEN, Cam
from stylesim.datasets import load_outfits, outfit_groups
from stylesim.explanation import _explained
from stylesim.images import load_image

SHARE, DRAWS = 0.1, 3
TESTED = {"wanted": 15, "Top Similar": 13, "Bottom Similar": 12}
SHORT = {"grad": "Grad-CAM", "hires": "HiResCAM", "layer": "LayerCAM"}
FEW = (Cam(), Cam("hires", (4,)), Cam("layer", (6,)), Cam("layer", (4, 6, 8)), None)
ALL = (
    *(Cam(manner, layers) for manner in SHORT for layers in ((4,), (6,), (8,), (4, 6, 8))),
    None,
)


def name_of(cam: Cam | None) -> str:
    """What a method is called in the table."""
    if cam is None:
        return "occlusion"
    many = "s" * (len(cam.layers) > 1)
    name = f"{SHORT[cam.manner]}, layer{many} {', '.join(map(str, cam.layers))}"
    return f"**{name}**" if cam == CHOSEN else name


def falls(model: ss.LightweightClassifier, path: Path, cams: tuple[Cam | None, ...], seed: int):  # type: ignore[no-untyped-def]
    """Similarity before, after random deletions, and after those of each method."""
    picture = load_image(path, shrink_to=640)
    rng = np.random.default_rng(seed)
    out: dict[str, float] = {}
    for cam in cams:
        why = _explained(picture, explained_parts(model, picture, None, None, cam=cam), ())
        for where in (False, True):
            mark = hottest_marks(why, SHARE, rng, inside=where)
            out[f"{name_of(cam)}/{where}"] = similarity_without(model, why, mark, None, None)
    out["before"] = why.similarity
    for where in (False, True):
        after = [
            similarity_without(model, why, random_marks(why, SHARE, rng, inside=where), None, None)
            for _ in range(DRAWS)
        ]
        out[f"random/{where}"] = float(np.mean(after))
    return out


def table_of(rows: list[dict[str, float]], cams: tuple[Cam | None, ...], kind: str) -> str:
    """The table of the page."""
    columns = {key: np.array([row[key] for row in rows]) for key in rows[0]}
    before = columns["before"]
    names = [name_of(cam) for cam in cams]
    names.sort(key=lambda name: columns[f"{name}/True"].mean())
    lines = []
    for name in [*names, "random"]:
        line = [name]
        for where in (False, True):
            after, chance = columns[f"{name}/{where}"], columns[f"random/{where}"]
            fall = before - after
            line += [
                f"{figure(fall.mean())} ± {figure(standard_error(fall))}",
                "" if name == "random" else f"{np.mean(after < chance):.0%}",
            ]
        lines.append(line)
    head = [
        "places deleted by",
        "tenth of the picture: fall",
        "beats random",
        "tenth of the garments: fall",
        "beats random",
    ]
    said = (
        f"{len(rows)} {kind} street photographs, mean similarity {before.mean():.2f}, one target "
        f"of {SHOTS} photographs a style; random places: mean of {DRAWS} draws. Falls are "
        "means with their standard errors."
    )
    return f"{said}\n\n{markdown(head, lines)}"


def main() -> None:
    """Measure every method asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--photos", type=int, default=40, help="at most so many")
    parser.add_argument("--all", action="store_true", help="every method and layer")
    parser.add_argument("--choose", action="store_true", help="photographs not held out")
    parser.add_argument("--out", type=Path, default=Path("out/explain.json"))
    parser.add_argument("--page", type=Path, help="page to write the table into")
    args = parser.parse_args()
    photos = load_outfits(args.data / "outfits")
    known = outfit_groups([photo for photo in photos if not photo.held_out])
    rng = np.random.default_rng(0)
    support = {s: [known[s][i] for i in rng.permutation(len(known[s]))[:SHOTS]] for s in STYLES}
    model = ss.LightweightClassifier().fit(target_of(support), progress=False)
    learned = {photo.id for some in support.values() for photo in some}
    others = [p for p in photos if p.held_out is not args.choose and p.id not in learned]
    groups = outfit_groups(others)
    tests = [photo for group, count in TESTED.items() for photo in groups[group][:count]]
    # Spread over the groups where fewer are asked for.
    count = min(args.photos, len(tests))
    tests = [tests[i] for i in np.linspace(0, len(tests) - 1, count).round().astype(int)]
    cams = ALL if args.all else FEW
    start, rows = time.perf_counter(), []
    for seed, photo in enumerate(tests):
        rows.append(falls(model, photo.path, cams, seed))
        print(f"{seed + 1}/{len(tests)}", f"{time.perf_counter() - start:.0f} s", flush=True)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(rows, indent=1))
    text = table_of(rows, cams, "not held out" if args.choose else "held-out")
    print(text)
    if args.page:
        write_between(args.page, "explain", text)


if __name__ == "__main__":
    main()
