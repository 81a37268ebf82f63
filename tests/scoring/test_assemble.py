"""Outfits from a closet: they agree with the scorer, and show themselves."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

import stylesim as ss
from stylesim import datasets
from stylesim.errors import InvalidArgumentError, NotFoundError
from stylesim.outfits import AssembledOutfit, assemble, candidates_of
from stylesim.similarity import ItemSimilarity


@pytest.fixture
def full_closet(draw) -> ss.Wardrobe:
    """Two of everything that outfits are assembled of, and a bag."""
    closet = ss.Wardrobe()
    slots = ["top", "bottom", "full", "outer", "shoes"]
    for number, slot in enumerate(slots * 2):
        closet.add(draw(0.15 + 0.08 * number, look=number * 9), slot=slot, category=f"my {slot}")
    closet.add(draw(0.9, look=200), slot="bag")
    return closet


@pytest.mark.parametrize("weights", [None, {"shoes": 1}, {"top": 3, "bottom": 0}, {"bag": 2}])
@pytest.mark.parametrize("asked", [{}, {"with_outer": True, "with_shoes": True}])
@pytest.mark.parametrize("kind", ["model", "whole_model"])
def test_the_scorer_says_the_same(kind, full_closet, weights, asked, request) -> None:
    scorer = ss.SimilarityScorer(request.getfixturevalue(kind), slot_weights=weights)
    outfits = assemble(full_closet, scorer, k=20, max_repeats=None, **asked)
    assert len(outfits) == 6
    again = scorer.score([one.as_outfit(full_closet) for one in outfits])
    for outfit, row in zip(outfits, again, strict=True):
        assert row.id == outfit.name
        assert row.similarity == pytest.approx(outfit.similarity, abs=1e-6)
        if kind == "model":
            assert row.by_slot == pytest.approx(dict(outfit.by_region), abs=1e-6)


def test_a_report_is_not_made_again(model, full_closet) -> None:
    scorer = ss.SimilarityScorer(model)
    report = scorer.score(full_closet)
    seen = len(model.seen)
    assert assemble(full_closet, scorer, report=report) == assemble(full_closet, scorer)
    assert len(model.seen) == seen


def test_garments_sold_meanwhile_and_those_of_no_slot_are_left_out(model, closet, ids) -> None:
    scorer = ss.SimilarityScorer(model)
    report = scorer.score(closet)
    assert len(assemble(closet, scorer)) == 1
    closet.remove(ids["top"])
    assert assemble(closet, scorer, report=report) == []
    closet.update(ids["bottom"], slot=None)
    assert [one.slot.value for one in candidates_of(scorer.score(closet))] == ["shoes", "outer"]


def test_quantities_come_from_the_closet(model, closet, ids, draw) -> None:
    closet.update(ids["top"], quantity=3)
    closet.add(draw(0.8), slot="bottom")
    scorer = ss.SimilarityScorer(model)
    assert len(assemble(closet, scorer, max_repeats=1)) == 2
    closet.update(ids["top"], quantity=1)
    assert len(assemble(closet, scorer, max_repeats=1)) == 1
    assert {one.quantity for one in candidates_of(scorer.score(closet))} == {1}


def test_near_twins_are_known_by_their_looks(model, draw) -> None:
    closet = ss.Wardrobe()
    closet.add(draw(0.9), slot="bottom", quantity=9)
    for size in (20, 22, 24):
        closet.add(draw(0.6, size=(size, 10)), slot="top")
    closet.add(draw(0.6, look=200), slot="top")
    outfits = assemble(closet, ss.SimilarityScorer(model), k=9)
    assert len(outfits) == 2
    assert all(one.embedding is not None for outfit in outfits for one in outfit.garments)


def test_an_empty_closet_makes_no_outfit(model) -> None:
    assert assemble(ss.Wardrobe(), ss.SimilarityScorer(model)) == []


def test_an_outfit_shows_itself(model, closet, ids) -> None:
    closet.update(ids["top"], category="<b>top</b>")
    outfit = assemble(closet, ss.SimilarityScorer(model), with_shoes=True)[0]
    assert isinstance(outfit, AssembledOutfit)
    shown = outfit._repr_html_()
    assert "&lt;b&gt;top&lt;/b&gt;" in shown
    assert "<b>top" not in shown
    assert shown.count("<img") == len(outfit.ids) == 4
    assert str(outfit).startswith(f"{outfit.similarity:.2f}  <b>top</b> {ids['top']} + ")
    assert ids["bottom"] in repr(outfit)
    assert json.loads(json.dumps(outfit.to_dict()))["ids"] == list(outfit.ids)
    assert outfit.as_outfit(closet, name="Monday").name == "Monday"
    with pytest.raises(NotFoundError):
        outfit.as_outfit(ss.Wardrobe())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"wardrobe": []}, "wardrobe.*a Wardrobe"),
        ({"scorer": None}, "scorer.*SimilarityScorer"),
        ({"report": []}, "report.*SimilarityReport"),
        ({"k": 0}, "k.*at least 1"),
        ({"max_repeats": -1}, "max_repeats"),
        ({"twin": "high"}, "twin"),
        ({"with_outer": 1}, "with_outer"),
    ],
)
def test_bad_arguments_are_named(model, closet, arguments, words) -> None:
    given = {"wardrobe": closet, "scorer": ss.SimilarityScorer(model)} | arguments
    with pytest.raises(InvalidArgumentError, match=words):
        assemble(**given)


def test_three_hundred_garments_take_less_than_two_seconds(model) -> None:
    rng = np.random.default_rng(0)
    closet = ss.Wardrobe()
    slots = {"top": 90, "bottom": 70, "full": 40, "outer": 50, "shoes": 50}
    for slot, count in slots.items():
        for _ in range(count):
            colour = rng.integers(0, 256, 3, dtype=np.uint8)
            closet.add(np.tile(colour, (4, 8, 1)), slot=slot)
    assert len(closet) == 300
    scorer = ss.SimilarityScorer(model, slot_weights={"shoes": 1})
    scorer.score(closet)  # sees and keeps the pictures
    begun = time.process_time()
    assert len(assemble(closet, scorer)) == 5
    assert time.process_time() - begun < 2


def test_a_row_that_the_scorer_could_not_compare_by_region() -> None:
    def row(name: str, slot: str, **by_slot: float) -> ItemSimilarity:
        classes = {"mine": 0.8, "suit": 0.2}
        return ItemSimilarity(
            id=name, similarity=0.8, by_class=classes, by_slot=by_slot, slot=ss.Slot(slot)
        )

    rows = [row("a", "top", upper=0.8), row("b", "bottom", whole=0.8), row("c", "shoes", shoes=0.8)]
    known = ss.SimilarityReport(("mine", "suit"), rows, regions=("upper", "shoes"))
    assert [dict(one.by_region) for one in candidates_of(known)] == [
        {"upper": 0.8}, {}, {"shoes": 0.8}
    ]  # fmt: skip
    # Where no body region is compared, garments stand for what they cover, and shoes cannot.
    blind = ss.SimilarityReport(("mine", "suit"), rows[1:], regions=("shoes",))
    assert [dict(one.by_region) for one in candidates_of(blind)] == [{"lower": 0.8}]


@pytest.mark.real_data
def test_real_garments_and_people(data_dir) -> None:
    groups = datasets.outfit_groups(datasets.load_outfits(data_dir / "outfits"))
    wanted = [photo.path for photo in groups["wanted"][:5]]
    contrast = {name: [p.path for p in groups[name][:5]] for name in ("suit", "padding", "sporty")}
    model = ss.LightweightClassifier().fit(
        ss.StyleTarget(wanted, contrast), epochs=10, progress=False
    )
    scorer = ss.SimilarityScorer(model)
    labels = {"Dress": 3, "Pants": 3, "Skirt": 2, "Longsleeve": 3, "T-Shirt": 2, "Outwear": 2}
    closet = ss.Wardrobe()
    photos = [p for p in datasets.load_clothing(data_dir / "garments") if not p.kids]
    for label, count in labels.items():
        for photo in [one for one in photos if one.label == label][:count]:
            closet.add(photo.path, slot=photo.slot, category=photo.category)
    assert len(closet) == 15
    outfits = assemble(closet, scorer, k=5, with_outer=True)
    assert len(outfits) == 5
    assert all("outer" in [part.slot for part in one.garments] for one in outfits)
    values = [one.similarity for one in outfits]
    assert values == sorted(values, reverse=True)
    # Outfits of garments and photographs of people wearing outfits stand in one report.
    worn = groups["Top Similar"][0].path
    report = scorer.score([*(one.as_outfit(closet) for one in outfits), worn])
    assert [row.similarity for row in report][:5] == pytest.approx(values, abs=1e-5)
    assert 0 <= report[-1].similarity <= 1
    assert set(report[-1].by_slot) >= {"upper", "lower"}
    gaps = scorer.score(closet).gaps(closet)
    assert len(gaps) == 15
    assert {one.verdict for one in gaps} <= {"keep", "maybe", "let go"}
    assert all(0 <= one.versatility <= gaps.good_outfits for one in gaps)
    best = max(gaps, key=lambda one: one.best_outfit.similarity).best_outfit
    free = assemble(closet, scorer, k=1)
    assert best.similarity == pytest.approx(free[0].similarity)
