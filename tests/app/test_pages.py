"""The pages of the example app: what is shown, what is kept apart, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from stylesim_app.limits import Limits
from stylesim_app.sessions import FullError, Sessions

EVIL = "<script>document.title='taken'</script><img src=x onerror=alert(1)>"
NAMED = re.compile(r"""\son\w+\s*=|\sstyle\s*=|javascript:|<script""", re.IGNORECASE)


def table(*rows: str) -> bytes:
    return "\n".join(["id,title,price,currency,url,image,slot", *rows]).encode()


def catalog(*rows: str) -> list:
    return [("table", ("products.csv", table(*rows), "text/csv"))]


def test_the_whole_way_without_scripts(visitor: httpx.Client, app) -> None:
    assert "Compare" in visitor.get("/").text
    visitor.post("/styles/wanted", files=app.photos(app.red))
    visitor.post("/styles/contrast", files=app.photos(app.blue, first=50), data={"name": "navy"})
    page = visitor.post(
        "/closet",
        files=[*app.photos(app.blue, 1, 101, "bottom"), ("photos", ("notes.txt", b"hello"))],
    )
    assert "notes.txt: expected" in page.text
    assert "notes.txt" not in visitor.get("/").text, "told once"
    assert page.text.count('src="/pictures/garment-') == 1
    visitor.post("/learn")
    assert app.wait(visitor)["state"] == "done"
    page = visitor.get("/results", params={"max_price": "€ 30"})
    assert 'href="https://shop.example/0"' in page.text
    assert "missing" in page.text  # nothing to wear above
    assert "bottom-101.png" in page.text
    shares = re.findall(r"([0-9]+)\u00a0%</td>", page.text)
    assert "none of them</th>" in page.text
    assert len(shares) == 3
    assert sum(map(int, shares)) == pytest.approx(100, abs=1)
    for address in set(re.findall(r'src="(/pictures/[^"]+)"', page.text)):
        assert visitor.get(address).headers["content-type"] == "image/png"
    assert "has to be a number" in visitor.get("/results", params={"max_price": "cheap"}).text


def test_texts_from_people_and_shops_are_shown_as_text(serve, app) -> None:
    visitor = serve(app.products(EVIL, "Red skirt 2")).visitor()
    visitor.post("/styles/wanted", files=[("photos", (EVIL, app.photos(app.red, 1)[0][1][1]))])
    visitor.post("/styles/wanted", files=app.photos(app.red, 2, first=5))
    visitor.post("/styles/contrast", files=app.photos(app.blue, 2, 50), data={"name": EVIL[:40]})
    closet = [("photos", (EVIL, app.photos(app.blue, 1, 101, "bottom")[0][1][1]))]
    visitor.post("/closet", files=[*closet, ("photos", (EVIL + "2", b"no picture"))])
    visitor.post("/learn")
    assert app.wait(visitor)["state"] == "done"
    for page in (visitor.get("/"), visitor.get("/results")):
        assert "&lt;script&gt;" in page.text
        found = NAMED.findall(re.sub(r"&lt;.*?&gt;", "", page.text))
        assert found == []
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "unsafe" not in policy


def test_every_answer_carries_the_careful_headers(visitor: httpx.Client) -> None:
    for path in ("/", "/results", "/static/style.css", "/no/such/page", "/api/status"):
        answer = visitor.get(path)
        assert answer.headers["x-content-type-options"] == "nosniff", path
        assert "default-src 'none'" in answer.headers["content-security-policy"], path
    assert "set-cookie" not in visitor.get("/").headers, "who only looks leaves nothing here"


def test_other_sites_and_names_are_refused(site, visitor: httpx.Client, app) -> None:
    app.bring(visitor)
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        assert visitor.post("/forget", headers=headers).status_code == 403
    assert visitor.get("/", headers={"host": "evil.example"}).status_code == 400
    assert len(visitor.get("/api/styles").json()) == 2
    same = visitor.post("/api/styles/x", files=app.photos(app.blue, 2, 70), headers={
        "origin": site.url, "sec-fetch-site": "same-origin",
    })  # fmt: skip
    assert same.status_code == 200


def test_the_cookie_is_out_of_reach(visitor: httpx.Client, app) -> None:
    answer = visitor.post("/api/styles/wanted", files=app.photos(app.red, 1))
    said = answer.headers["set-cookie"]
    assert "HttpOnly" in said
    assert "SameSite=Strict" in said


def test_visitors_see_only_their_own(site, app) -> None:
    mine, other = site.visitor(), site.visitor()
    app.bring(mine)
    picture = mine.get("/api/closet").json()["garments"][0]["picture"]
    assert mine.get(picture).status_code == 200
    assert other.get(picture).status_code == 404
    assert other.get("/api/styles").json() == []
    assert other.get("/saved/closet.stylesim").status_code == 404
    assert mine.get("/pictures/style-..%2f..%2fetc").status_code == 404


def test_what_is_forgotten_or_left_lying_is_deleted(site, app) -> None:
    one, two = site.visitor(), site.visitor()
    app.bring(one)
    app.bring(two)
    folders = [session.folder for session in site.sessions._all.values()]
    assert all(folder.is_dir() for folder in folders)
    one.post("/forget")
    site.engine.run(lambda: None)
    assert [folder.exists() for folder in folders] == [False, True]
    assert one.get("/api/styles").json() == []
    site.clock[0] += 3_000
    assert site.sessions.expired() == []
    assert len(two.get("/api/styles").json()) == 2
    site.clock[0] += 3_601
    (old,) = site.sessions.expired()
    old.close()
    assert not folders[1].exists()
    assert two.get("/api/styles").json() == []


def test_there_is_room_for_so_many(tmp_path: Path) -> None:
    sessions = Sessions(Limits(sessions=2))
    try:
        first, _ = sessions.begin(), sessions.begin()
        with pytest.raises(FullError):
            sessions.begin()
        sessions.forget(first).close()
        assert sessions.find(first.token) is None
        assert sessions.find(sessions.begin().token) is not None
        assert sessions.find(None) is None
    finally:
        sessions.close()
    assert not sessions.folder.exists()


def test_a_full_house_says_so(serve, app) -> None:
    site = serve(sessions=1)
    app.bring(site.visitor())
    answer = site.visitor().post("/styles/wanted", files=app.photos(app.red))
    assert answer.status_code == 503
    assert "try again later" in answer.text


def test_a_catalogue_of_ones_own(visitor: httpx.Client, app) -> None:
    app.bring(visitor)
    rows = (
        "a,My skirt,12,EUR,https://mine.example/a,images/Skirt.PNG,bottom",
        "b,No picture,12,EUR,https://mine.example/b,lost.png,bottom",
        "c,Script,12,EUR,javascript:alert(1),images/Skirt.PNG,bottom",
        "d,Priceless,much,EUR,https://mine.example/d,images/Skirt.PNG,bottom",
    )
    picture = ("photos", ("skirt.png", app.picture(app.red, "bottom", 5)))
    said = visitor.post("/api/catalog", files=[*catalog(*rows), picture]).json()
    assert (said["name"], said["products"]) == ("products.csv", 2)
    told = "\n".join(said["problems"])
    assert "Row 3 of products.csv" in told
    assert "Row 4 of products.csv" in told
    assert "No picture: its picture was not sent" in told
    visitor.post("/api/learn")
    assert app.wait(visitor)["state"] == "done"
    picks = visitor.get("/api/picks").json()["picks"]
    assert [pick["url"] for pick in picks] == ["https://mine.example/a"]
    assert visitor.post("/api/catalog").json()["name"] == "the shop"


def test_a_catalogue_may_name_pictures_at_length(visitor: httpx.Client, app) -> None:
    names = [f"{'red-skirt-with-folds-' * 4}{number}-photographed.png" for number in "12"]
    rows = [f"{name[-18]},Skirt {name[-18]},12,EUR,https://mine.example/{name},shop/{name},bottom"
            for name in names]  # fmt: skip
    pictures = [("photos", (names[i], app.picture(app.red, "bottom", i))) for i in range(2)]
    said = visitor.post("/api/catalog", files=[*catalog(*rows), *pictures]).json()
    assert (said["products"], said["problems"]) == (2, [])


def test_a_catalogue_cannot_name_files_of_this_computer(
    site, visitor: httpx.Client, app, tmp_path: Path
) -> None:
    secret = tmp_path / "private.png"
    secret.write_bytes(app.picture(app.red, "bottom", 77))
    rows = [
        f"a,Absolute,1,EUR,https://x.example/a,{secret},bottom",
        f"b,Upwards,1,EUR,https://x.example/b,../../../..{secret},bottom",
        "c,Address,1,EUR,https://x.example/c,http://127.0.0.1:1/x.png,bottom",
    ]
    visitor.post("/api/catalog", files=catalog(*rows))
    session = next(iter(site.sessions._all.values()))
    assert [product.image for product in session.catalog] == [None] * 3
    assert [product.image_url for product in session.catalog] == [None] * 3


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00bad",
        b"no,such,columns\n1,2,3",
        table(),
        b"title\0,url",
        table(*["a"] * 9),
    ],
)
def test_what_is_no_catalogue_leaves_the_last_one(
    visitor: httpx.Client, app, content: bytes
) -> None:
    good = catalog("a,Skirt,1,EUR,https://x.example/a,,bottom")
    assert visitor.post("/api/catalog", files=good).json()["products"] == 1
    bad = [("table", ("bad.csv", content, "text/csv"))]
    answer = visitor.post("/api/catalog", files=bad)
    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert "bad.csv" in visitor.post("/catalog", files=bad).text
    assert "products.csv" in visitor.get("/").text


def test_a_catalogue_may_have_so_many_rows(serve) -> None:
    visitor = serve(products=3).visitor()
    rows = [f"{i},Skirt {i},1,EUR,https://x.example/{i},,bottom" for i in range(4)]
    answer = visitor.post("/api/catalog", files=catalog(*rows))
    assert "at most 3 rows" in answer.json()["detail"]


def test_style_and_closet_go_on_elsewhere(serve, app) -> None:
    here, there = serve().visitor(), serve().visitor()
    app.compare(here)
    files = [
        ("files", (name, here.get(f"/saved/{name}").content))
        for name in ("closet.stylesim", "style.safetensors")
    ]
    assert there.post("/api/saved", files=files).json() == {"problems": []}
    assert there.post("/api/learn").status_code == 202
    assert app.wait(there)["state"] == "done"
    assert there.get("/api/similarities").json() == here.get("/api/similarities").json()


def test_saved_files_that_are_damaged_change_nothing(site, visitor: httpx.Client, app) -> None:
    app.compare(visitor)
    closet = visitor.get("/saved/closet.stylesim").content
    style = visitor.get("/saved/style.safetensors").content
    before = visitor.get("/api/closet").json()
    newer = style.replace(b'format_version\\":1', b'format_version\\":9').replace(
        b'format_version\\": 1', b'format_version\\": 9'
    )
    assert newer != style
    files = [
        ("files", ("cut.stylesim", closet[:-4_000])),
        ("files", ("text.stylesim", b"hello " * 300)),
        ("files", ("cut.safetensors", style[:-9])),
        ("files", ("newer.safetensors", newer)),
        ("files", ("photo.png", app.picture(app.red))),
    ]
    problems = visitor.post("/api/saved", files=files).json()["problems"]
    assert [text.partition(":")[0] for text in problems] == [name for _, (name, _) in files]
    assert "update stylesim" in problems[3]
    assert visitor.get("/api/closet").json() == before
    session = next(iter(site.sessions._all.values()))
    assert session.saved_style is None
    assert not any(path.name.startswith(("arriving", "copy")) for path in session.folder.iterdir())
