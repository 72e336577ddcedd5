"""How a column is read once it is known what it is: its code set or own list, its separator.

A bare digit is never guessed: it needs the column's comment, or numbers that give the sex away.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.codes import code_sets, inputs_of, spelling
from schemas.matching.profile import Profile

PAIR = re.compile(r"([0-9A-Za-z]{1,3})\s*[-—:：=、.．)）]?\s*[\"'“]?([\u4e00-\u9fff]{1,12})")
PAIR_BACK = re.compile(r"([\u4e00-\u9fff]{1,8})\s*[-—:：=]\s*([0-9A-Za-z]{1,3})(?![0-9A-Za-z])")
GONE = re.compile(r"删|注销|撤销|作废|无效|失效|停用|移除")
HERE = re.compile(r"有效|正常|存在|启用|未删|在用|否")
SOFT_DELETES = ("1", "Y", "YES", "TRUE", "T", "是", "已删除", "删除", "注销", "已注销", "作废", "D")
NOT_VALID = ("0", "N", "NO", "FALSE", "F", "否", "无效", "失效", "停用")
MOSTLY = 0.9  # of the values known, the officer need not be asked about the rest
FEMALE_FIRST = 0.9  # of the rows with a valid number must agree before a code of sex is believed


@dataclass(frozen=True)
class Option:
    """One setting of a field map, how sure it is, and what the officer must know."""

    settings: Mapping[str, object]
    certainty: float = 1.0
    why: str = ""
    choices: tuple[str, ...] = ()  # other ways to write it, where an officer must choose


def listed_in(comment: str) -> dict[str, str]:
    """The codes that a comment lists: `性别（0男 1女）` as {0: 男, 1: 女}."""
    text = unicodedata.normalize("NFKC", comment)
    found = dict(PAIR.findall(text))
    back = {code: word for word, code in PAIR_BACK.findall(text)}
    best = max((found, back), key=len)
    return best if len(best) >= 2 else {}


def coded(
    code_set: str, profile: Profile, comment: str, sexes: Mapping[str, Counter[str]] | None
) -> Option:
    """The `codes` of a field: by words, by the comment's list, by the standard's own codes.

    `sexes` counts, for each value of the column, the sex that valid numbers in the row tell.
    """
    words = profile.words_in(code_set)
    if words >= 0.6:
        odd = "" if words >= MOSTLY else f"{1 - words:.0%} 的值不在代码表里"
        return Option(
            {"codes": code_set}, 1.0 if words >= MOSTLY else 0.88 if words >= 0.8 else 0.75, odd
        )
    told = _from_comment(code_set, profile, comment)
    if told:
        return told
    if code_set == "sex":
        return _sex(profile, sexes)
    if not profile.size:
        return Option({"codes": code_set}, 0.9)
    return _digits(code_set, profile)


def _from_comment(code_set: str, profile: Profile, comment: str) -> Option | None:
    """The comment's list in the standard's words; a word that the standard lacks is left out."""
    known, listed = inputs_of(code_set), listed_in(comment)
    names = code_sets()[code_set].codes
    meant = {
        code: known[spelling(word)] for code, word in listed.items() if spelling(word) in known
    }
    if not meant or len(meant) < len(listed) * 0.5:
        return None
    if all(spelling(code) in known and known[spelling(code)] == to for code, to in meant.items()):
        return Option({"codes": code_set}, 1.0, "注释列出的代码与标准相同")
    seen = [one for one in profile.counts if one not in listed]
    words = {code: names.get(to, to) for code, to in meant.items()}
    left = "、".join(f"{code}{word}" for code, word in listed.items() if code not in meant)
    why = "代码按注释对照" + (f"（{left} 标准里没有，请补）" if left else "")
    return Option({"codes": words}, 0.97 if not seen else 0.7, why)


def _sex(profile: Profile, sexes: Mapping[str, Counter[str]] | None) -> Option:
    """1 and 2 as the standard has them unless valid numbers in the same rows say otherwise."""
    told = {
        value: count.most_common(1)[0][0]
        for value, count in (sexes or {}).items()
        if count.total() >= 3 and count.most_common(1)[0][1] >= FEMALE_FIRST * count.total()
    }
    if len(set(told.values())) == 2:
        known = inputs_of("sex")
        if all(known.get(spelling(value)) == sex for value, sex in told.items()):
            return Option({"codes": "sex"}, 1.0, "与证件号码的性别一致")
        words = {value: {"1": "男", "2": "女"}[sex] for value, sex in sorted(told.items())}
        return Option({"codes": words}, 0.97, "代码由同一行的证件号码得出")
    values = set(profile.counts)
    if values <= {"1", "2", "9", "0"} and "2" in values and "1" in values:
        return Option({"codes": "sex"}, 0.9)
    if values <= {"M", "F", "m", "f", "U"}:
        return Option({"codes": "sex"}, 1.0)
    both = ('{"0": 女, "1": 男}', '{"0": 男, "1": 女}')
    return Option({"codes": "sex"}, 0.45, "代码哪个是男哪个是女看不出来", both)


def _digits(code_set: str, profile: Profile) -> Option:
    fitting = [
        one.code_set
        for one in code_sets().values()
        if one.table == code_sets()[code_set].table and one.inputs != "words"
    ]
    covered = {one: profile.coverage(one) for one in fitting}
    single = profile.digits is not None and all(len(one) == 1 for one in profile.digits)
    if single and code_sets()[code_set].table not in ("sex", "political", "ethnicity"):
        whole = tuple(one for one in fitting if covered[one] >= 0.95)
        whole += ("{" + ", ".join(f'"{one}": ?' for one in sorted(profile.digits or ())) + "}",)
        first = whole[0] if len(whole) > 1 else code_set
        return Option({"codes": first}, 0.5, "一位数字的代码不猜", whole)
    if covered[code_set] >= 0.95:
        better = [one for one in fitting if covered[one] > covered[code_set]]
        return Option({"codes": (better or [code_set])[0]}, 0.9 if better or single else 1.0)
    best = max(fitting, key=lambda one: covered[one])
    if covered[best] >= 0.95:
        return Option({"codes": best}, 0.7, "按旧版代码")
    few = covered[best]
    return Option(
        {"codes": code_set}, 0.9 if few >= 0.8 else 0.5, f"{1 - few:.0%} 的值不在代码表里"
    )


def tagged(profile: Profile, comment: str) -> Option:
    """How a column of labels is read: parted, by words, or by the comment's list."""
    if profile.share("json") > 0.5:
        return Option({}, 0.4, "一格里是 JSON 列表，分隔符写不出来")
    listed = listed_in(comment)
    if listed and profile.digits is not None:
        return Option({"codes": dict(listed)}, 0.85, "代码按注释对照")
    if profile.digits is not None:
        return Option({}, 0.3, "只有代码，不知道是哪些标签")
    mark = profile.separator
    return Option({"split": mark} if mark else {}, 0.95 if profile.tags > 0.5 else 0.75)


def flagged(label: str, profile: Profile, comment: str) -> Option:
    """A yes/no column of one label: what says yes."""
    listed = listed_in(comment)
    yes = [code for code, word in listed.items() if re.match(r"是|有|已|属于", word)]
    if yes:
        return Option({"codes": dict.fromkeys(yes, label)})
    upper = {one.upper(): one for one in profile.counts}
    for word in ("1", "是", "Y", "YES", "TRUE", "T", "有", "√", "✓"):
        if word in upper:
            return Option({"codes": {upper[word]: label}}, 0.85 if "2" in upper else 1.0)
    opposite = {"0": "1", "否": "是", "N": "Y", "FALSE": "true", "无": "有", "F": "T", "NO": "YES"}
    for word, other in opposite.items():
        if word in upper:
            return Option({"codes": {other: label}}, 0.85)
    return Option({"codes": {"是": label}}, 0.6)


def deleted_when(attribute: str, profile: Profile, comment: str) -> Option | None:
    """The values of a soft-delete column that mean deleted; None where it cannot be known."""
    listed = listed_in(comment)
    gone = [code for code, word in listed.items() if GONE.search(word) and "未" not in word]
    if not gone and listed and attribute == "deleted":
        gone = [code for code, word in listed.items() if word in ("是", "已")]
    if not gone and listed and attribute == "valid_flag":
        gone = [code for code, word in listed.items() if not HERE.match(word) or word == "否"]
    if gone:
        return Option({"when": gone}, 0.95, "按注释")
    upper = {one.upper(): one for one in profile.counts}
    if attribute == "op_type":
        found = [upper[one] for one in ("D", "DEL", "DELETE", "删除") if one in upper]
        if found or (upper and {*upper} <= {"I", "U", "A", "M", "INSERT", "UPDATE"}):
            return Option({"when": found or ["D"]}, 0.9 if found else 0.7)
        return None
    words = SOFT_DELETES if attribute == "deleted" else NOT_VALID
    found = [upper[one] for one in words if one in upper]
    share = sum(profile.counts[one] for one in found) / profile.size if profile.size else 0.0
    if found:
        return Option({"when": found}, 0.9) if share < 0.5 else None
    if attribute == "deleted" and {*upper} == {"0", "2"}:  # as a framework met often writes it
        return Option({"when": ["2"]}, 0.85)
    return _one_value(attribute, upper)


def _one_value(attribute: str, upper: Mapping[str, str]) -> Option | None:
    """Only rows that are there were seen: the other value of the usual pair."""
    pairs = {"0": "1", "N": "Y", "否": "是", "FALSE": "true", "F": "T", "NO": "YES"}
    if attribute == "valid_flag":
        pairs = {"1": "0", "Y": "N", "是": "否", "TRUE": "false", "T": "F", "有效": "无效"}
    found = [pairs[one] for one in upper if one in pairs]
    return Option({"when": found}, 0.85) if len(upper) == len(found) == 1 else None


def first_words(values: Sequence[str], code_set: str) -> list[str]:
    """Of some values those that are words of a code set; no other value may be written down."""
    known = inputs_of(code_set)
    return [one for one in values if spelling(one) in known]
