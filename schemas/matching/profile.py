"""What the values of a column look like, measured on a sample that stays in memory.

Shares are of the values that are not blank, so a column half empty is judged by its other half.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache

from schemas.blanks import BLANKS, REPEATED
from schemas.codes import inputs_of
from schemas.id_numbers import CHECK_DIGITS, WEIGHTS
from schemas.labels import NOT_SO, TWINS
from schemas.matching.lexicon import FOLDER
from schemas.names import COMPOUND_SURNAMES

MOST = 400  # different values judged; a code or a shape shows itself in fewer
FEW = 40  # different values that a list of codes may have
SURNAMES = frozenset("".join((FOLDER / "surnames.csv").read_text(encoding="utf-8").split()[1:]))
NOT_NAMES = "区村园苑院楼栋室路街组局科部厅所站社会校司店户族人民姐妹兄弟子女孙庭城府里寓"
SPACES = re.compile(r"\s+")
IS_BLANK = re.compile(REPEATED)
YES = ("1", "是", "Y", "YES", "TRUE", "T", "有", "√", "✓", "☑", "对", "已", "on", "ON")
NO = ("0", "否", "N", "NO", "FALSE", "F", "无", "×", "2", "没有", "不是", "未", "off", "OFF", "")
PLACES = (
    "花园|家园|公寓|小区|苑|园|府|城|居|庭|里|院|湾|郡|都|庄|坊|阁|轩|大厦|新村|宿舍|墅|邸|名都"
    "|国际|广场|公馆|新居|雅居|嘉园|小镇|山庄|中心|锦绣|一期|二期|三期"
)
SHAPES: dict[str, str] = {
    "id_18": r"[1-9]\d{16}[\dXx]",
    "id_15": r"[1-9]\d{7}(?:0\d|1[0-2])(?:[0-2]\d|3[01])\d{3}",
    "id_masked": r"\d{1,10}[*xX#]{4,}[\dXx*]{0,4}",
    "mobile": r"(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}",
    "landline": r"\(?0\d{2,3}\)?[- ]?\d{7,8}(?:-\d{1,4})?|\d{7,8}",
    "mobile_masked": r"1[3-9]\d[*xX#]{4}\d{4}|1[3-9]\d?[*]{5,8}\d{0,4}|[*]{7}\d{4}",
    "day": (
        r"(?:1[89]|20)\d\d(?:[-/.年 ](?:0?[1-9]|1[0-2])[-/.月 ](?:0?[1-9]|[12]\d|3[01])[日号]?"
        r"|(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))"
    ),
    "moment": (
        r"(?:1[89]|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}日?[T ]\d{1,2}:\d{2}.*|20\d{12}"
        r"|1[0-9]{9}(?:\d{3})?"
    ),
    "month": r"(?:1[89]|20)\d\d(?:[-/.年]\d{1,2}月?|(?:0[1-9]|1[0-2]))",
    "year": r"(?:1[89]|20)\d\d年?",
    "age": r"1?\d{1,2}周?岁?",
    "integer": r"-?\d+(?:\.0+)?",
    "decimal": r"-?\d+\.\d+",
    "uuid": r"(?i)[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "url": r"(?i)(?:https?://|/).*|.*\.(?:jpe?g|png|bmp|gif)",
    "blob": r"(?:data:image.*|[A-Za-z0-9+/=]{60,}|[0-9a-f]{80,})",
    "division": r"[1-8]\d{5}(?:\d{3}){0,2}",
    "division_12": r"[1-8]\d{11}",
    "grid": r"[1-8]\d{14}(?:\d{3})?|.*网格?\d*|[A-Z]{0,4}\d{1,4}[A-Z]?\d*",
    "grid_15": r"[1-8]\d{14}(?:\d{3})?",
    "grid_word": r".*网格.*",
    "building": r"第?[0-9A-Za-z一二三四五六七八九十]{1,4}(?:栋|幢|号楼|座|楼|号|#|号栋)?",
    "building_mark": r"第?[0-9A-Za-z一二三四五六七八九十]{1,4}(?:栋|幢|号楼|座|#|号栋)",
    "unit": r"第?[0-9A-Za-z一二三四五六七八九十]{1,2}(?:单元|门|梯)?",
    "unit_mark": r"第?[0-9A-Za-z一二三四五六七八九十]{1,2}(?:单元|门|梯)",
    "room": r"[0-9]{2,4}[A-Za-z]?(?:室|号|房)?|[A-Z]\d{1,4}",
    "room_path": r"\d{1,3}(?:[-—/]\d{1,4}){1,3}|\d+[栋幢].*\d+室?",
    "home": r"[\u4e00-\u9fff]{3,}.*\d(?:栋|幢|单元|号楼|座|号院).*\d.*",
    "floor": r"-?\d{1,2}(?:层|楼|F)?|[一二三四五六七八九十]{1,3}[层楼]",
    "door": r"(?:附?\d+(?:[-附]\d+)?号?(?:附\d+号?)?|[一二三四五六七八九十百]+号)",
    "road": (
        r"[\u4e00-\u9fff0-9]+(?:路|街|巷|道|弄|胡同|大道|段|里)"
        r"(?:[东南西北中一二三四五六七八九十]+段)?"
    ),
    "address": (
        r"(?=.*[\u4e00-\u9fff])(?:.*(?:[0-9一二三四五六七八九十]\s*"
        r"(?:号|栋|幢|单元|室|组|座|楼|弄|段|队|社)"
        r"|[路街道巷弄]\d+|\d+[-—]\d+).*|.*(?:省|市).*(?:区|县|镇|乡|街道|村).*)"
    ),
    "compound": (
        rf"[\u4e00-\u9fffA-Za-z0-9·]{{2,16}}(?:{PLACES})"
        r"(?:[A-Z一二三四东南西北]?区|[一二三四]期)?"
    ),
    "village": r"[\u4e00-\u9fff]{2,10}(?:社区|村|居委会|村委会|组)",
    "covers": r".*[0-9栋幢号院].*[、,，;；\-—至~].*",
    "number": r"-?[\d,]+(?:\.\d+)?(?:公顷|亩|平方公里|平方米|㎡|元|人|户)?",
    "household": r"[0-9A-Za-z\-]{3,20}",
    "han": r".*[\u4e00-\u9fff].*",
    "word": r".*(?:[\u4e00-\u9fff]|[A-Za-z]{3}).*",
    "json": r"[\[{].*",
}
COMPILED = {name: re.compile(pattern) for name, pattern in SHAPES.items()}
Counts = Counter[str]


@dataclass(frozen=True)
class Profile:
    """A column's sample, counted. Nothing of it is ever printed."""

    total: int
    counts: Counts
    today: date

    @cached_property
    def size(self) -> int:
        """How many values are not blank."""
        return sum(self.counts.values())

    @property
    def distinct(self) -> int:
        """How many different values there are."""
        return len(self.counts)

    @property
    def constant(self) -> bool:
        """Whether every value is the same, in a sample that could show another."""
        return self.distinct == 1 and self.size >= 5

    @property
    def unique(self) -> bool:
        """Whether no value is blank or comes twice."""
        return bool(self.size) and self.distinct == self.size == self.total

    def share(self, shape: str) -> float:
        """How much of the column has a shape of `SHAPES`."""
        return self._once(shape, COMPILED[shape].fullmatch)

    @cached_property
    def _shares(self) -> dict[str, float]:
        return {}

    def _once(self, name: str, test: Callable[[str], object]) -> float:
        if name not in self._shares:
            self._shares[name] = self._of(test)
        return self._shares[name]

    def _of(self, test: Callable[[str], object]) -> float:
        judged = self.counts.most_common(MOST)
        all_of = sum(count for _, count in judged)
        return sum(count for value, count in judged if test(value)) / all_of if all_of else 0.0

    @cached_property
    def valid_ids(self) -> float:
        """How much is identity numbers that pass their check."""
        return self._of(lambda value: born_by(value) is not None)

    @cached_property
    def ends_in_zeros(self) -> bool:
        """Whether most values end in 000, as the codes of offices do and of communities do not."""
        return self._of(lambda value: value.endswith("000")) > 0.5

    @cached_property
    def names(self) -> float:
        """How much is names of people: a surname before one to three characters, masked or not."""
        return self._of(is_name)

    @cached_property
    def days(self) -> list[date]:
        """Every value that is a whole day, once for each."""
        found = (day_of(value) for value in self.counts)
        return [one for one in found if one is not None]

    def coverage(self, code_set: str) -> float:
        """How much a code set understands, by its words or its codes."""
        known = inputs_of(code_set)
        return self._once(f"coverage {code_set}", lambda value: _spelled(value) in known)

    def words_in(self, code_set: str) -> float:
        """As `coverage`, only of values that are words: `男`, `female`, `CHN`."""
        known = inputs_of(code_set)
        return self._once(
            f"words {code_set}",
            lambda value: bool(COMPILED["word"].match(value)) and _spelled(value) in known,
        )

    @cached_property
    def separator(self) -> str | None:
        """What parts several tags in one cell, if anything does."""
        seen = Counter(
            mark for value, count in self.counts.items() for mark in TWINS if mark in value
            for _ in range(count)
        )  # fmt: skip
        twins = {"，": ",", "；": ";", "｜": "|", "／": "/"}
        for value in self.counts:
            for wide, narrow in twins.items():
                seen[narrow] += value.count(wide)
        return seen.most_common(1)[0][0] if seen and seen.most_common(1)[0][1] else None

    @cached_property
    def tags(self) -> float:
        """How much of the pieces between separators are labels of the standard."""
        known = inputs_of("label")
        pieces: Counts = Counter()
        for value, count in self.counts.items():
            parts = re.split(r"[,，、;；|｜/／ ]+", value.strip("[]\"'"))
            pieces.update({part.strip("\"' "): count for part in parts if part})
        good = sum(n for piece, n in pieces.items() if _spelled(piece) in known)
        return good / pieces.total() if pieces else 0.0

    @cached_property
    def flags(self) -> bool:
        """Whether the values answer yes or no."""
        values = {value.upper() for value in self.counts}
        known = {*YES, *NO, *map(str.upper, NOT_SO)}
        return 0 < len(values) <= 3 and values <= known

    @cached_property
    def digits(self) -> frozenset[str] | None:
        """The codes, where all values are few short codes."""
        values = frozenset(self.counts)
        short = all(re.fullmatch(r"[0-9A-Za-z]{1,3}", value) for value in values)
        return values if 0 < len(values) <= FEW and short else None


def profile_of(values: Iterable[str | None], *, today: date) -> Profile:
    """Count a sample; blanks of every kind are left out, except where they are all there is."""
    listed = list(values)
    tidied = (
        unicodedata.normalize("NFKC", v).strip().strip("'\t") for v in listed if v is not None
    )
    known = [one for one in tidied if one == "0" or not (one in BLANKS or IS_BLANK.match(one))]
    return Profile(total=len(listed), counts=Counter(known), today=today)


def born_by(number: str) -> date | None:
    """The birth date that a valid number of 18 characters tells, else None."""
    if not COMPILED["id_18"].fullmatch(number):
        return None
    total = sum(int(d) * w for d, w in zip(number[:17], WEIGHTS, strict=True))
    if CHECK_DIGITS[total % 11] != number[17].upper():
        return None
    try:
        return datetime.strptime(number[6:14], "%Y%m%d").date()
    except ValueError:
        return None


def day_of(text: str) -> date | None:
    """A whole day, with or without a clock, in any of the usual spellings."""
    if re.fullmatch(r"1\d{9}(?:\d{3})?", text):
        return datetime.fromtimestamp(int(text[:10])).date()
    if not (COMPILED["day"].fullmatch(text) or COMPILED["moment"].fullmatch(text)):
        return None
    digits = re.findall(r"\d+", text)
    if len(digits[0]) >= 8:
        digits = [digits[0][:4], digits[0][4:6], digits[0][6:8]]
    try:
        return date(*map(int, digits[:3]))
    except (ValueError, TypeError):
        return None


def is_name(text: str) -> bool:
    """Whether a text is shaped like a name of a person with a surname that exists."""
    bare = SPACES.sub("", text)
    if re.fullmatch(
        r"[\u4e00-\u9fff][*＊]{1,3}|[\u4e00-\u9fff][*＊][\u4e00-\u9fff]|[*＊]{1,2}[\u4e00-\u9fff]",
        bare,
    ):
        return True
    if "·" in bare and re.fullmatch(r"[\u4e00-\u9fff]{1,8}(?:·[\u4e00-\u9fff]{1,8}){1,3}", bare):
        return True
    if re.fullmatch(r"[A-Z][A-Za-z.]+(?: [A-Z][A-Za-z.]+){1,3}", text):
        return True
    if (
        not re.fullmatch(r"[\u3400-\u9fff\U00020000-\U0003ffff]{2,4}", bare)
        or bare[-1] in NOT_NAMES
    ):
        return False
    return bare[0] in SURNAMES or bare[:2] in COMPOUND_SURNAMES


def recent(days: Sequence[date], today: date) -> bool:
    """Whether days are of the years in which there were databases."""
    return bool(days) and sum(d > today - timedelta(days=365 * 20) for d in days) >= 0.9 * len(days)


@lru_cache(maxsize=4096)  # a process that lives long must not gather values
def _spelled(value: str) -> str:
    upper = re.sub(r"^'?([0-9]+)\.0+$", r"\1", value.upper()).strip("' ")
    if any(c.isalpha() for c in upper):
        return re.sub(r"[\s\-_:：.、|/(),，\[\]【】]+", "", upper)
    return upper
