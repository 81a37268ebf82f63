"""Make the picture of the example app in the documentation, with drawn clothes.

Usage: ``python scripts/app_screenshot.py [--out docs/how-to/app.png] [--all FOLDER]``. Needs the
extra ``app``, httpx, Selenium and Chromium with its driver. ``--all`` also keeps every page at the
width of a phone and of a desktop, light and dark, to look at.
"""

from __future__ import annotations

import argparse
import io
import shutil
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from selenium import webdriver

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "examples" / "app"))

import stylesim as ss  # noqa: E402
from stylesim import datasets  # noqa: E402
from stylesim_app.guard import COOKIE  # noqa: E402
from stylesim_app.server import create_app, make_server  # noqa: E402

WIDTHS = {"phone": 390, "desktop": 1000}


def files_of(pictures: list[Image.Image], name: str) -> list[Any]:
    """Pictures as an HTTP client sends them."""
    sent = []
    for number, picture in enumerate(pictures):
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=90)
        sent.append(("photos", (f"{name}-{number}.jpg", buffer.getvalue(), "image/jpeg")))
    return sent


def bring(client: httpx.Client) -> None:
    """Bring drawn styles and a closet with hardly anything of the wanted style."""
    for place, (name, style) in enumerate({"wanted": "wannabe", "sporty": "sporty"}.items()):
        drawn = datasets.make_style(style, n=5, seed=place)
        client.post(f"/api/styles/{name}", files=files_of([one.image for one in drawn], name))
    closet = [one.image for one in datasets.make_closet(n=7, seed=3)]
    client.post("/api/closet", files=files_of(closet, "IMG"))


def browser() -> webdriver.Chrome:
    """A browser without a window."""
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--hide-scrollbars", "--disable-gpu"):
        options.add_argument(argument)
    binary = shutil.which("chromium") or shutil.which("google-chrome")
    if binary is not None:
        options.binary_location = binary
    return webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))


def shot(driver: webdriver.Chrome, address: str, width: int, theme: str = "light") -> Image.Image:
    """Take a whole page, with all of its pictures."""
    scheme = {"features": [{"name": "prefers-color-scheme", "value": theme}]}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", scheme)
    driver.set_window_size(width, 900)
    driver.get(address)
    height = driver.execute_script("return document.documentElement.scrollHeight")
    driver.set_window_size(width, height)
    loaded = "return [...document.images].every(one => one.complete && one.naturalWidth)"
    until = time.monotonic() + 120
    while not driver.execute_script(loaded) and time.monotonic() < until:
        time.sleep(0.1)
    return Image.open(io.BytesIO(driver.get_screenshot_as_png())).convert("RGB")


def main() -> None:
    """Run the app, go the whole way, keep the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "how-to" / "app.png")
    parser.add_argument("--all", type=Path, help="folder for every page in every width")
    args = parser.parse_args()
    catalog = ss.CatalogProvider(datasets.make_catalog(n=24, seed=5).products)
    server = make_server(create_app(catalog=catalog))
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            with httpx.Client(base_url=url, timeout=600, trust_env=False) as client:
                bring(client)
                client.post("/api/learn")
                while client.get("/api/status").json()["state"] == "running":
                    time.sleep(0.2)
                driver = browser()
                try:
                    driver.get(url)
                    driver.add_cookie({"name": COOKIE, "value": client.cookies[COOKIE]})
                    keep(driver, url, args.out, args.all)
                finally:
                    driver.quit()
        finally:
            server.should_exit = True
            thread.join()


def keep(driver: webdriver.Chrome, url: str, out: Path, folder: Path | None) -> None:
    """Write the picture of the result, small; and every page, where that is asked for."""
    page = shot(driver, f"{url}/results", WIDTHS["desktop"])
    # The gaps and the picks; the table below them repeats their pictures.
    below = "return document.querySelector('#similarities').getBoundingClientRect().top"
    top = page.crop((0, 0, page.width, round(driver.execute_script(below))))
    top.quantize(128).save(out, optimize=True)
    print(f"{out}: {out.stat().st_size / 1000:.0f} kB")
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        for path in ("/", "/results"):
            for name, width in WIDTHS.items():
                for theme in ("light", "dark"):
                    label = f"{path.strip('/') or 'start'}-{name}-{theme}.png"
                    shot(driver, url + path, width, theme).save(folder / label)


if __name__ == "__main__":
    main()
