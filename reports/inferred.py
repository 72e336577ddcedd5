"""What follows from values that are held, and from nothing else: true by definition, or left blank.

    marital_code    nobody below 18 can be married (Civil Code art. 1047)
    parents         whom a head calls 子 or 女 (GB/T 4761 20-26, 30-36; not 养子 or 继女) has the
                    head for a father or a mother; who the other one is does not follow
    guardian        a minor's parents are the guardians (Civil Code art. 27)
    political_code  no party takes members below 14, nor the Youth League
    school          the 服务处所 of a student, where its name is a school's

What a platform or an answer says goes before; what is inferred has no source of its own.
"""

import polars as pl

from schemas.extras import extras

OF_AGE = 18
CHILDREN = ("20", "21", "22", "23", "24", "25", "26", "30", "31", "32", "33", "34", "35", "36")
"""A head's own children; 27 and 37 are adopted or of a spouse, 29 and 39 any other."""
FROM_HEAD = ("head_resident_id", "head_name", "head_id_number", "head_phone", "head_sex_code",
             "relation_code", "birth_date")  # fmt: skip
UNMARRIED, OF_NO_PARTY, STUDENT = "10", "13", "31"
LEAGUE_AGE = 14
SCHOOL, EMPLOYER = "other:就读学校", "other:工作单位"
A_SCHOOL = r"(?:小学|中学|大学|学院|学校|幼儿园|职高|技校|高中|初中)(?:$|[（(].*[)）]$)"
PARTS = {"姓名": "head_name", "证件号码": "head_id_number", "电话": "head_phone"}
SEXES = {"父亲": "1", "母亲": "2"}
ALSO = {"other:家长姓名": "other:监护人姓名", "other:家长电话": "other:监护人电话"}
"""家长 is a parent or another guardian: what is held of the guardian answers it."""
RELATION = "other:监护人与儿童关系"
OF_LABEL = {"other:残疾等级": "残疾", "other:残疾证号": "残疾", "other:低保证号": "低保",
            "other:入伍时间": "退役军人"}  # fmt: skip
"""Who has not the label has no such thing; of whom that is not known it is asked."""
OF_CHILDREN = {RELATION, *ALSO}
NO_EMPLOYER = ("70", "80")
REGISTERED_HERE = ("1", "2")
ABROAD = ("4", "5")


def columns_behind(item: str) -> tuple[str, ...]:
    """The columns of a roster that an item, or whom it concerns, may follow from."""
    if item in OF_LABEL:
        return ("labels",)
    if item in ("marital_code", "political_code"):
        return ("birth_date",)
    if item == SCHOOL:
        return ("employment_code",)
    if item in _OF_PARENTS or item in ALSO or item == RELATION:
        return FROM_HEAD
    if item == EMPLOYER:
        return ("employment_code",)
    return ()


def inferred(item: str) -> pl.Expr | None:
    """What an item is by definition, over a roster with `age`; None where nothing follows."""
    item = ALSO.get(item, item)
    minor = (pl.col("age") < OF_AGE).fill_null(value=False)
    if item == "marital_code":
        return pl.when(minor).then(pl.lit(UNMARRIED))
    if item == "political_code":
        return pl.when((pl.col("age") < LEAGUE_AGE).fill_null(value=False)).then(
            pl.lit(OF_NO_PARTY)
        )
    child = pl.col("relation_code").is_in(CHILDREN) & pl.col("head_resident_id").is_not_null()
    if item == RELATION:
        called = pl.col("head_sex_code").replace_strict(
            {sex: parent for parent, sex in SEXES.items()}, default=None, return_dtype=pl.String
        )
        return pl.when(child & minor).then(called)
    if item not in _OF_PARENTS:
        return None
    whose, column = _OF_PARENTS[item]
    if whose == "监护人":
        return pl.when(child & minor).then(column)
    return pl.when(child & (pl.col("head_sex_code") == SEXES[whose])).then(column)


def a_school(held: pl.Series, employment: pl.Series, employer: pl.Series) -> pl.Series:
    """Where no school is told: a student's employer, as far as its name is a school's."""
    named = employer.str.contains(A_SCHOOL).fill_null(value=False)
    student = (employment == STUDENT).fill_null(value=False)
    return held.zip_with(held.is_not_null() | ~(named & student), employer)


def concerned(item: str) -> pl.Expr | None:
    """Whom an item concerns at all, where that follows; None: everybody.

    A number of the household register is of those registered here, a registered address of those
    who are registered somewhere in the country, an employer of those who are not retired or idle,
    parents to be told of minors; a guardian is not only a minor's.
    """
    if item == "household_no":
        return pl.col("residence_type_code").is_in(REGISTERED_HERE).fill_null(value=True)
    if item == "hukou_address":
        return ~pl.col("residence_type_code").is_in(ABROAD).fill_null(value=False)
    if item == EMPLOYER:
        return ~pl.col("employment_code").is_in(NO_EMPLOYER).fill_null(value=False)
    if item in OF_CHILDREN:
        return (pl.col("age") < OF_AGE).fill_null(value=True)
    return None


_OF_PARENTS = {
    f"other:{whose}{part}": (whose, column)
    for whose in ("监护人", *SEXES)
    for part, column in PARTS.items()
    if f"{whose}{part}" in extras()
}
