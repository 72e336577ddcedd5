"""Made-up people whose columns agree with each other, and the many ways in which they are written.

A way of writing is a function of a person; `CELLS` names them as the corpus does.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英兰秀华玉珍建国志文红梅丹浩宇轩欣怡"
NATIONS = {"汉": "01", "回": "03", "藏": "04", "彝": "07", "羌": "33", "土家": "15"}
EDUCATION = {"小学": "81", "初中": "71", "高中": "61", "大专": "31", "本科": "21", "研究生": "14"}
MARITAL = {"未婚": "10", "已婚": "20", "离婚": "40", "丧偶": "30"}
POLITICAL = {"群众": "13", "中共党员": "01", "共青团员": "03"}
EMPLOYMENT = {"退休": "80", "工人": "24", "个体": "54", "学生": "31", "职员": "17"}
RELATION = {"户主": "02", "妻": "12", "长子": "22", "长女": "32", "母": "52", "父": "51"}
COMPOUNDS = ("龙港花园", "锦绣家园", "东篱小区", "青年公寓", "春熙苑", "和平新村")
ROADS = ("昭觉寺横路", "建设北路", "青龙街", "双林巷", "府青路二段")
RESIDENCE = ("户籍常住", "流动人口", "人户分离")
LABELS = ("独居", "低保", "残疾", "退役军人", "志愿者", "慢病")
TODAY = date(2025, 11, 1)


@dataclass(frozen=True)
class Person:
    """One made-up person, and a number for all that is drawn besides."""

    number: int
    name: str
    born: date
    male: bool
    id: str
    house: int

    def draw(self, salt: str) -> random.Random:
        return random.Random(f"{salt}{self.number}")


def id_number(born: date, male: bool, sequence: int) -> str:
    order = (sequence % 99) * 10 + (1 if male else 2) + 2 * (sequence % 4)
    first = f"510108{born:%Y%m%d}{order % 1000:03}"
    total = sum(int(d) * w for d, w in zip(first, WEIGHTS, strict=True))
    return first + "10X98765432"[total % 11]


def person(number: int) -> Person:
    lot = random.Random(f"person{number}")
    born = date(1935, 1, 1) + timedelta(days=lot.randrange(0, 365 * 78))
    male = lot.random() < 0.5
    name = lot.choice(SURNAMES) + "".join(lot.choices(GIVEN, k=lot.choice((1, 2, 2))))
    return Person(number, name, born, male, id_number(born, male, number), number // 3)


def _pick(salt: str, among: object) -> Callable[[Person], str]:
    words = list(among)  # type: ignore[call-overload]  # what is iterable
    return lambda one: one.draw(salt).choice(words)


def _coded(salt: str, table: dict[str, str]) -> Callable[[Person], str]:
    return lambda one: table[one.draw(salt).choice(list(table))]


def _listed(salt: str, count: int, first: int) -> Callable[[Person], str]:
    return lambda one: str(one.draw(salt).randrange(first, first + count))


def _phone(one: Person, salt: str = "") -> str:
    return f"1{one.draw('p' + salt).choice('3578')}{one.draw('q' + salt).randrange(10**9):09}"


def _parts(one: Person) -> tuple[str, int, int, str]:
    lot = random.Random(f"house{one.house}")
    room = f"{lot.randrange(1, 18)}{lot.randrange(1, 5):02}"
    return lot.choice(COMPOUNDS), lot.randrange(1, 20), lot.randrange(1, 4), room


def _address(one: Person, *, full: bool) -> str:
    compound, building, unit, room = _parts(one)
    road = f"{random.Random(f'r{one.house}').choice(ROADS)}{one.house % 90 + 1}号" if full else ""
    district = "成都市成华区" if full and one.house % 2 else ""
    return f"{district}{road}{compound}{building}栋{unit}单元{room}"


def _tags(mark: str) -> Callable[[Person], str]:
    return lambda one: mark.join(
        one.draw("tags").sample(LABELS, one.draw("n").choice((0, 0, 1, 2)))
    )


def _day(salt: str, pattern: str, *, years: int = 8, share: float = 1.0) -> Callable[[Person], str]:
    def written(one: Person) -> str:
        if one.draw(f"{salt}?").random() > share:
            return ""
        days = one.draw(salt).randrange(1, 365 * years)
        return (TODAY - timedelta(days=days)).strftime(pattern)

    return written


def _moment(salt: str, years: int) -> Callable[[Person], str]:
    def written(one: Person) -> str:
        lot = one.draw(salt)
        day = TODAY - timedelta(days=lot.randrange(1, 365 * years))
        return (
            f"{day:%Y-%m-%d} {lot.randrange(24):02}:{lot.randrange(60):02}:{lot.randrange(60):02}"
        )

    return written


def _seldom(salt: str, usual: str, seldom: str, share: float = 0.1) -> Callable[[Person], str]:
    return lambda one: seldom if one.draw(salt).random() < share else usual


def _head(one: Person) -> Person:
    return person(one.house * 3)


def _age(one: Person) -> str:
    return str(
        TODAY.year - one.born.year - ((TODAY.month, TODAY.day) < (one.born.month, one.born.day))
    )


def _chinese_day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


CELLS: dict[str, Callable[[Person], str]] = {
    "name": lambda one: one.name,
    "other_name": lambda one: person(one.number + 5000).name,
    "operator": lambda one: person(one.number % 3 + 9000).name,
    "id": lambda one: one.id,
    "id_masked": lambda one: one.id[:6] + "*" * 8 + one.id[-4:],
    "id_truncated": lambda one: one.id[:15] + "000" if one.number % 3 == 0 else one.id,
    "disability_card": lambda one: one.id + f"{one.number % 7 + 1}{one.number % 4 + 1}",
    "id_type_zh": _seldom("zj", "居民身份证", "护照", 0.03),
    "id_type_code": _seldom("zj", "111", "414", 0.03),
    "sex_zh": lambda one: "男" if one.male else "女",
    "sex_12": lambda one: "1" if one.male else "2",
    "sex_01": lambda one: "1" if one.male else "0",
    "sex_0m1f": lambda one: "0" if one.male else "1",
    "birth_iso": lambda one: one.born.isoformat(),
    "birth_compact": lambda one: f"{one.born:%Y%m%d}",
    "birth_slash": lambda one: f"{one.born.year}/{one.born.month}/{one.born.day}",
    "birth_zh": lambda one: _chinese_day(one.born),
    "birth_ym": lambda one: f"{one.born:%Y-%m}",
    "age": _age,
    "nation_zh": lambda one: f"{one.draw('mz').choices([*NATIONS], [60, 4, 4, 3, 3, 1])[0]}族",
    "nation_code": lambda one: NATIONS[one.draw("mz").choices([*NATIONS], [60, 4, 4, 3, 3, 1])[0]],
    "country": _seldom("gj", "CHN", "USA", 0.02),
    "edu_zh": _pick("edu", EDUCATION),
    "edu_code": _coded("edu", EDUCATION),
    "edu_listed": _listed("edu", 6, 1),
    "marital_zh": _pick("mar", MARITAL),
    "marital_code": _coded("mar", MARITAL),
    "marital_listed": _listed("mar", 4, 0),
    "political_zh": _pick("pol", POLITICAL),
    "political_code": _coded("pol", POLITICAL),
    "employment_zh": _pick("emp", EMPLOYMENT),
    "employment_code": _coded("emp", EMPLOYMENT),
    "relation_zh": _pick("rel", RELATION),
    "relation_code": _coded("rel", RELATION),
    "residence_zh": _pick("res", RESIDENCE),
    "residence_12": _listed("res", 2, 1),
    "phone": _phone,
    "other_phone": lambda one: _phone(one, "other"),
    "phone_masked": lambda one: _phone(one)[:3] + "****" + _phone(one)[-4:],
    "landline": lambda one: f"028-8{one.draw('land').randrange(10**7):07}",
    "address_full": lambda one: _address(one, full=True),
    "address_short": lambda one: _address(one, full=False),
    "hukou": lambda one: (
        f"四川省成都市成华区{ROADS[one.house % 5]}{one.house % 70 + 3}号"
        f"{one.house % 9 + 1}栋{one.number % 6 + 1}号"
    ),
    "compound": lambda one: _parts(one)[0],
    "building": lambda one: str(_parts(one)[1]),
    "building_mark": lambda one: f"{_parts(one)[1]}栋",
    "unit": lambda one: str(_parts(one)[2]),
    "unit_mark": lambda one: f"{_parts(one)[2]}单元",
    "room": lambda one: _parts(one)[3],
    "room_combo": lambda one: "-".join(map(str, _parts(one)[1:])),
    "floor": lambda one: _parts(one)[3][:-2],
    "road": _pick("road", ROADS),
    "door_no": lambda one: f"{one.house % 90 + 1}号",
    "household_no": lambda one: f"5101080{one.house:05}",
    "household_type_zh": _seldom("hlx", "家庭户", "集体户"),
    "head_name": lambda one: _head(one).name,
    "head_id": lambda one: _head(one).id,
    "grid15": lambda one: f"510108005001{one.number % 9 + 1:03}",
    "grid_own": lambda one: f"510108005001{one.number + 1:03}",
    "grid_name": lambda one: f"甲社区第{one.number % 90 + 1}网格",
    "grid_type_zh": _seldom("wg", "基础网格", "专属网格", 0.3),
    "division12": lambda one: f"51010800500{one.number % 3 + 1}",
    "covers": lambda one: f"{one.number % 5 + 1}-{one.number % 5 + 4}栋、{one.number % 4 + 9}栋",
    "area": lambda one: f"{one.number % 60 + 3}.{one.number % 9}",
    "community": _pick("sq", ("甲社区", "乙社区", "和平社区")),
    "police_station": _pick("pcs", ("青龙派出所", "双水碾派出所")),
    "city": _pick("city", ("四川省成都市", "四川省绵阳市", "重庆市")),
    "tags_comma": _tags(","),
    "tags_dun": _tags("、"),
    "tags_bar": _tags("|"),
    "relief_zh": _pick("relief", ("低保", "低保边缘", "特困")),
    "disability_zh": _pick("dis", ("视力", "听力", "肢体", "智力", "精神")),
    "level_zh": _pick("level", ("一级", "二级", "三级", "四级")),
    "yes_no": _seldom("yn", "否", "是", 0.2),
    "flag_01": _seldom("f", "0", "1"),
    "flag_02": _seldom("f2", "0", "2", 0.05),
    "valid_10": _seldom("v", "1", "0", 0.05),
    "op_iud": _pick("op", ("I", "U", "U", "I", "D", "I", "U", "I")),
    "int_seq": lambda one: str(one.number + 1),
    "int_few": lambda one: str(100 + one.number % 4),
    "code_seq": lambda one: f"{20230000 + one.number * 7}",
    "code_few": lambda one: f"5101{one.number % 4:02}",
    "uuid": lambda one: f"{one.draw('uuid').getrandbits(128):032x}",
    "batch": lambda one: f"2025{one.number // 30 + 1:04}",
    "created": _moment("created", 9),
    "updated": lambda one: "2025-10-" + _moment("up", 3)(one)[8:],
    "date_recent": _day("recent", "%Y-%m-%d"),
    "died": _day("died", "%Y%m%d", share=0.05),
    "remark": _pick("remark", ("", "", "", "已核实", "电话打不通", "住女儿家")),
    "reason": _pick("reason", ("务工", "经商", "投靠亲属", "就学")),
    "amount": lambda one: (
        f"{one.draw('amount').randrange(50, 9000)}.{one.draw('c').randrange(100):02}"
    ),
    "count": lambda one: str(one.draw("count").randrange(1, 9)),
    "lon": lambda one: f"104.1{one.draw('lon').randrange(10**5):05}",
    "lat": lambda one: f"30.7{one.draw('lat').randrange(10**5):05}",
    "org": _pick("org", ("成都某某科技有限公司", "区第一中学", "自来水公司", "某某超市")),
    "hukou_nature": _pick("nature", ("农业", "非农业")),
    "insurance": _pick("ins", ("职工基本医疗保险", "城乡居民基本医疗保险")),
    "house_use": _pick("use", ("居民生活", "商业", "住宅")),
    "blood": _pick("blood", ("A型", "B型", "O型", "AB型")),
    "owner_type": _pick("ot", ("业主", "租户", "家属")),
    "meal": _pick("meal", ("堂食", "送餐")),
    "sex_mf": lambda one: "M" if one.male else "F",
    "birth_dot": lambda one: f"{one.born.year}.{one.born.month}.{one.born.day}",
    "birth_midnight": lambda one: f"{one.born.isoformat()} 00:00:00",
    "age_sui": lambda one: f"{_age(one)}岁",
    "nation_short": lambda one: one.draw("mz").choices([*NATIONS], [60, 4, 4, 3, 3, 1])[0],
    "edu_long": lambda one: f"{one.draw('edu').choice(['小学', '初中', '高中', '大学本科'])}毕业",
    "relation_few": _pick("rel", ("本人", "配偶", "子女", "父母")),
    "building_no": lambda one: f"{_parts(one)[1]}号楼",
    "room_pair": lambda one: f"{_parts(one)[2]}-{_parts(one)[3]}",
    "grid_nth": lambda one: f"第{one.number % 12 + 1}网格",
    "grid_mark": lambda one: f"WG{one.number % 12 + 1:03}",
    "grid_mark_own": lambda one: f"WG{one.number + 1:03}",
    "updated_t": lambda one: _moment("up", 1)(one).replace(" ", "T"),
    "updated_ms": lambda one: f"{1_730_000_000_000 + one.draw('ms').randrange(30_000_000_000)}",
    "account": lambda one: f"6217{one.draw('bank').randrange(10**15):015}",
    "card_no": lambda one: f"A{one.draw('card').randrange(10**8):08}",
    "plate": lambda one: f"川A{one.draw('plate').randrange(10**5):05}",
    "deed": lambda one: f"川(2021)成都市不动产权第{one.draw('deed').randrange(10**7):07}号",
    "pinyin": lambda one: one.draw("py").choice(("WANG WEI", "LI FANG", "ZHAO MIN", "HE QIANG")),
    "job": _pick("job", ("教师", "司机", "保洁员", "务农", "厨师", "个体经营")),
    "belief": _seldom("belief", "无宗教信仰", "佛教", 0.2),
    "service": _seldom("service", "未服兵役", "退出现役", 0.1),
    "height": lambda one: str(one.draw("height").randrange(150, 186)),
    "police12": lambda one: f"5101080{one.number % 4 + 1}0000",
    "login": lambda one: f"user{one.number:04}",
    "digest": lambda one: f"$2a$10${one.draw('pw').getrandbits(200):050x}",
    "word": _pick("word", ("正常", "停用", "男", "女", "通知", "公告", "是", "否")),
    "period": lambda one: f"2025{one.number % 12 + 1:02}",
    "vaccine": _pick("vaccine", ("乙肝疫苗", "卡介苗", "脊灰疫苗", "百白破疫苗")),
    "group_no": lambda one: f"{one.number % 8 + 1}组",
    "direction": _seldom("direction", "进", "出", 0.5),
    "device": lambda one: f"DEV-{one.number % 6 + 1:02}",
    "bank": _pick("bankname", ("中国农业银行", "成都农商银行", "邮政储蓄银行")),
    "url": lambda one: f"https://img.example/{one.number}.jpg",
    "face": lambda one: f"{one.draw('face').getrandbits(800):0200x}",
    "blank": lambda one: "",
}


def cells(kind: str, rows: int) -> list[str | None]:
    """A column of values; nothing is null."""
    if kind.startswith("constant:"):
        return [kind.removeprefix("constant:")] * rows
    write = CELLS[kind]
    return [write(person(number)) or None for number in range(rows)]
