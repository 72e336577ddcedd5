"""我的账号: what I may see and do, and a password of my own instead of the one I was given."""

from typing import Annotated

from fastapi import APIRouter, Form, Response

from hub.errors import ConfigError
from ledger.accounts import Credentials, set_password, sign_in
from security.policy import Access
from serving.console.frame import COOKIE, PREFIX, Posted, Visit, Visiting, go, origin_of

router = APIRouter()
Word = Annotated[str, Form(max_length=1024)]
ACTIONS = {
    "look": "查看", "search": "检索", "verify": "核验", "statistics": "统计", "extracts": "提取",
    "forms": "表单", "feedback": "提出更正", "review": "裁决待办", "platforms": "平台",
    "sync": "立即同步", "rights": "居民权利", "audit": "审计", "accounts": "账号",
}  # fmt: skip


@router.get("/me")
def me(visit: Visiting) -> Response:
    """My role in words, and the form for a new password."""
    return visit.page("me.html", may=_may(visit.access), passwords=_has_passwords(visit))


@router.post("/me/password")
def change_password(
    visit: Posted, old: Word, new: Word, again: Word, code: Annotated[str, Form(max_length=16)] = ""
) -> Response:
    """Change the password of whoever knows the one in use; every session of theirs ends.

    Raises:
        SignInError: the old one is wrong; five of these lock the account, as at the sign-in.
        ConfigError: the new one is too simple, the same, or typed in two ways.
    """
    console = visit.console
    if not _has_passwords(visit):
        raise ConfigError("no passwords here", zh="这里只用统一登录，口令在那边改。")
    if new != again:
        raise ConfigError("two new passwords differ", zh="两次写的新口令不一样：请重新填写。")
    given = Credentials(visit.account.name, old, code.strip(), origin_of(visit.request))
    sign_in(console.ledger, console.doors.audit, given)
    if new == old:
        raise ConfigError("the same password", zh="新口令和原来的一样：请换一个。")
    set_password(console.ledger, visit.account.name, new)
    visit.note("account", entity="account", subject=visit.account.name, change="own password")
    answer = go("/login")
    answer.delete_cookie(COOKIE, path=PREFIX)
    return answer


def _has_passwords(visit: Visit) -> bool:
    site = visit.console.site
    return site is None or site.settings.passwords


def _may(access: Access) -> list[str]:
    return [title for name, title in ACTIONS.items() if access.may(name)]  # type: ignore[arg-type]  # all of them are actions
