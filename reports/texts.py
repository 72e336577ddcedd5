"""The text of a cell, as headers are compared: without blanks, marks, numbering and remarks."""

import re
import unicodedata

BRACKETS = re.compile(r"[(\[【〔].*?[)\]】〕]")
BOXES = re.compile(r"(?<=.)[□☐].*$")
"""What may be ticked, behind what is asked: `性别□男□女`."""
NUMBERING = re.compile(
    r"^(?:[*★#]+|[A-Z]{0,2}\d{1,3}[.、)]|[A-Z]{1,2}\d{1,3}(?=[\u4e00-\u9fff])|\(\d{1,2}\)"
    r"|[一二三四五六七八九十]{1,2}[、.]|[①-⑳])+"
)

CIRCLED = re.compile(r"(?:^\s*|(?<=[:：]))[\u2460-\u249b]+")
"""① and ⒈ before a text, which would be digits of it: ①60岁."""
WRITING = re.compile(
    r"(?:格式)?(?:Y{2,4}[-./年]?M{1,2}(?:[-./月]?D{0,2})日?|yyyy[-./]?mm[-./]?(?:dd)?)$"
)
"""How the value is to be written, said without brackets: `出生日期 YYYY-MM-DD`."""
MISSPELT = {
    "姓别": "性别", "号吗": "号码", "号马": "号码", "户藉": "户籍", "名族": "民族", "电活": "电话",
    "地扯": "地址", "出身年": "出生年", "出身日": "出生日", "帐号": "账号", "帐户": "账户",
    "身分": "身份", "婚烟": "婚姻", "成度": "程度", "面貎": "面貌", "连系": "联系", "连络": "联络",
    "备住": "备注", "壮况": "状况", "民簇": "民族", "联糸": "联系", "身份正": "身份证",
    "监护入": "监护人", "籍惯": "籍贯", "户藉地": "户籍地", "小曲": "小区", "于户主": "与户主",
}  # fmt: skip
"""Slips of the keyboard that are no words."""
SLIP = re.compile("|".join(MISSPELT))
TRADITIONAL = str.maketrans(
    "電話號碼證戶齡學歷聯繫區樓單與關係現狀況職業備註別門棟鎮鄉縣黨員殘類時間後無聯絡稱謂內",
    "电话号码证户龄学历联系区楼单与关系现状况职业备注别门栋镇乡县党员残类时间后无联络称谓内",
)


def squeezed(value: object) -> str:
    """A cell's text in one width, without any white space; blank for nothing."""
    plain = CIRCLED.sub("", "" if value is None else str(value))
    text = unicodedata.normalize("NFKC", plain)
    return re.sub(r"[\s\u200b\ufeff]+", "", text)


def bare(text: str) -> str:
    """A header cell without remarks in brackets, numbering, marks and slips of the keyboard."""
    plain = WRITING.sub("", BOXES.sub("", BRACKETS.sub("", squeezed(text))))
    plain = NUMBERING.sub("", plain).strip("*★#:.、,，。/-—_") or squeezed(text).strip("()[]")
    return SLIP.sub(lambda found: MISSPELT[found[0]], plain.translate(TRADITIONAL))


def remarks(text: str) -> str:
    """What stands in brackets: units, formats, whose it is; and what may be ticked."""
    told = [one[1:-1] for one in BRACKETS.findall(squeezed(text))]
    ticked = BOXES.search(BRACKETS.sub("", squeezed(text)))
    told += ["/".join(one for one in re.split("[□☐]", ticked[0]) if one)] if ticked else []
    return " ".join(told)
