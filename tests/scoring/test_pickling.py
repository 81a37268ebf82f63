"""Values travel to other processes; what holds a connection says that it cannot."""

from __future__ import annotations

import copy
import pickle

import pytest

import stylesim as ss
from stylesim.errors import StorageError
from stylesim.outfits import assemble


def test_garments_leave_their_pictures_behind_and_copies_share_them(closet) -> None:
    garment = next(iter(closet))
    assert copy.deepcopy(garment).image_bytes == garment.image_bytes
    there = pickle.loads(pickle.dumps(garment))
    assert there == garment
    with pytest.raises(StorageError, match="pickled without its picture"):
        there.image()
    assert pickle.loads(pickle.dumps(there)) == garment


def test_reports_gaps_outfits_and_picks_pickle(model, closet, recommend, product) -> None:
    scorer = ss.SimilarityScorer(model)
    report = scorer.score(closet)
    there = pickle.loads(pickle.dumps(report))
    assert there.to_dicts() == report.to_dicts()
    assert there.weights == report.weights
    assert there[0].shown[0].picture() is None
    assert "<table" in there._repr_html_()
    gaps = report.gaps(closet)
    assert pickle.loads(pickle.dumps(gaps)).to_dict() == gaps.to_dict()
    (best,) = assemble(closet, scorer, k=1)
    assert pickle.loads(pickle.dumps(best)) == best
    worn = best.as_outfit(closet)
    assert pickle.loads(pickle.dumps(worn)).name == worn.name
    picks = recommend([product("skirt", 0.9)])
    assert pickle.loads(pickle.dumps(picks)).to_dicts() == picks.to_dicts()
    for value in (report, gaps, best, worn, picks):
        assert type(copy.deepcopy(value)) is type(value)
    assert copy.deepcopy(report)[0].shown[0].picture() is not None


def test_a_report_of_files_keeps_their_paths(model, draw, tmp_path) -> None:
    path = tmp_path / "a.png"
    draw(0.9).save(path)
    report = ss.SimilarityScorer(model).score([path])
    assert pickle.loads(pickle.dumps(report))[0].shown[0].picture() == path


def test_a_recommender_pickles_without_what_it_has_seen(model, closet, product) -> None:
    shop = ss.CatalogProvider([product("skirt", 0.9)])
    recommender = ss.Recommender(ss.SimilarityScorer(model), shop)
    picks = recommender.recommend(closet)
    assert list(pickle.loads(pickle.dumps(recommender)).recommend(closet)) == list(picks)


@pytest.mark.parametrize("act", [pickle.dumps, copy.deepcopy])
def test_a_wardrobe_says_that_its_file_is_to_be_opened_instead(closet, act) -> None:
    with pytest.raises(StorageError, match="open its file"):
        act(closet)
