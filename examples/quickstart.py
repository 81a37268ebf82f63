"""From the clothes you own to the style you want, on drawn sample clothes; no photograph needed.

    python examples/quickstart.py [--out out/quickstart.png]

Learns the drawn "wannabe" style (flowing blouse, skirt) against sporty, padding and suit, scores
the four outfits of the paper's Table 1 and a closet, says what to keep, what to let go and what is
missing, puts outfits together, and picks products that close the gaps.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import stylesim as ss
from stylesim import datasets, plotting

# What the paper reports for its fine-tuned classifier.
PAPER = {"Top Similar": 0.55, "Bottom Similar": 0.94, "All Similar": 0.98, "All Different": 0.47}
DRAWS = 8
ENDINGS = (".png", ".jpg", ".svg", ".pdf")


def learn(seed: int, epochs: int) -> ss.LightweightClassifier:
    """Fit a classifier on ten drawn outfits of each style."""
    pictures = {
        name: [outfit.image for outfit in datasets.make_style(name, n=10, seed=seed + i)]
        for i, name in enumerate(datasets.STYLE_NAMES)
    }
    wanted = pictures.pop("wannabe")
    target = ss.StyleTarget(wanted, pictures, name="wannabe")
    start = time.perf_counter()
    model = ss.LightweightClassifier(seed=seed).fit(target, epochs=epochs, progress=False)
    print(
        f"Learned {', '.join(model.classes_)} from 10 outfits each, {epochs} epochs, "
        f"in {time.perf_counter() - start:.1f} s (garments found, cut out and embedded).\n"
    )
    return model


def table_one(scorer: ss.SimilarityScorer, seed: int) -> None:
    """Print the paper's Table 1 for several draws of the four outfits."""
    draws = [datasets.make_outfits("wannabe", seed=seed + i) for i in range(DRAWS)]
    pictures = [outfit.image for four in draws for outfit in four.values()]
    report = scorer.score(pictures)
    shape = (DRAWS, len(datasets.OUTFIT_NAMES), len(report.classes))
    table = report.table().values.reshape(shape).mean(axis=0)
    print(f"The four outfits of the paper's Table 1, drawn {DRAWS} times (mean probability):")
    print(
        f"  {'outfit':<16}" + "".join(f"{name:>10}" for name in report.classes) + f"{'paper':>10}"
    )
    for name, row in zip(datasets.OUTFIT_NAMES, table, strict=True):
        paper = f"{PAPER[name]:.2f}" if name in PAPER else "-"
        print(f"  {name:<16}" + "".join(f"{value:>10.2f}" for value in row) + f"{paper:>10}")
    print("  paper: its similarity to the wanted style, on its own photographs.\n")


def main() -> None:
    """Run the journey."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("out/quickstart.png"))
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    if args.seed < 0:
        parser.error(f"--seed: expected a number of at least 0, got {args.seed}")
    if args.epochs < 1:
        parser.error(f"--epochs: expected a number of at least 1, got {args.epochs}")
    if args.out.suffix.lower() not in ENDINGS:
        parser.error(f"--out: expected a file ending in {', '.join(ENDINGS)}, got {args.out}")

    model = learn(args.seed, args.epochs)
    scorer = ss.SimilarityScorer(model)
    table_one(scorer, args.seed + 100)

    # A closet with a hole: nothing of the wanted style for the lower body. Slot and category are
    # found in the pictures, not told.
    closet, names, right = ss.Wardrobe(), {}, 0
    for drawn in datasets.make_closet(n=28, seed=args.seed + 3):
        if drawn.style == "wannabe" and drawn.slot in {ss.Slot.BOTTOM, ss.Slot.FULL}:
            continue
        garment = closet.add(drawn.image)
        names[garment.id] = drawn.truth.title
        right += garment.slot == drawn.slot
    print(f"The closet: {len(closet)} garments; the slot was found right for {right}.")
    report = scorer.score(closet)
    print(f"  {'garment':<26}{'slot':<10}{'similarity':>10}  nearest style")
    for row in report:
        nearest = max(row.by_class, key=lambda name: row.by_class[name])
        slot = row.slot or "not found"
        print(f"  {names[row.id]:<26}{slot:<10}{row.similarity:>10.2f}  {nearest}")

    gaps = report.gaps(closet)
    print("\nThe gaps, least similar first:")
    for gap in gaps[:6]:
        print(f"  {names[gap.id]:<26}{gap.verdict:<8}  {gap.why}")
    print(f"  in all {len(gaps.keep)} to keep, {len(gaps.let_go)} to let go; and by slot:")
    for part in gaps.slots:
        nothing = "not compared" if part.count else "nothing owned"
        best = f"{part.best:.2f}  {names[part.best_id]}" if part.best_id else nothing
        print(f"  {part.slot:<10}{part.status:<10}{best}")

    print("\nThe best outfits of what is owned:")
    for outfit in ss.outfits.assemble(closet, scorer, k=3, report=report):
        print(f"  {outfit.similarity:.2f}  " + " + ".join(names[one] for one in outfit.ids))

    shop = ss.CatalogProvider(datasets.make_catalog(n=48, seed=args.seed + 5).products)
    picks = ss.Recommender(scorer, shop).recommend(closet, k=6, max_price=80, currency="EUR")
    print("\nWhat would close them, up to 80 EUR:")
    for pick in picks:
        product = pick.product
        print(f"  {product.title:<26}{product.price_text:>10}  {product.url}")
        print(f"      {pick.reason}")

    try:
        draw(args.out, scorer, report, picks, names, args.seed + 100)
    except ss.MissingExtraError as problem:
        print(f"\nNo picture: {problem}")


def draw(
    out: Path,
    scorer: ss.SimilarityScorer,
    report: ss.SimilarityReport,
    picks: Sequence[ss.Recommendation],
    names: dict[str, str],
    seed: int,
) -> None:
    """Write the whole journey as one picture."""
    four = datasets.make_outfits("wannabe", seed=seed)
    figure = plotting.journey(
        report,
        picks,
        names=names,
        outfits=scorer.score({name: outfit.image for name, outfit in four.items()}),
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(out)
    print(f"\nPicture: {out}")


if __name__ == "__main__":
    main()
