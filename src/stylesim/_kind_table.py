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
        table: Array of shape (classes, k), of ``table_of``.
    """
    shares = 2.0 * x[:, -table.shape[1] :] ** 2
    shares /= np.maximum(shares.sum(axis=1), _LEAST)[:, None]
    out: Floats = np.log(shares @ table.T + _LEAST)
    return out


def table_of(counts: Floats) -> Floats:
    """How often each class shows each kind, over how often the mean class does.

    Args:
        counts: Array of shape (classes, kinds): pictures of each class that show each kind, a
            picture of doubtful kind shared out. A class without any is the mean class.

    Returns:
        Array of shape (classes, kinds).

    Method: naive Bayes with an informative Dirichlet prior.
    """
    pictures = counts.sum(axis=1, keepdims=True)
    usual = (counts / np.maximum(pictures, _LEAST)).mean(axis=0)
    filled = counts + _PRIOR * len(counts) * (usual + 1.0 / counts.shape[1]) / 2.0
    rates = filled / filled.sum(axis=1, keepdims=True)
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
    _, owners, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    shown = 2.0 * x[:, -kinds:] ** 2 / sizes[owners][:, None]
    counts, of_picture = np.zeros((len(head.bias), kinds)), np.zeros((len(sizes), kinds))
    np.add.at(counts, held.labels, shown)
    np.add.at(of_picture, owners, shown)
    out = np.zeros((len(x), len(head.bias)))
    for picture, own in enumerate(of_picture):
        mine, rest = owners == picture, counts.copy()
        label = held.labels[mine][0]
        rest[label] = np.maximum(rest[label] - own, 0.0)
        out[mine] = logits_of(x[mine], table_of(rest))
    targets = smoothed_targets(held.labels, len(head.bias), len(sizes))
    # In the unit of the prototypes' logits, so that one temperature serves both.
    slope = SHARE * head.temperature / best_temperature(out, targets)
    kept = 1.0 - SHARE
    prior = float(np.log(head.temperature)) + _SURER
    held = attrs.evolve(held, logits=kept * held.logits + slope * out, prior=prior)
    return attrs.evolve(
        head,
        weight=kept * head.weight,
        bias=kept * head.bias,
        temperature=held.temperature(),
        table=table_of(counts),
        slope=slope,
    ), held
