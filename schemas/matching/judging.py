"""What one column is: every candidate with its probability, from its name and its values together.

Each reading of the name has a prior; the values multiply it by how well they fit; what is left
belongs to "something else". Values alone may raise a candidate that the name does not know.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.matching.cutting import STRANGE
from schemas.matching.fitting import likelihood
from schemas.matching.last_words import NameReading
from schemas.matching.lexicon import attributes, is_label
from schemas.matching.profile import Profile

UNNAMED: Mapping[str, float] = {
    "id_number": 0.07, "phone": 0.06, "name": 0.04, "sex": 0.03, "ethnicity": 0.02,
    "education": 0.02, "marital": 0.02, "political": 0.02, "relation": 0.02, "employment": 0.01,
    "nationality": 0.005, "id_type": 0.02, "residence_type": 0.02, "labels": 0.02,
    "residence_address": 0.02, "hukou_address": 0.015, "birth_date": 0.02, "grid_code": 0.01,
    "compound": 0.01, "building": 0.01, "unit": 0.01, "biometric": 0.01, "updated_at": 0.004,
    "created_at": 0.006, "disability_kind": 0.01, "grid_type": 0.01, "community_code": 0.015,
    "division_code": 0.015, "household_type": 0.01,
}  # fmt: skip
"""How often a column whose name says nothing is one of these."""
OF_PLACES = ("community_code", "division_code")
"""Codes of places, whoever is named before them."""
OF_PEOPLE = (
    *("name", "id_number", "id_type", "phone", "residence_address", "hukou_address", "sex"),
    *("birth_date", "birth_year", "age", "ethnicity", "education", "marital", "political"),
    *("employment", "nationality", "residence_type"),
)
"""What each person in a row may have of their own; the values cannot tell whose it is."""
SPANS = ("since", "until")
"""Behind a word that nobody knows they are days of something else: `lease_start`."""
MOST_BY_INITIALS = 0.9  # three letters stand for many words: 是否独居, 是否登记
DISTINCT = 20.0  # a fit that hardly any other content has
LIKELY_FIT = 3.0  # from this the values speak for it
UNLIKELY_FIT, UNLIKE = 0.3, 0.7  # and where they speak against it, initials say little
NAMED = 0.3  # a weaker reading of a name is a guess
MOST_BY_NAME = 0.9  # without a value nothing is surer


@dataclass(frozen=True)
class Candidate:
    """One thing that a column may be."""

    attribute: str
    subject: str
    confidence: float
    why: str
    whose: float = 1.0  # part of the confidence: how sure it is that it is this subject's
    role: str = ""
    witnesses: int = 0  # of name, comment and values: how many say so


def judge(readings: Sequence[NameReading], profile: Profile) -> list[Candidate]:
    """Every candidate, likeliest first; what is missing to 1 is something else."""
    priors = _priors(readings)
    weighed: dict[tuple[str, str], tuple[float, str]] = {}
    for (attribute, subject), (prior, why) in priors.items():
        fit = likelihood(attribute, profile)
        weighed[attribute, subject] = (prior * fit, _because(why, attribute, fit, profile))
    rest = max(1 - sum(prior for prior, _ in priors.values()), 0.02)
    total = rest + sum(weight for weight, _ in weighed.values())
    most = 0.995 if profile.size else MOST_BY_NAME
    named = {(one.attribute, one.subject): one for one in readings}
    found = []
    for key, (weight, why) in weighed.items():
        one = named.get(key)
        sure = (one.whose if one else STRANGE) if key[0] in (*OF_PEOPLE, *SPANS) else 1.0
        chance = min(weight / total, most) * sure
        fit = likelihood(key[0], profile)
        if one is not None and one.form == "initials" and fit < DISTINCT:
            most_of = UNLIKE if fit < UNLIKELY_FIT else MOST_BY_INITIALS
            chance = min(chance, 0.75 if is_label(key[0]) else most_of)
        said = _witnesses(one, fit)
        found.append(Candidate(*key, chance, why, sure, one.role if one else "", said))
    return sorted((one for one in found if one.confidence >= 0.03), key=lambda c: -c.confidence)


def _witnesses(one: NameReading | None, fit: float) -> int:
    """Name, comment, values; initials witness only beside values that hardly anything else has."""
    named = one is not None and one.strength >= NAMED
    if one is not None and one.form == "initials" and fit < DISTINCT:
        named = False
    return int(named) + int(one is not None and one.agreed) + int(fit >= LIKELY_FIT)


def _priors(readings: Sequence[NameReading]) -> dict[tuple[str, str], tuple[float, str]]:
    """What the name says, summing to less than 1, and the rest by content alone."""
    total = sum(one.strength for one in readings)
    strongest = max((one.strength for one in readings), default=0.0)
    scale = min(strongest, 0.97) / total if total else 0.0
    made = {(one.attribute, one.subject): (one.strength * scale, one.why) for one in readings}
    share = 1 - strongest * 0.9
    first = max(readings, key=lambda one: one.strength, default=None)
    whose = first.subject if first else "self"  # `户主卡号` with valid numbers: the head's number
    for attribute, prior in UNNAMED.items():
        theirs = "self" if attribute in OF_PLACES else whose
        if (attribute, theirs) not in made:
            made[attribute, theirs] = (prior * share, "")
    return made


def _because(why: str, attribute: str, fit: float, profile: Profile) -> str:
    if not profile.size:
        return f"{why}；没有值可看" if why else "没有值可看"
    title = attributes()[attribute].title
    if fit >= 3:
        return f"{why}，值也像" if why else f"值像“{title}”"
    if fit < UNLIKELY_FIT:
        return f"{why}，但值不像" if why else f"值不像“{title}”"
    return why or f"值可能是“{title}”"
