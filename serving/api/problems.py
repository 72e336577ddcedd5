"""Every error of the API as problem+json (RFC 9457): what, and what to do next, in Chinese."""

import logging
from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from hub.errors import BusyError, ConfigError, HubError, NotFoundError
from security.policy import NotAllowedError
from serving.doors import TooManyError

LOGGER = logging.getLogger(__name__)
TITLES = {
    400: "请求有误", 401: "没有通过认证", 403: "没有权限", 404: "没有找到", 405: "不支持的方法",
    406: "不支持的格式", 409: "有冲突", 413: "请求太大", 415: "不支持的格式", 429: "次数过多",
    500: "内部错误", 503: "暂时不能服务",
}  # fmt: skip


class ProblemBody(BaseModel):
    """The body of every error."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = Field(description="出了什么问题、接下来怎么办")
    places: list[str] = Field(default=[], description="请求里有问题的地方")


class Problem(Exception):  # noqa: N818 (RFC 9457 calls it so)
    """Ends a request with a status."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        """`detail` is Chinese, and holds no personal value."""
        super().__init__(f"{status}")
        self.status, self.detail, self.headers = status, detail, dict(headers or {})


def problem(
    status: int,
    detail: str,
    places: list[str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Write a problem."""
    body = ProblemBody(
        title=TITLES.get(status, "请求没有完成"), status=status, detail=detail, places=places or []
    )
    return JSONResponse(body.model_dump(), status, headers, media_type="application/problem+json")


def status_of(error: HubError) -> int:
    """The status that says what kind of error it is."""
    match error:
        case NotAllowedError():
            return 403
        case NotFoundError():
            return 404
        case TooManyError():
            return 429
        case ConfigError() | BusyError():
            return 409 if isinstance(error, ConfigError) else 503
    return 503


def answer_problems(app: FastAPI) -> None:
    """Let every error below /api end as a problem; nothing of the request is in it."""

    @app.exception_handler(Problem)
    def _said(request: Request, error: Problem) -> JSONResponse:  # noqa: ARG001  # FastAPI gives it
        return problem(error.status, error.detail, headers=error.headers)

    @app.exception_handler(HubError)
    def _ours(request: Request, error: HubError) -> JSONResponse:
        LOGGER.warning("%s: %s: %s", _route(request), type(error).__name__, error)
        return problem(status_of(error), error.zh)

    @app.exception_handler(RequestValidationError)
    def _malformed(request: Request, error: RequestValidationError) -> JSONResponse:  # noqa: ARG001  # FastAPI gives it
        places = [f"{'.'.join(map(str, e['loc'][:3]))}: {e['type']}" for e in error.errors()[:20]]
        return problem(400, "请求的参数或正文不对，见 places；写法见 openapi.json。", places)

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> JSONResponse:  # noqa: ARG001  # FastAPI gives it
        return problem(error.status_code, TITLES.get(error.status_code, "请求没有完成") + "。",
                       headers=error.headers)  # fmt: skip

    @app.exception_handler(Exception)
    def _fault(request: Request, error: Exception) -> JSONResponse:
        LOGGER.error("%s: unexpected %s", _route(request), type(error).__name__)
        return problem(500, "程序内部出错，数据没有被改动。请把时间告诉维护人员。")


def _route(request: Request) -> str:
    route = request.scope.get("route")
    return f"{request.method} {getattr(route, 'path', '?')}"  # never the address itself: it has ids
