"""Headers that no list of words could hold: a word for what is asked, in a phrase of its own."""

import re
from collections.abc import Sequence

from reports.items import label_names, words

GRANTED = re.compile(
    r"(?:首次|初次|最初|本次|正式)?(?:注册|加入|持证|领证|确定|评残|评估认定|入册|列入|纳管|建档|确认为|成为|登记为|认定为|纳入保障|认定|批准|享受|纳入|确诊|评定|起始|发证|办证|审批|开始|核定|登记|确认|取得)"
    r"(?:享受|救助|待遇|对象|人员|供养)*(?:时间|日期|年月)"
)
"""Since when: `首次纳入低保时间`, the label taken out of it."""
HUKOU = re.compile(r"^(?:户籍|户口)(?:所在|所属|登记|归属)?.{0,4}(?:地|地址|住址|详址)$")
LIVES = re.compile(
    r"^(?:家庭|现|常|居|暂|实际|目前|经常|本人|住户|悬挂|通讯|房屋)"
    r"(?:居|住|家庭|常住|居住|所在|详细|坐落)*(?:地|地址|住址|住所|详址|住地)(?:详情)?$"
)
POOR = re.compile(r"^(?:家庭)?(?:困难|救助|保障)(?:人员|群众|对象|家庭)?(?:类别|类型|情形|种类)$")
BEFORE, BEHIND = (
    r"^(?:是否|有无|是不是|属于|为|持有|享受|持|有)+",
    (
        r"(?:人员|家庭成员|家庭|人口|群众|户籍|户|对象|成员|老年人|老人|儿童|群体|身份|证|妇女|情况)+$"
    ),
)
EITHER = re.compile(r"(?:或|、|/).*$")
PLANNED = re.compile(r"^(?:拟|预计|计划|预期|意向|应)(?:于)?.*(?:日期|时间|年月|地|地址|去向)$")
"""What is yet to come is nobody's fact: `拟离开日期`."""
ELSEWHERE = re.compile(
    r"(?:经营|营业|办公|注册|店铺|商铺|门店|门市|企业|公司|单位|学校|工作|施工|项目|工程|停放|存放|就诊|学籍)"
    r"(?:所在|详细|具体)*(?:地|地址|场所|地点|住所|详址)"
)
"""A place where nobody lives."""
HOUSEHOLD = re.compile(r"家|户|住|成员|人口|几口")
GROUP = re.compile(r"组(?:别|号|名|名称)?$|小组")
"""A group within a village or a constituency is no community."""
PEOPLE = re.compile(
    r"(?:对象|人员|老年人|老人|儿童|妇女|学生|患者|居民|群众|残疾人|党员|成员|军人|学员|青年"
    r"|职工|会员|团员|教职工|村民|社员|新生|婴儿|幼儿|儿|孕妇|产妇|士兵|学员|毕业生|农民工|村居民|业主|住户成员|家庭成员|本人"
    r"|受\w{1,2}[人者]|被\w{1,4}人|参\w{1,2}人|信访人|来访人|上访人|诉求人|求助人|申报人|领取人|享受人|使用人|居住人|当事人|申请人|登记人|住户|承租人|租户)(?:基本)?(?:信息|情况)?$"
)
HELPERS = re.compile(
    r"领导|干部|负责|包案|专干|专员|陪同|陪护|照护|照料|看护|代理|委托|代办|代领|填报|填表|审核|核查人|检查|排查|登记员|调解|帮教人|证明|见证|同行|同住|推荐|介绍|培养|班主任|老师|教师|法定|房屋所有|产权|责任|联系|监护|经办|工作人员|(?<!被)(?:走访|探访|采访|调查)人|网格|包保|包联|帮扶干部|帮扶责任|志愿|服务人员|医生|房东|房主|出租"
    r"|紧急|家长|家属|亲属|父|母|子女|配偶|户主|法人|负责"
)
"""Persons beside the one whom the row is about."""


HEADS = re.compile(r"^与((?:主)?承租人|申请人|权利人|产权人|房主|户主)(?:的)?(?:的)?关系$")
SPOUSE = re.compile(r"^(?:丈夫|妻子|爱人|老伴|配偶方|配偶)(?:的)?(?=.)")
PARTY = re.compile(
    r"^(?:.{0,4}组织关系)?(?:所在|所属|隶属|归属)?(?:的)?(?:基层)?"
    r"党(?:支部|组织|总支)(?:名称|全称)?$"
)
KIND = re.compile(r"^(?:类别|种类|类型|分类)$")
PHRASES = (
    (HUKOU, "hukou_address"), (LIVES, "residence_address"), (HEADS, "relation_code"),
    (POOR, "labels:低保|低边|特困|孤儿|困境儿童"), (PARTY, "detail:党员"),
)  # fmt: skip


PERSONAL = ("name", "id_number", "phone", "sex_code", "age", "birth_date", "ethnicity_code",
            "residence_address", "hukou_address", "education_code", "marital_code")  # fmt: skip


def by_pattern(leaf: str, granted: Sequence[str]) -> str | None:
    """The item of a bare header; None where no phrase of ours fits."""
    for phrase, item in PHRASES:
        if phrase.fullmatch(leaf):
            return item
    if len(granted) == 1 and KIND.fullmatch(leaf):
        return f"detail:{granted[0]}"
    return _since(leaf, granted) or _label(leaf) or _of_a_person(leaf)


def _of_a_person(leaf: str) -> str | None:
    """`悬挂对象身份证号`, `被走访人电话`: a known word behind whoever the row is about."""
    if SPOUSE.match(leaf):
        return words().get(SPOUSE.sub("配偶", leaf, count=1))
    for at in range(2, len(leaf) - 1):
        item = words().get(leaf[at:])
        if item in PERSONAL and of_the_row(leaf[:at]) and PEOPLE.search(leaf[:at]).end() == at:  # type: ignore[union-attr]  # just found
            return item
    return None


def _since(leaf: str, granted: Sequence[str]) -> str | None:
    for label in sorted(label_names(), key=len, reverse=True):
        if label in leaf and GRANTED.fullmatch(leaf.replace(label, "", 1)):
            return f"since:{label}"
    if len(granted) == 1 and GRANTED.fullmatch(leaf):
        return f"since:{granted[0]}"
    return None


def _label(leaf: str) -> str | None:
    """`低保家庭成员`, `是否持残疾证`, `是否低保或低收入妇女`: has the label or has it not."""
    plain = EITHER.sub("", re.sub(BEFORE, "", leaf))
    asked = plain != leaf
    for one in (plain, re.sub(BEHIND, "", plain)):
        if one in label_names() and (asked or one != leaf):
            return f"label:{one}"
    return None


def of_the_row(group: str) -> bool:
    """Whether a group of columns is about those whom the list is about, whatever it calls them."""
    return bool(PEOPLE.search(group)) and not HELPERS.search(group)


def named_person(leaf: str) -> bool:
    """Whether a header is the name of somebody who may be the one the row is about."""
    return leaf.endswith(("姓名", "名字")) and not HELPERS.search(leaf)


def called(leaf: str) -> bool:
    """Whether a header is a phone of somebody who may be the one the row is about."""
    plain = re.sub(r"^本人[或及/、和](?:家属|亲属|监护人|联系人)", "本人", leaf)
    return bool(re.search(r"(?:电话|手机|联系方式)(?:号码|号|\d)?$", plain)) and not (
        HELPERS.search(plain.replace("联系电话", "电话").replace("联系方式", "方式"))
    )


def not_this(item: str | None, path: str) -> bool:
    """Whether a header only looks like an item: another place, a plan, a count of others."""
    leaf = path.rpartition("/")[2]
    if item in ("residence_address", "hukou_address") and ELSEWHERE.search(leaf):
        return True
    if item == "community_name" and GROUP.search(leaf):
        return True
    if item == "member_count" and not HOUSEHOLD.search(path):
        return True
    return item in ("left_on", "died_on", "residence_address") and bool(PLANNED.match(leaf))


def head_of(leaves: Sequence[str]) -> str:
    """Whom a list calls the head of the household: `与承租人关系` says 承租人; blank for nobody."""
    found = (HEADS.fullmatch(one) for one in leaves)
    return next((one[1] for one in found if one), "")
