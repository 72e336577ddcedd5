"""Whose a column is: several people stand in one row of a form, and only one is the resident."""

import pytest

from reports.columns import propose
from reports.layout import HeaderColumn

ASKED = {
    "姓名": "name",
    "性别": "sex_code",
    "身份证号码": "id_number",
    "联系电话": "phone",
    "住址": "residence_address",
    "年龄": "age",
}
OTHERS = [
    "监护人",
    "家长",
    "房东",
    "出租人",
    "产权人",
    "紧急联系人",
    "子女",
    "父亲",
    "代办人",
    "委托代理人",
    "帮扶责任人",
    "包保干部",
    "家庭医生",
    "社区民警",
    "施暴人",
    "受托人",
    "收款人",
    "送养人",
    "担保人",
    "法定代表人",
    "经办人",
    "雇主",
    "照护人",
    "护理员",
    "邻居",
    "推荐人",
    "对方当事人",
    "共有人",
    "翻译人员",
    "同住人",
    "家属",
    "赡养人",
    "前夫",
    "班主任",
    "社工",
    "志愿者",
    "填表人",
    "负责人",
    "责任人",
    "企业负责人",
    "楼栋长",
    "调解员",
    "见证人",
    "车主",
    "被委托人",
]
RESIDENTS = [
    "申请人",
    "老人",
    "残疾人",
    "儿童",
    "学生",
    "患者",
    "居民",
    "党员",
    "低保对象",
    "承租人",
    "流动人员",
    "退役军人",
    "矫正对象",
    "信访人",
    "参保人",
    "团员",
    "孕妇",
    "新生儿",
    "独居老人",
    "特困人员",
    "业主",
    "住户",
    "失业人员",
    "境外人员",
    "选民",
    "应征青年",
    "接种对象",
    "受灾群众",
    "被评估人",
    "走访对象",
    "受访人",
    "死亡人员",
    "逝者",
    "驾驶人",
    "灵活就业人员",
    "搬迁对象",
]


def _columns(*headers: str) -> list[HeaderColumn]:
    return [HeaderColumn(at, 1, tuple(one.split("/"))) for at, one in enumerate(headers, 1)]


@pytest.mark.parametrize("between", ["/", ""], ids=["under a group", "in one header"])
@pytest.mark.parametrize("whose", OTHERS)
def test_another_persons_columns_are_not_the_residents(whose: str, between: str) -> None:
    own = ("序号", "姓名", "性别", "身份证号", "手机", "现居住地", "年龄")
    theirs = [f"{whose}{between}{asked}" for asked in ASKED]
    made = [one.item for one in propose(_columns(*own, *theirs, "备注"), ())]
    assert made[:7] == [
        "seq", "name", "sex_code", "id_number", "phone", "residence_address", "age"
    ]  # fmt: skip
    assert all(one.startswith("other:") for one in made[7:-1])


@pytest.mark.parametrize("between", ["/", ""], ids=["under a group", "in one header"])
@pytest.mark.parametrize("whose", RESIDENTS)
def test_whatever_a_form_calls_them_the_row_is_about_the_resident(whose: str, between: str) -> None:
    mine = [f"{whose}{between}{asked}" for asked in ASKED]
    made = propose(_columns("序号", *mine, "监护人/姓名", "监护人/身份证号"), ())
    assert [one.item for one in made[1:7]] == list(ASKED.values())
    assert all(one.item.startswith("other:") for one in made[7:])
