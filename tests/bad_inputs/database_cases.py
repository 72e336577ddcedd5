"""The table of databases and exchange databases that are not as they should be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .file_cases import REFUSED, WANG, ZHANG
from .judging import MAP, Counts

PEOPLE = (
    "DROP TABLE IF EXISTS people",
    "CREATE TABLE people (编号 varchar(20), 姓名 text, 证件号 varchar(40), 电话 varchar(20), "
    "性别 varchar(9), 更新 timestamp NULL)",
    f"INSERT INTO people VALUES ('1', '张三丰', '{ZHANG}', '13812341234', '1', "
    "'2024-01-01 08:00:00')",
    f"INSERT INTO people VALUES ('2', '王小红', '{WANG}', '13900001111', '2', "
    "'2024-01-02 08:00:00')",
)
BATCHES = (
    "CREATE TABLE people (批次 text, 编号 text, 姓名 text, 证件号 text, 电话 text)",
    "CREATE TABLE batch (批次 text, 条数 text, 状态 text)",
    "INSERT INTO batch VALUES ('001', '2', '1')",
    f"INSERT INTO people VALUES ('001', '1', '张三丰', '{ZHANG}', '13812341234'), "
    f"('001', '2', '王小红', '{WANG}', '13900001111')",
)
EXCHANGE = {
    "increment": "batches", "table": "people", "batch_table": "batch", "batch_no": "批次",
    "batch_rows": "条数", "batch_ready": "状态",
}  # fmt: skip
BOTH = ("postgres", "mariadb")
ALL = Counts(clean=2)


@dataclass(frozen=True)
class Case:
    """One bad database. `upset` is run when the good table stands; `%` needs no care."""

    name: str
    says: str
    upset: tuple[str, ...] = ()
    counts: Counts = REFUSED
    servers: tuple[str, ...] = BOTH
    stream: Mapping[str, Any] = field(default_factory=dict)
    url: Mapping[str, Any] = field(default_factory=dict)  # parts of the address
    connection: Mapping[str, Any] = field(default_factory=dict)
    before: bool = False  # a good pull first


def row(number: str, name: str, id_number: str = "", phone: str = "") -> str:
    return (
        f"INSERT INTO people (编号, 姓名, 证件号, 电话) "
        f"VALUES ('{number}', '{name}', '{id_number}', '{phone}')"
    )


SEX = {"map": MAP | {"sex_code": "性别"}}
ONLY_POSTGRES, ONLY_MARIADB = ("postgres",), ("mariadb",)
CASES = [
    # -- not let in, not there
    Case("wrong password", "密码不对", url={"password": "wrong"}),
    Case("no such account", "密码不对", url={"username": "nobody"}),
    Case("platform down", "连接不上", url={"port": 1}),
    Case("no such host", "连接不上", url={"host": "nowhere.invalid"}, servers=ONLY_MARIADB),
    Case("no such database", "库名", url={"database": "nowhere"}),
    Case(
        "no right to read",
        "没有读取权限",
        (
            "DROP ROLE IF EXISTS blind",
            "CREATE ROLE blind LOGIN PASSWORD 'hunter2'",
        ),
        servers=ONLY_POSTGRES,
        url={"username": "blind", "password": "hunter2"},
    ),
    Case("encryption demanded", "不支持加密", connection={"tls": {"verify": False}}),
    # -- another shape
    Case("table vanished", "找不到表 people", ("DROP TABLE people",), before=True),
    Case("SQL for a table", "找不到表", stream={"table": "people; DROP TABLE people"}),
    Case(
        "column renamed",
        "若确是改名，请把映射里的 电话 改为 联系电话",
        ("ALTER TABLE people RENAME COLUMN 电话 TO 联系电话",),
        before=True,
    ),
    Case(
        "column vanished", "没有了列 电话", ("ALTER TABLE people DROP COLUMN 电话",), before=True
    ),
    Case(
        "column folded to capitals",
        "phone 在库里写作 PHONE：大小写请照库里的写",
        ('ALTER TABLE people RENAME COLUMN 电话 TO "PHONE"',),
        servers=ONLY_POSTGRES,
        stream={"map": {"name": "姓名", "phone": "phone"}},
    ),
    Case(
        "column vanished before the first pull",
        "里没有列：电话",
        ("ALTER TABLE people DROP COLUMN 电话",), servers=ONLY_MARIADB),
    Case(
        "column new",
        "新增了列 备注（映射没有用到）",
        ("ALTER TABLE people ADD COLUMN 备注 text", row("3", "李四", "", "13700001111")),
        Counts(clean=3),
        before=True,
    ),
    Case(
        "column new, contract stop",
        "hub changes accept vendor",
        ("ALTER TABLE people ADD COLUMN 备注 text",),
        stream={"contract": "stop"},
        before=True, servers=ONLY_POSTGRES),
    Case(
        "columns in another order",
        "",
        (
            "ALTER TABLE people RENAME TO old",
            "CREATE TABLE people AS SELECT 电话, 更新, 证件号, 性别, 姓名, 编号 FROM old",
            "DROP TABLE old",
            row("3", "李四", "", "13700001111"),
        ),
        Counts(clean=3),
        before=True,
    ),
    Case(
        "column retyped",
        "列 电话 的类型由文字变成了整数",
        (
            "ALTER TABLE people ALTER COLUMN 电话 TYPE bigint USING 电话::bigint",
            "INSERT INTO people VALUES ('3', '李四', '', 13700001111)",
        ),
        Counts(clean=3),
        servers=ONLY_POSTGRES,
        before=True,
    ),
    Case("condition that is no SQL", "看不懂查询条件", stream={"where": "状态 ( = 1"},
         servers=ONLY_MARIADB),
    # -- keys
    Case("no key", "没有记录键", (row("", "无名氏"),), Counts(clean=2, aside=1),
         servers=ONLY_MARIADB),
    Case("null key", "没有记录键", ("UPDATE people SET 编号 = NULL WHERE 编号 = '2'",),
         Counts(clean=1, aside=1), servers=ONLY_POSTGRES),
    Case("key twice", "", (row("1", "张三丰", "", "13700001111"),), Counts(clean=2, aside=1)),
    Case("row twice", "", ("INSERT INTO people SELECT * FROM people",),
         Counts(clean=2, repeated=2)),
    Case("view without key", "",
         ("INSERT INTO people SELECT * FROM people", "DROP VIEW IF EXISTS seen",
          "CREATE VIEW seen AS SELECT * FROM people"),
         Counts(clean=2, repeated=2), stream={"table": "seen", "key": []}),
    # -- times
    Case("watermark without key", "还要写 key",
         stream={"increment": {"watermark": "更新"}, "key": []}, servers=ONLY_POSTGRES),
    Case("watermark in the future", "",
         ("UPDATE people SET 更新 = '2037-01-01 00:00:00' WHERE 编号 = '1'",), ALL,
         stream={"increment": {"watermark": "更新"}}),
    Case("watermark that is no time", "不是能识别的时间", (), ALL,
         stream={"increment": {"watermark": "姓名"}}),
    Case("too slow", "时限",
         ("DROP VIEW IF EXISTS seen",
          "CREATE VIEW seen AS SELECT p.*, pg_sleep(2)::text FROM people p"),
         servers=ONLY_POSTGRES, stream={"table": "seen"}, connection={"statement_timeout": 1}),
    Case("view that divides by zero", "在算出要给的数据时自己出错了",
         ("DROP VIEW IF EXISTS seen",
          "CREATE VIEW seen AS SELECT 编号, 姓名, 证件号, (1 / (编号::int - 2))::text AS 电话, "
          "性别, 更新 FROM people"),
         servers=ONLY_POSTGRES, stream={"table": "seen"}),
    Case("view whose table is gone", "视图失效了",
         ("DROP VIEW IF EXISTS seen", "CREATE VIEW seen AS SELECT * FROM people",
          "DROP TABLE people"),
         servers=ONLY_MARIADB, stream={"table": "seen"}),
    Case("bytes of GBK in latin1", "姓名是乱码",
         ("UPDATE people SET 姓名 = 'Li'",
          "ALTER TABLE people MODIFY 姓名 varchar(40) CHARACTER SET latin1",
          "UPDATE people SET 姓名 = x'D5C5C8FDB7E1' WHERE 编号 = '1'"),
         Counts(clean=1, flagged=1), servers=ONLY_MARIADB),
    Case("zero dates", "",
         ("SET SESSION sql_mode = ''",
          "ALTER TABLE people ADD COLUMN 生日 date",
          "UPDATE people SET 生日 = '0000-00-00'"), ALL, servers=ONLY_MARIADB,
         stream={"map": MAP | {"left_on": "生日"}}),
    # -- an emptied source
    Case("emptied", "疑似来源被清空", ("DELETE FROM people",), before=True),
    # -- cells
    Case("unknown code", "代码或说法不在码表里", ("UPDATE people SET 性别 = 'T9', 证件号 = ''",),
         Counts(flagged=2), stream=SEX, servers=ONLY_POSTGRES),
    Case("unknown code, set aside", "代码或说法不在码表里",
         ("UPDATE people SET 性别 = 'T9' WHERE 编号 = '2'",), Counts(clean=1, aside=1),
         stream=SEX | {"contract": "set_aside"}, servers=ONLY_MARIADB),
    Case("another code system", "疑似平台换了一套代码",
         ("UPDATE people SET 性别 = concat('T', 性别)",), stream=SEX, before=True,
         servers=ONLY_POSTGRES),
    Case("number cut by a spreadsheet", "末三位是 000",
         (row("3", "李四", "510108195304071000"),), Counts(clean=2, flagged=1),
         servers=ONLY_MARIADB),
    Case("wrong check digit", "校验码", (row("3", "李四", "510108195304071239"),),
         Counts(clean=2, flagged=1), servers=ONLY_POSTGRES),
    Case("masked name", "姓名已被脱敏", (row("3", "李*", WANG, "13700001111"),),
         Counts(clean=2, flagged=1), servers=ONLY_MARIADB),
    Case("neither name nor number", "既没有姓名也没有证件号码", (row("3", "无", "-"),),
         Counts(clean=2, aside=1), servers=ONLY_POSTGRES),
    Case("a cell of ten megabytes", "",
         ("SET GLOBAL max_allowed_packet = 67108864", "ALTER TABLE people MODIFY 姓名 longtext",
          "INSERT INTO people (编号, 姓名) VALUES ('3', repeat('长', 3500000))"),
         Counts(clean=2, aside=1), servers=ONLY_MARIADB),
    Case("a cell of ten megabytes", "",
         ("INSERT INTO people (编号, 姓名) VALUES ('3', repeat('长', 3500000))",),
         Counts(clean=2, aside=1), servers=ONLY_POSTGRES),
    Case("formula, SQL and path", "",
         (row("3", "=cmd|'' /C calc''!A0"), row("4", "''; DROP TABLE people; --"),
          row("5", "../../etc/passwd")), Counts(clean=3, aside=2),
         servers=ONLY_MARIADB),  # Latin words may be a name
    Case("NUL inside a text", "", ("INSERT INTO people (编号, 姓名) VALUES ('3', '李\\0四')",),
         Counts(clean=3), servers=ONLY_MARIADB),
    Case("beyond the BMP and long names", "",
         (row("3", "𠮷𡈽", "", "13700001111"), row("4", "买买提·吐尔逊", "", "13700001112")),
         Counts(clean=4)),
]  # fmt: skip

EXCHANGES = [
    Case("short batch", "应有 3 条，实有 2 条", ("UPDATE batch SET 条数 = '3'",)),
    Case("long batch", "应有 1 条，实有 2 条", ("UPDATE batch SET 条数 = '1'",)),
    Case("count missing", "没有写明批次号或条数", ("UPDATE batch SET 条数 = NULL",)),
    Case("count in words", "没有写明批次号或条数", ("UPDATE batch SET 条数 = '两条'",)),
    Case("number missing", "批次 （空） 没有写明", ("UPDATE batch SET 批次 = NULL",)),
    Case("batch announced twice", "", ("INSERT INTO batch VALUES ('001', '2', '1')",), ALL),
    Case("batch announced twice, otherwise", "条数不一样",
         ("INSERT INTO batch VALUES ('001', '9', '1')",)),
    Case("batch table vanished", "找不到表 batch", ("DROP TABLE batch",)),
    Case("no ready column", "里没有列：状态", ("ALTER TABLE batch DROP COLUMN 状态",)),
    Case("detail column renamed", "若确是改名，请把映射里的 姓名 改为 名字",
         ("ALTER TABLE people RENAME COLUMN 姓名 TO 名字",), before=True),
    Case("an old batch changed nothing", "",
         ("INSERT INTO batch VALUES ('002', '1', '1')",
          "INSERT INTO people VALUES ('002', '', '无名氏', '', '')"),
         Counts(clean=2, aside=1)),
    Case("taken but not granted", "批次表的 状态 没有写回", (), ALL, stream={"batch_taken": "2"}),
]  # fmt: skip
