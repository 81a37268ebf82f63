"""Where on the body a product is worn, by its title."""

from __future__ import annotations

import pytest

from stylesim._titles import slot_of_words

TITLES = {
    # What comes after "with" is no part of it.
    "Skirt with belt": "bottom",
    "Pleated midi skirt with belt": "bottom",
    "Belted shirt dress with pockets": "full",
    "Hat with scarf": "headwear",
    "Blouse with bow tie": "top",
    "Boots with heel": "shoes",
    "Jeans (belt included)": "bottom",
    "Trousers, belt included": "bottom",
    "Coat + scarf": "outer",
    "Dress w/ jacket": "full",
    "Sandals for summer dresses": "shoes",
    "Belt for jeans": "accessory",
    "Jacket in shirt fabric": "outer",
    # The last noun says what it is.
    "Shirt dress": "full",
    "Dress shirt": "top",
    "Dress shoes": "shoes",
    "Denim jacket dress": "full",
    "Boot cut jeans": "bottom",
    "Bootcut Jeans": "bottom",
    "Jean shorts": "bottom",
    "Sock boots": "shoes",
    "Top handle bag": "bag",
    "Leather belt bag": "bag",
    "Tank top": "top",
    "Cap sleeve top": "top",
    "Cap sleeved dress": "full",
    "Top with cap sleeves": "top",
    "Crop top": "top",
    "Knit dress": "full",
    "Bomber jacket": "outer",
    "Trench coat": "outer",
    # Adjectives that are nouns elsewhere.
    "Shirt short sleeve": "top",
    "Short-sleeved shirt": "top",
    "Sneakers high top": "shoes",
    "Tie-dye T-Shirt": "top",
    "Hoodie tie-dye": "top",
    "Skirt knit": "bottom",
    "Flat cap": "headwear",
    # As shops write.
    "Levi's 501 Original Jeans - Dark Blue": "bottom",
    "Nike, running shoes": "shoes",
    "Women's T-Shirt | Organic Cotton": "top",
    "2-pack of socks": "accessory",
    "Set of 2 shirts": "top",
    "MEN'S WATERPROOF PARKA": "outer",
    "Wide-leg sweatpants": "bottom",
    "Overcoat, wool": "outer",
    "Silk scarves": "accessory",
    "One-piece": "full",
    # Several things, or none of ours: the picture tells.
    "Trouser suit": None,
    "Swimsuit": None,
    "Gift card": None,
    "Free money": None,
    # Korean.
    "플리츠 스커트": "bottom",
    "벨트 포함 플리츠 스커트": "bottom",
    "롱스커트 (벨트 포함)": "bottom",
    "셔츠 원피스": "full",
    "와이드팬츠 블랙": "bottom",
    "니트 원피스": "full",
    "데님자켓 여성용": "outer",
    "오버핏 반팔 티셔츠": "top",
    "캐시미어 니트": "top",
    "경량 패딩 조끼": "outer",
    "여성 가죽 크로스백 3color": "bag",
    "첼시 부츠": "shoes",
    "볼캡": "headwear",
    "남성 정장 세트": None,
}


@pytest.mark.parametrize(("title", "slot"), TITLES.items())
def test_slots_are_read_from_titles(title: str, slot: str | None) -> None:
    found = slot_of_words(title)
    assert (None if found is None else found.value) == slot


def test_nothing_is_read_from_nothing() -> None:
    assert slot_of_words(None) is None
    assert slot_of_words("") is None
