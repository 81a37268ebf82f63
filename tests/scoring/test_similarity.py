"""Similarity of pictures, garments and outfits; what bad input meets."""

from __future__ import annotations

import sqlite3
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import stylesim as ss
from stylesim.errors import (
    ImageError,
    InvalidArgumentError,
    NotFittedError,
    NotFoundError,
    StyleSimError,
)


@pytest.fixture
def scorer(model) -> ss.SimilarityScorer:
    return ss.SimilarityScorer(model)


def near(value: float) -> object:
    return pytest.approx(value, abs=0.02)


# --- one picture ------------------------------------------------------------------------------


def test_upper_and_lower_body_weigh_the_same(scorer, draw_outfit) -> None:
    row = scorer.score([draw_outfit(0.9, 0.1)])[0]
    assert row.similarity == near(0.5)
    assert row.by_slot == {"upper": near(0.9), "lower": near(0.1)}
    assert row.counted == ("upper", "lower")
    assert [(g.slot.value, g.confidence) for g in row.found] == [("top", 0.9), ("bottom", 0.8)]
    assert row.assumed is None


@pytest.mark.parametrize(
    ("weights", "similarity"),
    [
        # Log-odds of 0.9 and 0.1 are 2.2 and -2.2: a third of the one and the other make -1.5.
        ({"bottom": 3}, 0.188),
        ({"lower": 3}, 0.188),
        ({"upper": 1e200, "lower": 1e200}, 0.5),
        ({"upper": 1e-200, "lower": 3e-200}, 0.188),
        ({ss.Slot.TOP: 0}, 0.1),
        ({"full": 2}, 0.5),
        ({"top": 1, "outer": 1, "shoes": 5}, 0.5),
    ],
)
def test_weights_change_what_slots_say_together(model, draw_outfit, weights, similarity) -> None:
    row = ss.SimilarityScorer(model, slot_weights=weights).score([draw_outfit(0.9, 0.1)])[0]
    assert row.similarity == near(similarity)
    assert sum(row.by_class.values()) == pytest.approx(1)


def test_where_nothing_is_found_the_whole_picture_counts_and_the_row_says_so(scorer, draw) -> None:
    row = scorer.score([draw(0.7)])[0]
    assert row.similarity == near(0.7)
    assert row.by_slot == {"whole": near(0.7)}
    assert "no garment found" in row.assumed
    assert row.counted == ("whole",)


def test_what_has_no_weight_counts_only_by_itself(model, draw_outfit) -> None:
    closet = ss.Wardrobe()
    shoes = closet.add(Image.new("RGB", (20, 10), (90, 0, 10)), slot="shoes")
    row = ss.SimilarityScorer(model).score(closet)[shoes.id]
    assert row.similarity == near(0.9)
    assert row.counted == ("shoes",)
    lower = ss.SimilarityScorer(model, slot_weights={"upper": 0})
    top = ss.Outfit({"top": Image.new("RGB", (20, 10), (80, 0, 20))})
    row = lower.score(top)[0]
    assert row.similarity == near(0.8)
    assert "counts alike" in row.assumed


# --- a wardrobe -------------------------------------------------------------------------------


def test_each_garment_is_scored_in_its_own_slot(scorer, closet, ids) -> None:
    report = scorer.score(closet)
    assert [row.id for row in report] == [garment.id for garment in closet]
    assert report[ids["bottom"]].by_slot == {"lower": near(0.2)}
    assert report[ids["outer"]].by_slot == {"upper": near(0.6)}
    assert report[ids["top"]].category == "my top"
    assert "taken for the top" in report[ids["top"]].assumed


def test_of_one_photograph_only_the_slot_of_the_garment_counts(scorer, draw_outfit) -> None:
    closet, photo = ss.Wardrobe(), draw_outfit(0.9, 0.1)
    top, bottom = closet.add(photo, slot="top"), closet.add(photo, slot="bottom")
    report = scorer.score(closet)
    assert report[top.id].similarity == near(0.9)
    assert report[bottom.id].similarity == near(0.1)
    assert report[top.id].assumed is None


def test_views_are_kept_in_the_wardrobe(scorer, model, closet) -> None:
    first = scorer.score(closet)
    assert len(model.seen) == 4
    assert scorer.score(closet).to_dicts() == first.to_dicts()
    assert len(model.seen) == 4
    model.view_key = "another network"
    scorer.score(closet)
    assert len(model.seen) == 8


def test_a_new_slot_is_looked_at_again(scorer, model, closet, ids, draw_outfit) -> None:
    garment = closet.add(draw_outfit(0.9, 0.1), slot="top")
    assert scorer.score(closet)[garment.id].similarity == near(0.9)
    closet.update(garment, slot="bottom")
    assert scorer.score(closet)[garment.id].similarity == near(0.1)


@pytest.mark.parametrize("crc", [True, False])
def test_a_damaged_view_is_made_again(scorer, model, tmp_path, draw, crc) -> None:
    path = tmp_path / "closet.stylesim"
    with ss.Wardrobe.open(path) as closet:
        for look in range(3):
            closet.add(draw(0.4, look), slot="top")
        before = scorer.score(closet).to_dicts()
        key, digest = f"{model.view_key}|top", next(iter(closet)).image_hash
        if crc:
            closet.put_cached(key, {digest: b"nonsense"})
    if not crc:
        with sqlite3.connect(path) as file:
            file.execute("UPDATE cached SET value = 'x' WHERE picture = ?", (digest,))
        file.close()
    with ss.Wardrobe.open(path) as closet:
        assert scorer.score(closet).to_dicts() == before
        assert len(model.seen) == 4, "only the damaged one is seen again"
        scorer.score(closet)
        assert len(model.seen) == 4


def test_an_empty_wardrobe_gives_an_empty_report(scorer) -> None:
    report = scorer.score(ss.Wardrobe())
    assert len(report) == 0
    assert np.asarray(report.table()).shape == (0, 2)
    assert list(report.gaps()) == []
    assert {name for name, one in report.by_slot().items() if one.missing} == {
        "upper", "lower", "shoes", "bag",
    }  # fmt: skip
    assert "<table>" in report._repr_html_()
    assert str(report.table()).split() == ["wannabe", "suit"]


def test_what_the_style_cannot_compare_is_compared_as_a_whole(scorer, draw) -> None:
    closet = ss.Wardrobe()
    closet.add(draw(0.8), slot="headwear")
    row = scorer.score(closet)[0]
    assert row.similarity == near(0.8)
    assert "too little to compare headwear" in row.assumed


# --- whatever else can be scored ----------------------------------------------------------------


def test_lists_mappings_views_and_garments(scorer, model, closet, draw, tmp_path) -> None:
    path = tmp_path / "a.png"
    draw(0.7).save(path)
    views = model.view([draw(0.1)])
    report = scorer.score([path, str(path), draw(0.2), np.asarray(draw(0.3)), *views, *closet])
    assert [row.id for row in report][:5] == [
        str(path),
        str(path),
        *(f"items[{i}]" for i in (2, 3, 4)),
    ]
    assert [row.similarity for row in report][:5] == [near(v) for v in (0.7, 0.7, 0.2, 0.3, 0.1)]
    named = scorer.score({"Monday": draw(0.2), "Tuesday": draw(0.4)})
    assert named["Tuesday"].similarity == near(0.4)
    assert list(scorer.score(draw(v) for v in (0.1, 0.2)))[1].similarity == near(0.2)
    assert len(scorer.score([])) == 0


def test_top_and_jacket_share_the_upper_body(scorer, model, closet, ids) -> None:
    worn = [closet[ids[slot]] for slot in ("top", "outer", "bottom", "shoes")]
    row = scorer.score(ss.Outfit(worn, name="Monday"))["Monday"]
    assert row.by_slot == {"upper": near(0.45), "lower": near(0.2), "shoes": near(0.9)}
    assert row.similarity == near((0.45 + 0.2) / 2)


def test_outfits_share_what_was_seen(scorer, model, closet, ids) -> None:
    top, bottom = closet[ids["top"]], closet[ids["bottom"]]
    report = scorer.score([ss.Outfit([top, bottom]), ss.Outfit([top]), top])
    assert len(model.seen) == 2
    assert [row.similarity for row in report] == [near(0.25), near(0.3), near(0.3)]


def test_an_outfit_of_whole_pictures_weighs_its_regions_alike(whole_model, draw) -> None:
    pictures = {"top": draw(0.9), "outer": draw(0.7), "bottom": draw(0.2)}
    row = ss.SimilarityScorer(whole_model).score(ss.Outfit(pictures))[0]
    assert row.similarity == near(0.5)
    assert "whole picture" in row.assumed


# --- the report -------------------------------------------------------------------------------


def test_the_report_is_found_by_place_and_by_id(scorer, closet, ids) -> None:
    report = scorer.score(closet)
    assert report[-1] == report[ids["outer"]]
    assert report[1:][0] == report[1]
    with pytest.raises(NotFoundError, match="nothing"):
        report["nothing"]
    with pytest.raises(IndexError):
        report[4]


def test_gaps_are_sorted_and_ties_do_not_depend_on_the_order(scorer, draw) -> None:
    report = scorer.score({"b": draw(0.5), "c": draw(0.1), "a": draw(0.5)})
    assert [row.id for row in report.gaps()] == ["c", "a", "b"]
    other = scorer.score({"a": draw(0.5), "b": draw(0.5), "c": draw(0.1)})
    assert [row.id for row in other.gaps()] == ["c", "a", "b"]
    assert str(report.gaps()).splitlines()[1].startswith("c")


def test_by_slot_tells_best_mean_and_what_is_missing(scorer, closet, ids) -> None:
    summary = scorer.score(closet).by_slot()
    assert summary["upper"].best == near(0.6)
    assert summary["upper"].best_id == ids["outer"]
    assert summary["upper"].mean == near(0.45)
    assert summary["lower"].count == 1
    assert summary["bag"].missing
    assert summary["bag"].best is None


def test_the_table_has_the_layout_of_the_paper(scorer, draw) -> None:
    table = scorer.score({"a|b": draw(0.25), "c": draw(1.0)}).table()
    assert np.asarray(table).shape == table.shape == (2, 2)
    assert np.asarray(table).sum(axis=1) == pytest.approx([1, 1])
    assert table[1, 0] == near(1.0)
    assert len(table) == 2
    assert str(table).splitlines()[0].split() == ["wannabe", "suit"]
    assert len({len(line) for line in str(table).splitlines()}) == 1
    assert table.to_dicts()[0]["suit"] == near(0.75)
    assert "a\\|b" in table.to_markdown()


def test_wide_characters_keep_the_columns_straight(scorer, draw) -> None:
    lines = str(scorer.score({"치마": draw(0.2), "abcd": draw(0.2)}).table()).splitlines()
    assert lines[1].removeprefix("치마") == lines[2].removeprefix("abcd")


def test_the_notebook_shows_pictures_and_escapes_names(scorer, draw) -> None:
    html = scorer.score({"<script>alert(1)</script>": draw(0.2)})._repr_html_()
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert 'src="data:image/png;base64,' in html


def test_the_notebook_survives_a_wardrobe_that_is_gone(scorer, closet) -> None:
    report = scorer.score(closet)
    closet.close()
    assert "data:image" not in report._repr_html_()
    assert len(report.to_dicts()) == 4


# --- bad input --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "weights",
    [
        {"top": float("nan")}, {"top": -1}, {"top": float("inf")}, {"hair": 1}, {"top": "much"},
        {"top": True}, {"upper": 0, "lower": 0}, {"top": 1, "outer": 2}, [1, 2], {3: 1}, {None: 1},
        {"upper": 1e308, "lower": 1e308},
    ],
)  # fmt: skip
def test_bad_weights_are_named(model, weights) -> None:
    with pytest.raises(InvalidArgumentError, match="slot_weights"):
        ss.SimilarityScorer(model, slot_weights=weights)


@pytest.mark.parametrize("items", ["a.jpg", b"x", None, 3, Image.new("RGB", (3, 3)), {1: b"x"}])
def test_bad_items_are_named(scorer, items) -> None:
    with pytest.raises(InvalidArgumentError, match="items"):
        scorer.score(items)


def test_an_unreadable_picture_is_named_by_its_place(scorer, draw, tmp_path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    with pytest.raises(ImageError, match=r"items\[1\].*bad.jpg"):
        scorer.score([draw(0.1), tmp_path / "bad.jpg"])
    with pytest.raises(ImageError, match=r"items\['x'\]"):
        scorer.score({"x": 3})


def test_a_model_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match=r"model.*without classes_"):
        ss.SimilarityScorer(SimpleNamespace(view_key="x", view=len, proba_by_region=len))


def test_an_unfitted_model_says_so(closet) -> None:
    scorer = ss.SimilarityScorer(ss.LightweightClassifier())
    with pytest.raises(NotFittedError):
        scorer.score(closet)


def test_probabilities_that_are_not_numbers_are_refused(model, draw, monkeypatch) -> None:
    answer = [{"whole": np.array([np.nan, 1.0])}]
    monkeypatch.setattr(model, "proba_by_region", lambda views: answer)
    with pytest.raises(StyleSimError, match="proba_by_region"):
        ss.SimilarityScorer(model).score([draw(0.1)])
