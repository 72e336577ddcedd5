"""More ways of writing what `people.py` makes up: as platforms have it on a bad day.

`CELLS` names them as the corpus does, beside those of `people.py`.
"""

import re
from collections.abc import Callable
from datetime import timedelta

from tests.matching.people import CELLS as PLAIN
from tests.matching.people import TODAY, Person, person

Written = Callable[[Person], str]
FAR = ("买买提·吐尔逊", "阿依古丽·艾山", "欧阳建国", "𠮷川玉兰", "司马秀英")


def _now_and_then(plain: str, other: Written, share: float) -> Written:
    def written(one: Person) -> str:
        chosen = one.draw(f"awkward {plain}").random() < share
        return other(one) if chosen else PLAIN[plain](one)

    return written


def _gone(plain: str, share: float) -> Written:
    return _now_and_then(plain, lambda _: "", share)


def _among(salt: str, *words: str) -> Written:
    return lambda one: one.draw(salt).choice(words)


def _ahead(one: Person) -> str:
    return f"{TODAY + timedelta(days=one.draw('ahead').randrange(30, 3000)):%Y-%m-%d}"


def _place_in_the_compound(one: Person) -> str:
    building, unit, room = (PLAIN[kind](one) for kind in ("building", "unit", "room"))
    return f"{building}栋{unit}单元{room}"


CELLS: dict[str, Written] = {
    "name_far": _now_and_then("name", lambda one: one.draw("far").choice(FAR), 0.1),
    "name_gaps": _now_and_then("name", lambda one: " ".join(one.name), 0.4),
    "name_or_firm": _now_and_then("name", PLAIN["org"], 0.15),
    "name_noted": _now_and_then("name", lambda one: f"{one.name}（已搬走）", 0.1),
    "other_name_half": _gone("other_name", 0.5),
    "other_phone_half": _gone("other_phone", 0.5),
    "other_id": lambda one: person(one.number + 5000).id,
    "id_quoted": lambda one: f"'{one.id}",
    "id_lower": lambda one: one.id.lower(),
    "id_half": _gone("id", 0.45),
    "id_15": _now_and_then("id", lambda one: one.id[:6] + one.id[8:17], 0.15),
    "id_or_passport": _now_and_then(
        "id", lambda one: f"E{one.draw('pass').randrange(10**8):08}", 0.1
    ),
    "id_last4": lambda one: one.id[-4:],
    "phone_country": lambda one: f"+86 {PLAIN['phone'](one)}",
    "phone_gaps": lambda one: re.sub(r"(\d{3})(\d{4})", r"\1 \2 ", PLAIN["phone"](one)),
    "phone_two": _now_and_then(
        "phone", lambda one: f"{PLAIN['phone'](one)}/{PLAIN['other_phone'](one)}", 0.3
    ),
    "phone_half": _gone("phone", 0.4),
    "sex_both": lambda one: "1-男" if one.male else "2-女",
    "sex_word_en": lambda one: "male" if one.male else "female",
    "birth_t": lambda one: f"{one.born.isoformat()}T00:00:00",
    "birth_serial": lambda one: str((one.born - TODAY.replace(1899, 12, 30)).days),
    "birth_year": lambda one: str(one.born.year),
    "birth_iso_gaps": _gone("birth_iso", 0.2),
    "edu_words": _among("edu", "小学", "初中", "高中", "中专", "大专", "本科", "硕士", "文盲"),
    "political_words": _among("pol", "党员", "群众", "团员", "预备党员", "群众"),
    "marital_words": _among("mar", "已婚", "未婚", "离异", "丧偶", "再婚"),
    "job_status_words": _among("emp", "在职", "退休", "无业", "学生", "个体", "务农"),
    "guardian_relation": _among("gr", "父亲", "母亲", "祖父", "外祖母", "其他"),
    "tick": _among("tick", "√", "", "", ""),
    "has": _among("has", "有", "无", "无"),
    "email": lambda one: f"u{one.number}@mail.example",
    "wechat": lambda one: f"wxid_{one.draw('wx').getrandbits(50):x}",
    "postcode": _among("pc", "610051", "610066", "610081"),
    "credit_code": lambda one: f"91510108MA6{one.draw('uscc').getrandbits(38):09X}"[:18],
    "year": _among("year", "2023", "2024", "2025"),
    "date_compact": lambda one: PLAIN["date_recent"](one).replace("-", ""),
    "moment_compact": lambda one: (
        PLAIN["updated"](one).replace("-", "").replace(":", "").replace(" ", "")
    ),
    "ahead": _ahead,
    "bed": lambda one: f"{one.number % 6 + 1}{one.number % 20 + 1:02}-{one.number % 3 + 1}床",
    "disease": _among("dis2", "高血压", "糖尿病", "冠心病", "", "慢阻肺"),
    "drug": _among("drug", "青霉素", "无", "无", "头孢"),
    "department": _among("dept", "内科", "外科", "儿科", "中医科"),
    "score": lambda one: str(one.draw("score").randrange(40, 100)),
    "disability_code": _among("dc", "1", "2", "3", "4", "5", "6"),
    "care_level": _among("care", "自理", "半失能", "失能", "全护理"),
    "house_nature": _among("hn", "自有", "租赁", "公租房", "单位房"),
    "firm_phone": _among("fp", "028-83331234", "028-84445678", "028-85556789"),
    "staff_phone": lambda one: PLAIN["phone"](person(one.number % 3 + 9000)),
    "house_label": _place_in_the_compound,
    "state_words": _among("state", "已通过", "待审核", "已驳回"),
    "nationality_zh": _among("gj", *["中国"] * 19, "美国"),
    "region_names": _among("region", "成华区", "成华区", "锦江区"),
    "mac": lambda one: ":".join(f"{one.draw('mac').getrandbits(48):012x}"[at : at + 2]
                                for at in range(0, 12, 2)),
    "moved": PLAIN["died"],
    "matter": _among("matter", "楼道灯不亮，一周没人修", "水管漏水到楼下", "夜里广场舞太吵",
                     "老人在家，精神好，缺降压药", "楼下垃圾三天没清"),
    "matter_kind": _among("mk", "公共设施", "环境卫生", "噪音扰民", "物业管理", "政策咨询"),
    "matter_state": _among("ms", "已办结", "办理中", "待派单", "已退回"),
    "matter_place": _now_and_then("address_short", lambda _: "小区北门旁", 0.2),
    "closed": _gone("created", 0.3),
    "caller": _now_and_then("name", lambda one: f"{one.name[0]}女士", 0.2),
    "json_text": lambda one: f'{{"a":{one.number}}}',
}  # fmt: skip
