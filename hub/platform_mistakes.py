"""What is wrong with a platform file, in the officer's words; and secrets that stand in it."""

import re
from pathlib import Path

from pydantic_core import ErrorDetails

from hub.errors import ConfigError

SECRET_KEY = re.compile(r"pass|secret|token|appkey|api_key|app_key", re.IGNORECASE)
# `key={secret}` in a template of a signature is no secret
SECRET_URL = re.compile(
    r"://[^/@\s:]*:(?!\d*/)[^@\s]+@|[?&](?:password|token|secret|key)=(?!\{)", re.IGNORECASE
)
RULES_ZH = {
    "give exactly one of env, file": "里 env 和 file 要写一个，且只写一个",
    "url begins with http:// or https://": "的 url 要以 http:// 或 https:// 开头",
    "a GET request has no body: use method POST, or place query": "GET 请求没有正文："
    "请用 method: POST，或把参数放在 query",
    "stop: total needs envelope.total": "用 stop: total 时要写 envelope.total",
    "give exactly one of key, wrapped_key": "里 key 和 wrapped_key 要写一个，且只写一个",
    "wrapped_key needs private_key": "用 wrapped_key 时要写 private_key",
    "encrypted requests need key, or public_key and key_into": "加密请求时要写 key，"
    "或 public_key 和 key_into",
    "iv is prefix, key, or 16 characters or 32 hexadecimal digits": "的 iv 只能是 prefix、key、"
    "16 个字符或 32 位十六进制",
    "public_key has 128 hexadecimal digits, or 130 with 04": "的 public_key 应是 128 位十六进制"
    "（前面可以有 04）",
    "encrypted requests need wrap": "加密请求时要写 wrap",
    "verify needs ca": "里 verify 要有 ca（证书机构文件）；没有就写 verify: false",
    "batch_taken needs batch_ready": "写了 batch_taken，还要写 batch_ready（写到哪一列）",
    "give exactly one of snapshot, watermark, batches, new_files, flag": "里 snapshot、watermark、"
    "batches、new_files、flag 要写一个，且只写一个",
    "give exactly one of from, value": "里 from 和 value 要写一个，且只写一个",
    "schedule is no time in five fields": "不是五段的时间（分 时 日 月 星期），"
    "例如每天两点写 0 2 * * *",
    "timezone is not known": "不是时区名，中国写 Asia/Shanghai",
}
"""What our own validators say, for the officer."""


def in_chinese(mistake: ErrorDetails) -> str:
    """Say in the officer's words what pydantic found."""
    context = mistake.get("ctx", {})
    if mistake["type"] == "literal_error":
        return f"只能是 {str(context.get('expected', '')).replace(' or ', ' 或 ')}"
    if mistake["type"] == "value_error":
        return RULES_ZH.get(str(context.get("error")), "的值不合要求")
    known = {
        "missing": "缺少这一项",
        "extra_forbidden": "不认识这一项（请检查拼写）",
        "string_pattern_mismatch": "只能用小写字母、数字和下划线，以字母开头",
        "string_too_short": "应为一个字符",
        "string_too_long": '应为一个字符（制表符写 "\\t"，要用双引号）',
        "union_tag_invalid": "应为 database、files、http_api 或 exchange",
        "union_tag_not_found": "缺少连接类型 kind",
        "string_type": "应为文字（数字和日期请加引号）",
        "model_type": "应为一组“名称: 值”",
        "model_attributes_type": "应为一组“名称: 值”",
        "dict_type": "应为一组“名称: 值”",
        "int_parsing": "应为整数",
        "int_type": "应为整数",
        "float_parsing": "应为数字",
        "float_type": "应为数字",
        "bool_parsing": "应为 true 或 false",
        "bool_type": "应为 true 或 false",
    }
    return known.get(mistake["type"], "的值不对")


def refuse_secrets(path: Path, node: object, place: tuple[str, ...]) -> None:
    """A literal secret is refused, and the message never repeats it."""
    if isinstance(node, dict):
        for key, value in node.items():
            literal = isinstance(value, str | int) and SECRET_KEY.search(str(key))
            # `secret_as` and mapped columns are names, not secrets
            if literal and str(key) != "secret_as" and "map" not in place:
                _refuse(path, (*place, str(key)), str(key))
            refuse_secrets(path, value, (*place, str(key)))
    elif isinstance(node, list):
        for one in node:
            refuse_secrets(path, one, place)
    elif isinstance(node, str) and SECRET_URL.search(node):
        _refuse(path, place, "password")


def _refuse(path: Path, place: tuple[str, ...], key: str) -> None:
    variable = f"{path.stem}_{key}".upper()
    raise ConfigError(
        f"{path.name}: {'.'.join(place)} holds a literal secret",
        zh=f"平台文件 {path.name} 的 {'.'.join(place)} 里直接写了密码或密钥，不能这样放。"
        f"请删掉它，改写成一行 {key}: {{env: {variable}}}，"
        f"或 {key}: {{file: secrets/{path.stem}.{key}}}。",
    )
