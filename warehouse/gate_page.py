"""The gates' results as one Chinese page that needs nothing from outside, and as JSON.

`data/out/gates.html` is the latest; `data/out/gates-<number>.json` one for each snapshot, and
`gates-failed.json` the latest that was not published. Neither holds a personal value.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from zoneinfo import ZoneInfo

from hub.settings import Home
from warehouse.duck import publish
from warehouse.gates import ADVICE, OTHER_ADVICE, SUITES, GateReport, GateResult

KEPT = 20
STYLE = """
:root { --ink: #1f2933; --dim: #5b6773; --line: #d9dee3; --good: #1b7a43; --bad: #b3261e;
        --warn: #8a5a00; }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 24px 20px 48px; max-width: 1000px; color: var(--ink);
       background: #fff; font: 16px/1.6 "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC",
       "Source Han Sans SC", sans-serif }
h1 { font-size: 24px; margin: 0 }
h2 { font-size: 18px; margin: 32px 0 8px }
p { margin: 6px 0 }
.dim { color: var(--dim) }
.verdict { margin: 16px 0; padding: 14px 16px; border-left: 6px solid }
.verdict strong { font-size: 19px; display: block }
.good { color: var(--good) } .bad { color: var(--bad) } .warn { color: var(--warn) }
.verdict.good { background: #edf7f0 } .verdict.bad { background: #fcefee }
.verdict p { color: var(--ink) }
table { width: 100%; border-collapse: collapse }
th, td { padding: 8px 10px; text-align: left; border-bottom: 1px solid var(--line);
         vertical-align: top }
th { font-weight: 600; color: var(--dim); font-size: 14px; white-space: nowrap }
.number { text-align: right; font-variant-numeric: tabular-nums; width: 7em; white-space: nowrap }
td.state, th.state { width: 6em; white-space: nowrap }
ul { margin: 4px 0 0; padding-left: 1.2em; font-size: 14px; overflow-wrap: anywhere }
@media (max-width: 640px) {
  body { padding: 16px 14px 32px }
  thead { display: none }
  table, tbody, tr, td { display: block; width: auto }
  tr { border-bottom: 1px solid var(--line); padding: 8px 0 }
  td, td.state { border: 0; padding: 0; width: auto }
  td.number { display: inline-block; text-align: left; width: auto; margin-right: 16px;
              font-size: 14px; color: var(--dim) }
  td.number::before { content: attr(data-name) " " }
}
@media print { body { max-width: none } }
"""


def write_gate_page(
    home: Home, report: GateReport, number: int | None, at: datetime | None = None
) -> Path:
    """Write page and JSON; return the page.

    Args:
        home: The hub home.
        report: What the gates found.
        number: The snapshot it is published as; None if it is not.
        at: When it was judged; now by default.
    """
    at = at or datetime.now(UTC)
    folder = home.data / "out"
    folder.mkdir(parents=True, exist_ok=True)
    facts = {"snapshot": number, "judged_at": at.isoformat(timespec="seconds"), **asdict(report)}
    name = "failed" if number is None else str(number)
    _write(folder / f"gates-{name}.json", json.dumps(facts, ensure_ascii=False, indent=1))
    page = folder / "gates.html"
    _write(page, render(home.settings.name, report, number, at))
    written = sorted(folder.glob("gates-*.json"), key=lambda path: path.stat().st_mtime_ns)
    for path in written[:-KEPT]:
        path.unlink(missing_ok=True)
    return page


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f"{path.name}.tmp")
    temporary.write_text(text, encoding="utf-8")
    publish(temporary, path)


def render(name: str, report: GateReport, number: int | None, at: datetime) -> str:
    """Return the whole page."""
    when = at.astimezone(ZoneInfo("Asia/Shanghai")).strftime("%Y-%m-%d %H:%M:%S")
    body = "\n".join(
        [
            "<h1>发布前质量检查</h1>",
            f'<p class="dim">{escape(name)} · {when}（北京时间） · 共 {len(report.results)} 项</p>',
            *_verdict(report, number),
            *(line for suite in SUITES for line in _suite(report, suite)),
            '<p class="dim">示例只列数据大脑的编码和记录号，不含个人信息；每项至多 5 个。</p>',
        ]
    )
    return (
        '<!doctype html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>发布前质量检查</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _verdict(report: GateReport, number: int | None) -> Iterator[str]:
    failed, warnings = report.failed, report.warnings
    if report.passed:
        target = "" if number is None else f"，发布为快照 {number}"
        yield f'<div class="verdict good"><strong>全部通过{target}</strong>'
    else:
        yield f'<div class="verdict bad"><strong>{len(failed)} 项不合格，没有发布</strong>'
        yield "<p>查询和报表仍使用上一份快照。</p>"
        for suite in dict.fromkeys(one.suite for one in failed):
            yield f"<p>{SUITES[suite]}：{escape(ADVICE.get(suite, OTHER_ADVICE))}。</p>"
    if warnings:
        yield f'<p class="warn">另有 {len(warnings)} 项提醒，不影响发布。</p>'
    yield "</div>"


def _suite(report: GateReport, suite: str) -> Iterator[str]:
    results = [one for one in report.results if one.suite == suite]
    if not results:
        return
    yield f"<h2>{SUITES[suite]}</h2>"
    yield (
        '<table><thead><tr><th class="state">结果</th><th>检查</th>'
        '<th class="number">检查数</th><th class="number">不合格</th></tr></thead><tbody>'
    )
    for one in sorted(results, key=lambda one: one.passed):
        yield _row(one)
    yield "</tbody></table>"


def _row(one: GateResult) -> str:
    state, colour = ("✓ 通过", "good") if one.passed else ("✗ 不合格", "bad")
    if not one.passed and one.severity == "warning":
        state, colour = "! 提醒", "warn"
    examples = "".join(f"<li>{escape(example)}</li>" for example in one.examples)
    listed = f"<ul>{examples}</ul>" if examples else ""
    return (
        f'<tr><td class="state {colour}">{state}</td><td>{escape(one.title)}{listed}</td>'
        f'<td class="number" data-name="检查">{one.rows_checked:,}</td>'
        f'<td class="number" data-name="不合格">{one.rows_failed:,}</td></tr>'
    )
