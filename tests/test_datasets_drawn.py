"""Drawn clothes: the truth they claim, and the same picture for the same seed."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from stylesim import datasets
from stylesim.datasets._styles import KINDS, STYLES
from stylesim.errors import InvalidArgumentError, StorageError
from stylesim.images import load_image
from stylesim.providers import CatalogProvider
from stylesim.types import Slot


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image, np.float32)


def test_same_seed_same_pictures_other_seed_others() -> None:
    first, again = datasets.make_closet(n=5, seed=3), datasets.make_closet(n=5, seed=3)
    other = datasets.make_closet(n=5, seed=4)
    for a, b, c in zip(first, again, other, strict=True):
        assert a.image.tobytes() == b.image.tobytes()
        assert a.truth == b.truth
        assert a.image.tobytes() != c.image.tobytes()


def test_pictures_do_not_depend_on_the_process() -> None:
    code = (
        "import hashlib; from stylesim import datasets;"
        "print(hashlib.sha256(datasets.make_style('padding', n=2, seed=9)[1].image.tobytes())"
        ".hexdigest())"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": hashes, "PYTHONPATH": ":".join(sys.path)},
        ).stdout
        for hashes in ("1", "2")
    }
    assert len(runs) == 1


def test_a_longer_closet_starts_with_the_shorter_one() -> None:
    short, long = datasets.make_closet(n=3, seed=1), datasets.make_closet(n=7, seed=1)
    assert [g.truth for g in short] == [g.truth for g in long[:3]]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("background", ["wood", "sheet", "wall", "studio"])
def test_every_garment_fills_its_box_and_nothing_outside(kind: str, background: str) -> None:
    style = next(
        s for s, st in STYLES.items() if kind in {*st.tops, *st.bottoms, st.shoes, *st.extras}
    )
    drawn = datasets.draw_garment(style, kind, background=background, seed=5)
    width, height = drawn.image.size
    left, top, right, bottom = drawn.truth.box
    assert drawn.image.mode == "RGB"
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    # Large enough to be seen, and off the rim.
    assert 0.10 < (right - left) * (bottom - top) / (width * height) < 0.85
    assert min(left, top, width - right, height - bottom) > 3
    assert drawn.slot is KINDS[kind].slot
    assert drawn.category == KINDS[kind].category
    # What is in the box looks unlike the background beside it.
    picture = pixels(drawn.image)
    inner = picture[(top + bottom) // 2 - 8 : (top + bottom) // 2 + 8, left + 8 : right - 8]
    rim = np.concatenate([picture[:6].reshape(-1, 3), picture[-6:].reshape(-1, 3)])
    spread = np.abs(inner.reshape(-1, 3) - rim.mean(0)).max(0).max()
    assert spread > 20


@pytest.mark.parametrize("style", datasets.STYLE_NAMES)
def test_a_style_wears_its_own_garments(style: str) -> None:
    outfits = datasets.make_style(style, n=6, seed=2)
    assert len({o.image.tobytes() for o in outfits}) == 6
    for outfit in outfits:
        assert outfit.style == style
        assert {g.style for g in outfit.garments} == {style}
        assert outfit.top.kind in STYLES[style].tops
        assert outfit.bottom.kind in STYLES[style].bottoms
        assert outfit.bottom.slot is Slot.BOTTOM


def test_bodies_have_human_proportions() -> None:
    for style in datasets.STYLE_NAMES:
        for outfit in datasets.make_style(style, n=5, seed=1):
            height = outfit.image.height
            top, bottom = outfit.top.box, outfit.bottom.box
            assert 0.15 < top[1] / height < 0.30
            assert top[1] < bottom[1]
            assert top[3] < bottom[3]
            shoes = next(g for g in outfit.garments if g.slot is Slot.SHOES)
            assert shoes.box[3] / height > 0.90


def test_styles_differ_in_what_is_seen() -> None:
    """The truth would be worthless if a pastel blouse could not be told from a blazer."""
    means = {}
    for style in ("wannabe", "suit"):
        tops = []
        for outfit in datasets.make_style(style, n=8, seed=0):
            left, top, right, bottom = outfit.top.box
            middle = (left + right) // 2
            patch = pixels(outfit.image)[
                (top + bottom) // 2 : bottom - 20, middle + 12 : right - 30
            ]
            tops.append(patch.mean())
        means[style] = float(np.mean(tops))
    assert means["wannabe"] > means["suit"] + 40


@pytest.mark.parametrize("wanted", datasets.STYLE_NAMES)
@pytest.mark.parametrize("seed", range(3))
def test_the_four_outfits_have_the_truth_of_their_names(wanted: str, seed: int) -> None:
    four = datasets.make_outfits(wanted, seed=seed)
    assert tuple(four) == datasets.OUTFIT_NAMES
    truth = {name: (o.top.style == wanted, o.bottom.style == wanted) for name, o in four.items()}
    assert truth == {
        "Top Similar": (True, False),
        "Bottom Similar": (False, True),
        "All Similar": (True, True),
        "All Different": (False, False),
    }
    assert four["All Similar"].style == wanted
    assert four["All Different"].style is None


def test_a_mixed_closet_covers_styles_and_slots() -> None:
    closet = datasets.make_closet(n=48)
    assert {g.style for g in closet} == set(datasets.STYLE_NAMES)
    assert {g.slot for g in closet} >= {Slot.TOP, Slot.OUTER, Slot.BOTTOM, Slot.SHOES, Slot.FULL}
    only = datasets.make_closet(n=6, style="suit")
    assert {g.style for g in only} == {"suit"}


def test_titles_are_plain_words() -> None:
    for garment in datasets.make_closet(n=24):
        assert garment.truth.kind in garment.truth.title
        assert garment.truth.colour.capitalize().split()[0] in garment.truth.title


def test_catalog_in_memory_writes_nothing(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    catalog = datasets.make_catalog(n=9, seed=1)
    assert catalog.path is None
    assert list(tmp_path.iterdir()) == []
    assert len({p.id for p in catalog.products}) == len({p.url for p in catalog.products}) == 9
    for product in catalog.products:
        truth = catalog.truth[product.id]
        assert product.url.startswith("https://example.com/")
        assert product.price > 0
        assert product.slot == truth.slot
        assert product.title == truth.title
        assert isinstance(product.image, bytes)


def test_catalog_on_disk_is_the_catalog_in_memory(tmp_path) -> None:
    kept = datasets.make_catalog(n=5, seed=1)
    written = datasets.make_catalog(tmp_path / "new" / "shop", n=5, seed=1)
    assert written.path == tmp_path / "new" / "shop" / "products.csv"
    for a, b in zip(kept.products, written.products, strict=True):
        assert (a.id, a.title, a.price, a.url) == (b.id, b.title, b.price, b.url)
        assert b.image.read_bytes() == a.image
    assert len(written.path.read_text().splitlines()) == 6


def test_catalog_on_disk_opens_as_a_shop(tmp_path) -> None:
    written = datasets.make_catalog(tmp_path, n=6, seed=4)
    shop = CatalogProvider.from_csv(written.path)
    assert shop.skipped == ()
    assert [p.title for p in shop.products] == [p.title for p in written.products]
    assert [p.price for p in shop.products] == [p.price for p in written.products]
    for product in shop.products:
        assert load_image(product.image).size == (320, 400)


def test_catalog_into_a_file_is_refused(tmp_path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(StorageError, match="folder"):
        datasets.make_catalog(tmp_path / "taken", n=1)
    assert (tmp_path / "taken").read_text() == "a file"


@pytest.mark.parametrize(
    ("call", "argument"),
    [
        (lambda: datasets.make_closet(n=0), "n"),
        (lambda: datasets.make_closet(n=2.5), "n"),
        (lambda: datasets.make_closet(n=True), "n"),
        (lambda: datasets.make_closet(style="gothic"), "style"),
        (lambda: datasets.make_closet(seed=-1), "seed"),
        (lambda: datasets.make_style("gothic"), "name"),
        (lambda: datasets.make_style("suit", n=-3), "n"),
        (lambda: datasets.make_outfits("gothic"), "wanted"),
        (lambda: datasets.make_outfits(seed="x"), "seed"),
        (lambda: datasets.make_catalog(n=0), "n"),
        (lambda: datasets.draw_garment("suit", "toga"), "kind"),
        (lambda: datasets.draw_garment("suit", "blazer", background="moon"), "background"),
        (lambda: datasets.make_closet(style=[]), "style"),
        (lambda: datasets.make_outfits(["suit"]), "wanted"),
        (lambda: datasets.draw_garment("suit", ["blazer"]), "kind"),
        (lambda: datasets.draw_garment("suit", "blazer", background=["wood"]), "background"),
        (lambda: datasets.make_catalog(3), "folder"),
        (lambda: datasets.make_catalog("a\0b"), "folder"),
        (lambda: datasets.make_catalog("a\ud800"), "folder"),
    ],
)
def test_bad_arguments_are_named(call, argument: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        call()
    assert caught.value.details["argument"] == argument
