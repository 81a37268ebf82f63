"""The main job on real photographs: streets for the style, people's own clothes for the closet.

    python examples/real_photos.py --data ../shared/data [--out out/real_photos.png]

Target and contrast come from street photographs, sorted into groups by what is worn (the groups of
``stylesim.datasets.outfit_groups``); the closet is what some people photographed of their own
clothes; the catalogue is what the others photographed. Only the quarter of photographs that the
bundled weights never saw is used.

The folder of ``--data`` holds two public data sets, in the layouts that
``stylesim.datasets.load_clothing`` and ``load_outfits`` describe:

    garments/   https://github.com/alexeygrigorev/clothing-dataset (CC0-1.0)
    outfits/    https://github.com/bearpaw/clothing-co-parsing (Apache-2.0)
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from pathlib import Path

import numpy as np

import stylesim as ss
from stylesim import datasets, plotting

WANTED, CONTRAST = "wanted", ("sporty", "padding", "suit")
SHOTS, DRAWS = 10, 5
CLOSET, CATALOGUE = 60, 240
ENDINGS = (".png", ".jpg", ".svg", ".pdf")


Groups = dict[str, list[datasets.OutfitPhoto]]


def print_table(title: str, head: list[str], rows: list[list[object]]) -> None:
    """Print aligned columns, numbers with two digits."""
    cells = [[f"{c:.2f}" if isinstance(c, float) else str(c) for c in row] for row in rows]
    widths = [max(len(row[i]) for row in [head, *cells]) for i in range(len(head))]
    print(f"\n{title}")
    for row in [head, *cells]:
        first = f"  {row[0]:<{widths[0]}}"
        print(first + "".join(f"  {c:>{w}}" for c, w in zip(row[1:], widths[1:], strict=True)))


def learn(model: ss.LightweightClassifier, groups: Groups) -> None:
    """Fit on the first ten photographs of the wanted group and of each contrast group."""
    pictures = {name: [p.path for p in groups[name][:SHOTS]] for name in (WANTED, *CONTRAST)}
    target = ss.StyleTarget(pictures.pop(WANTED), pictures, name=WANTED)
    start = time.perf_counter()
    model.fit(target, progress=False)
    print(f"  learned from {SHOTS} photographs a class in {time.perf_counter() - start:.1f} s")


def table_one(model: ss.LightweightClassifier, groups: Groups, rng: np.random.Generator) -> None:
    """Print the paper's Table 1 on photographs not learned from, over several draws of the ten.

    The model is left fitted on the last draw.
    """
    photos = [photo for group in groups.values() for photo in group]
    views = dict(zip([p.id for p in photos], model.view([p.path for p in photos]), strict=True))
    means: dict[str, list[np.ndarray]] = defaultdict(list)
    right: dict[str, list[float]] = defaultdict(list)

    def proba(scorer: ss.SimilarityScorer, group: list[datasets.OutfitPhoto]) -> np.ndarray:
        return scorer.score([views[photo.id] for photo in group]).table().values

    for _ in range(DRAWS):
        for group in groups.values():
            rng.shuffle(group)
        learn(model, groups)
        scorer = ss.SimilarityScorer(model)
        for name in ("Top Similar", "Bottom Similar", "All Different"):
            means[name].append(proba(scorer, groups[name]).mean(axis=0))
        means["All Similar"].append(proba(scorer, groups[WANTED][SHOTS:]).mean(axis=0))
        for number, name in enumerate((WANTED, *CONTRAST)):
            told = proba(scorer, groups[name][SHOTS:]).argmax(axis=1)
            right[name].append(float((told == number).mean()))
    rows = [
        [name, *np.mean(means[name], axis=0).tolist(), float(np.std(means[name], axis=0)[0])]
        for name in datasets.OUTFIT_NAMES
    ]
    head = ["outfits", *model.classes_, "+- draws"]
    print_table(f"The paper's Table 1 (mean probability over {DRAWS} draws)", head, rows)
    rows = [[name, float(np.mean(found))] for name, found in right.items()]
    rows.append(["mean", float(np.mean([row[1] for row in rows]))])
    print_table("Share of photographs put into the right style", ["style", "right"], rows)


def main() -> None:
    """Run it all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder with garments/, outfits/")
    parser.add_argument("--out", type=Path, default=None, help="where to write a picture")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    if args.seed < 0:
        parser.error(f"--seed: expected a number of at least 0, got {args.seed}")
    if not (args.data / "outfits").is_dir():
        parser.error(f"--data: expected a folder with garments/ and outfits/, got {args.data}")
    if args.out is not None and args.out.suffix.lower() not in ENDINGS:
        parser.error(f"--out: expected a file ending in {', '.join(ENDINGS)}, got {args.out}")
    rng = np.random.default_rng(args.seed)

    def shuffled(records: list) -> list:
        return [records[i] for i in rng.permutation(len(records))]

    street = [p for p in datasets.load_outfits(args.data / "outfits") if p.held_out]
    groups = datasets.outfit_groups(street)
    print(f"{len(street)} street photographs that the weights never saw; in the groups:")
    print("  " + ", ".join(f"{name} {len(group)}" for name, group in groups.items()))
    model = ss.LightweightClassifier()
    table_one(model, groups, rng)
    scorer = ss.SimilarityScorer(model)

    owned = [p for p in datasets.load_clothing(args.data / "garments") if p.held_out and not p.kids]
    senders = shuffled(sorted({p.sender for p in owned}))
    # Whole people go to one side: a closet and a shop never share a floor.
    mine: list[datasets.ClothingPhoto] = []
    others: list[datasets.ClothingPhoto] = []
    for sender in senders:
        (mine if len(mine) < CLOSET else others).extend(p for p in owned if p.sender == sender)
    mine, others = shuffled(mine)[:CLOSET], shuffled(others)[:CATALOGUE]

    closet = ss.Wardrobe()
    photo_of = {closet.add(photo.path).id: photo for photo in mine}
    report = scorer.score(closet)
    right = sum(closet[key].slot == photo.slot for key, photo in photo_of.items())
    print(f"\nThe closet: {len(closet)} garments, slot found right for {right}")
    by_label: dict[str, list[float]] = defaultdict(list)
    for row in report:
        by_label[photo_of[row.id].label].append(row.similarity)
    rows = sorted(
        ([k, len(v), float(np.mean(v))] for k, v in by_label.items()), key=lambda r: -r[2]
    )
    print_table("Similarity of the closet by what each garment is", ["label", "n", "mean"], rows)

    rows = [
        [photo_of[row.id].label, row.slot or "not found", *row.shares.values(), row.p_neither]
        for row in (gap.row for gap in report.gaps()[:10])
    ]
    head = ["label", "slot", *report.classes, "none"]
    print_table("The gaps, least similar first", head, rows)

    shop = ss.CatalogProvider(
        [
            ss.Product(
                id=photo.id,
                title=photo.label,
                url=f"https://example.com/{photo.id}",
                image=photo.path,
            )
            for photo in others
        ]
    )
    picks = ss.Recommender(scorer, shop).recommend(closet, k=8)
    rows = [[p.product.title, str(p.slot), p.similarity, p.product.url] for p in picks]
    head = ["product", "slot", "similarity", "link"]
    print_table(f"Picks from a catalogue of {len(others)} photographs", head, rows)
    for pick in picks:
        print(f"  {pick.product.title}: {pick.reason}")

    if args.out is not None:
        names = {key: photo.label for key, photo in photo_of.items()}
        args.out.parent.mkdir(parents=True, exist_ok=True)
        plotting.journey(report, picks, names=names).savefig(args.out)
        print(f"\nPicture: {args.out}")


if __name__ == "__main__":
    main()
