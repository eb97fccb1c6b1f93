"""Names in scripts other than the Latin one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from facereason.agent.care.names_words import STARTS
from facereason.agent.care.vocabulary import Vocabulary, vocabulary

_CJK = r"\u4e00-\u9fff\u3005"
_KATAKANA = r"\u30a1-\u30fa\u30fc"
_FULL = re.compile(rf"[{_KATAKANA}{_CJK}]{{1,8}}(?:[・·•=＝][{_KATAKANA}{_CJK}]{{1,10}})+")
_CHINESE = re.compile(
    r"(?:(?<=是)|(?<=叫)|(?<=像)|(?<=为)|(?<=認出)|(?<=认出)|(?<=演员)|(?<=歌手)|(?<=明星)|(?<=:)|(?<=:)|^|"
    r"(?<=[,。,“「\s]))(?=([\u4e00-\u9fff]{2,4}?)(?:(?=[,。,、.!!??\s”」')(]|$|的|在|正|看|很|微|笑|和|与|也|先生|女士|小姐|吗)))"
)
_JAPANESE = re.compile(
    rf"(?:(?<=人は)|(?<=写真は)|(?<=これは)|(?<=彼は)|(?<=彼女は)|(?<=男性は)|(?<=女性は)|"
    rf"(?<=俳優の)|(?<=歌手の)|(?<=名前は)|^|(?<=[、。「]))"
    rf"((?:[{_CJK}]{{2,6}}|[{_KATAKANA}]{{2,10}}))(?=です|さん|氏|くん|君|ちゃん|様|選手|に似|だ[。と]|でしょう|かもしれ)"
)
_HONOURED = re.compile(rf"(?:[{_CJK}]{{2,5}}|[{_KATAKANA}]{{2,10}})(?=さん|くん|ちゃん|氏は|氏が|選手)")
_KOREAN_FAMILY = (
    "김이박최정강조윤장임한오서신권황안송류유전홍고문양손배백허남심노하곽성차주우구민진나지엄채"
    "원천방공현함변염추도소석선설마길연위표명기반왕금옥육인맹제모탁봉"
)
_KOREAN = re.compile(
    rf"(?<![가-힣])([{_KOREAN_FAMILY}][가-힣]{{2}})"
    r"(?=입니다|이다|이에요|예요|씨|님|처럼|로 보|로 추|라고|라는|은|는|이|가|을|를|의|과|와|[\s,.]|$)"
)
_KOREAN_IS = re.compile(
    r"(?:사람은|인물은|남자는|여자는|남성은|여성은|배우는|가수는|그는|그녀는|이분은|사진은|이건|이것은) "
    r"(?!무표정|행복|중립|슬픔|슬픈|분노|화난|기쁨|기쁜|"
    r"놀람|놀란|공포|혐오|경멸|남성|여성|남자|여자|아이|어린|젊은|노인|의사|웃|미소)"
    r"([가-힣]+(?: [가-힣]+)?)(?=입니다|이다|처럼|같|이에요|예요)"
)
_CHINESE_IS = re.compile(
    r"(?:这是|他是|她是|人是|看起来像|長得像|长得像|這是)(?![一个位张名男女很不中没有惊愤悲快高开恐厌轻平害生难幸喜微明最因由在典])([\u4e00-\u9fff]{2,5})(?=[,。,、.!!\s的]|$)"
)
_KOREAN_OTHERS = frozenset(
    {
        "무표정",
        "이사람",
        "사람은",
        "이마가",
        "이마에",
        "이마는",
        "눈썹이",
        "입술이",
        "코에는",
        "기쁨이",
        "주름이",
        "미소를",
        "한사람",
        "남자가",
        "남자는",
        "여자가",
        "여자는",
        "남성은",
        "여성은",
        "표정이",
        "표정은",
        "표정을",
        "고개를",
        "고개가",
        "인물은",
        "인물이",
        "인상을",
        "하지만",
        "그리고",
        "서있는",
        "안경을",
        "안경이",
        "모자를",
    }
)
_CASED = re.compile(r"[Ѐ-ӿͰ-Ͽ\u1f00-\u1fff]+(?:-[Ѐ-ӿͰ-Ͽ\u1f00-\u1fff]+)?")
_OTHER = re.compile(r"[\u0590-\u05ff]+|[\u0600-\u06ff]+|[\u0900-\u097f]+")
_ANY_OTHER = re.compile(
    r"[\u0590-\u06ff\u0900-\u0dff\u0e00-\u0e7f\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]+(?:[\s·・][\u0590-\u06ff\u0900-\u0dff\u0e00-\u0e7f\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]+)*"
)
_SEEN = re.compile(
    r"\b(?:reads?|says?|said|written|text|letters|characters|sign|word|words|title|subtitle|meaning|"
    r"means)\b[^.]{0,30}$",
    re.I,
)


def in_other_scripts(text: str, english: bool) -> Iterator[tuple[int, int]]:
    if text.isascii():
        return
    known = vocabulary()
    latin = sum(letter.isascii() and letter.isalpha() for letter in text)
    other = sum(letter.isalpha() and ord(letter) > 0x370 for letter in text)
    if latin > other:  # a few foreign letters in an English text: a name, unless they are what a sign says
        for match in (*_ANY_OTHER.finditer(text), *_CASED.finditer(text)):
            if len(match[0]) > 1 and not _SEEN.search(text[: match.start()]):
                yield match.span()
    for pattern in (_FULL, _HONOURED):
        yield from (match.span() for match in pattern.finditer(text))
    for match in _CHINESE.finditer(text):
        if match[1][0] in known.cjk_family and match[1] not in known.cjk_others:
            yield match.span(1)
    for match in re.finditer(rf"(?:{'|'.join(known.japanese)})[{_CJK}]{{1,3}}(?![{_CJK}])", text):
        yield match.span()
    for match in re.finditer(r"(?:คือ|ชื่อ|คุณ)\s?(?!คน|ผู้|ความ|ใบหน้า|ภาพ|รอย|การ|อารมณ์|เด็ก)([\u0e00-\u0e7f]{2,})", text):
        yield match.span(1)
    for match in _JAPANESE.finditer(text):
        if match[1] not in known.cjk_others:
            yield match.span(1)
    for match in _KOREAN_IS.finditer(text):
        yield match.span(1)
    for match in _CHINESE_IS.finditer(text):
        yield match.span(1)
    for match in _KOREAN.finditer(text):
        if match[1] not in _KOREAN_OTHERS:
            yield match.span(1)
    yield from _cased(text)
    yield from _uncased(text, known)


def _cased(text: str) -> Iterator[tuple[int, int]]:
    """Cyrillic and Greek: words in capitals where no sentence begins, or two of them."""
    words = list(_CASED.finditer(text))
    for at, match in enumerate(words):
        if not match[0][0].isupper() or (match[0].isupper() and len(match[0]) > 2):
            continue
        starts = bool(STARTS.search(text[max(0, match.start() - 12) : match.start()]))
        follows = (
            at + 1 < len(words) and words[at + 1][0][0].isupper() and text[match.end() : words[at + 1].start()] == " "
        )
        if not starts or follows or match[0] in vocabulary().names:
            yield match.span()


def _uncased(text: str, known: Vocabulary) -> Iterator[tuple[int, int]]:
    """Arabic, Hebrew and Hindi: two listed names, or one where a name may stand with the word behind it."""
    words = list(_OTHER.finditer(text))
    at = 0
    while at < len(words):
        here = words[at]
        if not _listed_name(here[0], known):
            at += 1
            continue
        end = at
        while (
            end + 1 < len(words)
            and _listed_name(words[end + 1][0], known)
            and text[words[end].end() : words[end + 1].start()].isspace()
        ):
            end += 1
        follows = text[words[end + 1].end() :] if end + 1 < len(words) else "x"
        near = end + 1 < len(words) and text[words[end].end() : words[end + 1].start()] == " "
        introduced = _LONE.search(text[: here.start()]) is not None
        if introduced or end > at:
            if near and end == at and introduced and _GOES_ON.match(follows):
                end += 1
            yield here.start(), words[end].end()
        at = end + 1


def _listed_name(word: str, known: Vocabulary) -> bool:
    return word in known.names or (word[:1] in "وبل" and word[1:] in known.names and len(word) > 4)


_GOES_ON = re.compile(
    r"\s*(?:[.,،;:!?؟।]|$|وهو|وهي|و|الذي|التي|يبتسم|تبتسم|يضحك|تضحك|है|हैं|मुस्कुरा|हँस|का|की|के|को|מחייך|"
    r"מחייכת|עם|נראה|נראית)"
)
_LONE = re.compile(
    r"(?:صورة|الصورة|هذا|هذه|هو|هي|إنه|إنها|اسمه|اسمها|السيد|السيدة|الرئيس|الملك|الأمير|اللاعب|المغني|"
    r"المغنية|الممثل|الممثلة|الفنان|الفنانة|يشبه|تشبه|تظهر|يظهر|نرى|أرى|وجه|ابتسامة|"
    r"זה|זו|זאת|הוא|היא|של|שמו|שמה|את|यह|ये|वह|नाम|श्री|अभिनेता|अभिनेत्री|गायक|गायिका|की|के|का|तस्वीर|फोटो|"
    r"में)\s*$|^\s*$|[:،,.।]\s*$"
)
