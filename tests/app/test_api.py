"""The JSON interface of the example app, asked by a real HTTP client."""

from __future__ import annotations

import threading
import time
from urllib.parse import quote

import httpx
import pytest


def test_the_whole_way(visitor: httpx.Client, app) -> None:
    assert visitor.get("/api/status").json()["state"] == "none"
    app.compare(visitor)
    said = visitor.get("/api/similarities").json()
    assert said["classes"] == ["wanted", "navy"]
    top, bottom = said["garments"]
    assert (top["slot"], bottom["slot"]) == ("top", "bottom")
    assert top["name"] == "top-100.png"
    assert top["similarity"] > 0.8 > 0.2 > bottom["similarity"]
    assert sum(top["by_class"].values()) == pytest.approx(1, abs=1e-5)
    gaps = visitor.get("/api/gaps").json()
    assert [row["id"] for row in gaps["garments"]] == [bottom["id"], top["id"]]
    assert [row["verdict"] for row in gaps["garments"]] == ["maybe", "keep"], "all it has below"
    assert all(row["why"] for row in gaps["garments"])
    slots = {one["slot"]: one for one in gaps["slots"]}
    assert (slots["top"]["status"], slots["top"]["best_id"]) == ("covered", top["id"])
    assert (slots["bottom"]["status"], slots["bottom"]["best_id"]) == ("gap", bottom["id"])
    picks = visitor.get("/api/picks", params={"k": 3, "max_price": 80, "currency": "eur"}).json()
    assert [pick["title"] for pick in picks["picks"]] == ["Red skirt"]
    pick = picks["picks"][0]
    assert pick["url"] == "https://shop.example/0"
    assert pick["gain"] > 0.2
    assert pick["unlocks"] >= 1
    assert pick["reason"]
    image = visitor.get(pick["picture"])
    assert (image.status_code, image.headers["content-type"]) == (200, "image/png")


def test_wishes_are_obeyed_and_checked(visitor: httpx.Client, app) -> None:
    app.compare(visitor)
    assert (
        visitor.get("/api/picks", params={"max_price": 5, "currency": "EUR"}).json()["picks"] == []
    )
    for params in ({"k": 0}, {"k": "many"}, {"max_price": -1}, {"slot": "wings"}, {"rank_by": "x"}):
        answer = visitor.get("/api/picks", params=params)
        assert answer.status_code == 422
        assert next(iter(params)) in answer.json()["detail"]
    assert visitor.get("/api/picks", params={"currency": "much"}).status_code == 422


def test_every_file_is_judged_by_itself(serve, app) -> None:
    visitor = serve(photo_bytes=20_000, style_photos=4).visitor()
    whole = app.picture(app.red, shade=1)
    files = [
        ("photos", ("one.png", whole)),
        ("photos", ("words.jpg", b"no picture at all")),
        ("photos", ("cut.png", app.picture(app.red, shade=2)[:900])),
        ("photos", ("empty.png", b"")),
        ("photos", ("huge.png", b"\x89PNG" + bytes(30_000))),
        ("photos", ("../../one again.png", whole)),
        *app.photos(app.red, 4, first=10),
    ]
    said = visitor.post("/api/styles/wanted", files=files).json()
    assert [one["name"] for one in said["photos"]] == [
        "one.png", "outfit-10.png", "outfit-11.png", "outfit-12.png",
    ]  # fmt: skip
    told = "\n".join(said["problems"])
    for name in ("words.jpg", "cut.png", "empty.png", "huge.png", "one again.png"):
        assert name in told
    assert "outfit-13.png: left out, for a style takes 4" in told
    assert ".." not in told
    again = visitor.post("/api/styles/navy", files=files[:1]).json()
    assert again["photos"] == []
    assert "in the style 'wanted' already" in again["problems"][0]


def test_a_picture_of_too_many_pixels_is_refused_unread(serve, app) -> None:
    visitor = serve(photo_pixels=1_000).visitor()
    said = visitor.post("/api/closet", files=app.photos(app.red, 1)).json()
    assert said["garments"] == []
    assert "at most 1,000 pixels" in said["problems"][0]


def test_a_request_that_is_too_large_is_refused_and_nothing_is_lost(serve, app) -> None:
    visitor = serve(request_bytes=100_000).visitor()
    visitor.post("/api/styles/wanted", files=app.photos(app.red))
    large = visitor.post("/api/styles/wanted", files=[("photos", ("a.png", bytes(200_000)))])
    assert large.status_code == 413
    assert "send fewer files" in large.json()["detail"]

    def endless():
        for _ in range(40):
            yield bytes(10_000)

    sent = visitor.post(
        "/api/styles/wanted",
        content=endless(),
        headers={"content-type": "multipart/form-data; boundary=x"},
    )
    assert sent.status_code in (400, 413)
    assert [len(one["photos"]) for one in visitor.get("/api/styles").json()] == [3]


@pytest.mark.parametrize("name", ["", "   ", "x" * 41, "wanted", "Wanted", "bell\a"])
def test_names_that_are_none_are_refused(visitor: httpx.Client, app, name: str) -> None:
    page = visitor.post("/styles/contrast", files=app.photos(app.blue), data={"name": name})
    assert "Please note" in page.text
    assert [len(one["photos"]) for one in visitor.get("/api/styles").json()] == [0]
    if name != "wanted":
        answer = visitor.post(f"/api/styles/{quote(name)}", files=app.photos(app.blue))
        assert answer.status_code == 422
    assert len(visitor.get("/api/styles").json()) == 1


@pytest.mark.parametrize("name", ["nightclub / bar", "スポーツ", "a?b#c", "<b>bold</b>", "50 %"])
def test_any_other_name_will_do(visitor: httpx.Client, app, name: str) -> None:
    said = visitor.post(f"/api/styles/{quote(name, safe='')}", files=app.photos(app.blue)).json()
    assert said["name"] == name
    again = visitor.post(
        f"/api/styles/{quote(name.upper())}", files=app.photos(app.blue, first=9)
    ).json()
    assert (again["name"], len(again["photos"])) == (name, 6)


def test_numbers_are_limited(serve, app) -> None:
    visitor = serve(styles=1, garments=2).visitor()
    app.bring(visitor)
    third = visitor.post("/api/styles/c", files=app.photos(app.blue, first=80))
    assert third.status_code == 422
    assert "remove one first" in third.json()["detail"]
    more = visitor.post("/api/closet", files=app.photos(app.red, 1, 200, "top")).json()
    assert len(more["garments"]) == 2
    assert "a closet takes 2 garments" in more["problems"][0]


def test_what_is_asked_too_soon_or_is_not_there(visitor: httpx.Client, app) -> None:
    assert visitor.get("/api/gaps").status_code == 409
    assert visitor.post("/api/learn").status_code == 422
    assert visitor.post("/api/styles/wanted").json()["detail"] == "Choose at least one file first."
    assert visitor.delete("/api/closet/nothing").status_code == 404
    assert visitor.delete("/api/styles/nothing").status_code == 422
    assert visitor.get("/api/nothing").status_code == 404
    assert visitor.put("/api/closet").status_code == 405


def test_garments_are_corrected_and_removed(visitor: httpx.Client, app) -> None:
    app.bring(visitor)
    top, bottom = visitor.get("/api/closet").json()["garments"]
    said = visitor.patch(f"/api/closet/{top['id']}", params={"slot": "outer"}).json()
    assert said["garments"][0]["slot"] == "outer"
    assert said["garments"][0]["category"] is None
    assert len(visitor.delete(f"/api/closet/{bottom['id']}").json()["garments"]) == 1
    photo = visitor.get("/api/styles").json()[0]["photos"][0]["id"]
    visitor.delete("/api/styles/wanted", params={"photo": photo})
    visitor.delete("/api/styles/navy")
    assert [(one["name"], len(one["photos"])) for one in visitor.get("/api/styles").json()] == [
        ("wanted", 2)
    ]
    assert visitor.get(f"/pictures/style-{photo}").status_code in (200, 404)


def test_a_result_says_when_it_is_of_yesterday(visitor: httpx.Client, app) -> None:
    app.compare(visitor)
    assert visitor.get("/api/status").json()["stale"] is False
    visitor.post("/api/closet", files=app.photos(app.red, 1, 300, "bottom"))
    assert visitor.get("/api/status").json()["stale"] is True
    assert len(visitor.get("/api/gaps").json()["garments"]) == 2


def test_a_comparison_that_fails_says_why_and_can_be_tried_again(
    site, visitor: httpx.Client, app
) -> None:
    app.compare(visitor)
    session = next(iter(site.sessions._all.values()))
    for photo in session.styles["navy"]:
        photo.path.write_bytes(b"gone bad")
    visitor.post("/api/learn")
    status = app.wait(visitor)
    assert status["state"] == "failed"
    assert "not a picture" in status["error"]
    assert "That did not work" in visitor.get("/results").text
    for photo in session.styles["navy"]:
        photo.path.write_bytes(app.picture(app.blue, shade=int(photo.name[7:9])))
    visitor.post("/api/learn")
    assert app.wait(visitor)["state"] == "done"


def test_the_server_answers_while_it_works(site, visitor: httpx.Client, app) -> None:
    app.bring(visitor)
    go_on = threading.Event()
    site.engine.submit(go_on.wait, 60)
    try:
        assert visitor.post("/api/learn").json()["state"] == "running"
        assert visitor.post("/api/learn").json()["state"] == "running"
        assert visitor.get("/api/gaps").status_code == 409
        start = time.perf_counter()
        page = visitor.get("/results")
        assert 'http-equiv="refresh"' in page.text
        assert site.visitor().get("/").status_code == 200
        assert time.perf_counter() - start < 30
    finally:
        go_on.set()
    assert app.wait(visitor)["state"] == "done"


def test_the_networks_are_loaded_once(site, app) -> None:
    for visitor in (site.visitor(), site.visitor()):
        app.compare(visitor)
    models = [one.outcome.model for one in site.sessions._all.values()]
    assert len(models) == 2
    assert all(model.backbone is site.engine.backbone for model in models)
    assert all(model.finder is site.engine.finder for model in models)


def test_the_description_names_every_route(visitor: httpx.Client) -> None:
    described = visitor.get("/openapi.json").json()
    assert described["info"]["title"] == "stylesim"
    assert {
        "/api/styles", "/api/closet", "/api/catalog", "/api/learn", "/api/status",
        "/api/similarities", "/api/gaps", "/api/picks", "/api/saved",
    } <= set(described["paths"])  # fmt: skip
    assert not any(path.startswith("/results") for path in described["paths"])
    assert visitor.get("/docs").status_code == 404


def test_no_place_on_the_disk_is_told(site, visitor: httpx.Client, app) -> None:
    app.compare(visitor)
    visitor.post("/api/saved", files=[("files", ("closet.stylesim", b"nonsense" * 200))])
    for path in ("/", "/results", "/api/similarities", "/api/picks", "/api/closet"):
        assert str(site.sessions.folder) not in visitor.get(path).text
