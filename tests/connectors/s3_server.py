"""A real S3 server in its own process, which holds its callers to their keys."""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3

BUCKET = "lists"
READER = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["s3:List*", "s3:Get*"], "Resource": "*"},
    ],
}
WAIT = 60  # seconds until it listens


@dataclass
class S3:
    """The server, the keys of a reader, and a client that may write."""

    url: str
    key: str
    secret: str
    owner: Any

    def put(self, name: str, content: bytes) -> None:
        self.owner.put_object(Bucket=BUCKET, Key=name, Body=content)


@contextmanager
def serving() -> Iterator[S3]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, server)
        yield _prepared(f"http://127.0.0.1:{port}")
    finally:
        server.terminate()
        server.wait(timeout=WAIT)


def _wait_for(port: int, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + WAIT
    while time.monotonic() < until and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the S3 server did not start")


def _prepared(url: str) -> S3:
    """A bucket, one account that may do all and one that may read; from now on keys are checked."""
    first = {"aws_access_key_id": "first", "aws_secret_access_key": "first"}
    iam = boto3.client("iam", endpoint_url=url, region_name="us-east-1", **first)
    everything = json.dumps(READER).replace('["s3:List*", "s3:Get*"]', '"s3:*"')
    keys = {}
    for name, policy in (("owner", everything), ("reader", json.dumps(READER))):
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="s3", PolicyDocument=policy)
        keys[name] = iam.create_access_key(UserName=name)["AccessKey"]
    owner = boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=keys["owner"]["AccessKeyId"],
        aws_secret_access_key=keys["owner"]["SecretAccessKey"],
    )
    owner.create_bucket(Bucket=BUCKET)
    strict = urllib.request.Request(
        f"{url}/moto-api/reset-auth", data=b"0", headers={"Content-Type": "text/plain"}
    )
    urllib.request.urlopen(strict).close()
    reader = keys["reader"]
    return S3(url, reader["AccessKeyId"], reader["SecretAccessKey"], owner)
