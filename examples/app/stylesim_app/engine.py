"""The long work, in one thread: networks are loaded once, and the server stays free to answer."""

from __future__ import annotations

import hashlib
import logging
import time
import warnings
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

import attrs

import stylesim as ss
from stylesim.gaps import ClosetGaps, find_gaps
from stylesim.recommender import RecommendationResult
from stylesim_app.sessions import Job, Session

_log = logging.getLogger("stylesim_app")
_P = ParamSpec("_P")
_R = TypeVar("_R")


@attrs.frozen(eq=False)
class Outcome:
    """What came of one comparison, and what is needed to pick again with other wishes.

    Attributes:
        model: The style as it was learned.
        report: The similarity of every garment.
        gaps: What to keep and to let go, and what is missing.
        recommender: Picks products; remembers those that it has seen.
        advice: What the photographs of the styles lack, in words.
        seconds: How long it took.
        version: Of the session when it began.
        products: Pictures of the products that were picked, by the name the pages use.
    """

    model: ss.LightweightClassifier
    report: ss.SimilarityReport
    gaps: ClosetGaps
    recommender: ss.Recommender
    advice: tuple[str, ...]
    seconds: float
    version: int
    products: dict[str, ss.ImageLike] = attrs.field(factory=dict)


def picture_name(product: ss.Product) -> str:
    """What a product's picture is called in addresses: its id may hold anything."""
    return hashlib.sha256(product.id.encode()).hexdigest()[:24]


class Engine:
    """One worker thread and the networks it uses.

    Args:
        catalog: What is recommended where a visitor brings no catalogue.
        backbone: Embeds pictures; the bundled one unless given.
        finder: Finds garments; the bundled one unless given.
    """

    def __init__(
        self,
        catalog: ss.CatalogProvider | None = None,
        *,
        backbone: ss.AbstractBackbone | None = None,
        finder: ss.AbstractGarmentFinder | None = None,
    ) -> None:
        self._backbone = backbone
        self._finder = finder
        self._catalog = catalog
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="stylesim-app")

    @property
    def backbone(self) -> ss.AbstractBackbone:
        """The network that embeds pictures, loaded once."""
        self._backbone = self._backbone or ss.YoloBackbone()
        return self._backbone

    @property
    def finder(self) -> ss.AbstractGarmentFinder:
        """The network that finds garments, loaded once."""
        self._finder = self._finder or ss.GarmentFinder()
        return self._finder

    def load(self) -> None:
        """Load both, so that the first visitor need not wait for it."""
        model = ss.LightweightClassifier(backbone=self.backbone, finder=self.finder)
        model.view([ss.datasets.make_closet(n=1)[0].image])

    def run(self, function: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """Call a function in the worker thread and wait for what it gives."""
        return self.submit(function, *args, **kwargs).result()

    def submit(self, function: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> Future[_R]:
        """Call a function in the worker thread when those before it are done."""
        return self._worker.submit(function, *args, **kwargs)

    def start(self, session: Session) -> None:
        """Compare what a session holds, unless that is under way already."""
        with session.lock:
            if session.running:
                return
            session.job = Job()
        self.submit(self._compare, session, session.job)

    def catalog_of(self, session: Session) -> ss.CatalogProvider:
        """What is recommended to a visitor: their catalogue, the server's, or drawn samples."""
        if session.catalog is not None:
            return session.catalog
        if self._catalog is None:
            drawn = ss.datasets.make_catalog(n=48)
            self._catalog = ss.CatalogProvider(drawn.products, name="drawn samples")
        return self._catalog

    def open_style(self, session: Session) -> ss.LightweightClassifier:
        """The style that a visitor saved earlier."""
        assert session.saved_style is not None
        return ss.LightweightClassifier.load(
            session.saved_style, backbone=self.backbone, finder=self.finder
        )

    def pick(self, session: Session, **wishes: Any) -> RecommendationResult:
        """Pick products for the closet as it was compared last."""
        outcome = session.outcome
        assert outcome is not None
        picks = self.run(outcome.recommender.recommend, outcome.report, **wishes)
        for pick in picks:
            if pick.product.image is not None:
                outcome.products[picture_name(pick.product)] = pick.product.image
        return picks

    def close(self) -> None:
        """Stop after what is being done."""
        self._worker.shutdown(wait=True, cancel_futures=True)

    def _compare(self, session: Session, job: Job) -> None:
        start, version = time.perf_counter(), session.version
        try:
            model, advice = self._learn(session, job)
            job.step = "Looking at your clothes"
            scorer = ss.SimilarityScorer(model)
            report = scorer.score(session.closet)
            gaps = find_gaps(report, session.closet)
            job.step = "Looking at the products"
            recommender = ss.Recommender(scorer, self.catalog_of(session))
            recommender.recommend(report)  # so that the page need not wait for their pictures
            seconds = time.perf_counter() - start
            session.outcome = Outcome(model, report, gaps, recommender, advice, seconds, version)
            job.state = "done"
        except ss.StyleSimError as error:
            job.error, job.state = str(error), "failed"
        except Exception:  # noqa: BLE001 - the visitor is told that it failed, whatever it was
            _log.exception("comparing failed")
            job.error, job.state = "Something went wrong here; the log says what.", "failed"

    def _learn(
        self, session: Session, job: Job
    ) -> tuple[ss.LightweightClassifier, tuple[str, ...]]:
        job.step = "Learning the style"
        if session.saved_style is not None:
            return self.open_style(session), ()
        model = ss.LightweightClassifier(backbone=self.backbone, finder=self.finder)
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            model.fit(session.target(), progress=False)
        return model, tuple(
            str(one.message) for one in told if issubclass(one.category, ss.StyleSimWarning)
        )
