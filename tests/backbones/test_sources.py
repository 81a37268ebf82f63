"""Where weights come from: files first, the network only for names of Ultralytics' own."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from stylesim.backbones import YoloBackbone, sources
from stylesim.errors import DamagedFileError, InvalidArgumentError, StorageError


class Shelf:
    """A local server in place of Ultralytics' releases."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.cut = 0
        shelf = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                shelf.asked.append(self.path)
                content = shelf.files.get(self.path)
                self.send_response(200 if content else 404)
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()
                self.wfile.write((content or b"")[: len(content or b"") - shelf.cut])

            def log_message(self, *args: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Shelf]:
    made = Shelf()
    monkeypatch.setattr(sources, "_RELEASE", made.url)
    monkeypatch.chdir(tmp_path)
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.mark.parametrize("weights", ["yolov8n-cls.pt", "n"])
def test_a_name_is_downloaded_once_to_the_working_folder(
    shelf: Shelf, checkpoint_file: Path, weights: str, tmp_path: Path
) -> None:
    shelf.files["/v1/yolov8n-cls.pt"] = checkpoint_file.read_bytes()
    for _ in range(2):
        assert YoloBackbone(weights).name == YoloBackbone(checkpoint_file).name
    assert shelf.asked == ["/v1/yolov8n-cls.pt"]
    assert [path.name for path in tmp_path.iterdir()] == ["yolov8n-cls.pt"]


def test_a_file_of_that_name_needs_no_network(shelf: Shelf, checkpoint_file: Path) -> None:
    shutil.copy(checkpoint_file, "yolov8n-cls.pt")
    assert YoloBackbone("n").dim == 256
    assert shelf.asked == []


def test_a_path_with_that_name_is_downloaded_to_that_path(
    shelf: Shelf, checkpoint_file: Path, tmp_path: Path
) -> None:
    shelf.files["/v1/yolov8n-cls.pt"] = checkpoint_file.read_bytes()
    (tmp_path / "models").mkdir()
    YoloBackbone(Path("models") / "yolov8n-cls.pt")
    assert (tmp_path / "models" / "yolov8n-cls.pt").exists()


@pytest.mark.parametrize("fault", ["absent", "down", "cut", "page"])
def test_a_failed_download_says_what_to_do_and_leaves_nothing(
    shelf: Shelf, fault: str, checkpoint_file: Path, tmp_path: Path, capfd: Any
) -> None:
    if fault == "down":
        shelf.server.shutdown()
        shelf.server.server_close()
    elif fault == "cut":
        shelf.files["/v1/yolov8n-cls.pt"] = checkpoint_file.read_bytes()
        shelf.cut = 1000
    elif fault == "page":
        shelf.files["/v1/yolov8n-cls.pt"] = b"<html>please log in</html>" * 10_000
    kind = DamagedFileError if fault == "page" else StorageError
    with pytest.raises(kind) as caught:
        YoloBackbone("yolov8n-cls.pt")
    if fault != "page":
        assert "put the file there yourself" in str(caught.value)
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_other_names_are_never_asked_for(shelf: Shelf) -> None:
    for weights in ("mine.pt", "yolov8n.pt", "models/other.safetensors", "yolo11n-cls.pt"):
        with pytest.raises(StorageError, match="does not exist"):
            YoloBackbone(weights)
    with pytest.raises(InvalidArgumentError):
        YoloBackbone("stylesim-xxl")
    assert shelf.asked == []


def test_the_bundled_weights_need_no_network(shelf: Shelf) -> None:
    backbone = YoloBackbone()
    assert backbone.dim == 277  # 256 features, 21 kinds of garment
    assert backbone.name.startswith("stylesim-n@")
    assert shelf.asked == []


@pytest.mark.parametrize("name", ["x" * 5000, "~nobody-of-this-name/x"])
def test_names_that_no_file_can_have_are_named(name: str) -> None:
    with pytest.raises(InvalidArgumentError, match="weights: expected 'stylesim-n'"):
        YoloBackbone(name)
    with pytest.raises(StorageError, match="weights: expected"):
        YoloBackbone(f"{name}.pt")
