"""How to reach a platform that is a database, an exchange database or a folder of files."""

from typing import Literal

from pydantic import model_validator

from hub.platform_values import Seconds, Secret, Setting


class Tls(Setting):
    """The connection is encrypted or it is not made."""

    ca: str | None = None  # the certificate authority's file, below the hub home
    verify: bool = True  # that the certificate is the host's own

    @model_validator(mode="after")
    def _coherent(self) -> "Tls":
        if self.verify and self.ca is None:
            raise ValueError("verify needs ca")
        return self


class DatabaseAddress(Setting):
    """What SQLAlchemy reaches. `url` without password; `{home}` is the hub home."""

    url: str
    password: Secret | None = None
    statement_timeout: Seconds = 600
    tls: Tls | None = None


class DatabaseConnection(DatabaseAddress):
    """A database: its tables and views."""

    kind: Literal["database"]


class ExchangeConnection(DatabaseAddress):
    """An exchange database 前置库: batches with a row count to reconcile."""

    kind: Literal["exchange"]


class FilesConnection(Setting):
    """A folder of files, here or elsewhere. Relative paths are relative to the hub home."""

    kind: Literal["files"]
    path: str  # or sftp://host/folder, s3://bucket/folder
    user: str | None = None  # S3: the access key's id
    password: Secret | None = None
    key_file: str | None = None  # SFTP: a private key below the hub home
    host_key: str | None = None  # SFTP: `SHA256:…`, the fingerprint of the server's key
    endpoint: str | None = None  # S3: of a store that is not Amazon's
