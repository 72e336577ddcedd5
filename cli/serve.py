"""`hub serve`: the API and the console, one process, one port."""

import errno
import socket
from pathlib import Path
from typing import Annotated

import typer

from cli.options import HomeOption, the_home
from hub.errors import BusyError, ConfigError


def serve(
    host: Annotated[
        str, typer.Option("--host", metavar="地址", help="监听的地址；只在本机用则不必改")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="端口", help="监听的端口", min=1)] = 8080,
    certificate: Annotated[
        Path | None,
        typer.Option("--certificate", metavar="文件", help="HTTPS 证书（PEM）", show_default=False),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option("--key", metavar="文件", help="证书的私钥（PEM）", show_default=False),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Serve until stopped. No address and no value is logged, since both may name somebody."""
    import uvicorn

    from cli.screen import say
    from serving.app import create_app, doors_of

    app = create_app(the_home(home))
    _refuse_taken(host, port)
    say("正在准备查询用的索引……")
    doors_of(app).lookups.prepare()
    scheme = "https" if certificate else "http"
    say(f"控制台 {scheme}://{host}:{port}/  接口 {scheme}://{host}:{port}/api/v1/  按 Ctrl-C 停止")
    config = uvicorn.Config(
        app, host=host, port=port, log_level="warning", access_log=False, server_header=False,
        ssl_certfile=certificate, ssl_keyfile=key, ws="none", timeout_graceful_shutdown=10,
    )  # fmt: skip
    server = uvicorn.Server(config)
    try:
        server.run()
    except SystemExit:  # somebody took the port meanwhile
        raise _taken(port) from None


def _refuse_taken(host: str, port: int) -> None:
    """Say in our words what uvicorn would in its own, and before anything is promised."""
    kind = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(kind, socket.SOCK_STREAM) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise _taken(port) from None
            raise ConfigError(
                f"cannot listen there ({type(error).__name__})",
                zh=f"不能在 {host} 的端口 {port} 上监听：请核对 --host 和 --port。",
            ) from None


def _taken(port: int) -> BusyError:
    return BusyError(f"port {port} is taken", zh=f"端口 {port} 已被占用：请用 --port 换一个端口。")
