"""What gaps take from the closet: price, wears and quantity of a garment."""

from __future__ import annotations

import re

from PIL import Image

import stylesim as ss


def test_cost_per_wear_where_the_closet_tells(model, draw) -> None:
    closet = ss.Wardrobe()
    told = [
        {"price": 49.5, "wears": 33, "currency": "EUR"},
        {"price": "20", "wears": 0, "currency": "kr"},
        {"price": "a gift", "wears": True},
        {"price": -3, "wears": float("1e3")},
        {},
    ]
    ids = [
        closet.add(draw(0.9 - i / 10, look=i * 40), slot="top", **one).id
        for i, one in enumerate(told)
    ]
    closet.update(ids[4], quantity=3)
    report = ss.SimilarityScorer(model).score(closet)
    by_id = {one.id: one for one in report.gaps(closet)}
    gaps = [by_id[name] for name in ids]
    assert [one.cost_per_wear for one in gaps] == [1.5, None, None, None, None]
    assert [one.currency for one in gaps] == ["EUR", "kr", None, None, None]
    assert [one.price for one in gaps] == [49.5, 20.0, None, None, None]
    assert [one.wears for one in gaps] == [33.0, 0.0, None, 1000.0, None]
    assert gaps[2].why.endswith(
        "; its price, 'a gift', is no number of at least 0; its wears, True, is no number of at "
        "least 0"
    )
    assert gaps[4].quantity == 3
    assert "1.50 EUR" in str(report.gaps(closet))
    without = {one.id: one for one in report.gaps()}
    assert without[ids[0]].cost_per_wear is None
    assert without[ids[4]].quantity == 1


def test_how_many_there_are_is_told_of_garments_of_unknown_slot_too(model) -> None:
    closet = ss.Wardrobe()
    closet.add(Image.new("RGB", (96, 96), "grey"), quantity=4)  # the finder sees no garment
    (gap,) = ss.SimilarityScorer(model).score(closet).gaps(closet)
    assert (gap.row.slot, gap.quantity) == (None, 4)


def test_what_the_style_does_not_show_is_not_judged(model, draw) -> None:
    closet = ss.Wardrobe()
    hat = closet.add(draw(0.0), slot="headwear").id
    tee = closet.add(draw(0.1), slot="top").id
    report = ss.SimilarityScorer(model).score(closet)
    assert (report[hat].compared, report[hat].interval) == (False, (0.0, 1.0))
    assert report[tee].compared
    assert report[hat].to_dict()["compared"] is False
    gaps = report.gaps(closet)
    assert [one.id for one in gaps] == [tee, hat]  # the least similar first, of those compared
    assert gaps[1].verdict == "maybe"
    assert gaps[1].why == "not compared: the style shows too little headwear to say"
    (slot,) = (one for one in gaps.slots if one.slot is ss.Slot.HEADWEAR)
    assert (slot.status, slot.count, slot.best, slot.best_id) == ("unknown", 1, None, None)
    assert slot.words == "Owned, but not compared: the style shows too little of it."
    summary = report.by_slot()["headwear"]
    assert (summary.count, summary.best, summary.missing) == (1, None, False)
    for shown in (report, gaps):
        (line,) = (line for line in str(shown).splitlines() if line.startswith(hat))
        assert "not compared" in line
        assert not re.search(r"\d\.\d\d", line), "no number is told of it"
        assert "<td>not compared</td>" in shown._repr_html_()
