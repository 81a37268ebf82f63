"""The jobs that `speed.py` times, each in a process of its own: ``python speed_jobs.py JOB JSON``.

A job prints one line of JSON: seconds, accuracy, memory, and what else there is to say.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import stylesim as ss
from stylesim.backbones.network import build_network
from stylesim.datasets import load_outfits, outfit_groups
from stylesim.images import load_image

STYLES = ("wanted", "suit", "padding", "sporty")
SHOTS = 10


def photographs(data: Path) -> tuple[dict[str, list[Path]], dict[str, list[Path]]]:
    """Ten photographs a style to learn from and the others to test on, all held out of training."""
    groups = outfit_groups([photo for photo in load_outfits(data / "outfits") if photo.held_out])
    learn, test = {}, {}
    for style in STYLES:
        paths = [Path(photo.path) for photo in groups[style]]
        order = np.random.default_rng(0).permutation(len(paths))
        learn[style] = [paths[i] for i in order[:SHOTS]]
        test[style] = [paths[i] for i in order[SHOTS:]]
    return learn, test


def memory() -> float:
    """Most memory that this process has held so far, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 if sys.platform == "linux" else peak / 1024**2


def right(probabilities: np.ndarray[Any, Any], test: dict[str, list[Path]]) -> float:
    """Share of test photographs whose most probable class is theirs, styles weighing the same."""
    truth = np.repeat(np.arange(len(STYLES)), [len(test[style]) for style in STYLES])
    hits = probabilities.argmax(axis=1) == truth
    return float(np.mean([hits[truth == number].mean() for number in range(len(STYLES))]))


def classifier(job: dict[str, Any]) -> ss.LightweightClassifier:
    """The classifier that a job asks for."""
    return ss.LightweightClassifier(
        weights=job["weights"],
        method=job.get("method", "head"),
        finder=ss.WholePictureFinder() if job["whole"] else None,
    )


def fit(job: dict[str, Any]) -> dict[str, Any]:
    """Time ``fit`` with the network in memory already; median of a few, each from nothing."""
    learn, test = photographs(Path(job["data"]))
    contrast = {style: learn[style] for style in STYLES[1:]}
    target = ss.StyleTarget(learn["wanted"], contrast, name="wanted")
    spent = []
    model = classifier(job)
    for _ in range(job["repeats"]):
        model = classifier(job)
        if model.method == "head":
            model.view(learn["wanted"][:1])
        gc.collect()
        before = memory()
        start = time.perf_counter()
        model.fit(target, epochs=job["epochs"], progress=False)
        spent.append(time.perf_counter() - start)
    held = memory()
    probabilities = model.predict_proba([path for style in STYLES for path in test[style]])
    if job.get("save"):
        model.save(Path(job["save"]) / "tuned.safetensors")
        _save_for_yolo(model, Path(job["save"]) / "tuned.pt")
    return {
        "seconds": statistics.median(spent),
        "each": spent,
        "accuracy": right(probabilities, test),
        "tested": sum(map(len, test.values())),
        "memory": held,
        "memory_before": before,
    }


def _save_for_yolo(model: ss.LightweightClassifier, path: Path) -> None:
    """The network that was fine-tuned, as Ultralytics loads it."""
    import torch

    backbone: Any = model._backbone()
    network = build_network(backbone.source.size, classes=len(model.classes_))
    state = {name: tensor.float() for name, tensor in backbone.source.tensors.items()}
    network.load_state_dict(state)
    network.names = dict(enumerate(model.classes_))
    torch.save({"model": network, "train_args": {"task": "classify"}}, path)


def yolo_train(job: dict[str, Any]) -> dict[str, Any]:
    """The same job through ``YOLO(...).train``, its defaults but for plots."""
    learn, test = photographs(Path(job["data"]))
    with tempfile.TemporaryDirectory() as folder:
        yolo = _yolo(folder)
        for part in ("train", "val"):
            for number, style in enumerate(STYLES):
                (Path(folder) / "data" / part / f"{number}").mkdir(parents=True)
                for path in learn[style]:
                    link = Path(folder) / "data" / part / f"{number}" / path.name
                    link.symlink_to(path.resolve())
        model = yolo(job["weights"])
        before = memory()
        start = time.perf_counter()
        model.train(
            data=f"{folder}/data",
            epochs=job["epochs"],
            imgsz=224,
            project=folder,
            plots=False,
            verbose=False,
        )
        spent = time.perf_counter() - start
        held = memory()
        answers = model.predict(
            [path for style in STYLES for path in test[style]], imgsz=224, verbose=False
        )
    probabilities = np.stack([answer.probs.data.numpy() for answer in answers])
    return {
        "seconds": spent,
        "accuracy": right(probabilities, test),
        "tested": sum(map(len, test.values())),
        "memory": held,
        "memory_before": before,
    }


def _yolo(folder: str) -> Any:
    """Ultralytics as its user meets it, its settings in a folder that is removed."""
    os.environ.update(YOLO_CONFIG_DIR=folder, YOLO_OFFLINE="true")
    from ultralytics import YOLO

    return YOLO


def predict(job: dict[str, Any]) -> dict[str, Any]:
    """Time ``predict_proba`` over files; then once more on pictures decoded in full."""
    paths = _files(job)
    model = ss.LightweightClassifier.load(job["bundle"]) if job.get("bundle") else classifier(job)
    if not job.get("bundle"):
        learn, _ = photographs(Path(job["data"]))
        contrast = {style: learn[style] for style in STYLES[1:]}
        target = ss.StyleTarget(learn["wanted"], contrast, name="wanted")
        model.fit(target, epochs=20, progress=False)
    model.predict_proba(paths[:2])
    spent, probabilities = [], np.zeros((0, 0), np.float32)
    for _ in range(job["repeats"]):
        start = time.perf_counter()
        probabilities = model.predict_proba(paths)
        spent.append(time.perf_counter() - start)
    full = np.concatenate([model.predict_proba([load_image(p)]) for p in paths])
    return {
        "seconds": statistics.median(spent),
        "each": spent,
        "files": len(paths),
        "largest_difference": float(np.abs(full - probabilities).max()),
        "memory": memory(),
        "probabilities": probabilities.tolist(),
    }


def yolo_predict(job: dict[str, Any]) -> dict[str, Any]:
    """Time ``YOLO.predict`` over the same files."""
    import torch

    paths = _files(job)
    with tempfile.TemporaryDirectory() as folder:
        model = _yolo(folder)(job["weights"], task="classify")
        settings: dict[str, Any] = {"imgsz": 224, "verbose": False, "batch": job["batch"]}
        model.predict(paths[:2], **settings)
        if job["threads"]:
            torch.set_num_threads(job["threads"])
        spent, answers = [], []
        for _ in range(job["repeats"]):
            start = time.perf_counter()
            answers = model.predict(paths, **settings)
            spent.append(time.perf_counter() - start)
    return {
        "seconds": statistics.median(spent),
        "each": spent,
        "files": len(paths),
        "threads": torch.get_num_threads(),
        "memory": memory(),
        "probabilities": [answer.probs.data.tolist() for answer in answers],
    }


def _files(job: dict[str, Any]) -> list[Path]:
    return sorted(Path(job["files"]).glob("*.jpg"))[: job["count"]]


def main() -> None:
    """Run one job."""
    jobs = {"fit": fit, "yolo_train": yolo_train, "predict": predict, "yolo_predict": yolo_predict}
    print("\n" + json.dumps(jobs[sys.argv[1]](json.loads(sys.argv[2]))))


if __name__ == "__main__":
    main()
