"""The example app in a real browser without a window; skipped where none is installed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

webdriver = pytest.importorskip("selenium.webdriver", reason="Selenium is not installed")

from selenium.common.exceptions import NoAlertPresentException  # noqa: E402
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
EVIL = "<script>document.title='taken'</script><img src=x onerror=alert(1)>"
SETTINGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--window-size=390,844",
    # Not even a name is looked up.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    binary = next(filter(None, map(shutil.which, BROWSERS)), None)
    service = shutil.which("chromedriver")
    if binary is None or service is None:
        pytest.skip("no Chromium with chromedriver (scripts/browser.sh installs them)")
    options = webdriver.ChromeOptions()
    for setting in (*SETTINGS, f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(setting)
    options.binary_location = binary
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    started = webdriver.Chrome(options, webdriver.ChromeService(service))
    yield started
    started.quit()


def files(folder: Path, given: list[tuple[str, bytes]]) -> str:
    """Write files and give them as a file field takes them."""
    folder.mkdir()
    for name, data in given:
        (folder / name).write_bytes(data)
    return "\n".join(str(folder / name) for name, _ in given)


def photos(app, *asked) -> list[tuple[str, bytes]]:
    return [
        (f"{shape} {shade}.png", app.picture(colour, shape, shade))
        for colour, shape, shade in asked
    ]


def send(driver: webdriver.Chrome, section: str, **fields: str) -> None:
    """Fill the last form of a section and send it; wait for the page that follows."""
    page = driver.find_element(By.TAG_NAME, "html")
    form = driver.find_elements(By.CSS_SELECTOR, f"#{section} form:has(input[type=file])")[-1]
    for name, value in fields.items():
        form.find_element(By.NAME, name).send_keys(value)
    form.find_element(By.TAG_NAME, "button").click()
    WebDriverWait(driver, 60).until(lambda _: _gone(page))


def _gone(element) -> bool:
    from selenium.common.exceptions import StaleElementReferenceException

    try:
        element.tag_name  # noqa: B018
    except StaleElementReferenceException:
        return True
    return False


def no_script_ran(driver: webdriver.Chrome) -> None:
    assert driver.title.startswith("stylesim")
    assert driver.find_elements(By.TAG_NAME, "script") == []
    with pytest.raises(NoAlertPresentException):
        driver.switch_to.alert.accept()
    broken = [
        one.get_attribute("src")
        for one in driver.find_elements(By.TAG_NAME, "img")
        if "/pictures/" not in one.get_attribute("src")
    ]
    assert broken == []


def fits_the_screen(driver: webdriver.Chrome) -> None:
    wide = "return document.documentElement.scrollWidth <= window.innerWidth"
    assert driver.execute_script(wide), "the page can be moved sideways"


@pytest.mark.slow
def test_from_photographs_to_links(driver, site, app, tmp_path: Path) -> None:
    driver.get(site.url)
    red = photos(app, *((app.red, "outfit", i) for i in range(3)))
    blue = photos(app, *((app.blue, "outfit", 50 + i) for i in range(3)))
    clothes = photos(app, (app.red, "top", 100), (app.blue, "bottom", 101))
    send(driver, "wanted", photos=files(tmp_path / "wanted", red))
    send(driver, "contrast", photos=files(tmp_path / "navy", blue), name="navy")
    broken = ("holiday <b>.jpg", b"no picture")
    send(driver, "closet", photos=files(tmp_path / "closet", [*clothes, broken]))
    note = driver.find_element(By.CSS_SELECTOR, ".notes").text
    assert "holiday <b>.jpg: expected" in note, "what went wrong with one file is told"
    assert len(driver.find_elements(By.CSS_SELECTOR, "#closet .garment")) == 2, "the rest is kept"
    fits_the_screen(driver)

    rows = [
        "id,title,price,currency,url,image,slot",
        f"a,{EVIL},12,EUR,https://shop.example/a?x=1&y=2,skirt.png,bottom",
        "b,Plain skirt,14,EUR,http://shop.example/b,other.png,bottom",
        "c,Trap,12,EUR,javascript:document.title='taken',skirt.png,bottom",
    ]
    table = files(tmp_path / "table", [("products.csv", "\n".join(rows).encode())])
    skirt = ("skirt.png", app.picture(app.red, "bottom", 5))
    other = ("other.png", app.picture((230, 120, 30), "bottom", 6))
    driver.find_element(By.CSS_SELECTOR, "#catalog summary").click()
    send(driver, "catalog", table=table, photos=files(tmp_path / "shop", [skirt, other]))
    assert "Row 3 of products.csv" in driver.find_element(By.CSS_SELECTOR, ".notes").text

    driver.find_element(By.CSS_SELECTOR, ".go button").click()
    WebDriverWait(driver, 120).until(lambda now: now.find_elements(By.ID, "picks"))
    no_script_ran(driver)
    fits_the_screen(driver)
    links = driver.find_elements(By.CSS_SELECTOR, "#picks .pick a")
    assert EVIL in [link.text for link in links]
    hrefs = [link.get_attribute("href") for link in links]
    assert "https://shop.example/a?x=1&y=2" in hrefs
    assert all(href.startswith(("http://shop.example/", "https://shop.example/")) for href in hrefs)
    assert all("noopener" in link.get_attribute("rel") for link in links)
    similar = [
        float(one.get_attribute("value"))
        for one in driver.find_elements(By.CSS_SELECTOR, "#similarities meter")
    ]
    assert similar == sorted(similar)
    assert similar[0] < 0.2 < 0.8 < similar[-1]
    images = "return [...document.images].filter(one => one.complete && !one.naturalWidth).length"
    assert driver.execute_script(images) == 0
    assert [entry["message"] for entry in driver.get_log("browser")] == []
