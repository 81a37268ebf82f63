"""Write the files that tests/test_portability.py holds today's code to.

Usage: ``python scripts/golden_files.py``. Run it once for each new format, never to make a test
pass: an old file has to stay readable. Everything in the files is drawn or made up, and the
networks are functions, so that the files are small.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import attrs
import numpy as np
from PIL import Image

import stylesim as ss
from stylesim import datasets
from stylesim.images import load_image

ROOT = Path(__file__).resolve().parents[1] / "tests" / "data"
FORMAT = "format-2"
_SIZE = (40, 50)
_MOST_BYTES = 200_000


def _middle(pictures: list[Image.Image]) -> list[Any]:
    """Colours of a 2 x 2 grid over the middle: twelve numbers, never all zero."""
    grids = [np.asarray(p.resize((4, 4), Image.Resampling.BOX))[1:3, 1:3] for p in pictures]
    return [grid.reshape(-1) / 255.0 + 0.1 for grid in grids]


def _halves(picture: Image.Image) -> list[ss.FoundGarment]:
    """A top above a bottom."""
    width, height = picture.size
    return [
        ss.FoundGarment("top", "shirt", (0, 0, width, height // 2), None, 0.9),
        ss.FoundGarment("bottom", "skirt", (0, height // 2, width, height), None, 0.9),
    ]


def backbone() -> ss.FunctionBackbone:
    """What embeds; a saved style names it and does not hold it."""
    return ss.FunctionBackbone(_middle, name="golden-middle", dim=12)


def finder() -> ss.FunctionFinder:
    """What finds garments."""
    return ss.FunctionFinder(_halves, name="golden-halves")


def small(picture: Image.Image) -> Image.Image:
    """A picture of a few kilobytes."""
    return picture.resize(_SIZE, Image.Resampling.BOX)


def load(folder: Path) -> tuple[ss.LightweightClassifier, ss.Wardrobe, ss.CatalogProvider]:
    """Open what lies in a folder."""
    model = ss.LightweightClassifier.load(
        folder / "style.safetensors", backbone=backbone(), finder=finder()
    )
    return (
        model,
        ss.Wardrobe.open(folder / "closet.stylesim"),
        ss.CatalogProvider.open(folder / "shop", model=model),
    )


def said(folder: Path) -> dict[str, Any]:
    """What today's code reads from a folder, as plain data."""
    model, closet, shop = load(folder)
    with closet:
        report = ss.SimilarityScorer(model).score(closet)
        garments = [{**one.to_dict(), "size": list(one.image().size)} for one in closet]
        near = shop.nearest(model.embed([garment.image() for garment in closet][:1])[0], k=2)
        return {
            "classes": list(model.classes_),
            "slots": list(model.slots_),
            "similarity": {row.id: round(row.similarity, 6) for row in report},
            "garments": garments,
            "products": [
                {**one.to_dict(), "image": one.image and Path(one.image).name} for one in shop
            ],
            "nearest": [one.id for one in near],
        }


def write(folder: Path) -> None:
    """Write a style, a closet and a catalogue."""
    folder.mkdir(parents=True)
    looks = {
        name: [small(outfit.image) for outfit in datasets.make_style(name, n=4, seed=1)]
        for name in ("wannabe", "sporty", "suit")
    }
    target = ss.StyleTarget(looks.pop("wannabe"), looks)
    model = ss.LightweightClassifier(backbone=backbone(), finder=finder())
    model.fit(target, progress=False)
    model.save(folder / "style.safetensors")
    with ss.Wardrobe.open(folder / "closet.stylesim") as closet:
        for number, drawn in enumerate(datasets.make_closet(n=4, seed=2)):
            closet.add(
                small(drawn.image),
                slot=drawn.slot,
                category=drawn.truth.category,
                quantity=1 + number % 2,
                note=f"Größe {36 + number}, 파란색",
                worn=number,
            )
        ss.SimilarityScorer(model).score(closet)  # so that what models keep is in the file
    catalog = datasets.make_catalog(n=4, seed=3)
    products = []
    for product in catalog.products:
        picture = folder / f"{product.id}.png"
        small(load_image(product.image)).save(picture)
        products.append(attrs.evolve(product, image=picture))
    ss.CatalogProvider.build(folder / "shop", products, model=model)


def main() -> None:
    """Write the files of the current format, as one archive."""
    archive, expected = ROOT / f"{FORMAT}.zip", ROOT / f"{FORMAT}.json"
    if archive.exists() and "--again" not in sys.argv:
        sys.exit(f"{archive} is there; --again replaces it, which is right only before a release")
    ROOT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / FORMAT
        write(folder)
        text = json.dumps(said(folder), indent=1, ensure_ascii=False, sort_keys=True)
        shutil.make_archive(str(ROOT / FORMAT), "zip", folder)
    expected.write_text(text + "\n", encoding="utf-8")
    print(f"{archive}: {archive.stat().st_size / 1000:.0f} kB")
    if archive.stat().st_size > _MOST_BYTES:
        sys.exit("Too large to keep")


if __name__ == "__main__":
    main()
