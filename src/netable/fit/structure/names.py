"""Names of columns that tell of groups, of time, or of neither."""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^\W\d_a-zA-Z]+")
_GROUP = re.compile(
    "patient|subject|participant|person|individual|customer|client|user|member|account|household|family|couple|mother|"
    "player|team|student|pupil|teacher|class|school|university|hospital|clinic|doctor|site|center|centre|station|field|"
    "plot|farm|tree|animal|herd|litter|sensor|device|machine|engine|unit|vehicle|batch|lot|run|session|visit|trial|"
    "experiment|sample|specimen|slide|plate|well|store|shop|branch|supplier|vendor|company|firm|group|cluster|host|"
    "author|speaker|writer|project|환자|고객|회원|사용자|학생|학교|병원|매장|지점|센서|장비|그룹"
)
_NUMBER = re.compile("ids?|no|nr|num|number|code|key|name|index|uuid|guid|번호|코드|이름")
_TIME = re.compile(
    "time|date|datetime|timestamp|year|month|day|week|quarter|hour|minute|second|epoch|period|step|tick|order|sequence|"
    "seq|instant|t|시간|시각|날짜|일자|연도|년도|순서"
)
_BIRTH = re.compile("birth|birthday|birthdate|born|dob|생일|생년월일|출생")
_SHARED = re.compile(
    "zip|zipcode|post|postcode|postal|city|town|suburb|district|region|county|state|province|country|neighborhood|"
    "neighbourhood|area|street|address|location|place|brand|make|model|product|item|category|type|kind|title|role|job|"
    "occupation|industry|language|우편번호|도시|지역|구|동|주소|제품|상품|모델|종류|직업"
)


def names_groups(name: str) -> bool:
    """Return True for things of which new ones come, such as "PatientID", but not "run_length" or "time_in_hospital".

    >>> [names_groups(name) for name in ("PatientID", "store_no", "run_length", "time_in_hospital", "zip")]
    [True, True, False, False, False]
    """
    words = _words(name)
    while len(words) > 1 and _NUMBER.fullmatch(words[-1]):
        words.pop()
    return bool(words) and bool(_GROUP.fullmatch(words[-1])) and not {"in", "of", "per"} & set(words)


def names_shared(name: str) -> bool:
    """Return True for places and types of things, which new rows share with those of training."""
    return any(map(_SHARED.fullmatch, _words(name)))


def names_time(name: str) -> bool:
    """Return True if a word of the name is of time or order."""
    return any(map(_TIME.fullmatch, _words(name)))


def names_birth(name: str) -> bool:
    """Return True for a time that is a property, not the time of the row."""
    return any(map(_BIRTH.fullmatch, _words(name)))


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]
