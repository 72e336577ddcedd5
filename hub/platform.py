"""One platform file: who owns the platform, how to reach it, its streams and their mapping.

Read with `load_platform`; every mistake in the file becomes a `ConfigError` that names the file,
the place in it, and the remedy. Nothing here opens a connection.
"""

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from hub.errors import ConfigError

Entity = Literal["resident", "household", "dwelling", "grid"]


class Setting(BaseModel):
    """A part of a YAML file: unknown keys are mistakes, not extensions."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def _one_or_many(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _fraction(value: object) -> object:
    if isinstance(value, str) and value.strip().endswith("%"):
        return float(value.strip()[:-1]) / 100
    return value


def _seconds(value: object) -> object:
    match = re.fullmatch(r"\s*(\d+)\s*([smhd])\s*", value) if isinstance(value, str) else None
    return int(match[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]] if match else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_one_or_many)]
"""One text or a list of them."""
Fraction = Annotated[float, BeforeValidator(_fraction), Field(ge=0, le=1)]
"""A share between 0 and 1, also written `5%`."""
Seconds = Annotated[int, BeforeValidator(_seconds), Field(ge=0)]
"""A duration in seconds, also written `90s`, `15m`, `1h`, `3d`."""


class Secret(Setting):
    """Where a secret is kept; the secret itself is never in a YAML file."""

    env: str | None = None
    file: str | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "Secret":
        if (self.env is None) == (self.file is None):
            raise ValueError("give exactly one of env, file")
        return self

    def read(self, home: Path) -> str:
        """The secret itself. `file` is relative to the hub home.

        Raises:
            ConfigError: the variable is not set, or the file is missing.

        """
        if self.env is not None:
            value = os.environ.get(self.env)
            if value is None:
                raise ConfigError(
                    f"environment variable {self.env} is not set",
                    zh=f"环境变量 {self.env} 没有设置：请先设置它（其中放密码），再运行一次。",
                )
            return value
        path = home / str(self.file)
        try:
            return path.read_text(encoding="utf-8").strip()
        except OSError:
            raise ConfigError(
                f"secret file {self.file} cannot be read",
                zh=f"密钥文件 {self.file} 读不到：请把密码写进这个文件，并把权限设为 0600。",
            ) from None


class Tls(Setting):
    """The connection is encrypted or it is not made."""

    ca: str | None = None  # the certificate authority's file, below the hub home
    verify: bool = True  # that the certificate is the host's own

    @model_validator(mode="after")
    def _coherent(self) -> "Tls":
        if self.verify and self.ca is None:
            raise ValueError("verify needs ca")
        return self


class DatabaseConnection(Setting):
    """A database that SQLAlchemy reaches. `url` without password; `{home}` is the hub home."""

    kind: Literal["database"]
    url: str
    password: Secret | None = None
    statement_timeout: Seconds = 600
    tls: Tls | None = None


class ExchangeConnection(Setting):
    """An exchange database 前置库: batches with a row count to reconcile."""

    kind: Literal["exchange"]
    url: str
    password: Secret | None = None
    statement_timeout: Seconds = 600
    tls: Tls | None = None


class FilesConnection(Setting):
    """A folder of files, here or elsewhere. Relative paths are relative to the hub home."""

    kind: Literal["files"]
    path: str  # or sftp://host/folder, s3://bucket/folder
    user: str | None = None  # S3: the access key's id
    password: Secret | None = None
    key_file: str | None = None  # SFTP: a private key below the hub home
    host_key: str | None = None  # SFTP: `SHA256:…`, the fingerprint of the server's key
    endpoint: str | None = None  # S3: of a store that is not Amazon's


Parameters = dict[str, str | Secret]
"""Sent with every request; a value that must not stand in a YAML file is a `Secret`."""


class Signer(Setting):
    """How a request is signed: which text is digested, and where the result goes.

    The text is the parameters as `key=value` joined by `joiner`, then the secret. A vendor whose
    text is built otherwise has a `template`, with `{secret}`, `{json}` (the parameters as one
    JSON text), `{parameters}` (the joined ones), `{timestamp}`, `{nonce}`, `{any parameter}`.
    """

    secret: Secret
    template: str | None = None
    order: Literal["sorted", "given"] = "sorted"
    keys: Literal["as_is", "capitalised", "upper", "lower"] = "as_is"
    empty: Literal["keep", "drop"] = "keep"
    url_encode: bool | Literal["form"] = False  # form: a blank as +, as Java's URLEncoder has it
    pair: str = "="
    joiner: str = "&"
    secret_as: str | None = None  # `&{secret_as}=secret` at the end; None: the bare secret
    digest: Literal["md5", "sha256", "sm3", "hmac-sha256", "hmac-sm3", "none"] = "md5"
    case: Literal["upper", "lower"] = "lower"
    encoding: Literal["hex", "base64"] = "hex"
    into: str = "sign"
    place: Literal["query", "header", "body"] = "query"  # also of the timestamp and the nonce
    timestamp: str | None = "timestamp"
    timestamp_unit: Literal["s", "ms"] = "s"
    nonce: str | None = None


class Envelope(Setting):
    """Where success, the list, the total and the message are in an answer (dotted paths)."""

    ok: str | None = None
    ok_values: Texts = ("0",)
    empty_values: Texts = ()  # of `ok`: no rows, though it looks like an error
    busy_values: Texts = ()  # of `ok`: ask again later
    items: str = "data"  # "": the answer itself is the list
    total: str | None = None
    message: str | None = None


class Pager(Setting):
    """How pages are asked for and when to stop."""

    page: str = "page"
    size: str = "size"
    rows: int = Field(default=500, ge=1, le=10_000)
    first: int = 1
    place: Literal["query", "body"] = "query"
    stop: Literal["total", "short", "empty", "once"] = "short"  # once: one answer, no pages


class Token(Setting):
    """A token that a login endpoint gives: how it is asked for, where it is, where it goes."""

    path: str
    method: Literal["GET", "POST"] = "POST"
    params: Parameters = {}
    body: Literal["json", "form"] = "json"  # of a POST
    at: str = "access_token"  # dotted path in the answer
    expires: str | None = None  # dotted path of its seconds
    lifetime: Seconds = 3600  # where the answer does not say
    into: str = "Authorization"
    prefix: str = ""
    place: Literal["header", "query", "body"] = "header"  # not in a header, it is signed too
    expired_values: Texts = ()  # of `envelope.ok`: the token has ended, ask for another


class Encryption(Setting):
    """Data in SM4: the key is agreed (`key`), or comes with each answer, wrapped in SM2."""

    field: str = "data"  # where the encrypted text is in an answer
    key: Secret | None = None
    wrapped_key: str | None = None  # where the wrapped key is in an answer
    private_key: Secret | None = None  # ours, of SM2, in hexadecimal
    public_key: str | None = None  # the vendor's, of SM2, in hexadecimal: for requests
    key_into: str | None = None  # under which name a request's wrapped key travels
    order: Literal["c1c3c2", "c1c2c3"] = "c1c3c2"
    mode: Literal["ecb", "cbc"] = "ecb"
    iv: str = "prefix"  # of cbc: before the text, or `key`, or itself
    padding: Literal["pkcs7", "zero"] = "pkcs7"
    encoding: Literal["base64", "hex"] = "base64"
    requests: bool = False  # what `wrap` wraps is encrypted too

    @model_validator(mode="after")
    def _coherent(self) -> "Encryption":
        if (self.key is None) == (self.wrapped_key is None):
            raise ValueError("give exactly one of key, wrapped_key")
        if self.wrapped_key is not None and self.private_key is None:
            raise ValueError("wrapped_key needs private_key")
        if self.requests and self.key is None and not (self.public_key and self.key_into):
            raise ValueError("encrypted requests need key, or public_key and key_into")
        if self.iv not in ("prefix", "key") and len(self.iv) not in (16, 32):
            raise ValueError("iv is prefix, key, or 16 characters or 32 hexadecimal digits")
        if self.public_key and not re.fullmatch(r"(04)?[0-9a-fA-F]{128}", self.public_key):
            raise ValueError("public_key has 128 hexadecimal digits, or 130 with 04")
        return self


class HttpApiConnection(Setting):
    """A vendor's HTTP API: the signer, the envelope and the pager are declared, not coded."""

    kind: Literal["http_api"]
    url: str
    method: Literal["GET", "POST"] = "GET"
    params: Parameters = {}
    params_place: Literal["query", "body"] | None = None  # None: where the pager's go
    headers: Parameters = {}
    body: Literal["json", "form"] = "json"
    wrap: str | None = None  # all parameters travel as one JSON text under this name
    sign: Signer | None = None
    envelope: Envelope = Envelope()
    pager: Pager = Pager()
    timeout: Seconds = 30
    attempts: int = Field(default=5, ge=1)
    per_minute: int | None = Field(default=None, ge=1)  # requests that the vendor allows
    token: Token | None = None
    encryption: Encryption | None = None
    ca_file: str | None = None  # the site's own certificate authority, below the hub home

    @model_validator(mode="after")
    def _coherent(self) -> "HttpApiConnection":
        if not self.url.startswith(("http://", "https://")):
            raise ValueError("url begins with http:// or https://")
        places = [self.pager.place, self.params_place, self.sign and self.sign.place]
        if self.method == "GET" and "body" in places:
            raise ValueError("a GET request has no body: use method POST, or place query")
        if self.method == "GET" and self.token and self.token.place == "body":
            raise ValueError("a GET request has no body: use method POST, or place query")
        if self.encryption and self.encryption.requests and self.wrap is None:
            raise ValueError("encrypted requests need wrap")
        if self.pager.stop == "total" and self.envelope.total is None:
            raise ValueError("stop: total needs envelope.total")
        return self


Connection = Annotated[
    DatabaseConnection | ExchangeConnection | FilesConnection | HttpApiConnection,
    Field(discriminator="kind"),
]


class Flag(Setting):
    """A column that says whether a row was taken, written back where the platform grants it."""

    column: str
    waiting: Texts = ("0",)
    done: str | None = None  # written into `column` of rows that are stored; None: never written


class Increment(Setting):
    """What is pulled each time: rows past a watermark, new batches, or everything."""

    snapshot: bool = False
    watermark: str | None = None
    overlap: Seconds = 3600
    since: str | None = None  # http_api: the parameter that asks for later rows only
    until: str | None = None  # http_api: the parameter that wants the present moment
    start: str | None = None  # http_api: what `since` says at the first pull
    time_format: str | None = None  # http_api: s, ms, or as %Y-%m-%d; default: as in the rows
    batches: bool = False
    new_files: bool = False
    flag: Flag | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "Increment":
        ways = [self.snapshot, self.watermark is not None, self.batches, self.new_files]
        if [*ways, self.flag is not None].count(True) != 1:
            raise ValueError("give exactly one of snapshot, watermark, batches, new_files, flag")
        return self

    @field_validator("flag", mode="before")
    @classmethod
    def _flag_column(cls, value: object) -> object:
        return {"column": value} if isinstance(value, str) else value


class Deletes(Setting):
    """A soft-delete column and the values that mean deleted."""

    column: str
    when: Texts


class FieldMap(Setting):
    """How one standard field is filled from the platform's columns."""

    source: Texts | None = Field(default=None, alias="from")
    value: str | None = None
    join: str = ""
    codes: str | dict[str, str] | None = None
    split: str | None = None
    reads: Literal["date", "age"] | None = Field(default=None, alias="as")
    detail: str | None = None  # labels only: the column that says which kind
    since: str | None = None  # labels only: the column with the day it was granted
    until: str | None = None  # labels only: the column with the day it ends

    @model_validator(mode="after")
    def _exactly_one(self) -> "FieldMap":
        if (self.source is None) == (self.value is None):
            raise ValueError("give exactly one of from, value")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Every source column this field reads."""
        named = (self.detail, self.since, self.until)
        return (*(self.source or ()), *(c for c in named if c is not None))


def _field_map(value: object) -> object:
    return {"from": value} if isinstance(value, str) else value


def _field_maps(value: object) -> object:
    return [_field_map(one) for one in value] if isinstance(value, list) else [_field_map(value)]


FieldMaps = Annotated[tuple[FieldMap, ...], BeforeValidator(_field_maps)]


class Stream(Setting):
    """One table, list or file set of a platform."""

    key: Texts = ()
    increment: Increment
    deletes: Deletes | None = None
    entity: Entity
    allow_drop: Fraction = 0.05
    contract: Literal["stop", "set_aside", "accept"] = "accept"  # when the source changes its shape
    drop_columns: Texts = ()  # biometrics: dropped at the connector, and counted
    map: dict[str, FieldMaps]
    # database
    table: str | None = None
    where: str | None = None
    # files
    files: str | None = None  # glob below the connection's path
    members: str | None = None  # zip: which of the files inside, `*.csv`; default: all readable
    format: Literal["xlsx", "csv", "jsonl", "json", "parquet"] | None = None
    items: str | None = None  # json: where the list is; default: the document is the list
    sheets: Texts | None = None  # default: every sheet
    encoding: str | None = None
    delimiter: str = ","
    same_template: bool = True  # refuse files whose columns moved, or hold something else
    # http_api
    path: str | None = None
    params: Parameters = {}
    # exchange
    batch_table: str | None = None
    batch_no: str = "batch_no"  # column of both tables
    batch_rows: str = "row_count"  # column of the batch table: rows to reconcile
    batch_ready: str | None = None  # column of the batch table that says it is complete
    batch_ready_values: Texts = ("1",)
    batch_taken: str | None = None  # written into `batch_ready` of batches that are stored
    arrival: Seconds | None = None  # no batch for so long is an alarm

    @field_validator("increment", mode="before")
    @classmethod
    def _snapshot_word(cls, value: object) -> object:
        return {value: True} if value in ("snapshot", "batches", "new_files") else value

    @model_validator(mode="after")
    def _taken_where(self) -> "Stream":
        if self.batch_taken is not None and self.batch_ready is None:
            raise ValueError("batch_taken needs batch_ready")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Every source column this stream needs, once, in the order of the file."""
        wanted = [*self.key]
        wanted += [c for maps in self.map.values() for one in maps for c in one.columns]
        wanted += [self.increment.watermark] if self.increment.watermark else []
        wanted += [self.deletes.column] if self.deletes else []
        return tuple(dict.fromkeys(wanted))


class Owner(Setting):
    """Who answers for the platform."""

    level: str
    department: str
    steward: str | None = None


class Platform(Setting):
    """One platform, as its file says."""

    platform: str = Field(pattern=r"^[a-z][a-z0-9_]{1,40}$")
    title: str
    owner: Owner
    connection: Connection
    timezone: str = "Asia/Shanghai"
    schedule: str | None = None
    fresh_within: Seconds = 172_800
    streams: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")], Stream]


SECRET_KEY = re.compile(r"pass|secret|token|appkey|api_key|app_key", re.IGNORECASE)
# `key={secret}` in a template of a signature is no secret
SECRET_URL = re.compile(
    r"://[^/@\s:]*:(?!\d*/)[^@\s]+@|[?&](?:password|token|secret|key)=(?!\{)", re.IGNORECASE
)


def load_platform(path: Path) -> Platform:
    """Read and check one platform file.

    Raises:
        ConfigError: not YAML, an unknown or missing key, or a literal secret in it.

    """
    try:
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"第 {mark.line + 1} 行" if mark else "文件"
        raise ConfigError(
            f"{path.name}: not readable as YAML ({type(error).__name__})",
            zh=f"平台文件 {path.name} 读不懂（{where}）：请检查缩进、冒号后的空格和引号。",
        ) from None
    if not isinstance(content, dict):
        raise ConfigError(
            f"{path.name}: not a mapping", zh=f"平台文件 {path.name} 是空的：请照模板填写。"
        )
    _refuse_secrets(path, content, ())
    try:
        return Platform.model_validate(content)
    except ValidationError as error:
        raise ConfigError(
            f"{path.name}: "
            + "; ".join(
                f"{'.'.join(map(str, e['loc']))}: {e['msg']}"
                for e in error.errors(include_input=False, include_url=False)
            ),
            zh=f"平台文件 {path.name} 有 {error.error_count()} 处要改："
            + "；".join(
                f"{'.'.join(map(str, e['loc']))} {_in_chinese(e)}"
                for e in error.errors(include_input=False, include_url=False)
            )
            + "。",
        ) from None


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
}
"""What our own validators say, for the officer."""


def _in_chinese(mistake: ErrorDetails) -> str:
    """Say in the officer's words what pydantic found."""
    context = mistake.get("ctx", {})
    if mistake["type"] == "literal_error":
        return f"只能是 {str(context.get('expected', '')).replace(' or ', ' 或 ')}"
    if mistake["type"] == "value_error":
        return RULES_ZH.get(str(context.get("error")), "的值不合要求")
    known = {
        "missing": "缺少这一项",
        "extra_forbidden": "不认识这一项（请检查拼写）",
        "string_pattern_mismatch": "只能用小写字母、数字和下划线",
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


def _refuse_secrets(path: Path, node: object, place: tuple[str, ...]) -> None:
    """A literal secret is refused, and the message never repeats it."""
    if isinstance(node, dict):
        for key, value in node.items():
            literal = isinstance(value, str | int) and SECRET_KEY.search(str(key))
            # `secret_as` and mapped columns are names, not secrets
            if literal and str(key) != "secret_as" and "map" not in place:
                _refuse(path, (*place, str(key)), str(key))
            _refuse_secrets(path, value, (*place, str(key)))
    elif isinstance(node, list):
        for one in node:
            _refuse_secrets(path, one, place)
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
