"""Headers that no list of words could hold: a word for what is asked, in a phrase of its own."""

import re
from collections.abc import Sequence

from reports.composed import aliases, composed, detailed, label_asked
from reports.items import label_names
from reports.persons import HEADS

DAY = r"(?:时间|日期|年月|年月日|年份|日)"
FROM = (
    r"(?:首次|初次|最初|本次|正式|何时|最早|第一次)*(?:注册|加入|持证|领证|确定|评残|评估认定|入册|列入|纳管|建档|确认为|成为"
    r"|登记为|认定为|纳入保障|认定|批准|享受|纳入|进入|起保|确诊|评定|起始|发证|办证|办理|签发|审批|开始|核定|登记|确认|取得|核发|初领|领取|鉴定|患病)+"
)
GRANTED = re.compile(
    FROM + r"(?:享受|救助|待遇|对象|人员|供养|保障|起始|开始|起|证|人证|人)*(?:的)?" + DAY
)
"""Since when: `首次纳入低保时间`, the label taken out of it."""
CONFIRMED = re.compile("(?:年度|本次)?确认" + DAY)
"""When that it still is so was confirmed, year by year."""
ENDED = re.compile(
    r"(?:证)?(?:有效|享受|保障|待遇|救助|资格)*(?:期|期限|日期|时间)?(?:的)?"
    r"(?:至|到期|截止|终止|截止到|停发|停保|退出|取消|届满|期满|失效|有效期至|止)(?:的)?(?:时间|日期|年月|年月日|日)?"
)
"""Until when: `残疾证有效期至`, the label taken out of it."""
OF_CARD = re.compile(r"^(?:人|人证|证|者)+")
DIED = re.compile(
    r"^(?:注销|因病)?(?:死亡|去世|亡故|病故|故去|过世|逝世|离世|身故|辞世|故世|死)(?:的)?(?:具体|准确)?"
    + DAY
    + "$"
)
LEFT = re.compile(
    r"^(?:户籍|户口|人员|何时)?(?:迁出|搬离|离开|搬走|迁走|迁离|搬出|搬迁|迁移出)(?:了)?"
    r"(?:本社区|本地|本辖区|辖区|社区|小区|本小区|原住地|本市|成都)?(?:的)?"
    + DAY
    + "$|^何时(?:搬走|迁出|搬离)$"
)
JOINED = re.compile(r"^(?:何时)?(?:加入(?:中国)?(?:共产)?党(?:组织)?|入党)(?:的)?" + DAY + "$")
RETIRED = re.compile(r"^(?:何时)?(?:退役|退伍|退出现役|复员|转业|离队|复退)+(?:的)?" + DAY + "$")
PLACE = re.compile(
    r"^(?:现|实际|所|居)?(?:居住|住|在|现住)?(?:的)?(?:小区|院落|楼院)(?:名称)?[+、及和与]?"
    r"(?:(?:楼栋|楼号|栋号|单元|房号|门牌号?|室号|户号|房间号|号楼|门牌|栋|幢|号|及|、|\+|和|与)+)$"
)
"""A whole address in one cell: `居住小区及楼栋号`."""
DOORS = re.compile(
    r"^(?:所在|居住)?(?:楼栋|楼号|楼|栋|幢)号?[+、及和与]?(?:单元号?)?[+、及和与]?(?:房号|门牌号?|室号?|房间号|户号)$"
)
"""The same where the compound has a column of its own: `楼栋单元房号`."""
ID_CARD = re.compile(r"^身份证(?:件)?(?:上|所载|登记|显示|的|住|签发)*(?:地址|住址|住所)$")
NOTES = re.compile(
    r"^(?:其他|其它|附加|相关)?(?:备注|备考|说明|附注)(?:信息|栏|事项|情况|说明|内容)?$|^(?:其他|其它)?需要?说明的?(?:问题|事项|情况)$"
)
COMMUNITY = re.compile(
    r"^(?:所在|所属|归属|管辖|辖区|现居住?|居住|属地|报送|上报|申报|填报|推荐|推送|常住|地|的)*"
    r"(?:行政)?(?:村|社区|村居|居|社|居民(?=委)|村民(?=委))(?:[、/]?(?:社区|村|居))?(?:(?:居民|村民|民)?(?:委员会|居委会|村委会|委会|居委|村委))?(?:名称|全称)?$"
)
STREET = re.compile(
    r"^(?:所在|所属|归属|管辖|辖区|现居住?|居住|属地|报送|上报|申报|填报|常住|地|的)*"
    r"(?:(?:乡|镇|街道|街|园区|[、/])+(?:办事处|办)?)(?:名称|全称)?$"
)
GRID = re.compile(
    r"^(?:所在|所属|居住|管辖|第几|微|总|小|综治|基础|一般|责任|归属|片区|专属|专职|全科|属地|的)*"
    r"网格(?:的)?(?:名称|编号|号|序号|片区|名|归属|区域|号码)?$"
)
GRID_CODE = re.compile(
    r"^(?:所在|所属|统一|标准|国标|综治|微)*网格(?:统一|标准|国标|ID)*(?:编码|代码|码|ID)$"
)
WHAT_SORT = re.compile(
    r"^(?:所属|所在)?(?:特殊|重点|关爱|关注|服务|帮扶|弱势|困难)*(?:人群|群体|人员|居民|身份)"
    r"(?:身份)?(?:标签|类别|类型|属性|分类|标识|种类)+$"
)
HUKOU = re.compile(
    r"^(?:生前|死者|亡者|逝者)?(?:户籍|户口)(?:所在|所属|登记|归属|簿|本|上|详细|具体|常住|注册|的)*.{0,6}(?:地|地址|住址|详址|住所|门牌号?)(?:详情|信息|全称)?$"
)
LIVES = re.compile(
    r"^(?:家庭|生前|现在|现|常|居|暂|实际|目前|经常|本人|住户|悬挂|通讯|房屋|住房|住宅|在蓉|本地|租住|出租房屋?|承租房屋?|家|长期|日常|临时|主要|(?:释放|解矫|出院|回国|返乡)后)"
    r"(?:居|住|家庭|通讯|通信|常住|居住|所在|详细|具体|坐落|住房|房屋|的)*(?:地|地址|住址|住所|详址|住地|地点|处|住处|处所)(?:及?(?:详情|详细地址|详址|门牌号?|位置))?$"
)
POOR = re.compile(
    r"^(?:家庭)?(?:享受|困难|救助|保障|社会救助|低收入|贫困|低保|特困)+(?:人员|群众|对象|家庭|人口|群体|人群|身份|户)?(?:类别|类型|情形|种类|属性|身份)$"
)
COUNTED = re.compile(
    r"^(?:家庭|本户|户内|全家|全户|家中|家里|户|家|共同生活|共同居住|现居住?|在住|现住|在家|常住|实际居住|实际|居住|同住|应登记|应普查|现有家庭|应参保|在册|现有)"
    r"(?:家庭|共同生活|应登记|居住|常住|在册|现有|总|成员|人员|的)*(?:人口|人数|成员|人口数|人员|口)(?:总?数量?|总计|合计)?$"
)
PARTY = re.compile(
    r"^(?!.*团)(?:.{0,4}组织关系)?(?:所在|所属|隶属|归属)?(?:的)?(?:基层)?"
    r"(?:党(?:支部|组织|总支|委)|(?<=关系所在)(?:地|单位|支部)|(?<=所[在属])支部)(?:名称|全称)?$"
)
DISEASE = re.compile(r"(?:所患|患有|患)疾?病种?|病种|(?:疾病)?诊断(?:名称|结果)?")
KIND = re.compile(r"(?:类别|种类|类型|分类)$")
RELATED = re.compile(
    r"^(?:成员|本人|家庭成员|人员|儿童|老人|该人|其|申请人)?(?:与|和|同|跟)(?:本户|家庭)?户主(?:姓名)?(?:之间|间)?的?(?:何种)?(?:家庭|亲属)?(?:关系|称谓)$"
)
PHRASES = (
    (HUKOU, "hukou_address"), (LIVES, "residence_address"), (HEADS, "relation_code"),
    (RELATED, "relation_code"), (POOR, "labels:低保|低边|特困|孤儿|困境儿童"),
    (PARTY, "detail:党员"), (COUNTED, "member_count"), (DIED, "died_on"), (LEFT, "left_on"),
    (JOINED, "since:党员"), (RETIRED, "since:退役军人"),
    (PLACE, "residence_address"), (DOORS, "residence_address"), (ID_CARD, "hukou_address"),
    (NOTES, "remark"),
    (COMMUNITY, "community_name"), (STREET, "street_name"), (GRID, "grid_name"),
    (GRID_CODE, "grid_code"), (WHAT_SORT, "labels"),
)  # fmt: skip
PLANNED = re.compile(r"^(?:拟|预计|计划|预期|意向|应)(?:于)?.*(?:日期|时间|年月|地|地址|去向)$")
"""What is yet to come is nobody's fact: `拟离开日期`."""
ELSEWHERE = re.compile(
    r"(?:经营|营业|办公|注册|店铺|商铺|门店|门市|企业|公司|单位|学校|工作|施工|项目|工程|停放|存放|就诊|学籍|场所|机构|商户|库房|仓库"
    r"|发生|事发|案发|事故|纠纷|隐患|来源|流出|流入|迁入|迁出|迁往|目的|前往|去向|出生|安葬|治疗|住院|参保|服刑|羁押|收件|邮寄|务工|就业|投放|点位|集合|原|变更前|单位所在)"
    r"(?:所在|详细|具体|居住|的)*(?:地|地址|场所|地点|住所|详址|住址|位置)"
)
"""A place where nobody lives."""
OFFICES = re.compile(
    r"监督|举报|投诉|来电|主叫|报警|值班|办公|单位|学校|医院|机构|公司|服务热线|热线|传真"
)
"""A telephone of nobody in particular."""
OTHER_AGES = re.compile(
    r"工龄|党龄|军龄|教龄|犬龄|房龄|婚龄|(?:初婚|结婚|入学|退休|发病|生育|入党|参军|起报|平均)"
)
FAMILY = re.compile(r"户|家(?!属)|申请人|承租人|权利人|产权人|称谓")
GROUP = re.compile(r"组(?:别|号|名|名称)?$|小组")
"""A group within a village or a constituency is no community."""
NOT_HERE = (
    r"配租|意向|目标|对口|包联|原|拟|迁[入出往]|流[入出]|转[入出]|户籍|学校|单位|工作|就业|服务"
)
THERE = re.compile(NOT_HERE)
NO_COMMUNITY = re.compile(f"{GROUP.pattern}|{NOT_HERE}")
"""Where one came from, works or goes to is not where one lives."""
SOMEBODY = re.compile(r"人|群|对象|标签|身份|群体|关爱|关注|重点|特殊")
NEVER = {"residence_address": ELSEWHERE, "hukou_address": ELSEWHERE,
         "community_name": NO_COMMUNITY, "street_name": THERE, "district_name": THERE,
         "compound": THERE, "phone": OFFICES, "age": OTHER_AGES}  # fmt: skip
"""What is never in the header of an item."""
ALWAYS = {"labels": SOMEBODY, "relation_code": FAMILY, "member_count": COUNTED}
"""What is in every header of an item that is no known word."""


BENEFITS, PAID = ("低保", "低边", "特困", "孤儿", "困境儿童"), re.compile("享受|待遇|补贴|津贴")
"""Labels that are paid for; since when 残疾 is so does not say since when its 补贴 is paid."""


def by_pattern(leaf: str, granted: Sequence[str]) -> str | None:
    """The item of a bare header; None where no phrase of ours fits."""
    for phrase, item in PHRASES:
        if phrase.fullmatch(leaf) and not not_this(item, leaf):
            return item
    if granted == ("慢病",) and DISEASE.fullmatch(leaf):
        return "detail:慢病"
    stem = KIND.sub("", leaf)
    if len(granted) == 1 and stem != leaf and stem in ("", granted[0]):
        return f"detail:{granted[0]}"
    return _days(leaf, granted) or detailed(leaf) or label_asked(leaf) or composed(leaf)


def _days(leaf: str, granted: Sequence[str]) -> str | None:
    """Since or until when a label is held, named or the one whom the form is about."""
    named = {one: one for one in label_names()} | aliases()
    for word in sorted(named, key=len, reverse=True):
        if word in leaf:
            rests = {leaf.replace(word, "", 1), OF_CARD.sub("", leaf.replace(word, "", 1))}
            if any(GRANTED.fullmatch(one) for one in rests):
                return f"since:{named[word]}"
            if any(ENDED.fullmatch(one) for one in rests):
                return f"until:{named[word]}"
    stem = re.sub(f"{DAY}$", "", leaf)
    if PAID.search(leaf) and not set(granted) & {*BENEFITS}:
        granted = ()
    if len(granted) == 1 and 1 < len(stem) < len(leaf) and granted[0].startswith(stem):
        return f"since:{granted[0]}"  # 流动时间 of 流动党员
    if len(granted) == 1 and GRANTED.fullmatch(leaf) and not CONFIRMED.fullmatch(leaf):
        return f"since:{granted[0]}"
    if len(granted) == 1 and ENDED.fullmatch(leaf):
        return f"until:{granted[0]}"
    return None


def not_this(item: str | None, path: str) -> bool:
    """Whether a header only looks like an item: another place, a plan, a count of others."""
    leaf = path.rpartition("/")[2]
    if item in ("left_on", "died_on", "residence_address") and PLANNED.match(leaf):
        return True
    if item in NEVER:
        return bool(NEVER[item].search(leaf))
    return item in ALWAYS and not ALWAYS[item].search(leaf)
