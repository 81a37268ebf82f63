"""Where on the body a product is worn, read from its title in English or Korean.

In both languages the last noun of a phrase says what the thing is ("shirt dress", "셔츠 원피스"),
and what comes after "with" is no part of it ("skirt with belt").
"""

from __future__ import annotations

import re

from stylesim.types import Slot

_MORE = {
    Slot.TOP: "pullover turtleneck camisole cami henley tunic tee crewneck sweatshirts rugby",
    Slot.OUTER: "waistcoat trench anorak windbreaker bomber puffer gilet poncho overcoat raincoat "
    "fleece kimono cloak trucker",
    Slot.FULL: "gown sundress playsuit dungaree dungarees coverall coveralls overalls minidress "
    "maxidress pinafore",
    Slot.BOTTOM: "chino chinos jogger joggers culotte culottes slacks sweatpants miniskirt skort "
    "bermudas cargos",
    Slot.SHOES: "trainer mule pump espadrille loafers slipper clog moccasin oxford brogue "
    "ballerina stiletto wedge flip-flop",
    Slot.HEADWEAR: "beret fedora visor snapback bonnet balaclava",
    Slot.BAG: "tote rucksack satchel pouch crossbody holdall",
    Slot.ACCESSORY: "scarves shawl necklace earring bracelet ring mitten suspender suspenders "
    "wallet tights stocking hosiery headband hairband brooch umbrella",
}  # fmt: skip
_WORDS = {word: slot for slot, words in _MORE.items() for word in words.split()}
# Nouns by themselves, adjectives beside another noun: "short-sleeved", "high-top", "knit dress".
_WEAK = frozenset("short flat full upper lower outer knit body tank heel top tie trench fleece "
                  "polo cargos ring bomber puffer trucker wedge oxford".split())  # fmt: skip
# Several things at once, or worn where there is no slot: the picture tells.
_UNTOLD = frozenset("suit set tracksuit swimsuit bikini pyjamas pajamas pyjama pajama costume "
                    "underwear bra briefs boxers".split())  # fmt: skip
_ASIDE = re.compile(
    r"\b(?:with|without|w/|w/o|for|incl|including|included|in|from|by|plus|featuring|on|over|"
    r"made|of the)\b.*|[+&].*",
)
_NUMBERS = re.compile(r"^(?:set|pack|pair|pairs|\d+(?:-?pack)?|\d+ ?pairs?) of\b")
_PHRASES = {"t shirt": "tshirt", "t-shirt": "tshirt", "tee shirt": "tshirt",
            "one piece": "onepiece", "one-piece": "onepiece", "body suit": "bodysuit",
            "jump suit": "jumpsuit", "tie dye": "dyed", "cap sleeved": "sleeved",
            "cap sleeve": "sleeve", "flip flop": "sandal", "bow tie": "tie",
            "flip-flop": "sandal", "tank top": "tank top", "boot cut": "cut",
            "belt bag": "bag"}  # fmt: skip

_KOREAN = {
    Slot.TOP: "티셔츠 셔츠 블라우스 스웨터 니트 후드티 후디 맨투맨 나시 민소매 긴팔 반팔 상의 "
    "폴로 카라티 스웨트셔츠 크롭탑 탑 터틀넥 목폴라 풀오버 바디수트 후드 롱슬리브 남방",
    Slot.OUTER: "가디건 카디건 자켓 재킷 코트 점퍼 잠바 패딩 조끼 베스트 블레이저 파카 아우터 집업 "
    "바람막이 트렌치코트 야상 무스탕 플리스 망토 블루종 후드집업",
    Slot.FULL: "원피스 드레스 점프수트 멜빵바지 오버롤 올인원 롬퍼",
    Slot.BOTTOM: "바지 팬츠 청바지 데님팬츠 슬랙스 스커트 치마 반바지 쇼츠 레깅스 조거 하의 진 "
    "트라우저 치노 큐롯 스키니진",
    Slot.SHOES: "신발 운동화 스니커즈 구두 부츠 샌들 로퍼 힐 슬리퍼 단화 펌프스 플랫슈즈 "
    "슈즈 워커 뮬",
    Slot.HEADWEAR: "모자 캡 비니 볼캡 버킷햇 햇 베레모 캡모자 벙거지",
    Slot.BAG: "가방 백팩 크로스백 토트백 숄더백 에코백 클러치 핸드백 파우치 백 메신저백",
    Slot.ACCESSORY: "벨트 넥타이 양말 머플러 목도리 스카프 장갑 안경 선글라스 시계 목걸이 귀걸이 "
    "반지 팔찌 액세서리 스타킹 지갑",
}  # fmt: skip
_HANGUL = {word: slot for slot, words in _KOREAN.items() for word in words.split()}
_HANGUL_WEAK = frozenset("니트 반팔 긴팔 민소매 후드 패딩 플리스 탑 진 힐 캡 백 햇 폴로".split())
_HANGUL_UNTOLD = ("정장", "수트", "잠옷", "수영복", "속옷", "비키니", "트레이닝복", "세트")
_GIFT = re.compile(r"\S*\s*(?:포함|증정|동봉|추가|사은품)\S*")
_SPLIT = re.compile(r"[,;|/()\[\]{}<>\u2013\u2014:]|\s-\s")


def slot_of_words(text: str | None) -> Slot | None:
    """Read where on the body a thing is worn from its title or category.

    Args:
        text: Such as ``"Pleated skirt with belt"`` or ``"벨트 포함 플리츠 스커트"``; None for none.

    Returns:
        The slot; None where the words tell none, or several things at once.

    Examples:
        >>> [
        ...     str(slot_of_words(text))
        ...     for text in ("Skirt with belt", "Shirt dress", "Trouser suit")
        ... ]
        ['bottom', 'full', 'None']
    """
    whole = Slot.guess(text)
    if text is None or whole is not None:
        return whole
    for part in _SPLIT.split(_GIFT.sub(" ", text.casefold().replace("w/", " with "))):
        found = _read(part)
        if found is not None:
            return found if isinstance(found, Slot) else None
    return None


def _read(part: str) -> Slot | str | None:
    """The slot of a phrase; ``"untold"`` where it names several things; None for nothing."""
    phrase = _NUMBERS.sub("", " ".join(part.split()))
    phrase = _ASIDE.sub("", phrase)
    for written, plain in _PHRASES.items():
        phrase = re.sub(rf"\b{written}(s?)\b", plain + r"\1", phrase)
    words = [word.strip("'\u2019\".!*#").removesuffix("'s") for word in phrase.split()]
    weak: Slot | None = None
    for word in reversed(words):
        if word in _UNTOLD or word.endswith(_HANGUL_UNTOLD):
            return "untold"
        slot, is_weak = _slot_of_word(word)
        if slot is not None and not is_weak:
            return slot
        weak = weak or slot
    return weak


def _slot_of_word(word: str) -> tuple[Slot | None, bool]:
    """Slot of one word, and whether it may also be an adjective."""
    ending = max((w for w in _HANGUL if word.endswith(w)), key=len, default=None)
    if ending is not None:
        return _HANGUL[ending], ending in _HANGUL_WEAK and word == ending
    last = word.rsplit("-", 1)[-1]
    for form in (last, last.removesuffix("s"), last.removesuffix("es")):
        slot = _WORDS.get(form) or Slot.guess(form)
        if slot is not None:
            return slot, last in _WEAK
    return None, False
