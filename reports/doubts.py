"""What an officer should look at in a form just registered: whom it is about, what it counts."""

from reports.condition_words import tests_in_words
from reports.counted import named_in
from reports.fill import not_for_notice
from reports.form_file import FormFile, Sheet

AGED = "age >"


def doubts(form: FormFile) -> list[str]:
    """Sentences for the officer: what was taken for granted and may be otherwise."""
    counted = [one for one in form.sheets if one.kind == "summary"]
    told = [*_whom(form), *(said for sheet in counted for said in _totals(sheet))]
    if wrong := not_for_notice(form):
        told.append(
            f"公示用表不能有敏感个人信息：{'、'.join(wrong)}。这样的表不能填写，"
            "请让部门去掉这几列，或把它们的 item 改成 remark（留空）。"
        )
    return told


def _whom(form: FormFile) -> list[str]:
    """The title names some people, and the form is filled with everybody."""
    named = named_in(form.title) if form.population == "residents" else {}
    if not named:
        return []
    words = "、".join(f"“{one}”" for one in named)
    conditions = list(dict.fromkeys(named.values()))
    option = f'--population "{conditions[0]}"' if len(conditions) == 1 else "--population"
    return [
        f"表题里有{words}，登记的对象却是全部常住人口：如果只要这些人，请用 {option} 再登记一次。"
    ]


def _totals(sheet: Sheet) -> list[str]:
    """Columns of which it depends on how one reads them whom they count."""
    told, ages = [], [one for one in sheet.across if AGED in (one.when or "")]
    for one in sheet.across:
        if "其中" in one.header and one.when and "&" in one.when:
            told.append(f"“{one.header}”当作前面那一列之中的人来数（{tests_in_words(one.when)}）。")
        elif one.when == "" and len(ages) >= 2:
            told.append(f"“{one.header}”数的是登记对象的全部，不只是前面各年龄段之和。")
    return told
