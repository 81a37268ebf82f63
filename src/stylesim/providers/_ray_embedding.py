"""Pictures embedded by several processes or machines through Ray Data.

Only the process that called writes the catalogue, a commit for each piece that comes back. So a
worker that is killed costs the piece it held, which Ray gives to another, and nothing is written
twice.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
import time
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import attrs

from stylesim.backbones import pictures
from stylesim.errors import MissingExtraError, StyleSimError, expected
from stylesim.providers._catalog_writing import embedded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import pyarrow as pa

    from stylesim.providers._vectors import Embedder

_PIECE = 256  # products a file of waiting rows: what a killed worker costs at most
_ATTEMPTS = 3
_WRITTEN = 1024  # products a commit


class Worker:
    """Holds a model, made once, and embeds batches.

    Args:
        embedder: Makes the model.
        base: Folder that pictures are named from.
        batch_size: Pictures embedded at once.
        alone: Whether the process is there for this only; then it keeps to one thread.
    """

    def __init__(
        self, embedder: Embedder, base: Path, batch_size: int, *, alone: bool = False
    ) -> None:
        assert embedder.make is not None
        self.model = embedder.make()
        self.dim, self.base, self.batch_size = embedder.dim, base, batch_size
        if alone:
            keep_to_one_thread()

    def __call__(self, files: pa.Table) -> Iterator[pa.Table]:
        """Embed the pictures of the rows that wait in some files."""
        import pyarrow.parquet as pq

        for file in files["item"].to_pylist():
            rows = pq.read_table(file, use_threads=False)
            yield embedded(self.model, rows, self.dim, self.base, self.batch_size)


def keep_to_one_thread() -> None:
    """Make this process work with one thread, for the one processor that Ray gave to it.

    Ray sees to OpenMP. Beside it, pictures would be decoded on all processors, which are those
    of the other workers: one worker then takes two, and two are no quicker than one.
    """
    pictures.max_threads = 1
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    if "cv2" in sys.modules:
        sys.modules["cv2"].setNumThreads(1)


@attrs.define(eq=False)
class RayStream:
    """Embeds tables with Ray.

    Args:
        waiting: Folder for the rows that wait; all machines of a cluster have to see it.
        base: Folder that pictures are named from; likewise.
        embedder: Makes the model, once a worker.
        workers: Processes, of one processor each.
        batch_size: Pictures embedded at once.
    """

    waiting: Path
    base: Path
    embedder: Embedder
    workers: int
    batch_size: int

    def __call__(self, tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
        """Embed.

        Raises:
            MissingExtraError: Ray is not installed.
            StyleSimError: Ray does not start, or gives up on a piece.
        """
        _check_extra()
        files = self._stage(tables)
        if files:
            with _ray(self.workers) as ray, _quiet(ray):
                yield from self._results(ray, files)
        shutil.rmtree(self.waiting, ignore_errors=True)

    def _stage(self, tables: Iterable[pa.Table]) -> list[str]:
        import pyarrow.parquet as pq

        shutil.rmtree(self.waiting, ignore_errors=True)
        self.waiting.mkdir()
        files: list[str] = []
        for table in tables:
            for start in range(0, len(table), _PIECE):
                file = self.waiting / f"{len(files):08d}.parquet"
                pq.write_table(table.slice(start, _PIECE), file)
                files.append(str(file))
        return files

    def _results(self, ray: Any, files: list[str]) -> Iterator[pa.Table]:
        # Names, a block each: Ray's own reader joins small files into one block, which goes to
        # one worker while the others wait.
        done = ray.data.from_items(files, override_num_blocks=len(files)).map_batches(
            Worker,
            fn_constructor_args=(self.embedder, self.base, self.batch_size),
            fn_constructor_kwargs={"alone": True},
            batch_size=1,
            batch_format="pyarrow",
            compute=ray.data.ActorPoolStrategy(size=self.workers, max_tasks_in_flight_per_actor=2),
            num_cpus=1,
        )
        try:
            yield from done.iter_batches(batch_format="pyarrow", batch_size=_WRITTEN)
        except ray.exceptions.RayError as error:
            cause = getattr(error, "cause", None)
            if isinstance(cause, StyleSimError):
                raise cause from error
            text = str(error).strip().splitlines()
            got, todo = text[-1] if text else type(error).__name__, "call again; it goes on"
            raise expected("workers", "workers that finish", got, todo, StyleSimError) from error


def _check_extra() -> None:
    try:
        import ray.data  # noqa: F401
    except ImportError as error:
        message = "Embedding with workers needs Ray: pip install 'stylesim[ray]'."
        raise MissingExtraError(message, extra="ray") from error


@contextmanager
def _ray(workers: int) -> Iterator[Any]:
    """A Ray that runs: the user's, a cluster's (RAY_ADDRESS), or a local one for as long as this.

    Raises:
        StyleSimError: It does not start.
    """
    import ray
    import ray.data

    if ray.is_initialized():
        yield ray
        return
    # A local one has no dashboard, reports nowhere, and leaves no files.
    folder = tempfile.mkdtemp(prefix="ray-")
    local = {
        "num_cpus": workers + 1,
        "include_dashboard": False,
        "_temp_dir": folder,
    }
    before = os.environ.get("RAY_USAGE_STATS_ENABLED")
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    try:
        _start(ray, {} if os.environ.get("RAY_ADDRESS") else local)
        yield ray
    finally:
        ray.shutdown()
        if before is None:
            os.environ.pop("RAY_USAGE_STATS_ENABLED", None)
        else:
            os.environ["RAY_USAGE_STATS_ENABLED"] = before
        _remove(folder)


def _remove(folder: str) -> None:
    for _ in range(20):  # its last processes may still be writing
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.exists(folder):  # noqa: PTH110
            return
        time.sleep(0.1)


def _start(ray: Any, given: dict[str, Any]) -> None:
    for attempt in range(_ATTEMPTS):  # it waits half a minute, which a busy machine may not keep
        try:
            with warnings.catch_warnings():
                # Its processes are programs of their own, which never touch LanceDB.
                warnings.filterwarnings("ignore", "lancedb fork support", RuntimeWarning)
                ray.init(**given, log_to_driver=False, logging_level="ERROR")
        except Exception as error:  # whatever its processes die of
            ray.shutdown()
            if attempt + 1 == _ATTEMPTS:
                got, todo = f"{type(error).__name__}: {error}", "start it yourself with ray.init()"
                raise expected("workers", "a Ray that starts", got, todo, StyleSimError) from error
        else:
            return


@contextmanager
def _quiet(ray: Any) -> Iterator[None]:
    """Without Ray's own bars and news, whose settings are put back afterwards."""
    news = logging.getLogger("ray.data")
    level = news.level
    news.setLevel(logging.ERROR)
    context = ray.data.DataContext.get_current()
    names = ("enable_progress_bars", "print_on_execution_start")
    before = {name: getattr(context, name) for name in names if hasattr(context, name)}
    for name in before:
        setattr(context, name, False)
    try:
        yield
    finally:
        news.setLevel(level)
        for name, value in before.items():
            setattr(context, name, value)
