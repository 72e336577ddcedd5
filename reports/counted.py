"""What a row or a column of a summary form counts: `60岁以上独居老人` as a condition."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import polars as pl

from reports.conditions import WHOLE
from reports.items import read_words, words
from reports.texts import bare, remarks, squeezed
from schemas.codes import code_sets, inputs_of
from schemas.numerals import arabic

AGES: Sequence[tuple[str, str]] = (
    (r"(\d{1,3})(?:周?岁)?(?:及|含)?以上[、,至到]?(\d{1,3})(?:周?岁)?以下(?![(]含)",
     "age >= {0} & age < {1}"),
    (r"(\d{1,3})(?:周?岁)?(?:及|含)?以上[、,至到]?(\d{1,3})(?:周?岁)?(?:及|含)以下",
     "age >= {0} & age <= {1}"),
    (r"(\d{1,3})(?:周?岁)?(?:及?以上|[(]含[)]以上)[、,至到]?(?:[未不]满)(\d{1,3})(?:周?岁)?",
     "age >= {0} & age < {1}"),
    (r"(?<![未不])年?满(\d{1,3})(?:周?岁)?[、,]?[未不]满(\d{1,3})(?:周?岁)?",
     "age >= {0} & age < {1}"),
    (r"(\d{1,3})(?:周?岁)?[-—–~～至到]+[未不]满(\d{1,3})(?:周?岁)?", "age >= {0} & age < {1}"),
    (r"(?:≥|>=|大于等于|不小于)(\d{1,3})(?:周?岁)?[、,且]?(?:<|小于|不足)(\d{1,3})(?:周?岁)?",
     "age >= {0} & age < {1}"),
    (r"(?:≥|>=|大于等于|不小于)(\d{1,3})(?:周?岁)?", "age >= {0}"),
    (r"(?:≤|<=|小于等于|不大于|不超过)(\d{1,3})(?:周?岁)?", "age <= {0}"),
    (r"(?:>|大于|超过)(\d{1,3})(?:周?岁)?", "age > {0}"),
    (r"(?:<|小于|不足)(\d{1,3})(?:周?岁)?", "age < {0}"),
    (r"(\d{1,3})(?:周?岁)?(?:[(]含[)])?[-—–~～至到]+(\d{1,3})(?:周?岁)?[(]不含\d*周?岁?[)]",
     "age >= {0} & age < {1}"),
    (r"(\d{1,3})(?:周?岁)?(?:[(]含[)])?[-—–~～至到]+(\d{1,3})(?:周?岁)?(?:[(]含[)])?",
     "age >= {0} & age <= {1}"),
    (r"(\d{1,3})(?:周?岁)?以上[(]不含\d*周?岁?[)]", "age > {0}"),
    (r"(\d{1,3})(?:周?岁)?(?:[(]含\d*周?岁?[)]|及|含)?(?:以上|\+)(?:[(]含\d*周?岁?[)])?",
     "age >= {0}"),
    (r"(\d{1,3})(?:周?岁)?(?:及|含|[(]含[)])以下", "age <= {0}"),
    (r"(\d{1,3})(?:周?岁)?(?:[(]不含[)]以下|以下(?:[(]|,)不含\d*周?岁?[)]?)", "age < {0}"),
    (r"(\d{1,3})(?:周?岁)?[(]不含[)]以上", "age > {0}"),
    (r"(\d{1,3})(?:周?岁)?以下[(]含\d*周?岁?[)]", "age <= {0}"),
    (r"(?:不满|未满)?(\d{1,3})(?:周?岁)?以下|(?:不满|未满)(\d{1,3})(?:周?岁)?", "age < {0}"),
    (r"(?<![未不])年?满(\d{1,3})(?:周?岁)", "age >= {0}"),
    (r"(\d{1,3})(?:周?岁)?[-—–~～]+$", "age >= {0}"),
    (r"^(\d{1,3})周?岁组?$", "age = {0}"),
    (r"^(\d{1,2})周?岁(?=儿童)", "age = {0}"),
)  # fmt: skip
OF_SIZE = re.compile(r"(\d{1,2}|[单一二两三四五六七八九十])[人口](及?以上)?户")
"""`三人户`, `5人及以上户`: families by how many live in them."""
BORN_IN = re.compile(r"((?:19|20)\d\d)年(?:度?出生|生)(?:人口|人数|儿童)?")
LEVELS = ("10", "20", "30", "40|50|60", "70", "80", "90")
"""Of education, from the top; 中专, 技校 and 高中 stand side by side."""
LEVEL = re.compile(
    r"(?:(硕士研究生|研究生|硕士)|((?:大学)?本科)|((?:大学)?专科|大专)"
    r"|((?:高中|中专|技校|中职)(?:[(]?[含、/和及]*(?:普通)?(?:高中|中专|技校|中职)[)]?)*)|(初中)|(小学))"
    r"(?:文化|学历|文化程度)?(?:及?(以上)|及(以下))"
)
APART = re.compile(
    "博士|硕士(?!研究生$)|士兵|士官|转业|外来务工|平安志愿者"
    "|教师|医生|工程师|主妇|企业主|负责人|单身|租住|^军人$"
)
"""Platforms say 研究生, 退役军人 and so on of these and of others: nobody can count them apart."""
HIGH_SCHOOL = re.compile(
    "(?:普通)?高中[、/](?:中专|中职)[、/及和](?:技校|中职|职高)|(?:普通)?高中(?:[(]含?(?:中专|中职|技校)[^)]*[)]|[/、和及或](?:中专|中职))|(?:中专|中职)[/、和及或](?:普通)?高中"
)
FILLERS = re.compile(
    r"(?:其中|(?:本月|本季度?|本年|本期|当前|目前|现有|期末|月末|季末|年末)末?|全部|所有|在册|人员|人口|人数|总人数|总数|总计|合计|小计|总|共计|城乡|计|数量|数据|数值|数目|数|老年人|老人|居民|公民|对象"
    r"|年龄|组|性别|学历|文化程度|受教育程度|文化|结构|构成|基本情况|情况|状况|信息|总量|总?规模|基数|底数|存量|人头|统计|群体|人群|类|涉及|中|有|家庭|持证|(?:已|被)?纳入|患有?|享受|成员|住户|户数|户|人|的|岁|名|个|及|和|或|与|且|兼|\(\)|[():：、,\-])*"
)
AGED = re.compile(
    "低龄|中龄|长寿|中年|中青年|(?:幼儿园|学前教育|小学|初中|高中|中小学|义务教育)(?:适龄|学龄|阶段|段)|婴幼儿|幼儿|婴儿|青少年|少年|青年|少儿|学龄前?|学前|义务教育(?:阶段)?|适龄|入学|入园|(?<!未)成年|老年(?=妇女|女|男|居民|群体|残疾)"
    "|(?:法定)?(?:劳动|就业)(?:年龄段?内?|适龄|力)|老(?=党员)"
)
"""Beside figures these say no more than they do."""
DIMENSIONS = re.compile(
    r"按[^\d]{2,6}分(?:组|类)?|(?:按|分)?(?:性别|年龄|年龄段|年龄结构|年龄分布|文化程度|学历|民族|政治面貌|婚姻状况|类别|类型"
    r"|人口类别|重点人群|特殊人群|残疾类别|居住类型|从业状况|基本情况|人口情况|人员情况|救助对象|项目|指标"
    r"|户籍情况|户籍状况|户籍类别|户籍类型|户口情况|居住状况|居住类别|人口构成|家庭情况|婚姻|政治身份"
    r"|[本全](?:社区|网格|辖区|街道|小区|村|镇|乡)|居住方式|居住情况|生活状况|健康状况|指标名称|结构|分布|分组|构成|情况|老年人口情况)(?:情况|分|构成)?"
)
FACETS = re.compile(
    "(?:按|分)?(?:性别|年龄|文化|教育|受教育|学历|民族|政治|婚姻|婚育|户籍|户口|居住|从业|就业|职业"
    "|人口|人员|身份|健康|身体|残疾|家庭|生活)(?:程度|面貌|身份|成份|状况|情况|类别|类型|种类|方式|性质"
    "|结构|构成|分布|分段|分组|分类|分层|层次|区间|阶段|组成|组别|划分|段|组|别|分|统计)+"
)
"""A header above others that says by what they are told apart."""
GATHERED = re.compile(
    '[“"]?一[老小][”"]?|(?:各类)?(?:重点|特殊|特定|弱势|脆弱|困难)[^已未新本当\\d]{0,6}(?:对象|人员|人群|群体|群众)(?:类别|分类)?'
)
"""A header above several kinds of people, which says no more of each."""
OF_NO_KIND = re.compile("(?:其中[:：]?)?(?:男|女|合计|小计|总|计$|人数|数量|户数)")
OF_CODES = re.compile(r"(\w+_code) (?:=|in) ([\d|]+)")
NUMBERED = re.compile(
    r"^(?:[*★▲#]+|其中[:：]?|[(]?[一二三四五六七八九十]{1,2}[、)]|[(]\d{1,2}[)]|\d{1,2}[、)]"
    r"|[A-Z]{1,2}[.、]|\d{1,2}\.(?=\D|\d{1,3}(?:周?岁|[-—–~～至])))+"
)
OF_HERE = re.compile(
    "^(?:[本全]?(?:辖区|社区|网格|小区|街道|村|镇|区|县)内?的?(?!数|总数|个数|[员长名]|干部|工作)(?=.*(?:人|户|数|女|男|员|者|对象|岁|童|居民))"
    "|各类(?=.)|截[至止](?:目前|本?[月年季]底)|实有(?!人|户))"
)
"""Before a group, that it is counted here and now."""
WITHOUT = re.compile(r"[(](?:不含|不包括|不包含|除去?)([^)\d]+)[)]$")
UNTOLD = re.compile(
    "^按.+分(?:组|类)?$|家庭户人[口数]|集体户|[大中小]学生|[初高]中生|大学(?:在[校读]|毕业)生|妇女儿童|妇幼|老幼"
)
"""Alone it is a line above others: 二、按年龄分. Of a 集体户 or of 大学生 nobody tells."""
ONLY_YOUNGER = re.compile(r"age < \d+")
OLD = re.compile("老年?人")
OLD_OR = re.compile("(?:^|[、/或和与及])老年?人[、/或和与及]|[、/或和与及]老年?人$")
OF_THE_OLD = ("label:独居", "label:空巢", "label:高龄")
"""Labels that only the old are given."""
HOUSEHOLDS = re.compile(
    r"户数|家庭(?:户)?总?数|常住户(?!籍)|总户数|住户数|^户$|[(]户[)]|(?<![租住商用体])户$|^[^、]*家庭$"
)
FAMILIES = re.compile("户数|[(]户[)]|^户$")
"""What is counted in families, and not only named after them."""
PERSONS = re.compile(r"人数|人口|[(](?:人|名)[)]")
CODED = ("residence_type", "marital", "education", "political", "employment", "sex")
MOVING = "residence_type_code = 3"
"""Of 暂住人口 too: platforms tell it of everybody, the label of some."""
NEEDY = re.compile("(?:社会救助|救助|(?:经济|生活)?困难|低收入|兜底(?:保障)?)(?:群众)?")
"""Above 低保 and its like these say no more than those do."""
RELIEVED = frozenset({"label:低保", "label:低边", "label:特困"})
SCHOOL, LEARNT = 19, re.compile("文化|学历|程度|毕业")
EITHER = re.compile("[、/或和与及]")
"""Between labels: whoever has one of them."""
FIELDS = {one: f"{one}_code" for one in CODED}


@dataclass(frozen=True)
class Counted:
    """The condition in an officer's words (None: not understood), and whether of households."""

    when: str | None
    count: str = "residents"


@cache
def counted(path: tuple[str, ...]) -> Counted:
    """What the texts from the top of a header, or from the left of a row, count together."""
    conditions: list[str] = []
    households = in_families = False
    for nth, part in enumerate(path, 1):
        text = squeezed(part)
        if any(map(_relieved, (NEEDY.sub("", text), *path[nth:]))):
            text = NEEDY.sub("", text)
        said = in_families or not _conditions(_plain(text))  # 低保家庭: among them 残疾人
        households = bool(HOUSEHOLDS.search(text)) or (
            households and said and not PERSONS.search(text)
        )
        in_families = in_families or bool(FAMILIES.search(text))
        if nth == len(path) and (_is_no_count(bare(part)) or UNTOLD.search(bare(part))):
            return Counted(None)
        if DIMENSIONS.fullmatch(bare(part)) or _is_item(bare(part)) or _gathers(path[nth - 1 :]):
            conditions += _ages(remarks(part))  # 婚姻状况（20岁以上）
            continue
        if size := OF_SIZE.fullmatch(text.replace("单", "一").replace("两", "二")):
            conditions.append(f"member_count {'>=' if size[2] else '='} {_in_digits(size[1])}")
            continue
        if born := BORN_IN.fullmatch(text):
            conditions.append(f"birth_year = {born[1]}")
            continue
        found = _conditions(completed(text, "".join(path[: nth - 1])) or _plain(text))
        if found is None:
            return Counted(None)
        conditions += found
    conditions = [part for one in conditions for part in one.split(" & ")]
    if {"residents", "registered"} <= {*conditions}:  # 实有人口, among them 户籍人口
        conditions = [one for one in conditions if one != "registered"]
        conditions.append("residence_type_code in 1|2")
    if {"registered", "residence_type_code = 3"} <= {*conditions}:  # 户籍: 常住, 流动人口
        conditions.remove("registered")
    if [one for one in conditions if one.startswith("ethnicity_code = ")]:  # 少数民族: 藏族
        conditions = [one for one in conditions if one != "ethnicity_code != 01"]
    if "residence_type_code = 2" in conditions:  # who is registered here and lives elsewhere
        conditions = ["registered", *(one for one in conditions if one not in WHOLE)]
    conditions = _narrowest(dict.fromkeys(conditions))
    conditions = _narrower_codes(conditions)
    equal = [one.split()[0] for one in conditions if " = " in one or " in " in one]
    if len(equal) > len(set(equal)):  # nobody is both
        return Counted(None)
    when = " & ".join(conditions)
    return Counted(when, "households" if households else "residents")


def completed(text: str, above: str) -> str:
    """藏 below 民族 is 藏族, 视力 below 残疾类别 视力残疾; blank where it is neither."""
    words = (f"{text}{one}" for one in ("族", "残疾") if one in above and text != "其他")
    return next((one for one in words if one in _known()), "")


def _relieved(text: str) -> frozenset[str]:
    """Which of 低保, 低边 and 特困 a text names."""
    return RELIEVED & {*(_conditions(_plain(squeezed(text))) or ())}


def _gathers(path: tuple[str, ...]) -> bool:
    """Whether kinds of people are only listed below a header: `重点转移对象/残疾人`, but not 男."""
    if len(path) < 2:
        return False
    header, below = map(squeezed, path[:2])
    if FACETS.fullmatch(header) or (header == "人户分离" and re.search("在[人户]不在", below)):
        return True
    return GATHERED.fullmatch(header) is not None and not OF_NO_KIND.match(below)


def _narrowest(conditions: Iterable[str]) -> list[str]:
    """Of two lower or two upper bounds of an age only the narrower."""
    kept = list(conditions)
    for sign, narrower in (("age >= ", max), ("age <= ", min), ("age < ", min)):
        bounds = [one for one in kept if one.startswith(sign)]
        if len(bounds) > 1:
            best = narrower(bounds, key=lambda one: int(one.split()[-1]))
            kept = [one for one in kept if one not in bounds or one == best]
    upper = [one for one in kept if one.startswith(("age = ", "age <= "))]
    if upper:  # `0-6岁儿童`: the word says no more than the figures
        most = int(upper[0].split()[-1])
        kept = [o for o in kept if not (o.startswith("age < ") and int(o.split()[-1]) > most)]
    return kept


def _narrower_codes(conditions: Sequence[str]) -> list[str]:
    """Of codes and some of them only these: 大专及以上, among them 本科."""
    told = {one: OF_CODES.fullmatch(one) for one in conditions}
    codes = {one: (found[1], {*found[2].split("|")}) for one, found in told.items() if found}
    return [
        one
        for one in conditions
        if one not in codes
        or not any(field == codes[one][0] and few < codes[one][1] for field, few in codes.values())
    ]


def _plain(text: str) -> str:
    text = re.sub(
        r"[(](?:[人户个名](?:[/、,及][人户])?|单位[:：].{1,3}|周岁)[)]|/[人户]$", "", text
    )
    text = OF_HERE.sub("", NUMBERED.sub("", text))
    text = re.sub("[一二三四五六七八九十百]+(?=周?岁)", lambda one: _in_digits(one[0]), text)
    text = re.sub(r"(\d+)(周?岁)?及\1(?:周?岁)?(?=以[上下])", r"\1\2及", text)
    text = re.sub("(?<=[中专科学生])毕业(?!生)", "", text.replace("长住", "常住"))
    text = text.replace("(常住)", "常住人口")
    text = re.sub(
        "(?<!户籍)常住(?=老年?人|[男女]性|[男女]$|妇女|儿童|居民|育龄|青|劳动|境外|外[籍国]|港澳)",
        "常住人口",
        text,
    )
    text = text.replace("育龄妇女", "女性" if re.search(r"\d", text) else "15-49岁女性")
    if re.search(r"\d", text):
        text = AGED.sub("", text)
    text = text.replace("退(离)休", "离退休")
    text = re.sub("党员((?:总|人)*数?)[(]不含预备(?:党员)?[)]", r"正式党员\1", text)
    text = re.sub("(党员(?:总|人)*数?)[(]含预备(?:党员)?[)]", r"\1", text).replace(
        "正式正式", "正式"
    )
    text = re.sub("(?<=有)老年?人(?=的)", "60岁以上", text)
    return text


def _in_digits(number: str) -> str:
    return str(pl.DataFrame({"n": [number]}).select(arabic(pl.col("n"))).item())


def _is_item(text: str) -> bool:
    item = words().get(text)
    return item is not None and not item.startswith("label:") and text not in _known()


def _is_no_count(text: str) -> bool:
    """Whether a column asks for something else than how many: 备注, 联系电话."""
    return _is_item(text) and words()[text] != "member_count" and not DIMENSIONS.fullmatch(text)


def _ages(text: str) -> list[str]:
    """The ages that a remark in brackets narrows a group to."""
    found = ((re.search(pattern, text), made) for pattern, made in AGES)
    return [made.format(*filter(None, match.groups())) for match, made in found if match][:1]


def _conditions(text: str) -> list[str] | None:
    """All conditions in a text, or None if anything in it is not understood."""
    found: list[str] = []
    without = WITHOUT.search(text)
    left_out = _known().get(without[1], "") if without else ""
    if without and left_out.startswith("label:"):  # 空巢老人（不含独居）
        found.append(f"no {left_out}")
        text = text[: without.start()]
    if re.fullmatch("群众(?:人数|数)?", text):  # beside 党员 and 团员; not 困难群众
        return ["political_code = 13"]
    either = EITHER.search(re.sub("及(?=以[上下])", "", text))
    text = text if either else re.sub("(?<=.)群众$", "", text)  # 少数民族群众
    if schooled := LEVEL.search(text) or HIGH_SCHOOL.search(text):
        found.append(f"education_code in {_levels(schooled)}")
        text = text.replace(schooled[0], "", 1)
    for pattern, made in AGES:
        if match := re.search(pattern, text):
            found.append(made.format(*(one for one in match.groups() if one)))
            text = text[: match.start()] + text[match.end() :]
            break
    whole, aged = text, bool(found) and found[-1].startswith("age ")
    narrowed = aged and ("age < " in found[-1] or "age <= " in found[-1])
    named = list(_words(text))
    if None in named:
        return None
    known = [one for one in named if one]
    found += _meant(known, narrowed=narrowed)
    text = re.sub("|".join(map(re.escape, known)), "", text) if known else text
    if _at_school(found) and not LEARNT.search(whole):
        return None  # `小学（6-11岁）`: where they learn, not what they have learnt
    found = _one_of(found) if either else found
    labels = [one for one in found if one.startswith("label:")]
    if either and len(labels) > 1:
        one_of = "|".join(sorted({one.removeprefix("label:") for one in labels}))
        found = [one for one in found if one not in labels] + [f"label:{one_of}"]
    apart = len({*map(_kind, found)} - {"age", "sex_code"}) > 1 or OLD_OR.search(whole)
    if either and (apart or ("或" in whole and aged)):
        return None  # 党员、群众: who is one of them need not be the other
    aged = any("age " in one or one.split("|")[0] in OF_THE_OLD for one in found)
    if not aged and OLD.search(text):  # 低保老人, of whom not all are old
        found.append("age >= 60")
    return found


def _at_school(found: Sequence[str]) -> bool:
    """Whether an education is asked of children alone."""
    parts = [part for one in found for part in one.split(" & ")]
    most = [int(one.split()[-1]) for one in parts if one.startswith(("age <= ", "age < "))]
    educated = any(one.startswith("education_code") for one in parts)
    return educated and min(most, default=SCHOOL) < SCHOOL


def _kind(condition: str) -> str:
    return re.split(r"\W", condition)[0]


def _one_of(found: Sequence[str]) -> list[str]:
    """`离异或丧偶`: of two codes of one field either will do."""
    codes: dict[str, list[str]] = {}
    for one in dict.fromkeys(found):
        field, equal, code = one.partition(" = ")
        codes.setdefault(field if equal else one, []).append(code)
    return [f"{field} in {'|'.join(one)}" if len(one) > 1 else f"{field} = {one[0]}".strip(" =")
            for field, one in codes.items()]  # fmt: skip


def _levels(told: re.Match[str]) -> str:
    """The codes of a level of education, or of all from it on: `初中及以下`."""
    if told.re is HIGH_SCHOOL:
        return LEVELS[3]
    *names, up, down = told.groups()
    place = next(nth for nth, one in enumerate(names) if one)
    return "|".join(LEVELS[: place + 1] if up else LEVELS[place:] if down else ())


def named_in(title: str, *, loosely: bool = False) -> dict[str, str]:
    """The people that a form's title names, with their condition; nobody in particular is not.

    `loosely`: those too whom only a word of some code names, as 已婚.
    """
    text, found = squeezed(title), dict[str, str]()
    for pattern, made in AGES:
        if match := re.search(pattern, text):
            found[match[0]] = made.format(*(one for one in match.groups() if one))
            text = text[: match.start()] + text[match.end() :]
            break
    while word := _longest(text):
        condition = _known()[word]
        names = loosely or word in _own() or condition.startswith("label:")
        if len(word) > 1 and names:
            found |= {} if condition in WHOLE else {word: condition}
        text = text.replace(word, "|", 1)
    return found


def _meant(named: Iterable[str], *, narrowed: bool) -> Iterator[str]:
    """What known words say; `narrowed`: beside figures, as 学生儿童（0—18岁）."""
    for word in named:
        made = _known()[word]
        if not (narrowed and ONLY_YOUNGER.fullmatch(made)):
            yield made
        if made.startswith("label:") and made not in OF_THE_OLD and OLD.search(word):
            yield "age >= 60"  # 行动不便老人


def _words(text: str) -> Iterator[str | None]:
    """The known words in a text, the longest first; None where anything else is left."""
    while text and not FILLERS.fullmatch(text):
        word = _longest(text)
        yield word
        if word is None:
            return
        text = text.replace(word, "", 1)


def _longest(text: str) -> str | None:
    known = _known()
    for length in range(min(len(text), 12), 0, -1):
        for start in range(len(text) - length + 1):
            if text[start : start + length] in known:
                return text[start : start + length]
    return None


@cache
def _own() -> dict[str, str]:
    """Words for people that no code, label or column is called by."""
    told = (
        (word, row["when"]) for row in read_words("counted") for word in row["words"].split("|")
    )
    return dict(told)


@cache
def _known() -> dict[str, str]:
    """Every word that counts some people, with its condition."""
    found: dict[str, str] = {}
    for code_set in CODED:
        for word, code in inputs_of(code_set).items():
            clear = len(word) > 1 and not any(c.isdigit() or c.isascii() for c in word)
            if clear and "/" not in code and word not in ("其他", "未知", "未说明"):
                found[word] = f"{FIELDS[code_set]} = {code}"
    for word, code in inputs_of("ethnicity").items():
        if word.endswith("族") and len(word) > 1:
            found[word] = f"ethnicity_code = {code}"
    for word, code in inputs_of("disability").items():
        if word.endswith("残疾"):
            found[word] = f"label:残疾 & detail:残疾 = {code}"
    for word, label in inputs_of("label").items():
        if not word[0].isdigit():
            found[word] = f"label:{label}"
    for word, item in words().items():
        if item.startswith("label:"):
            found[word] = MOVING if item == "label:流动人口" else item
    for name in code_sets()["label"].codes:
        found[name] = f"label:{name}"
    return {word: made for word, made in found.items() if not APART.search(word)} | _own()
