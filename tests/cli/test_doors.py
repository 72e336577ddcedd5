"""Accounts, clients, policy and audit from the command line."""

import io
import socket
from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from hub.settings import Home
from tests.cli.conftest import Hub
from tests.cli.small_home import COMMUNITY, copied

WORD = "correct-horse-7"


@pytest.fixture
def home(untouched_home: Home, tmp_path: Path) -> Home:
    return copied(untouched_home, tmp_path / "home")


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text + "\n"))


def test_accounts(hub: Hub, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(monkeypatch, WORD)
    grid = f"{COMMUNITY}001"
    made = hub("account", "add", "li", "--role", "网格员", "--scope", grid, home=home)
    assert (made.code, WORD in made.out) == (0, False)
    assert hub("account", "list", "--json", home=home).json[0]["name"] == "li"
    wide = hub("account", "add", "li2", "--role", "网格员", "--scope", COMMUNITY, home=home)
    assert (wide.code, "超过" in wide.err) == (2, True)
    assert hub("account", "disable", "li", home=home).code == 0
    assert "停用" in hub("account", "list", home=home).out
    assert hub("account", "disable", "li", "--undo", home=home).code == 0
    typed(monkeypatch, "another-horse-8")
    assert hub("account", "password", "li", home=home).code == 0
    assert "otpauth://" in hub("account", "totp", "li", home=home).out.replace("\n", "")
    assert hub("account", "totp", "li", "--off", home=home).code == 0
    assert hub("account", "password", "nobody", home=home).code == 1
    told = hub("audit", "list", "--json", home=home).json
    assert [one["detail"]["did"] for one in told] == [
        "no totp", "totp", "password", "enable", "disable", "add",
    ]  # fmt: skip


def test_clients(hub: Hub, home: Home) -> None:
    made = hub("client", "add", "民政局", "--role", "部门", "--scope", COMMUNITY, home=home)
    assert made.code == 0
    (one,) = hub("client", "list", "--json", home=home).json
    assert hub("client", "rotate", one["client_id"], home=home).code == 0
    assert hub("client", "revoke", one["client_id"], home=home).code == 0
    assert "已撤销" in hub("client", "list", home=home).out
    assert hub("client", "rotate", one["client_id"], home=home).code == 1


def test_a_client_that_signs(hub: Hub, home: Home, tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(ECKey.generate_key("P-256").as_pem(private=False))
    made = hub("client", "add", "老龄办", "--role", "部门", "--scope", COMMUNITY, "--key", file,
               home=home)  # fmt: skip
    assert (made.code, "密钥  " in made.out) == (0, False)
    (one,) = hub("client", "list", "--json", home=home).json
    assert one["expires_at"] is None
    assert one["key"]["expires_at"]
    assert hub("client", "key", one["client_id"], file, home=home).code == 2, "the same again"
    file.write_bytes(ECKey.generate_key("P-256").as_pem(private=True))
    assert "私钥" in hub("client", "key", one["client_id"], file, home=home).err
    file.write_bytes(ECKey.generate_key("P-256").as_pem(private=False))
    assert "已登记公钥" in hub("client", "key", one["client_id"], file, home=home).out
    assert hub("client", "key", one["client_id"], tmp_path / "none", home=home).code == 2


def test_a_decision_is_explained_without_any_value(
    hub: Hub, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch, WORD)
    hub("account", "add", "li", "--role", "社区工作人员", "--scope", COMMUNITY, home=home)
    zhang = hub("resident", "find", "张三丰", "--json", home=home).json[0]["resident_id"]
    told = hub("policy", "explain", "li", zhang, "--json", home=home).json
    shown = {one["field"]: one["shown"] for one in told["fields"]}
    assert (shown["name"], shown["id_number"], shown["ethnicity_code"]) == (
        "clear", "masked", "hidden",
    )  # fmt: skip
    assert (shown["other:紧急联系人电话"], shown["other:残疾证号"]) == ("clear", "masked")
    stated = hub("policy", "explain", "li", zhang, "--purpose", "办事", "--json", home=home).json
    assert {one["field"]: one["shown"] for one in stated["fields"]}["id_number"] == "clear"
    plain = hub("policy", "explain", "li", zhang, home=home)
    assert "用途" in plain.out
    assert "张三丰" not in plain.out
    typed(monkeypatch, WORD)
    hub("account", "add", "wu", "--role", "社区工作人员", "--scope", "510108019999", home=home)
    assert "不在范围内" in hub("policy", "explain", "wu", zhang, home=home).out


def test_the_policy_is_checked_and_listed(hub: Hub, home: Home) -> None:
    assert "数据专员" in hub("policy", "check", home=home).out
    path = home.root / "policy.yaml"
    path.write_text("roles: {甲: {scope: any, colour: 1}}", encoding="utf-8")
    refused = hub("policy", "check", home=home)
    assert (refused.code, "roles.甲.colour 不认识" in refused.err) == (2, True)


def test_audit_is_verified(hub: Hub, home: Home) -> None:
    hub("client", "add", "民政局", "--role", "部门", "--scope", COMMUNITY, home=home)
    assert "审计完整：1 条" in hub("audit", "verify", home=home).out
    import sqlite3

    with sqlite3.connect(home.data / "ledger.sqlite") as run:
        run.execute("UPDATE audit_event SET actor = 'command:x'")
    run.close()
    found = hub("audit", "verify", "--json", home=home)
    assert found.code == 1
    assert [one["kind"] for one in found.json["faults"]] == ["altered"]
    assert hub("audit", "warnings", home=home).code == 0


def test_a_copy_of_the_checkpoints_that_is_none_is_told(
    hub: Hub, home: Home, tmp_path: Path
) -> None:
    hub("client", "add", "民政局", "--role", "部门", "--scope", COMMUNITY, home=home)
    (tmp_path / "other.jsonl").write_text("[1]", encoding="utf-8")
    for name in ("missing.jsonl", "other.jsonl"):
        found = hub("audit", "verify", "--kept", tmp_path / name, home=home)
        assert found.code == 2
        assert "checkpoints.jsonl" in found.err


def test_a_port_that_is_taken_is_told_before_anything_is_promised(hub: Hub, home: Home) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        found = hub("serve", "--port", str(port), home=home)
    assert found.code == 4
    assert f"端口 {port} 已被占用" in found.err
    assert "控制台" not in found.out
    assert "Errno" not in found.err


def test_looks_from_the_command_line_are_audited_too(hub: Hub, home: Home) -> None:
    zhang = hub("resident", "find", "张三丰", "--json", home=home).json[0]["resident_id"]
    hub("resident", "show", zhang, "--clear", home=home)
    told = hub("audit", "list", "--json", home=home).json
    assert [(one["action"], one["subject"]) for one in told] == [("look", zhang), ("search", "")]
    assert told[0]["detail"] == {"clear": True}
    assert told[1]["detail"]["subjects"] == [zhang]
    assert "张三丰" not in str(told)


def test_feedback_waits_masked_until_it_is_decided(
    hub: Hub, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    zhang = hub("resident", "find", "张三丰", "--json", home=home).json[0]["resident_id"]
    typed(monkeypatch, "13912345678")
    assert hub("feedback", "add", zhang, "--field", "phone", home=home).code == 0
    assert hub("feedback", "add", zhang, "--field", "shoe", home=home).code == 2
    assert hub("feedback", "add", "Rnobody", "--field", "phone", home=home).code == 1
    (one,) = hub("feedback", "list", "--json", home=home).json
    assert (one["proposed"], one["kind"]) == ("139****5678", "request")
    clear = hub("feedback", "list", "--clear", "--json", home=home).json
    assert clear[0]["proposed"] == "13912345678"
    assert b"13912345678" not in (home.data / "ledger.sqlite").read_bytes()
    assert hub("feedback", "decide", 1, "maybe", home=home).code == 2
    assert hub("feedback", "decide", 1, "accepted", home=home).code == 0
    assert hub("feedback", "decide", 1, "accepted", home=home).code == 1
    assert hub("feedback", "list", "--json", home=home).json == []


def test_a_question_that_is_not_answered_is_no_fault_of_the_program(
    hub: Hub, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    zhang = hub("resident", "find", "张三丰", "--json", home=home).json[0]["resident_id"]
    ran = hub("feedback", "add", zhang, "--field", "phone", home=home)
    assert (ran.code, "已取消" in ran.err, "出错" in ran.err) == (130, True, False)
    assert hub("feedback", "list", "--json", home=home).json == []
