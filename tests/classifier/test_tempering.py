"""How much each slot counts in a pool, so that none outweighs the others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stylesim._opinions import Opinion, pooled
from stylesim._tempering import HeldOut, even_shares

NUMBERS = st.floats(0, 30)


def rows(apart: float, classes: int = 3, pictures: int = 10) -> HeldOut:
    """Pictures whose own class is ``apart`` nats ahead of each of the others."""
    labels = np.repeat(np.arange(classes), pictures)
    logits = apart * np.eye(classes)[labels]
    return HeldOut(logits, labels, np.arange(len(labels)), 0.0, 0.5)


def test_slots_that_are_equally_sure_count_alike() -> None:
    shares = even_shares({"upper": (rows(2), 1.0), "lower": (rows(2), 1.0)})
    assert shares == pytest.approx({"upper": 1, "lower": 1})


def test_the_surer_slot_counts_less() -> None:
    shares = even_shares({"upper": (rows(1), 1.0), "lower": (rows(6), 1.0)})
    assert shares["upper"] > 1.3 > 0.7 > shares["lower"]


def test_the_fewer_pictures_the_less_is_taken_back() -> None:
    uppers = [
        even_shares({"upper": (rows(1, pictures=n), 1.0), "lower": (rows(6, pictures=n), 1.0)})
        for n in (2, 5, 10, 1000)
    ]
    raised = [shares["upper"] for shares in uppers]
    assert raised == sorted(raised)
    assert 1.1 < raised[0] < raised[-2] - 0.1


def test_ten_pictures_are_believed_in_full() -> None:
    # One slot is two nats ahead of each of two other classes, one four: 3.4 and 7.3 of log-odds.
    said = {"upper": (rows(2), 1.0), "lower": (rows(4), 1.0)}
    upper, lower = (held.sway(1.0) for held, _ in said.values())
    assert 3 < upper < 4 < 7 < lower < 8
    shares = even_shares(said)
    assert shares["upper"] * upper == pytest.approx(shares["lower"] * lower)


def test_views_of_one_picture_are_one_picture() -> None:
    one, many = (rows(4, pictures=n) for n in (2, 10))
    mirrored = HeldOut(many.logits, many.labels, many.pictures // 5, 0.0, 0.5)
    assert (one.wanted, many.wanted, mirrored.wanted) == (2, 10, 2)


def test_what_is_not_tempered_alike_is_as_sure_as_it_says() -> None:
    shares = even_shares({"upper": (rows(2), 1.0), "lower": (rows(4), 2.0)})
    assert shares == pytest.approx({"upper": 1, "lower": 1})


@given(NUMBERS, NUMBERS)
def test_shares_are_one_in_the_mean_and_no_slot_is_shut_out(upper: float, lower: float) -> None:
    shares = even_shares({"upper": (rows(upper), 1.0), "lower": (rows(lower), 1.0)})
    assert sum(shares.values()) == pytest.approx(2)
    assert min(shares.values()) > 0.13
    surer, other = ("upper", "lower") if upper > lower else ("lower", "upper")
    assert shares[surer] <= shares[other] + 1e-9


def test_slots_that_misjudge_the_wanted_class_count_as_hardly_sure() -> None:
    shares = even_shares({"upper": (rows(-5), 1.0), "lower": (rows(0), 1.0)})
    assert shares == pytest.approx({"upper": 1, "lower": 1})


def test_slots_that_agree_are_surer_than_either() -> None:
    yes = Opinion(np.array([0.8, 0.2]), 0.1)
    both = pooled([yes, yes])
    # All but the product: they would share nothing of what they say.
    assert both.proba[0] == pytest.approx(16 / 17, abs=1e-2)
    assert both.proba[0] < 16 / 17 - 1e-3
    assert both.neither == pytest.approx(0.1, abs=1e-3)


@pytest.mark.parametrize("weight", [0.01, 0.5, 1.0, 4.0, 100.0])
def test_a_slot_that_says_nothing_changes_nothing(weight: float) -> None:
    yes, silent = Opinion(np.array([0.8, 0.2])), Opinion(np.array([0.5, 0.5]))
    said = pooled([yes, silent], np.array([1.0, weight]))
    assert said.proba[0] <= 0.8
    if weight <= 1:
        assert said.proba[0] == pytest.approx(0.8, abs=1e-2)


@pytest.mark.parametrize("own", [0.3, 1.0, 1.7])
def test_a_slot_that_weighs_next_to_nothing_is_as_good_as_none(own: float) -> None:
    yes, no = Opinion(np.array([0.8, 0.2]), share=own), Opinion(np.array([0.3, 0.7]), share=2 - own)
    said = [pooled([yes, no], np.array([1.0, w])).proba[0] for w in (1e-3, 1e-9)]
    assert said == pytest.approx([0.8, 0.8], abs=5e-3)


def test_a_dress_does_not_agree_with_itself() -> None:
    upper, lower = (Opinion(np.array([0.8, 0.2]), garment=number) for number in (0, 0))
    assert pooled([upper, lower]).proba[0] == pytest.approx(0.8, abs=2e-3)
    # With shoes beside it there are two garments, each with half of the say.
    shoes = Opinion(np.array([0.2, 0.8]), garment=1)
    assert pooled([upper, lower, shoes]).proba[0] == pytest.approx(0.5, abs=1e-3)
    jacket, skirt = (Opinion(np.array([0.8, 0.2]), garment=number) for number in (0, 1))
    assert pooled([jacket, skirt]).proba[0] > 0.9


@pytest.mark.parametrize("neither", [0.0, 0.01, 0.3])
def test_draws_of_a_pool_are_what_the_pool_of_the_draws_would_be(neither: float) -> None:
    wanted, lost = np.array([0.5, 0.7, 0.9, 0.999]), np.array([1.0, 0.5, 1.5, 1.0]) * neither
    said = Opinion(np.array([0.99, 0.01]), neither, wanted * (1 - lost), neither_draws=lost)
    truth = [
        pooled([Opinion(np.array([p, 1 - p]), n)] * 2).similarity
        for p, n in zip(wanted, lost, strict=True)
    ]
    both = pooled([said, said])
    assert both.draws == pytest.approx(truth, abs=0.02)
    assert both.neither_draws == pytest.approx(lost, abs=0.02)


def test_a_pool_goes_by_the_shares() -> None:
    yes, no = np.array([0.9, 0.1]), np.array([0.1, 0.9])
    alike = pooled([Opinion(yes), Opinion(no)])
    assert alike.similarity == pytest.approx(0.5)
    heavier = pooled([Opinion(yes, share=1.5), Opinion(no, share=0.5)])
    assert heavier.similarity > 0.7
    weighed = pooled([Opinion(yes, share=1.5), Opinion(no, share=0.5)], np.array([1.0, 3.0]))
    assert weighed.similarity == pytest.approx(0.5)
