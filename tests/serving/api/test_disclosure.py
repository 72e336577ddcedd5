"""The public page tells what is held, from whom and for what, and nothing of any person."""

from typing import Any

from tests.serving.api.conftest import Api


def test_everybody_may_read_what_is_held_and_nobody_is_in_it(
    api: Api, people: dict[str, Any]
) -> None:
    answer = api.http.get("/public")
    assert answer.status_code == 200
    for told in ("公安人口库", "街道网格化平台", "证件号码（敏感个人信息）", "网格员", "走访"):
        assert told in answer.text
    for row in people.values():
        for field in ("name", "phone", "id_number", "resident_id", "residence_address"):
            assert not row[field] or str(row[field]) not in answer.text
    assert "http" not in answer.text.replace("https://", "http://").split("<body>")[0]
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_it_says_how_long_each_platform_is_kept(api: Api) -> None:
    assert "没有规定期限" in api.http.get("/public").text
    path = api.doors.home.platform_files()[0]
    written = path.read_text(encoding="utf-8")
    try:
        for told, shown in (("3y", "3 年"), ("90d", "90 天")):
            text = written.replace("streams:", f"retention: {told}\nstreams:", 1)
            path.write_text(text, encoding="utf-8")
            assert f"<td>{shown}</td>" in api.http.get("/public").text
    finally:
        path.write_text(written, encoding="utf-8")
