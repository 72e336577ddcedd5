"""The resident 居民: one row per record of a person on a platform."""

from typing import Annotated

import polars as pl

from schemas.checked import pa
from schemas.fields import code, described
from schemas.record import Addressed

Label = pl.Struct({"label": pl.String, "detail": pl.String, "since": pl.Date, "until": pl.Date})
Extra = pl.Struct({"item": pl.String, "value": pl.String})
PHONE = r"^(?:1[3-9][0-9]{9}|0[0-9]{2,3}-[0-9]{7,8})$"
TO_THE_BUILDING = "只到楼栋"


class Resident(Addressed):
    """A person as one platform knows them, in the standard's words and codes."""

    name: str = described(
        "姓名",
        3,
        reads="name",
        mask="张**",
        owner="公安",
        description="统一写法；去掉空格和称呼；只有姓加称呼时保留原样并记问题",
    )
    id_type_code: str = code("证件类型", 2, "id_type", owner="公安")
    id_number: str = described(
        "证件号码",
        4,
        reads="id_number",
        mask="510***********1234",
        owner="公安",
        description="大写；111 为 18 位",
    )
    id_status: str = described(
        "证件号码状态",
        2,
        reads="computed",
        code_set="id_status",
        description="号码作为依据的可信程度",
    )
    sex_code: str = code("性别", 3, "sex", owner="公安")
    birth_date: pl.Date = described(
        "出生日期", 3, reads="birth", mask="1953-**-**", owner="公安", description="有效号码优先"
    )
    birth_year: pl.Int16 = described(
        "出生年",
        3,
        reads="year",
        in_range=(1800, 2100),
        description="只知道年或年龄时只有它，不编造生日",
    )
    ethnicity_code: str = code("民族", 4, "ethnicity", owner="公安")
    nationality_code: str = code("国籍", 3, "nationality", owner="公安")
    marital_code: str = code("婚姻状况", 4, "marital", owner="民政")
    education_code: str = code("文化程度", 3, "education")
    political_code: str = code("政治面貌", 4, "political", owner="组织")
    employment_code: str = code("从业状况", 3, "employment", owner="人社")
    phone: str = described(
        "联系电话",
        3,
        reads="phone",
        mask="138****1234",
        str_matches=PHONE,
        description="11 位手机号，或区号-号码",
    )
    hukou_address: str = described(
        "户籍地址", 3, reads="given", mask=TO_THE_BUILDING, owner="公安", description="原文"
    )
    residence_address: str = described(
        "现住址", 3, reads="address", mask=TO_THE_BUILDING, description="原文；解析结果在房屋各字段"
    )
    residence_type_code: str = code("居住类型", 2, "residence_type")
    household_no: str = described("户号", 3, owner="公安", description="户籍登记的户号")
    relation_code: str = code("与户主关系", 3, "relation", owner="公安")
    head_name: str = described("户主姓名", 3, reads="name", mask="张**", owner="公安")
    head_id_number: str = described(
        "户主证件号码",
        4,
        reads="other_id_number",
        owner="公安",
        mask="510***********1234",
        description="只留有效号码",
    )
    grid_code: str = described("网格", 2, description="网格编码")
    labels: Annotated[pl.List, Label] = described(
        "标签", 4, reads="labels", mask="隐藏", description="每个标签带说明、起、止日期"
    )
    extras: Annotated[pl.List, Extra] = described(
        "附加项目",
        4,
        reads="computed",
        mask="隐藏",
        description="平台有、上面没有的项目，写在平台文件的 extras 里；有哪些见“附加项目”",
    )
    died_on: pl.Date = described("死亡日期", 3, reads="day", owner="民政")
    left_on: pl.Date = described("迁出日期", 3, reads="day", owner="公安")

    @pa.dataframe_check(error="resident_without_identity", n_failure_cases=1)
    def somebody(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 — pandera's class method
        """A resident has a name or a number."""
        return data.lazyframe.select(
            pl.col("name").is_not_null() | pl.col("id_number").is_not_null()
        )

    @pa.dataframe_check(error="id_status_disagrees", n_failure_cases=1)
    def number_and_status(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 — as above
        """`missing` exactly where there is no number."""
        missing = (pl.col("id_status") == "missing").fill_null(value=True)
        return data.lazyframe.select(missing == pl.col("id_number").is_null())

    @pa.dataframe_check(error="birth_year_disagrees", n_failure_cases=1)
    def day_and_year(cls, data: pa.PolarsData) -> pl.LazyFrame:  # noqa: N805 — as above
        """A birth date lies in the birth year."""
        return data.lazyframe.select(pl.col("birth_date").dt.year() == pl.col("birth_year"))
