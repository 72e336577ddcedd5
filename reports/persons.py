"""Whose a header is: the person whom the row is about, whatever a form calls them, or another."""

import re
from collections.abc import Sequence

from schemas.matching.cutting import cut_chinese

PERSONS = ("head", "worker", "guardian", "contact", "spouse", "parent", "offspring", "landlord")
PEOPLE = re.compile(
    r"(?:对象|人员|老年人|老人|儿童|妇女|学生|患者|居民|群众|残疾人|党员|成员|军人|学员|青年|青少年"
    r"|职工|会员|团员|教职工|村民|社员|新生|婴儿|幼儿|儿|孕妇|产妇|士兵|毕业生|农民工|业主|本人|病人|长者|考生|选民"
    r"|受\w{1,2}[人者]|被\w{1,4}人|参\w{1,2}人|参\w{1,2}者|信访人|来访人|上访人|诉求人|消费者|违法人|求助人|申报人|领取人|享受人|使用人|居住人|当事人|申请人|登记人|认领人|持证人|持卡人|预约人|报名人|住户|承租人|驾驶人|死者|逝者|亡者|被访者|租户|(?:住|用|客|农|租|保|水|电|气|迁|难|收|困|边|残|补|养|种|享)户)(?:基本)?(?:信息|情况)?$"
)
HELPERS = re.compile(
    r"领导|干部|负责|包案|专干|专员|陪同|陪护|照护|照料|照顾|看护|护理|代理|委托|受托|代办|代领|代缴|填报|填表|审核|核查人|检查|排查|登记员|调解|帮教人|证明|见证|同行|同住|推荐|介绍|培养|班主任|老师|教师|法定|房屋所有|产权|责任|联系|监护|经办|工作人员|(?<!被)(?:走访|探访|采访|调查)人|网格|包保|包联|帮扶干部|帮扶责任|帮扶人(?!员)|结对|志愿|服务人员|医生|房东|房主|出租"
    r"|紧急|家长|家属|亲属|亲友|父|母|子女|儿子|女儿|配偶|丈夫|妻子|户主|法人|雇主|用人单位|施暴|加害|对方|录入|采集|受理|承办|主管|班子|组长|队长|站长|书记|主任|民警|社工|楼长|楼栋长|单元长|主申请|担保|宣传员|督导|指导员|联络员"
)
"""Persons beside the one whom the row is about."""
HELPED = re.compile(r"被\w{1,4}|\w{2,4}对象")
"""Whoever is looked after is no helper: `包保对象`."""
HEADS = re.compile(
    r"^(?:与|和|同)((?:主|第一)?(?:承租人|申请人|购房人|被征收人|拆迁人)|权利人|产权人|所有权人|业主|户主|户代表)(?:之间)?(?:的)?关系$"
)
OWN = {"head": {"name": "head_name", "id_number": "head_id_number", "phone": "head_phone"},
       "spouse": {"name": "spouse_name", "id_number": "spouse_id_number", "phone": "spouse_phone"},
       "worker": {"name": "worker_name", "phone": "worker_phone"}}  # fmt: skip
"""What is held of somebody beside the person: whose, and which."""
PERSONAL = ("name", "id_number", "phone", "sex_code", "age", "birth_date", "ethnicity_code",
            "residence_address", "hukou_address", "education_code", "marital_code",
            "political_code", "employment_code", "nationality_code",
            "id_type_code")  # fmt: skip
"""What each person in a row may have of their own."""


def of_the_row(group: str) -> bool:
    """Whether a group of columns is about those whom the list is about, whatever it calls them."""
    if HELPERS.search(HELPED.sub("", group)):
        return False
    cut = cut_chinese(group)
    known = cut.subject == "self" and not cut.others and not cut.unknown
    return known or bool(PEOPLE.search(group))


def named_person(leaf: str) -> bool:
    """Whether a header is the name of somebody who may be the one the row is about."""
    return leaf.endswith(("姓名", "名字")) and not HELPERS.search(leaf)


def person_alone(leaf: str) -> bool:
    """Whether a header is nothing but whom the row may be about: `补贴对象`, `被随访人`."""
    short = 2 <= len(leaf) <= 6 and leaf[-1] in "人员者象民" and not re.search(r"\d|其中", leaf)
    return short and of_the_row(leaf)


def called(leaf: str) -> bool:
    """Whether a header is a phone of somebody who may be the one the row is about."""
    plain = re.sub(r"^本人[或及/、和](?:家属|亲属|监护人|联系人)", "本人", leaf)
    return bool(re.search(r"(?:电话|手机|联系方式)(?:号码|号|\d)?$", plain)) and not (
        HELPERS.search(plain.replace("联系电话", "电话").replace("联系方式", "方式"))
    )


def head_of(leaves: Sequence[str]) -> str:
    """Whom a list calls the head of the household: `与承租人关系` says 承租人; blank for nobody."""
    found = (HEADS.fullmatch(one) for one in leaves)
    return next((one[1] for one in found if one), "")
