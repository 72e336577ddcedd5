"""How well the values of a column fit an attribute: a likelihood against any column at all.

Above 1 the values speak for the attribute, below 1 against it. The figures are how much rarer
such values are in columns that are something else, so that evidence of name and content multiply.
"""

import statistics
from collections.abc import Callable

from schemas.matching.lexicon import attributes
from schemas.matching.profile import Profile, recent

AGAINST = 0.02


def likelihood(attribute: str, profile: Profile) -> float:
    """How the values speak for or against an attribute; 1 where there are none."""
    if not profile.size:
        return 1.0
    content = attributes()[attribute].content
    kind, _, table = content.partition(":")
    if kind == "code":
        return _coded(profile, table)
    return FITS.get(kind, _anything)(profile)


def _graded(share: float, best: float, worst: float = AGAINST) -> float:
    """From `worst` at 30 % to `best` at 90 %."""
    if share <= 0.3:
        return worst
    if share >= 0.9:
        return best
    part = (share - 0.3) / 0.6
    return float(worst ** (1 - part) * best**part)


def _id_number(profile: Profile) -> float:
    shaped = sum(profile.share(one) for one in ("id_18", "id_15", "id_masked"))
    if profile.valid_ids >= 0.5:
        return 80.0
    other = profile.share("household")
    return max(_graded(shaped, 30.0), 0.5 if shaped < 0.3 and other > 0.9 else 0.0)


def _phone(profile: Profile) -> float:
    shaped = sum(profile.share(one) for one in ("mobile", "landline", "mobile_masked"))
    mobile = profile.share("mobile") + profile.share("mobile_masked")
    return _graded(min(shaped, 1.0), 40.0 if mobile > 0.4 else 2.0)


def _name(profile: Profile) -> float:
    if profile.distinct < 3 and profile.size > 10:
        return 0.3
    return _graded(profile.names, 30.0)


def _days(profile: Profile) -> float:
    shaped = profile.share("day") + profile.share("moment") + profile.share("month")
    return _graded(shaped + profile.share("year") * 0.5, 6.0)


def _birth(profile: Profile) -> float:
    fit = _days(profile)
    if fit <= 1 or not profile.days:
        return fit
    years = [one.year for one in profile.days]
    spread = statistics.pstdev(years) if len(years) > 3 else 15.0
    early = statistics.median(years) < profile.today.year - 12
    return (
        fit * 4
        if early and spread > 8
        else fit * (0.8 if not recent(profile.days, profile.today) else 0.15)
    )


def _moment(profile: Profile) -> float:
    shaped = profile.share("day") + profile.share("moment")
    fit = _graded(min(shaped, 1.0), 10.0)
    return fit if fit < 1 or recent(profile.days, profile.today) else 0.2


def _age(profile: Profile) -> float:
    numbers = [int("".join(c for c in one if c.isdigit()) or 999) for one in profile.counts]
    good = sum(n <= 115 for n in numbers) / len(numbers)
    if profile.share("age") < 0.9 or good < 0.98:
        return AGAINST
    return 6.0 if profile.distinct > 8 and max(numbers) > 40 else 1.0


def _coded(profile: Profile, table: str) -> float:
    words = profile.words_in(table)
    if words >= 0.5:
        best = 20.0 if profile.distinct < 2 else 60.0 if profile.distinct == 2 else 120.0
        return _graded(words, best, 0.2)
    digits = profile.digits
    if digits is not None:
        known = profile.coverage(table)
        long = all(len(one) >= 2 for one in digits)
        if known >= 0.95:
            full = all(len(one) >= 3 for one in digits)
            return 20.0 if full else 12.0 if long and len(digits) > 2 else 4.0
        return 0.8 if not long else 0.3
    if profile.share("han") > 0.7:
        return 0.1 if profile.distinct > 3 else 0.3
    return AGAINST


def _relation(profile: Profile) -> float:
    return max(_coded(profile, one) for one in ("relation", "relation_zh", "relation_1"))


def _relation_other(profile: Profile) -> float:
    """To whomever: the words are those of the relation to the head."""
    return max(_relation(profile), _anything(profile))


def _picture(profile: Profile) -> float:
    """A picture is no word that somebody could read: `ZW` is 指纹 or 职务."""
    return 0.15 if profile.share("han") > 0.7 else _anything(profile)


def _disability(profile: Profile) -> float:
    return max(_coded(profile, "disability"), _coded(profile, "disability_1") * 0.8)


def _labels(profile: Profile) -> float:
    if profile.share("json") > 0.5:
        return 0.6
    if profile.tags >= 0.5:
        return 40.0
    if profile.digits is not None or profile.share("integer") > 0.5:
        return 0.25
    return 0.5 + profile.tags


TYPES = (
    *("political", "residence_type", "relation", "id_type", "employment", "marital"),
    "household_type",
)


def _person_type(profile: Profile) -> float:
    """A type in words of one of our tables is that, not just any type."""
    if profile.tags >= 0.8 or any(profile.words_in(one) >= 0.8 for one in TYPES):
        return 0.03
    return 1.0


def _remark(profile: Profile) -> float:
    """A remark in which nothing but labels stands is a column of labels."""
    return 0.1 if profile.tags >= 0.6 and profile.size >= 3 else _anything(profile)


def _flag(profile: Profile) -> float:
    if profile.flags:
        return 6.0
    if profile.digits is not None and profile.distinct <= 4:
        return 2.0
    return 0.4 if profile.distinct <= 6 else AGAINST


OPERATIONS = {*"IUDAM", "INSERT", "UPDATE", "DELETE", "ADD", "DEL", "新增", "修改", "删除", "变更"}


def _operation(profile: Profile) -> float:
    values = {one.upper() for one in profile.counts}
    return 20.0 if values <= OPERATIONS else _flag(profile)


def _address(profile: Profile) -> float:
    if profile.share("han") < 0.5:
        return 0.1 if profile.share("room_path") > 0.5 else AGAINST
    shaped = profile.share("address")
    return _graded(shaped, 25.0, 0.25)


def _compound(profile: Profile) -> float:
    if profile.share("address") > 0.7:
        return 0.3
    return _graded(profile.share("compound"), 10.0, 0.3) if profile.share("han") > 0.5 else 0.15


def _village(profile: Profile) -> float:
    """Names of compounds are none of communities, whatever the column is called."""
    if profile.share("village") > 0.7:
        return 5.0
    return 0.12 if profile.share("compound") > 0.7 else 1.0


def _part(shape: str, mark: str, marked: float) -> Callable[[Profile], float]:
    def fit(profile: Profile) -> float:
        if profile.share(mark) > 0.7:
            return marked
        return _graded(profile.share(shape), 1.6, 0.1)

    return fit


def _grid(profile: Profile) -> float:
    if profile.share("grid_15") > 0.8:
        return 25.0
    if profile.share("grid_word") > 0.8:
        return 3.0
    return _graded(profile.share("grid"), 1.5, 0.3)


def _grid_name(profile: Profile) -> float:
    if profile.share("grid_15") > 0.5:
        return AGAINST
    return 20.0 if profile.share("grid_word") > 0.7 else 0.8


def _division(profile: Profile) -> float:
    if (
        profile.share("division_12") > 0.9
    ):  # few codes for many rows, else it is a number of some kind
        few = profile.distinct <= max(3, profile.size / 8)
        return 30.0 if few and not profile.ends_in_zeros else 2.0
    return 3.0 if profile.share("division") > 0.9 else 0.15


def _household(profile: Profile) -> float:
    if profile.valid_ids > 0.5:
        return 0.1
    return _graded(profile.share("household"), 1.5, 0.1)


def _number(profile: Profile) -> float:
    return _graded(profile.share("number"), 2.0, 0.1)


def _year(profile: Profile) -> float:
    return _graded(profile.share("year"), 15.0)


def _sequence(profile: Profile) -> float:
    numbers = [int(one) for one in profile.counts if one.isdecimal()]
    counted = profile.unique and len(numbers) == profile.distinct
    return 2.0 if counted and max(numbers) <= 20 * profile.size else 0.3


def _covers(profile: Profile) -> float:
    return _graded(profile.share("covers"), 6.0, 0.4)


def _anything(profile: Profile) -> float:
    """Nothing is expected of it; but a number or a name of a person is not just anything."""
    if profile.valid_ids >= 0.5:
        return 0.05
    if profile.share("mobile") >= 0.7 or profile.names >= 0.9:
        return 0.5
    return 0.1 if _division(profile) >= 10 else 1.0


FITS: dict[str, Callable[[Profile], float]] = {
    "id_number": _id_number,
    "phone": _phone,
    "name": _name,
    "day": _days,
    "birth": _birth,
    "moment": _moment,
    "age": _age,
    "year": _year,
    "relation": _relation,
    "relation_other": _relation_other,
    "picture": _picture,
    "disability_kind": _disability,
    "labels": _labels,
    "flag": _flag,
    "person_type": _person_type,
    "remark": _remark,
    "operation": _operation,
    "address": _address,
    "compound": _compound,
    "village": _village,
    "building": _part("building", "building_mark", 30.0),
    "unit": _part("unit", "unit_mark", 30.0),
    "room": _part("room", "room_path", 2.0),
    "floor": _part("floor", "floor", 1.5),
    "road": _part("road", "road", 20.0),
    "number_part": _part("door", "door", 2.0),
    "grid": _grid,
    "grid_name": _grid_name,
    "division": _division,
    "household_no": _household,
    "number": _number,
    "covers": _covers,
    "sequence": _sequence,
}
"""What each content expects; any other content is satisfied with anything."""
