"""How to pull: databases, exchange databases, files and HTTP APIs, each as text, untouched."""

from pathlib import Path

from connectors.chunk import Chunk, Connector, Cursor, Finding
from hub.platform import Platform
from hub.platform_connections import DatabaseConnection, ExchangeConnection, FilesConnection
from hub.platform_http import HttpApiConnection

__all__ = ["Chunk", "Connector", "Cursor", "Finding", "open_connector"]


def open_connector(platform: Platform, home: Path) -> Connector:
    """Open the connector that the platform's `connection.kind` names; nothing is asked yet.

    Raises:
        ConfigError: a secret cannot be read, or a setting makes no sense.
    """
    match platform.connection:
        case DatabaseConnection():
            from connectors.database import DatabaseConnector

            return DatabaseConnector(platform, home)
        case ExchangeConnection():
            from connectors.exchange import ExchangeConnector

            return ExchangeConnector(platform, home)
        case FilesConnection():
            from connectors.files import FilesConnector

            return FilesConnector(platform, home)
        case HttpApiConnection():
            from connectors.http_api import HttpApiConnector

            return HttpApiConnector(platform, home)
