"""What is counted under the headers and beside the rows of tables of counts, as they are worded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.counted import counted
from reports.derived import of_the_rest
from reports.form_file import Line

SAID = {
    "①60岁以上老人": "age >= 60",
    "1.60岁以上": "age >= 60",
    "（一）残疾人": "label:残疾",
    "本辖区残疾人总量": "label:残疾",
    "各类流动人口情况": "residence_type_code = 3",
    "60岁以上人群": "age >= 60",
    "60岁至不满70岁": "age >= 60 & age < 70",
    "5-9岁组": "age >= 5 & age <= 9",
    "不足18岁": "age < 18",
    "高中毕业": "education_code = 60",
    "社会救助/低保": "label:低保",
    "户口人数": "registered",
    "大于等于60岁且小于70岁": "age >= 60 & age < 70",
    "70--79岁": "age >= 70 & age <= 79",
    "低保边缘家庭/其中残疾人": "label:低边 & label:残疾",
    "户籍人口情况/男性（人）": "registered & sex_code = 1",
    "35岁以下大专及以上学历人员/其中：本科": "age < 35 & education_code = 20",
    "空巢老人（不含独居）": "label:空巢 & no label:独居",
    "学龄前": "age >= 0 & age <= 6",
    "户在人不在": "registered & residence_type_code = 2",
    "户籍/流动人口": "residence_type_code = 3",
    "户籍情况/人户分离": "registered & residence_type_code = 2",
    "百岁以上": "age >= 100",
    "16-59岁劳动力人口": "age >= 16 & age <= 59",
    "劳动年龄内人口/女（16—54岁）": "age >= 16 & age <= 54 & sex_code = 2",
    "16周岁（含）至18周岁（不含）": "age >= 16 & age < 18",
    "少数民族人口/其中：藏族": "ethnicity_code = 04",
    "民族/汉": "ethnicity_code = 01",
    "硕士研究生及以上": "education_code in 10",
    "户籍人口/人户分离": "registered & residence_type_code = 2",
    "离异或丧偶": "marital_code in 40|30",
    "残疾类别/视力": "label:残疾 & detail:残疾 = 61",
    "其中：精神残疾（人）": "label:残疾 & detail:残疾 = 66",
    "学生儿童（0—18岁）": "age >= 0 & age <= 18",
    "60岁及60岁以上": "age >= 60",
    "14周岁以上28周岁以下青年": "age >= 14 & age < 28",
    "16岁及以上59岁及以下": "age >= 16 & age <= 59",
    "低龄（60-69）": "age >= 60 & age <= 69",
    "城乡特困": "label:特困",
    "“一老”/80岁以上": "age >= 80",
    "重点关爱对象/低保/人数": "label:低保",
    "6周岁儿童": "age = 6",
    "总人口数（常住）": "residents",
    "90-99岁长寿老人": "age >= 90 & age <= 99",
    "户籍人口（户／人）/人": "registered",
    "年龄分段/60-69岁": "age >= 60 & age <= 69",
    "婚育状况分类/未婚": "marital_code = 10",
    "行动不便老人": "age >= 60 & label:行动不便",
    "患慢病": "label:慢病",
    "户籍在本社区": "registered",
    "老年居民（60岁及以上）": "age >= 60",
    "60岁以上老年残疾人": "age >= 60 & label:残疾",
    "人户分离/人在户不在": "residence_type_code = 3",
    "常住境外人员": "label:境外人员 & residents",
    "18岁（不含）以下": "age < 18",
    "中共党员（含预备党员）": "label:党员",
    "党员（不含预备党员）": "political_code = 01",
    "本地户籍/男": "registered & sex_code = 1",
    "非本地户籍人口": "residence_type_code = 3",
    "65岁及以上常住老年人数": "age >= 65 & residents",
    "居住类型/常住": "residence_type_code = 1",
    "外籍人员": "residence_type_code = 5",
    "人在户在": "residence_type_code = 1",
    "16周岁以下（不含16周岁）": "age < 16",
    "80岁以上（不含80岁）": "age > 80",
    "高中、中专、技校": "education_code in 40|50|60",
    "老年人口": "age >= 60",
    "少数民族群众": "ethnicity_code != 01",
    "年满6周岁不满7周岁": "age >= 6 & age < 7",
    "中专、高中及以下": "education_code in 40|50|60|70|80|90",
    "全员人口数（含人户分离）": "either",
    "成年妇女（18周岁及以上）": "age >= 18 & sex_code = 2",
    "学前适龄幼儿（3—5周岁）/男": "age >= 3 & age <= 5 & sex_code = 1",
    "小学适龄儿童（6-11岁）": "age >= 6 & age <= 11",
    "百岁及以上": "age >= 100",
    "15岁以下小学文化": "age < 15 & education_code = 80",
    "流入人口/男": "residence_type_code = 3 & sex_code = 1",
    "困难群众/低保": "label:低保",
    "经济困难老年人/特困": "age >= 60 & label:特困",
    "60岁～": "age >= 60",
    "汉族以外": "ethnicity_code != 01",
    "就业年龄段（16-59岁）": "age >= 16 & age <= 59",
    "60岁以上老党员": "age >= 60 & label:党员",
    "长住人口": "residents",
    "法定劳动年龄人口（男16-59岁）": "age >= 16 & age <= 59 & sex_code = 1",
}
HOUSEHOLDS = {
    "低收入家庭": "label:低边",
    "残疾人家庭": "label:残疾",
    "住户数（户）": "",
    "空巢户": "label:空巢",
    "低保边缘家庭": "label:低边",
    "三人户": "member_count = 3",
    "两人户": "member_count = 2",
    "5人及以上户": "member_count >= 5",
    "有老人的户数": "age >= 60",
    "有60岁以上老年人的家庭户": "age >= 60",
}
UNHELD = (
    "残疾军人", "妇女儿童", "租住人口", "大学在校生", "残疾类别/其他",
    "孤寡老人", "小学（6-11岁）", "重度残疾人", "低保对象中的重度残疾人", "一级残疾",
    "分散供养特困人员", "在职党员", "事实无人抚养儿童", "党员、群众", "老人或残疾人",
    "60岁以上或残疾", "非本市户籍",
    "中学生", "大学生", "教师", "家庭主妇", "单身", "网格数", "小区总数",
    "残疾人（不含轻度）", "非党员", "博士研究生",
    "硕士", "重点转移对象/男", "新增对象/残疾人",
)  # fmt: skip
"""Of these nobody holds who they are: the wider group would be another figure."""


def _parts(when: str | None) -> set[str]:
    assert when is not None
    return {*when.split(" & ")}


@pytest.mark.parametrize("said", SAID)
def test_people_are_counted(said: str) -> None:
    found = counted((*said.split("/"),))
    assert (_parts(found.when), found.count) == (_parts(SAID[said]), "residents")


@pytest.mark.parametrize("said", HOUSEHOLDS)
def test_families_are_counted_as_families(said: str) -> None:
    found = counted((said,))
    assert (_parts(found.when), found.count) == (_parts(HOUSEHOLDS[said]), "households")


def test_persons_among_families_are_counted_as_persons() -> None:
    assert counted(("低保家庭", "人数")).count == "residents"
    assert counted(("低保家庭", "户数")).count == "households"


@pytest.mark.parametrize("said", UNHELD)
def test_a_narrower_group_is_not_counted_as_the_wider(said: str) -> None:
    assert counted((*said.split("/"),)).when is None


def test_the_rest_of_a_group_is_whoever_is_in_none_of_its_parts() -> None:
    named = ("少数民族/藏族", "少数民族/彝族", "少数民族/其他少数民族", "其他")
    lines = [Line(at=str(n), header=one, when=counted((*one.split("/"),)).when)
             for n, one in enumerate(named)]  # fmt: skip
    found = [one.when for one in of_the_rest(lines)]
    assert found[2:] == ["ethnicity_code != 01 & ethnicity_code not in 04|07", None]


GROUPS = (
    "低保对象", "特困人员", "持证残疾人", "退役军人", "党员", "流动人口", "藏族", "独居老人",
    "慢病患者", "在校学生", "退休人员", "失业人员", "未婚", "离异", "大专及以上学历",
    "初中及以下文化程度",
)  # fmt: skip
AGED = (
    "60岁以上", "80岁（含）以上", "未满18周岁", "16-59岁", "0—6岁", "65～79周岁", "年满70周岁",
)  # fmt: skip
SEXES = ("男性", "女性", "男", "女", "妇女")
SENTENCES = (
    "{a}{g}", "{a}{s}{g}", "{g}中{a}", "{g}（{a}）", "{g}人数/{s}", "{a}/{g}/{s}", "{s}{g}数",
    "{a}的{g}", "{g}{a}人数", "{s}/{a}{g}", "{g}中的{h}", "{g}/其中：{h}", "{h}（{g}）",
)  # fmt: skip


TWO_GROUPS = st.lists(
    st.sampled_from(GROUPS), min_size=2, max_size=2,
    unique_by=lambda one: str(counted((one,)).when).split()[0],
)  # fmt: skip


@given(st.sampled_from(SENTENCES), st.sampled_from(AGED), st.sampled_from(SEXES), TWO_GROUPS)
def test_what_is_put_together_counts_who_is_of_every_part(
    sentence: str, age: str, sex: str, groups: list[str]
) -> None:
    told = {"a": age, "s": sex, "g": groups[0], "h": groups[1]}
    said = [word for key, word in told.items() if f"{{{key}}}" in sentence]
    parts = [_parts(counted((word,)).when) for word in said]
    assert _parts(counted((*sentence.format(**told).split("/"),)).when) == set().union(*parts)
