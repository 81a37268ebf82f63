"""What a row says of its own similarity: its interval, and neither."""

from __future__ import annotations

import attrs
import numpy as np
import pytest
from PIL import Image

import stylesim as ss
from stylesim import datasets
from stylesim._explaining import Part, sentence_of
from stylesim.classifier import Opinion
from stylesim.errors import StyleSimError


def opinion(wanted: float, neither: float = 0.0, width: float = 0.1) -> Opinion:
    similarity = wanted * (1 - neither)
    draws = np.clip(similarity + np.linspace(-width, width, 41), 0, 1)
    return Opinion(np.array([wanted, 1 - wanted]), neither, draws)


@pytest.fixture
def judging(model, monkeypatch):
    """A model that says of every picture what it is told to."""

    def make(**regions: Opinion) -> ss.SimilarityScorer:
        regions.setdefault("whole", opinion(0.5))
        model.judge_by_region = lambda views: [regions for _ in views]
        return ss.SimilarityScorer(model)

    return make


def test_similarity_is_what_neither_leaves(judging, draw_outfit) -> None:
    scorer = judging(upper=opinion(0.8, 0.25), lower=opinion(0.4))
    (row,) = scorer.score([draw_outfit(0.5, 0.5)])
    assert row.by_slot == {"upper": pytest.approx(0.6), "lower": pytest.approx(0.4)}
    # Of (0.6, 0.15, 0.25) and (0.4, 0.6, 0), "neither" last: the product tells which of the
    # classes it is, if any, and the geometric mean, scaled to 1, whether it is any.
    products = np.array([0.601 * 0.401, 0.151 * 0.601])
    joint = np.sqrt([*products, 0.251 * 0.001])
    wanted, other = products ** (1 / 1.03)  # two garments are not quite independent
    assert row.p_neither == pytest.approx(joint[2] / joint.sum())
    assert row.by_class["wannabe"] == pytest.approx(wanted / (wanted + other))
    assert row.similarity == pytest.approx(row.by_class["wannabe"] * (1 - row.p_neither))
    assert sum(row.by_class.values()) == pytest.approx(1)
    assert not row.neither


def test_a_slot_that_rules_the_style_out_is_not_outvoted(judging, draw_outfit) -> None:
    picture = draw_outfit(0.5, 0.5)
    similarity = [
        judging(upper=opinion(upper), lower=opinion(0.9)).score([picture])[0].similarity
        for upper in (0.9, 0.5, 0.1, 0.01)
    ]
    assert similarity == sorted(similarity, reverse=True)
    # Two that agree are surer than either: nearly twice the log-odds of 0.9.
    assert similarity[0] == pytest.approx(1 / (1 + 81 ** (-1 / 1.03)), abs=1e-3)
    assert similarity[2] == pytest.approx(0.5, abs=1e-3)
    assert similarity[3] < 0.25


def test_garments_of_a_closet_each_speak_for_themselves(model, draw) -> None:
    closet = ss.Outfit({"top": draw(0.9), "bottom": draw(0.1)})
    (row,) = ss.SimilarityScorer(model).score([closet])
    assert row.similarity == pytest.approx(np.mean(list(row.by_slot.values())))


def test_intervals_hold_their_similarity_overall_and_by_slot(judging, draw_outfit) -> None:
    scorer = judging(upper=opinion(0.8, 0.25), lower=opinion(0.4, width=0.3))
    (row,) = scorer.score([draw_outfit(0.5, 0.5)])
    assert row.interval[0] < row.similarity < row.interval[1]
    assert row.intervals.keys() == row.by_slot.keys()
    for region, (low, high) in row.intervals.items():
        assert 0 <= low <= row.by_slot[region] <= high <= 1
    (upper, lower) = (np.ptp(row.intervals[r]) for r in ("upper", "lower"))
    assert lower > 2 * upper


def test_what_is_mostly_of_no_class_is_flagged(judging, draw_outfit) -> None:
    picture = draw_outfit(0.5, 0.5)
    (row,) = judging(upper=opinion(0.9, 0.95), lower=opinion(0.9, 0.3)).score([picture])
    assert row.neither
    assert row.p_neither > 0.5
    (row,) = judging(upper=opinion(0.9, 1.0), lower=opinion(0.6, 1.0)).score([picture])
    assert row.similarity < 0.01
    assert sum(row.by_class.values()) == pytest.approx(1)


def test_slot_weights_weigh_neither_too(judging, model, draw_outfit) -> None:
    judging(upper=opinion(0.8, 0.8), lower=opinion(0.8))
    (row,) = ss.SimilarityScorer(model, slot_weights={"upper": 0}).score([draw_outfit(0.5, 0.5)])
    assert row.p_neither == 0
    assert row.similarity == pytest.approx(0.8)


def test_a_model_that_tells_probabilities_alone_has_open_intervals(model, draw_outfit) -> None:
    (row,) = ss.SimilarityScorer(model).score([draw_outfit(0.5, 0.5)])
    assert row.interval == (0.0, 1.0)
    assert set(row.intervals.values()) == {(0.0, 1.0)}
    assert (row.neither, row.p_neither) == (False, 0.0)


@pytest.mark.parametrize("neither", [-0.1, 1.5, float("nan")])
def test_a_probability_that_is_none_is_refused(judging, draw_outfit, neither) -> None:
    scorer = judging(upper=Opinion(np.array([0.5, 0.5]), neither))
    with pytest.raises(StyleSimError, match="judge_by_region"):
        scorer.score([draw_outfit(0.5, 0.5)])


def test_tables_show_intervals_and_neither(judging, draw_outfit) -> None:
    report = judging(upper=opinion(0.8, 0.7), lower=opinion(0.4, 0.7)).score(
        {"a <b>": draw_outfit(0.5, 0.5)}
    )
    (row,) = report
    low, high = row.interval
    for shown in (str(report), report._repr_html_()):
        assert f"{low:.2f} to {high:.2f}" in shown
        assert f"{row.p_neither:.2f} (neither)" in shown
        assert f"{row.similarity:.2f}" in shown
    assert "<b>" not in report._repr_html_()
    assert sum(row.shares.values()) + row.p_neither == pytest.approx(1)
    cells = str(report).splitlines()[1].split()
    assert cells[-4:-1] == [f"{value:.2f}" for value in (*row.shares.values(), row.p_neither)]
    assert f"<td>{row.by_class['suit']:.2f}</td>" not in report._repr_html_()
    said = report.to_dicts()[0]
    assert said["neither"] is True
    assert said["interval"] == [low, high]
    assert said["intervals"].keys() == {"upper", "lower"}


def test_sentences_tell_shares_as_tables_do(judging, draw) -> None:
    scorer = judging(lower=opinion(0.3, 0.4))
    shop = ss.CatalogProvider([ss.Product("1", "Skirt", "https://a.example/1", image=draw(0.3))])
    (pick,) = ss.Recommender(scorer, shop, owned_threshold=1).recommend(ss.Wardrobe())
    assert pick.by_class["suit"] == pytest.approx(0.7)
    assert pick.reason.endswith("it is still nearer to suit (0.42).")
    row = scorer.score([draw(0.3)])[0]
    assert sentence_of(row, [], []) == "0.18 similar to wannabe, nearer to suit (0.42)."


def test_a_sentence_gives_no_number_to_what_was_not_compared(judging, draw) -> None:
    (row,) = judging(whole=opinion(0.9)).score([draw(0.3)])
    hat = attrs.evolve(row, compared=False)
    part = Part(None, None, (0, 0, 1, 1), 0.9, 1.0, 0.0)
    assert sentence_of(row, [part], []).startswith("0.90 similar to wannabe, judged by the whole")
    assert sentence_of(hat, [part], []) == "Not compared: wannabe shows too little of it."


# --- with the bundled networks ----------------------------------------------------------------


@pytest.fixture(scope="module")
def drawn() -> ss.SimilarityScorer:
    wanted, *contrast = datasets.STYLE_NAMES
    pictures = {s: [one.image for one in datasets.make_style(s, n=10, seed=1)] for s in (
        wanted, *contrast)}  # fmt: skip
    target = ss.StyleTarget(pictures[wanted], {s: pictures[s] for s in contrast})
    return ss.SimilarityScorer(ss.LightweightClassifier().fit(target, progress=False))


def test_the_four_drawn_outfits_come_out_as_in_the_paper(drawn) -> None:
    found: dict[str, list[float]] = {}
    for seed in range(4):
        outfits = datasets.make_outfits(seed=seed)
        for row in drawn.score({name: one.image for name, one in outfits.items()}):
            found.setdefault(row.id, []).append(row.by_class["wannabe"])
    mean = {name: np.mean(values) for name, values in found.items()}
    assert mean["All Similar"] >= 0.95
    assert mean["All Different"] <= 0.05
    for name in ("Top Similar", "Bottom Similar"):
        assert 0.1 < mean[name] < 0.9


def test_pictures_without_clothes_are_neither(drawn) -> None:
    rng = np.random.default_rng(0)
    noise = Image.fromarray(rng.integers(0, 256, (160, 160, 3)).astype(np.uint8))
    report = drawn.score([Image.new("RGB", (200, 160), "navy"), noise])
    assert [row.neither for row in report] == [True, True]
    assert max(row.similarity for row in report) < 0.1


def test_a_saved_classifier_says_the_same(drawn, tmp_path) -> None:
    path = tmp_path / "style.safetensors"
    drawn.model.save(path)
    back = ss.SimilarityScorer(ss.LightweightClassifier.load(path))
    pictures = [one.image for one in datasets.make_outfits(seed=4).values()]
    for one, other in zip(drawn.score(pictures), back.score(pictures), strict=True):
        assert other.similarity == pytest.approx(one.similarity, abs=1e-6)
        assert other.interval == pytest.approx(one.interval, abs=1e-3)
        assert other.p_neither == pytest.approx(one.p_neither, abs=1e-3)


@pytest.mark.parametrize(
    "answers",
    [
        [],
        [{"whole": [0.5, 0.5]}] * 2,
        [{"upper": [0.5, 0.5]}],
        [[0.5, 0.5]],
        [{"whole": [1.5, -0.5]}],
        [{"whole": ["much", "little"]}],
        [{"whole": Opinion(np.array([0.5, 0.5]), 0.0, np.array([np.nan, 0.5]))}],
    ],
)
def test_a_model_that_answers_something_else_is_named(model, draw, answers) -> None:
    model.judge_by_region = lambda views: answers
    with pytest.raises(StyleSimError, match=r"^model\.(judge|proba)_by_region: expected"):
        ss.SimilarityScorer(model).score([draw(0.5)])


def test_a_model_that_sees_something_else_is_named(model, draw) -> None:
    model.view = lambda images, slots=None: ["a picture" for _ in images]
    with pytest.raises(StyleSimError, match=r"^model\.view: expected"):
        ss.SimilarityScorer(model).score([draw(0.5)])


def test_a_large_closet_is_judged_in_parts_with_the_same_answers(model, monkeypatch) -> None:
    views = model.view([Image.new("RGB", (20, 10), (i, 0, 90 - i)) for i in range(7)])
    asked, judge = [], model.proba_by_region

    def judged(some):
        asked.append(len(some))
        return judge(some)

    monkeypatch.setattr(model, "proba_by_region", judged)
    whole = ss.SimilarityScorer(model).score(views)
    monkeypatch.setattr("stylesim.similarity._AT_ONCE", 3)
    parts = ss.SimilarityScorer(model).score(views)
    assert asked == [7, 3, 3, 1]
    assert [row.similarity for row in parts] == [row.similarity for row in whole]
