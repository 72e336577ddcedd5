"""What can be known of an HTTP API before the first pull: findings for the officer."""

from collections.abc import Iterator

from connectors.chunk import Finding
from connectors.envelope import shown
from connectors.http_client import CLOCK_SECONDS, HttpClient
from connectors.json_rows import drop_all, missing_columns, names_of
from hub.errors import HubError, SourceDownError
from hub.platform import Platform
from hub.platform_streams import Stream

FEW = 2  # rows are enough to see the answer's shape


def findings(client: HttpClient, platform: Platform) -> list[Finding]:
    """For each stream one small page: reached, signed, shaped, columns there; then the clock."""
    found: list[Finding] = []
    for name, stream in platform.streams.items():
        try:
            found += _stream(client, name, stream)
        except SourceDownError as error:
            return [*found, Finding(ok=False, what="连接不成功", advice=error.zh)]
        except HubError as error:
            found.append(Finding(ok=False, what=f"{name} 检查不成功", advice=error.zh))
    return [*found, *_clock(client)]


def _stream(client: HttpClient, name: str, stream: Stream) -> Iterator[Finding]:
    pager = client.connection.pager
    page = client.page(name, stream, pager.first, min(FEW, pager.rows))
    said = "" if page.total is None else f"，平台说共 {page.total} 行"
    yield Finding(ok=True, what=f"{name}：接口可用{said}")
    if not page.rows:
        yield Finding(ok=True, what=f"{name}：现在没有数据，列无法核对")
        return
    missing = missing_columns(page.rows, stream.columns)
    narrow = page.total is not None and page.total <= len(page.rows)
    if (missing or narrow) and pager.stop != "once":  # a fuller page may have what two rows lack
        full = client.page(name, stream, pager.first, pager.rows)
        if narrow and page.total is not None and len(full.rows) > page.total:
            yield Finding(
                ok=False,
                what=f"{name}：{client.connection.envelope.total} 是本页行数，不是总行数",
                advice="请把 envelope.total 改为总行数所在的位置，否则只会读到第一页。",
            )
        page, missing = full, missing_columns(full.rows, stream.columns)
    drop_all(page.rows, stream.drop_columns)
    if missing:
        yield Finding(
            ok=False,
            what=f"{name}：前 {len(page.rows)} 行里没有列 {'、'.join(missing)}",
            advice=f"现有的列是：{shown(names_of(page.rows))}。请修改映射。",
        )
    else:
        yield Finding(ok=True, what=f"{name}：{len(stream.columns)} 列都在")
    if not stream.key:
        yield Finding(
            ok=False,
            what=f"{name}：没有写主键 key",
            advice="请写明哪一列（或几列）能认出一行；确实没有也能读，只是内容一变就算另一条记录。",
        )


def _clock(client: HttpClient) -> Iterator[Finding]:
    """Vendors refuse a timestamp that is minutes off."""
    if client.skew is not None and abs(client.skew) > CLOCK_SECONDS:
        yield Finding(
            ok=False,
            what=f"平台的时钟与本机相差 {abs(client.skew) / 60:.0f} 分钟",
            advice="请校准本机时钟（或请平台方校准），否则签名会被当作过期。",
        )
