"""How fast stylesim learns and scores, beside Ultralytics on the same job in the same run.

    python benchmarks/speed.py --data ../shared/data [--out out/speed.json]

Every row runs in a fresh process, one after the other, on all cores that torch takes by itself.
The jobs: learn 4 styles from 10 street photographs each in 20 epochs and tell the rest of those
photographs apart; give class probabilities for 200 photographs from files, and for some of them
enlarged to 12 megapixels, as telephones take them. ``YOLO(...).train`` and ``.predict`` start
from the same checkpoint; for ``predict`` both sides run the very same fine-tuned network.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

HERE = Path(__file__).resolve().parent
BUNDLED = "stylesim-n"
_LEGEND = (
    "Seconds are medians; every row is a process of its own, and its peak memory holds Python, "
    "torch and the network. Accuracy is 4-way, on the held-out photographs not learned from. "
    "`times YOLO`: pictures a second over those of YOLO.predict as it comes. `from full decoding`: "
    "the largest difference of any probability to that of the picture decoded in full; `from "
    "YOLO`: to that of YOLO.predict with the same network."
)


def run(name: str, **job: Any) -> dict[str, Any]:
    """Run one job in its own process and return what it says."""
    print(f"... {name} {job}", file=sys.stderr, flush=True)
    done = subprocess.run(
        [sys.executable, str(HERE / "speed_jobs.py"), name, json.dumps(job)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def demo_memory(root: Path) -> float | None:
    """Most memory that the demo holds, in MB, where the platform tells."""
    script = root / "examples" / "quickstart.py"
    if not hasattr(os, "wait4") or not script.exists():
        return None
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, str(script)], cwd=folder, stdout=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(process.pid, 0)
    if status:
        return None
    return usage.ru_maxrss / 1024 if sys.platform == "linux" else usage.ru_maxrss / 1024**2


def learning(settings: argparse.Namespace, work: Path) -> list[dict[str, Any]]:
    """Rows of the learning job."""
    shared = {"data": str(settings.data), "epochs": settings.epochs, "repeats": settings.repeats}
    checkpoint = str(settings.checkpoint)
    plans: list[tuple[str, str, dict[str, Any]]] = [
        ("fit, bundled weights, whole pictures", "fit", {"weights": BUNDLED, "whole": True}),
        ("fit, bundled weights, garments found", "fit", {"weights": BUNDLED, "whole": False}),
        ("fit, the checkpoint, whole pictures", "fit", {"weights": checkpoint, "whole": True}),
        (
            "fit, the checkpoint, fine-tuned",
            "fit",
            {
                "weights": checkpoint,
                "whole": True,
                "method": "finetune",
                "save": str(work),
                "repeats": 1,
            },
        ),
        ("YOLO(checkpoint).train", "yolo_train", {"weights": checkpoint}),
    ]
    return [{"row": row} | run(job, **(shared | own)) for row, job, own in plans]


def scoring(
    settings: argparse.Namespace, work: Path, files: Path, count: int
) -> list[dict[str, Any]]:
    """Rows of the scoring job."""
    shared = {
        "data": str(settings.data),
        "files": str(files),
        "count": count,
        "repeats": settings.repeats,
    }
    tuned = {"weights": str(work / "tuned.pt")}
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    plans: list[tuple[str, str, dict[str, Any]]] = [
        (
            "predict_proba, the same fine-tuned network",
            "predict",
            {"bundle": str(work / "tuned.safetensors")},
        ),
        (
            "predict_proba, bundled weights, whole pictures",
            "predict",
            {"weights": BUNDLED, "whole": True},
        ),
        (
            "predict_proba, bundled weights, garments found",
            "predict",
            {"weights": BUNDLED, "whole": False},
        ),
        ("YOLO.predict, as it comes", "yolo_predict", tuned | {"batch": 1, "threads": 0}),
        ("YOLO.predict, all cores", "yolo_predict", tuned | {"batch": 1, "threads": cores}),
        (
            "YOLO.predict, all cores, batches of 32",
            "yolo_predict",
            tuned | {"batch": 32, "threads": cores},
        ),
    ]
    rows = [{"row": row} | run(job, **(shared | own)) for row, job, own in plans]
    theirs = np.array(rows[3]["probabilities"])
    rows[0]["difference_to_yolo"] = float(np.abs(np.array(rows[0]["probabilities"]) - theirs).max())
    for row in rows:
        del row["probabilities"]
    return rows


def enlarge(source: Path, folder: Path, count: int) -> None:
    """Photographs of 12 megapixels, as telephones take them, from smaller ones."""
    folder.mkdir()
    for path in sorted(source.glob("*.jpg"))[:count]:
        with Image.open(path) as picture:
            scale = (12_000_000 / (picture.width * picture.height)) ** 0.5
            size = round(picture.width * scale), round(picture.height * scale)
            large = picture.convert("RGB").resize(size, Image.Resampling.BICUBIC)
        large.save(folder / path.name, quality=90)


def tables(result: dict[str, Any]) -> str:
    """The rows as Markdown."""
    lines = [result["machine"], ""]
    train = result["learning"][-1]["seconds"]
    lines += [
        (
            "| learning: 4 styles, 10 photographs each | seconds | YOLO.train takes, times "
            "| 4-way accuracy | peak memory, MB |"
        ),
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    lines += [
        f"| {row['row']} | {row['seconds']:.2f} | {train / row['seconds']:.1f} "
        f"| {row['accuracy']:.2f} | {row['memory']:.0f} |"
        for row in result["learning"]
    ]
    for title, rows in result["scoring"].items():
        base = next(row for row in rows if row["row"] == "YOLO.predict, as it comes")
        lines += [
            "",
            (
                f"| scoring: {title} | pictures a second | times YOLO "
                "| from full decoding | from YOLO | peak memory, MB |"
            ),
            "| --- | ---: | ---: | ---: | ---: | ---: |",
        ]
        for row in rows:
            full, theirs = row.get("largest_difference"), row.get("difference_to_yolo")
            lines.append(
                f"| {row['row']} | {row['files'] / row['seconds']:.0f} "
                f"| {base['seconds'] / row['seconds']:.2f} "
                f"| {'' if full is None else f'{full:.4f}'} "
                f"| {'' if theirs is None else f'{theirs:.4f}'} | {row['memory']:.0f} |"
            )
    lines += ["", _LEGEND]
    if result["demo_memory"] is not None:
        lines += ["", f"Peak memory of the demo: {result['demo_memory']:.0f} MB."]
    return "\n".join(lines)


def main() -> None:
    """Run all jobs, print the tables, write the figures."""
    root = HERE.parent
    data = Path(os.environ.get("STYLESIM_DATA", root.parent / "shared" / "data"))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=data)
    parser.add_argument(
        "--checkpoint", type=Path, help="a YOLOv8-cls .pt (default: that of --data)"
    )
    parser.add_argument("--out", type=Path, default=root / "out" / "speed.json")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--repeats", type=int, default=3, help="the median counts (default 3)")
    parser.add_argument("--files", type=int, default=200, help="photographs to score (default 200)")
    parser.add_argument("--large", type=int, default=40, help="of 12 megapixels (default 40)")
    parser.add_argument("--skip-demo", action="store_true", help="leave the demo's memory out")
    settings = parser.parse_args()
    settings.data = settings.data.resolve()
    if settings.checkpoint is None:
        settings.checkpoint = settings.data / "checkpoints" / "yolov8n-cls-finetuned.pt"
    photos = settings.data / "outfits" / "photos"
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        learned = learning(settings, work)
        scored = {
            f"{settings.files} street photographs": scoring(settings, work, photos, settings.files)
        }
        if settings.large:
            enlarge(photos, work / "large", settings.large)
            scored[f"{settings.large} photographs of 12 megapixels"] = scoring(
                settings, work, work / "large", settings.large
            )
    result = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}, torch {version('torch')}, "
        f"ultralytics {version('ultralytics')}",
        "learning": learned,
        "scoring": scored,
        "demo_memory": None if settings.skip_demo else demo_memory(root),
    }
    settings.out.parent.mkdir(parents=True, exist_ok=True)
    settings.out.write_text(json.dumps(result, indent=1) + "\n")
    print(tables(result))


if __name__ == "__main__":
    main()
