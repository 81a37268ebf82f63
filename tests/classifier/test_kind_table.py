"""Counting which kinds of garment each class shows."""

from __future__ import annotations

import attrs
import numpy as np
import pytest

from stylesim._head import Head
from stylesim._kind_table import logits_of, table_of, with_table
from stylesim._tempering import HeldOut

KINDS = 3


def vectors(*kinds: tuple[float, ...]) -> np.ndarray:
    """Looks that say nothing, then the roots of halved probabilities."""
    shares = np.array(kinds, dtype=float)
    return np.hstack([np.full((len(shares), 2), 0.5), np.sqrt(shares / 2)])


SKIRT, PANTS, SHORTS = np.eye(3).tolist()


def test_a_kind_that_one_class_shows_speaks_for_it() -> None:
    table = table_of(np.array([[4.0, 0.0, 0.0], [0.0, 4.0, 0.0]]))
    assert table[0, 0] > 1 > table[0, 1]
    assert table[0, 2] == pytest.approx(table[1, 2]), "nobody shows the third"
    logits = logits_of(vectors(SKIRT, PANTS, SHORTS, (0.5, 0.5, 0.0)), table)
    assert logits.argmax(axis=1)[:2].tolist() == [0, 1]
    assert logits[2] == pytest.approx(logits[2][::-1])
    assert logits[3] == pytest.approx(logits[3][::-1])


def test_more_photographs_make_surer_and_none_says_nothing() -> None:
    few, many = (table_of(np.diag([n, n, 0.0])) for n in (2.0, 20.0))
    assert many[0, 0] / many[1, 0] > few[0, 0] / few[1, 0] > 1
    assert np.allclose(table_of(np.zeros((2, 3))), 1)
    assert np.isfinite(np.log(few)).all()


def fitted(x: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> tuple[Head, HeldOut]:
    """A head that knows nothing beside the table."""
    head = Head(np.zeros((2, x.shape[1])), np.zeros(2), 0.7)
    held = HeldOut(np.zeros((len(x), 2)), labels, groups, 0.0, 0.5)
    return with_table(head, held, x, groups, KINDS)


def test_the_head_tells_classes_by_kind_alone() -> None:
    x = vectors(*[SKIRT] * 4, *[PANTS] * 4)
    labels, groups = np.repeat([0, 1], 4), np.arange(8)
    head, held = fitted(x, labels, groups)
    assert head.proba(vectors(SKIRT, PANTS)).argmax(axis=1).tolist() == [0, 1]
    assert (held.logits.argmax(axis=1) == labels).all()
    # Held out, a class has one photograph less to speak for it.
    inside = head.logits(x)
    assert (
        np.abs(held.logits[:, 0] - held.logits[:, 1]) < np.abs(inside[:, 0] - inside[:, 1])
    ).all()


def test_kinds_that_all_classes_show_decide_nothing() -> None:
    x = vectors(*[SKIRT, PANTS] * 4)
    head, _ = fitted(x, np.repeat([0, 1], 4), np.arange(8))
    assert head.proba(vectors(SKIRT, PANTS, SHORTS)) == pytest.approx(0.5, abs=0.02)


def test_a_picture_counts_once_however_many_garments_it_shows() -> None:
    labels = np.array([0, 0, 0, 1, 1])
    once, _ = fitted(
        vectors(SKIRT, SHORTS, SHORTS, PANTS, PANTS), labels, np.array([0, 1, 2, 3, 4])
    )
    twice, _ = fitted(
        vectors(SKIRT, SKIRT, SHORTS, SHORTS, PANTS, PANTS),
        np.array([0, 0, 0, 0, 1, 1]),
        np.array([0, 0, 1, 2, 3, 4]),
    )
    assert once.table is not None
    assert twice.table is not None
    assert np.allclose(once.table, twice.table)


def test_a_head_without_a_table_is_what_it_was() -> None:
    head = Head(np.ones((2, 5)), np.zeros(2))
    x = vectors(SKIRT, PANTS)
    assert np.array_equal(head.logits(x), attrs.evolve(head, slope=3.0).logits(x))
