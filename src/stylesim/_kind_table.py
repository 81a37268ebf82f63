"""What each class shows, kind by kind: how likely a shirt, a skirt, a coat is in it.

Prototypes say how a garment looks, and a skirt that looks unusual is far from all of them. That
a style shows skirts and never trousers is said best outright, and for garments laid out as for
worn ones. Both count alike; how sure either is, is told by pictures held out of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from stylesim.functional import best_temperature, smoothed_targets

if TYPE_CHECKING:
    from stylesim._head import Head
    from stylesim._tempering import HeldOut
    from stylesim.functional import Floats, Ints

SHARE = 0.5
"""Of the table in the logits; the prototypes have the rest."""

_PRIOR = 0.5  # pictures of each class that are supposed to show what all classes show
_SURER = -0.3  # log-temperature of both opinions together: where they agree they are surer
_LEAST = 1e-9


def logits_of(x: Floats, table: Floats) -> Floats:
    """Logits of shape (n, classes), of vectors that end with the roots of halved probabilities.

    Args:
        x: Array of shape (n, d).
        table: Array of shape (classes, k), of :func:`table_of`.
    """
    shares = 2.0 * x[:, -table.shape[1] :] ** 2
    shares /= np.maximum(shares.sum(axis=1), _LEAST)[:, None]
    out: Floats = np.log(shares @ table.T + _LEAST)
    return out


def table_of(x: Floats, labels: Ints, groups: Ints, n_classes: int, kinds: int) -> Floats:
    """How often each class shows each kind, over how often the mean class does.

    Args:
        x: Array of shape (n, d); the last ``kinds`` columns are roots of halved probabilities.
        labels: Class of each row.
        groups: Picture of each row; pictures count alike.
        n_classes: Number of classes.
        kinds: Number of kinds.

    Returns:
        Array of shape (classes, kinds). A class without a row is the mean class.

    Method: naive Bayes with an informative Dirichlet prior.
    """
    _, owners, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    shown = 2.0 * x[:, -kinds:] ** 2 / sizes[owners][:, None]
    counts = np.zeros((n_classes, kinds))
    np.add.at(counts, labels, shown)
    pictures = counts.sum(axis=1, keepdims=True)
    usual = (counts / np.maximum(pictures, _LEAST)).mean(axis=0)
    counts += _PRIOR * n_classes * (usual + 1.0 / kinds) / 2.0
    rates = counts / counts.sum(axis=1, keepdims=True)
    table: Floats = rates / rates.mean(axis=0)
    return table


def with_table(
    head: Head, held: HeldOut, x: Floats, groups: Ints, kinds: int
) -> tuple[Head, HeldOut]:
    """Let the kinds of garment that each class shows have their say beside its prototypes.

    Args:
        head: What the prototypes say.
        held: What they say of pictures held out.
        x: The vectors they were learned from, of shape (n, d).
        groups: Picture of each row.
        kinds: Number of columns, the last, that tell kinds.

    Returns:
        The head of both, and what both say of pictures held out.
    """
    n_classes = len(head.bias)
    out = np.zeros((len(x), n_classes))
    for picture in np.unique(groups):
        mine = groups == picture
        rest = table_of(x[~mine], held.labels[~mine], groups[~mine], n_classes, kinds)
        out[mine] = logits_of(x[mine], rest)
    targets = smoothed_targets(held.labels, n_classes, len(np.unique(groups)))
    # In the unit of the prototypes' logits, so that one temperature serves both.
    slope = SHARE * head.temperature / best_temperature(out, targets)
    kept = 1.0 - SHARE
    prior = float(np.log(head.temperature)) + _SURER
    held = attrs.evolve(held, logits=kept * held.logits + slope * out, prior=prior)
    table = table_of(x, held.labels, groups, n_classes, kinds)
    return attrs.evolve(
        head,
        weight=kept * head.weight,
        bias=kept * head.bias,
        temperature=held.temperature(),
        table=table,
        slope=slope,
    ), held
