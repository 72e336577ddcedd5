"""A driver's error as one of ours: what kind it is, and what the officer should do.

Drivers quote rows, parameters and accounts in their messages, so none of that text is passed on:
only the error's class and code.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import adbc_driver_manager
import pyarrow as pa
import pymysql
import sqlalchemy as sa

from hub.errors import HubError, SourceChangedError, SourceDownError, SourceRefusedError

DRIVER_ERRORS = (
    sa.exc.SQLAlchemyError,
    adbc_driver_manager.Error,
    pymysql.MySQLError,
    pa.ArrowException,
    UnicodeError,
    OSError,
)
# What a code or a text stands for: PostgreSQL's SQLSTATE (whole or its class), MySQL's number,
# and, where a driver gives neither (SQLite; PostgreSQL while connecting), words of the message.
CODES: dict[str, str] = {
    **dict.fromkeys(("28", "42501", "1044", "1045", "1142", "1143", "1227", "1698"), "refused"),
    **dict.fromkeys(("42P01", "3F000", "1146"), "table"),
    **dict.fromkeys(("42703", "1054"), "column"),
    **dict.fromkeys(("3D000", "1049"), "database"),
    **dict.fromkeys(("57014", "1969", "3024", "1317"), "timeout"),
    **dict.fromkeys(("1205", "55P03"), "locked"),
    **dict.fromkeys(("22021", "22P05", "3988"), "text"),
    **dict.fromkeys(("42601", "1064"), "where"),
    **dict.fromkeys(("22", "21000", "1242", "1292", "1365", "1690"), "computed"),
    **dict.fromkeys(("1356", "1449"), "view"),
}
WORDS = {
    r"certificate verify|certificate .*match|not support ssl|ssl is required|ssl connection error"
    r"|self.signed": "tls",
    r"password authentication failed|no password supplied|pg_hba|role .* does not exist": "refused",
    r"permission denied|access denied|not permitted": "refused",
    r"认证失败|权限不够": "refused",  # PostgreSQL answers in the server's own language
    r"database .* does not exist|数据库.*不存在": "database",
    r"statement timeout|执行超时": "timeout",
    r"no such table": "table",
    r"view .*references invalid": "view",
    r"no such column": "column",
    r"database is locked|table is locked": "locked",
    r"could not decode|invalid utf|invalid byte sequence|无效的.*字节": "text",
    r"division by zero|除以零|out of range|超出范围|invalid input syntax": "computed",
    r"not a database|malformed": "damaged",
    r"syntax error": "where",
}
SENTENCES: dict[str, tuple[type[HubError], str]] = {
    "refused": (
        SourceRefusedError,
        "{at}拒绝了这个账号（密码不对，或没有读取权限）：请核对账号和密码，并请对方授予只读权限。",
    ),
    "table": (
        SourceChangedError,
        "{at}找不到要读的表：它可能被删除或改名了，请与平台的管理员确认后修改平台文件的 table。",
    ),
    "column": (
        SourceChangedError,
        "{at}少了要读的列：它可能被删除或改名了，请运行 hub platform check 查看是哪一列。",
    ),
    "database": (
        SourceChangedError,
        "{at}没有连接地址里写的那个库：请核对地址（url）里的库名。",
    ),
    "timeout": (
        SourceDownError,
        "{at}读取超过了时限：请稍后再试；若经常如此，请把 statement_timeout 调大，或换到夜间读取。",
    ),
    "locked": (
        SourceDownError,
        "{at}的表被别的程序锁住了：请稍后再试；若经常如此，请与平台的管理员商定读取时间。",
    ),
    "text": (
        SourceChangedError,
        "{at}有文字读不出来（字符编码不对）：请平台的管理员检查库的字符集。",
    ),
    "computed": (
        SourceChangedError,
        "{at}在算出要给的数据时自己出错了{code}：多半是视图里的除法、日期或数字转换碰到了"
        "不合适的值。请平台的管理员检查要读的表或视图。",
    ),
    "view": (
        SourceChangedError,
        "{at}要读的视图失效了{code}：它引用的表、列或账号已经不在。请平台的管理员修好这个视图。",
    ),
    "damaged": (SourceChangedError, "{at}的数据库文件已损坏或不是数据库：请平台方重新提供。"),
    "where": (
        SourceChangedError,
        "{at}看不懂查询条件：请检查平台文件里的 where。",
    ),
    "tls": (
        SourceRefusedError,
        "{at}的加密连接没有建立（证书不被信任、与主机不符，或对方不支持加密）："
        "请核对平台文件 tls 的 ca，并询问平台的管理员。",
    ),
    "down": (
        SourceDownError,
        "{at}连接不上或中途断开：请稍后再试；若一直不通，请检查网络、地址和端口，并询问平台方。",
    ),
    "unknown": (
        SourceChangedError,
        "{at}返回了预料之外的错误：请把日志里的错误编号交给平台的管理员核对。",
    ),
}


@contextmanager
def translated(title: str, where: str) -> Iterator[None]:
    """Turn a driver's error into ours. `where` names the stream or what was being done."""
    try:
        yield
    except DRIVER_ERRORS as error:
        kind, code = _kind(error)
        made, sentence = SENTENCES[kind]
        number = f"（错误编号 {code}）" if code else ""
        raise made(
            f"{where}: {kind} ({type(error).__name__} {code})",
            zh=sentence.format(at=f"「{title}」{where} ", code=number),
        ) from None


def _kind(error: BaseException) -> tuple[str, str]:
    """Which of `SENTENCES` the error is, and its code."""
    cause = getattr(error, "orig", None) or error
    code = str(getattr(cause, "sqlstate", None) or "")
    if isinstance(cause, pymysql.MySQLError):
        code = str(cause.args[0]) if cause.args else ""
    if code:
        known = CODES.get(code) or CODES.get(code[:2])
        if known:
            return known, code
    message = str(cause).lower()
    for words, kind in WORDS.items():
        if re.search(words, message):
            return kind, code
    if isinstance(cause, pa.ArrowException | UnicodeError):
        return "text", code
    # what is left of these classes is the network, the server's limits, its shutdown
    down = ("OperationalError", "InterfaceError", "InternalError", "TimeoutError")
    if type(cause).__name__ in down or isinstance(cause, OSError):
        return "down", code
    return "unknown", code
