"""Squaring pictures, and batches made ahead of their need."""

from __future__ import annotations

import io
import threading
import time
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from stylesim.backbones.pictures import GREY, ahead, batches, square
from stylesim.images import load_image

sides = st.integers(1, 90)


@given(sides, sides, st.integers(1, 64), st.sampled_from(["pad", "crop"]))
def test_squares_have_the_side_asked_for(width: int, height: int, side: int, how: str) -> None:
    made = square(Image.new("RGB", (width, height), "white"), side, how)
    assert made.size == (side, side)
    if how == "crop":
        assert made.getextrema() == ((255, 255),) * 3


def test_padding_keeps_the_shape_and_centres() -> None:
    made = np.asarray(square(Image.new("RGB", (40, 20), "white"), 40))
    assert (made[10:30] == 255).all()
    assert (made[:10] == GREY).all()
    assert (made[30:] == GREY).all()


def test_cropping_takes_the_middle() -> None:
    picture = Image.new("RGB", (60, 20), "red")
    picture.paste("blue", (20, 0, 40, 20))
    assert (np.asarray(square(picture, 20, "crop")) == (0, 0, 255)).all()


def test_cropping_a_thread_of_a_picture_takes_its_middle_and_little_memory() -> None:
    picture = Image.new("RGB", (60_000, 2), "red")
    picture.paste("blue", (29_900, 0, 30_100, 2))
    tracemalloc.start()
    made = square(picture, 64, "crop")
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()
    assert (np.asarray(made) == (0, 0, 255)).all()


def test_cropping_is_what_torchvision_does() -> None:
    transforms = pytest.importorskip("torchvision.transforms")
    theirs = transforms.Compose([transforms.Resize(48), transforms.CenterCrop(48)])
    noise = np.random.default_rng(0).integers(0, 255, (90, 131, 3), dtype=np.uint8)
    for picture in (Image.fromarray(noise), Image.fromarray(noise.transpose(1, 0, 2))):
        assert np.array_equal(np.asarray(square(picture, 48, "crop")), np.asarray(theirs(picture)))


def test_batches_keep_the_order_and_the_rest() -> None:
    pictures = [Image.new("RGB", (4, 4), (i, 0, 0)) for i in range(7)]
    stacks = list(batches(pictures, 4, "pad", 3))
    assert [len(stack) for stack in stacks] == [3, 3, 1]
    assert np.concatenate(stacks)[:, 0, 0, 0].tolist() == list(range(7))


def test_a_file_decoded_at_reduced_size_looks_as_it_does_in_full() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (150, 195, 3), dtype=np.uint8)
    picture = Image.fromarray(noise).resize((1045, 801), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=95)
    data = buffer.getvalue()
    for how in ("pad", "crop"):
        ((small,),) = batches([data], 64, how, 1)
        full = np.asarray(square(load_image(data), 64, how))
        assert np.abs(small.astype(float) - full).mean() < 0.7
    assert load_image(data, shrink_to=3 * 64).size == (262, 201)  # it was reduced indeed


@pytest.mark.parametrize(("early", "most"), [(True, 10), (False, 5)])
def test_work_is_begun_early_only_where_that_helps(early: bool, most: int) -> None:
    started: list[int] = []
    lock = threading.Lock()

    def note(item: int) -> int:
        with lock:
            started.append(item)
        return item

    stream = ahead(note, range(103), 5, early=early)
    assert next(stream) == [0, 1, 2, 3, 4]
    time.sleep(0.05)
    assert len(started) == most
    assert [item for some in stream for item in some] == list(range(5, 103))


def test_an_error_arrives_and_stops_the_work() -> None:
    done: list[int] = []

    def fail(item: int) -> int:
        if item == 3:
            raise ValueError("three")
        time.sleep(0.001)
        done.append(item)
        return item

    with pytest.raises(ValueError, match="three"):
        list(ahead(fail, range(1000), 4))
    assert len(done) < 20


def test_nothing_gives_nothing() -> None:
    assert list(ahead(str, [], 4)) == []
