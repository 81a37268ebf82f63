"""Words to search a shop with, in English and Korean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stylesim._product_checks import TEXT_LENGTH, clean
from stylesim.types import Slot

if TYPE_CHECKING:
    from stylesim.products import ProductQuery

KOREAN = "ko"

_SLOTS = {
    Slot.TOP: ("top", "상의"),
    Slot.OUTER: ("jacket", "아우터"),
    Slot.FULL: ("dress", "원피스"),
    Slot.BOTTOM: ("trousers", "하의"),
    Slot.SHOES: ("shoes", "신발"),
    Slot.HEADWEAR: ("hat", "모자"),
    Slot.BAG: ("bag", "가방"),
    Slot.ACCESSORY: ("accessory", "액세서리"),
}
_GENDERS = {"female": ("women", "여성"), "male": ("men", "남성"), "unisex": ("unisex", "남녀공용")}
_KOREAN = {
    "t-shirt": "티셔츠", "shirt": "셔츠", "blouse": "블라우스", "sweater": "스웨터", "knit": "니트",
    "hoodie": "후드티", "sweatshirt": "맨투맨", "polo": "카라티", "tank top": "나시",
    "longsleeve": "긴팔티", "cardigan": "가디건", "jacket": "자켓", "coat": "코트",
    "blazer": "블레이저", "vest": "조끼", "parka": "파카", "padding": "패딩", "puffer": "패딩",
    "down jacket": "패딩", "dress": "원피스", "jumpsuit": "점프수트", "jeans": "청바지",
    "pants": "바지", "trousers": "바지", "slacks": "슬랙스", "skirt": "스커트",
    "shorts": "반바지", "leggings": "레깅스", "sneakers": "운동화", "boots": "부츠",
    "sandals": "샌들", "loafers": "로퍼", "heels": "힐", "shoes": "신발", "hat": "모자",
    "cap": "캡모자", "beanie": "비니", "bag": "가방", "backpack": "백팩", "scarf": "머플러",
    "belt": "벨트", "tie": "넥타이", "socks": "양말", "glasses": "안경",
    "sunglasses": "선글라스", "gloves": "장갑", "suit": "정장", "black": "블랙",
    "white": "화이트", "grey": "그레이", "gray": "그레이", "navy": "네이비", "blue": "블루",
    "red": "레드", "green": "그린", "yellow": "옐로우", "pink": "핑크", "purple": "퍼플",
    "orange": "오렌지", "brown": "브라운", "beige": "베이지", "ivory": "아이보리", "khaki": "카키",
    "cream": "크림", "burgundy": "버건디", "camel": "카멜", "olive": "올리브",
    "pleated": "플리츠", "striped": "스트라이프", "checked": "체크", "dotted": "도트",
    "floral": "플라워", "denim": "데님", "linen": "린넨", "wool": "울", "cotton": "면",
    "leather": "가죽", "slim": "슬림", "wide": "와이드", "oversized": "오버핏", "cropped": "크롭",
}  # fmt: skip


def search_words(query: ProductQuery, language: str = "en") -> str:
    """Gender, brand, colour, further words and category (or slot), in this order.

    A word without a known translation stays as it is; shops understand English
    brand and style words.
    """
    korean = language == KOREAN
    parts = []
    if query.gender:
        parts.append(_GENDERS.get(query.gender, (query.gender, query.gender))[korean])
    parts += [query.brand] if query.brand else []
    kind = query.category or (_SLOTS[query.slot][korean] if query.slot else None)
    for word in (query.colour, *query.words, kind):
        if word:
            parts.append(_korean(word) if korean else word)
    if not (kind or query.words or query.brand or query.colour):
        return ""
    unique = dict.fromkeys(part.strip() for part in parts)
    return clean(" ".join(part for part in unique if part), TEXT_LENGTH)[:200]


def price_words(bound: float | None) -> str | None:
    """A lowest or highest price as shops read it."""
    return None if bound is None else f"{bound:.2f}".rstrip("0").rstrip(".")


def _korean(word: str) -> str:
    plain = word.strip().casefold().replace("_", " ")
    forms = (plain, plain + "s", plain.removesuffix("s"), plain.replace(" ", "-"))
    return next((_KOREAN[form] for form in forms if form in _KOREAN), word)
