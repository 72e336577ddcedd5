"""What an officer should look at: in a form just registered, and each time that it is filled."""

from reports.condition_words import tests_in_words
from reports.counted import named_in
from reports.fill import FillReport, not_for_notice
from reports.form_file import FormFile, Sheet
from reports.proposals import COMPUTED
from reports.subject import among_the_first, beyond_title, group_of

AGED = "age >"


def doubts(form: FormFile) -> list[str]:
    """Sentences for the officer: what was taken for granted and may be otherwise."""
    counted = [one for one in form.sheets if one.kind == "summary"]
    told = [
        *form.notes,
        *_whom(form),
        *(said for sheet in counted for said in _totals(sheet, form.title)),
    ]
    lists = [one for one in form.sheets if one.kind == "list"]
    if len(lists) > 1 and (all_of_them := [one.sheet for one in lists if not one.when]):
        told.append(
            f"看不出{'、'.join(f'“{one}”' for one in all_of_them)}这几张工作表各是哪些人，"
            "都填登记对象的全部；不是的，请在登记文件里这张工作表下写 when，例如 label:低保。"
        )
    columns = [one for sheet in form.sheets for one in sheet.columns]
    if own := [one.header for one in columns if one.why == COMPUTED and one.item == "remark"]:
        told.append(f"这几列有部门自己的公式，照旧留着，不填：{'、'.join(own)}。")
    if wrong := not_for_notice(form):
        told.append(
            f"公示用表不能有敏感个人信息：{'、'.join(wrong)}。这样的表不能填写，"
            "请让部门去掉这几列，或把它们的 item 改成 remark（留空）。"
        )
    return told


def _whom(form: FormFile) -> list[str]:
    """The title names some people, and the form is filled with everybody."""
    everybody = form.population == "residents" and not any(one.when for one in form.sheets)
    named = named_in(form.title) if everybody else {}
    if not named:
        return []
    words = "、".join(f"“{one}”" for one in named)
    if group_of(form.title) and all(one.kind == "summary" for one in form.sheets):
        others = [one for sheet in form.sheets for one in beyond_title(form.title, sheet)]
        headers = "、".join(f"“{one}”" for one in dict.fromkeys(one.header for one in others))
        but = f"{headers}数的不只是这些人。" if headers else ""
        return [
            f"表题里有{words}：没有写明数谁的列和行，只数这些人。{but}"
            "不是的，请在登记文件里改 when。"
        ]
    conditions = list(dict.fromkeys(named.values()))
    option = f'--population "{conditions[0]}"' if len(conditions) == 1 else "--population"
    return [
        f"表题里有{words}，登记的对象却是全部常住人口：如果只要这些人，请用 {option} 再登记一次。"
    ]


def _totals(sheet: Sheet, title: str) -> list[str]:
    """Columns of which it depends on how one reads them whom they count."""
    told, ages = [], [one for one in sheet.across if AGED in (one.when or "")]
    first, parts = among_the_first(sheet.across)
    if parts and group_of(title) is None:
        listed = "、".join(f"“{one}”" for one in parts)
        told.append(f"{listed}只数“{first}”里的人。不是的，请在登记文件里改 when。")
    for one in sheet.across:
        if "其中" in one.header and one.when and "&" in one.when:
            told.append(f"“{one.header}”当作前面那一列之中的人来数（{tests_in_words(one.when)}）。")
        elif one.when == "" and len(ages) >= 2:
            told.append(f"“{one.header}”数的是登记对象的全部，不只是前面各年龄段之和。")
    return told


def remarks(report: FillReport) -> list[str]:
    """Sentences about what is not as one would think in a form that was filled."""
    told = []
    if report.without_grid:
        told.append(f"另有 {report.without_grid:,} 人不知道在哪个网格，没有列入这个范围。")
    if report.unheard:
        told.append(
            f"没有平台给{'、'.join(report.unheard)}的标签，名单里没有这些人，不等于没有这样的人："
            "请向归口部门要名单，接进来再填。"
        )
    if report.ungiven:
        told.append(
            f"几类人的合计里没有{'、'.join(report.ungiven)}：没有平台给这些标签，有多少人不知道。"
            "另外知道的，请在合计里加上。"
        )
    if report.outside:
        told.append(
            f"有 {report.outside:,} 人不在任何一行里：合计是各行之和，里面没有他们。"
            "要数登记对象的全部，请在登记文件里把合计这一行的 when 写成 residents（常住）、"
            "registered（户籍）、either（常住或户籍）或 everyone（全部）。"
        )
    if report.beyond_bands:
        told.append(
            f"“合计”一列数的是登记对象的全部，其中 {report.beyond_bands:,} 人不在各年龄段的列里。"
            "只要各年龄段之和，请在登记文件里改这一列的 when，例如 age >= 60。"
        )
    if report.of_unknown_kind:
        told.append(
            f"有 {report.of_unknown_kind:,} 名残疾人不知道是哪一类，没有数进任何一类："
            "请向残联要带类别的名单，接进来再填。"
        )
    if report.unoffered:
        columns = "、".join(f"“{one.header}”{one.cells:,} 格" for one in report.unoffered)
        told.append(
            f"这几列填的有些不在表里的下拉选项中，部门的系统可能不认：{columns}。请照选项改，"
            "或在登记文件里写这一列的 codes（代码: 表里的说法），再填一次。"
        )
    if report.blank_rows:
        told.append(f"这几行数不出来，留空，请自己补上：{'、'.join(report.blank_rows)}。")
    if report.unnamed:
        told.append(
            f"这几处的名称在范围里对不上，或有几个同名的，留空：{'、'.join(report.unnamed)}。"
            "请在登记文件里改这一处的 when：网格写编码，例如 grid_code = 510104021003001；"
            "小区写库里的名称。"
        )
    told += [
        f"有 {left:,} 人不知道属于哪个{what}，没有数进任何一行，各行之和里也没有。"
        for what, left in report.unplaced.items()
    ]
    return told
