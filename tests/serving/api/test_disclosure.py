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
