"""Headers put together: words that change nothing before and behind one that is known."""

import re
from collections.abc import Sequence
from functools import cache

from reports.items import label_names, words
from reports.persons import HELPERS, OWN, PEOPLE, PERSONAL, of_the_row
from schemas.codes import code_sets, inputs_of, spelling

BEFORE = re.compile(
    r"^(?:现在的?|现有|已取得|取得|已有|截[至止]目前|普查时点|普查登记|调查时点|在华|居住|所住|所辖|第几|现|目前|当前|实际|真实|本人|本|个人|有效|最新|常用|主要|所属|所在|归属|隶属|属地|辖区|详细|具体"
    r"|完整|请填写?|填写|填报|在蓉|在成都|在本市|在川|在本地|本地|常住|现有|您的|其|该|住?在?哪一?个|入户|登记人|户内|居民|公民)"
)
BEHIND = re.compile(
    r"(?:的)?(?:名称|全称|信息|情况|详情|必填|选填|一栏|栏|是谁|叫什么|是什么|是多少|在哪里?)$"
)
CODED = re.compile(r"(?:的)?(?:代码|编码|代号|码)$")
PLAIN = (*PERSONAL, "relation_code", "compound", "building", "unit", "room", "community_name",
         "street_name", "district_name", "grid_name", "worker_name", "worker_phone",
         "residence_type_code", "head_name", "head_phone", "member_count")  # fmt: skip
"""Before and behind these a word that says only `present` or `name of` changes nothing."""
EITHER = re.compile(r"(?:或者|或|、|/|\|)")
SPOUSE = re.compile(r"^(?:丈夫|妻子|爱人|老伴|配偶方|男方配偶|女方配偶|现配偶|配偶)(?:的)?(?=.)")
HEAD = re.compile(
    r"^(?:家庭|户籍|所在户|所属户?|本户|该户|其)?(?:的)?户主(?:本人|代表)?(?:的)?(?=.)"
)
WORKER = re.compile(
    r"^(?:所在|所属|责任|社区|微|一般|综合|专职|兼职|全科|包片|包保|本|辖区|片区|该|基础|专属|归属|网格的?)*"
    r"网格(?:管理)?(?:员|长|责任人|负责人)(?:的)?"
)
HELD_OF = (
    (HEAD, OWN["head"]),
    (SPOUSE, OWN["spouse"]),
    (WORKER, OWN["worker"]),
)
ASKED = re.compile(
    r"^(?:(?:房屋|住房|家庭|本人|老人|该户|家中|户内|家里)?(?:是否|有无|是不是)|是|否|属于|属|系|为|持有|享受|持|有|患有|患|纳入|列入|办理|注册为|参加)+"
)
SORTS = re.compile(
    r"(?:人员|家庭成员|家庭|人口|群众|户籍|户|对象|成员|老年人|老人|儿童|群体|身份|证|适龄|妇女|情况|待遇|政策|者|老年|职工|居民|金|救助金|救助|供养|士兵|服务队|学生|员工|青年|学员)+$"
)
FRONTS = re.compile(
    r"^(?:城乡|城市|城镇|农村|注册|实名|在册|持证|本地|社区|领取|属|现|参加|建档|系)+"
)
KIND = re.compile(
    r"(?:的)?(?:主要)?(?:类别|类型|种类|病种|名称|分类|情形|类|种类名称|类别名称|类型名称)$"
)
HAVING = re.compile(r"^(?:所患|患有|患何种|何种|属何种|患|现患|主要)")
GRANTED = ("低保", "低边", "特困", "孤儿", "困境儿童")
BESIDES = ("其他", "其它", "无", "否", "一般户", "普通", "等")
LIVING = ("户籍", "流动", "常住", "暂住", "境外", "户籍人口", "流动人口", "常住人口", "户籍常住",
          "人户分离", "暂住人口", "外来", "港澳台", "寄住", "户籍人员", "流动人员")  # fmt: skip
CHOSEN = {"sex_code": "sex", "marital_code": "marital", "education_code": "education",
          "political_code": "political", "residence_type_code": "residence_type"}  # fmt: skip
"""Items that their choices tell, with their code sets."""
CHOICE = re.compile(r"(?:或|、|/).*$")


def composed(leaf: str) -> str | None:
    """The item of a known word behind `现`, before `名称`, or of somebody the row is about."""
    if WORKER.fullmatch(leaf):
        return "worker_name"
    found = words().get(leaf) or _stripped(leaf) or _either(leaf)
    return found or _of_a_person(leaf)


def _stripped(leaf: str) -> str | None:
    """`现所在小区名称` is 小区; codes are only of what has codes."""
    plain = leaf
    while True:
        shorter = BEFORE.sub("", plain, count=1)
        if shorter == plain or not shorter:
            break
        plain = shorter
        if words().get(plain) in PLAIN:
            return words()[plain]
    for tail in (BEHIND, CODED):
        for one in (leaf, plain):
            cut = tail.sub("", one)
            item = words().get(cut) if cut != one else None
            if item in PLAIN and (tail is BEHIND or str(item).endswith("_code")):
                return item
    return None


def _either(leaf: str) -> str | None:
    """`手机或座机`, where all that is named is one item."""
    parts = [one for one in EITHER.split(leaf) if one]
    found = {words().get(one) for one in parts}
    return found.pop() if len(parts) > 1 and len(found) == 1 else None


def _of_a_person(leaf: str) -> str | None:
    """`悬挂对象身份证号`, `被走访人电话`: a known word behind whoever the row is about."""
    for theirs, own in HELD_OF:
        what = theirs.sub("", leaf, count=1)
        if what != leaf and (found := words().get(what) or _stripped(what)) in own:
            return own[str(found)]
    if SPOUSE.match(leaf):
        return words().get(SPOUSE.sub("配偶", leaf, count=1))
    for at in range(1, len(leaf) - 1):
        whose, what = leaf[:at], leaf[at:].removeprefix("的")
        item = words().get(what) or _stripped(what)
        if (item in PERSONAL or item == "relation_code") and _is_row(whose):
            return item
    return None


def _is_row(whose: str) -> bool:
    found = PEOPLE.search(whose)
    return of_the_row(whose) and (found is None or found.end() == len(whose))


def label_asked(leaf: str) -> str | None:
    """`低保家庭成员`, `是否持残疾证`, `是否低保或低收入妇女`: has the label or has it not."""
    plain = CHOICE.sub("", ASKED.sub("", leaf))
    asked = plain != leaf
    for one in (plain, SORTS.sub("", plain), SORTS.sub("", FRONTS.sub("", plain))):
        if one in label_names() and (asked or one != leaf):
            return f"label:{one}"
        if one in aliases() and asked:
            return f"label:{aliases()[one]}"
    return None


def detailed(leaf: str) -> str | None:
    """`所患慢性病`, `优抚对象类别`: of what kind a label is that the person has."""
    kind, having = KIND.sub("", leaf), HAVING.sub("", leaf)
    plain = HAVING.sub("", kind)
    if plain == leaf or (kind == leaf and having == leaf) or HELPERS.search(leaf):
        return None
    label = plain if plain in label_names() else None
    if label is None and len(plain) > 2:  # `困境类型` need not be the kind of 困境儿童
        label = aliases().get(plain)
    return f"detail:{label}" if label else None


@cache
def aliases() -> dict[str, str]:
    """What labels are called besides, by our words and by the code table."""
    known = code_sets()["label"].codes
    found = {word: name for word, name in inputs_of("label").items() if len(word) > 1}
    for word, item in words().items():
        if item.startswith("label:"):
            found.setdefault(ASKED.sub("", word), item[6:])
    return {word: name for word, name in found.items() if name in known or name in label_names()}


def _label_of(text: str) -> str | None:
    """The label that is called so: `低保户`, `特困户`."""
    for one in (text, SORTS.sub("", text)):
        found = one if one in label_names() else aliases().get(one)
        if found:
            return found
    return None


def labels_in(parts: Sequence[str]) -> tuple[str, ...]:
    """The labels that one may choose from; none where some are no labels."""
    named = [_label_of(one.removesuffix("等")) for one in parts if one not in BESIDES]
    return tuple(str(one) for one in named) if None not in named and len(named) > 1 else ()


def by_choices(parts: Sequence[str]) -> str | None:
    """The item whose codes are those that one may choose from; None where some are not."""
    for item, code_set in CHOSEN.items():
        known = inputs_of(code_set)
        if len({known.get(spelling(one)) for one in parts} - {None}) >= 2 and all(
            spelling(one) in known or one in BESIDES for one in parts
        ):
            return item
    if len(parts) > 1 and all(one in LIVING for one in parts):
        return "residence_type_code"
    labels = {_label_of(one.removesuffix("等")) for one in parts} - {None}
    if len(labels) * 2 < len(parts) or len(labels) < 2:
        return None
    return "labels:低保|低边|特困|孤儿|困境儿童" if labels <= set(GRANTED) else "labels"
