"""AWS KMS on this machine, as moto plays it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import httpcore
import pytest
from moto.server import ThreadedMotoServer

REGION = "eu-central-1"


class KmsServer:
    """A running KMS. `client` is an administrator's."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.client = boto3.client("kms", region_name=REGION, endpoint_url=endpoint)

    def add_key(self, description: str = "", **parameters: str) -> str:
        """A new key; returns its ARN."""
        metadata = self.client.create_key(Description=description, **parameters)["KeyMetadata"]
        return metadata["Arn"]

    def uri(self, name: str) -> str:
        """The URI of a key as the setting has it."""
        return f"awskms:{name}?region={REGION}&endpoint={self.endpoint}"


@contextmanager
def running_kms() -> Iterator[KmsServer]:
    """A KMS, and the environment of a process that may use it."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        kms = KmsServer(f"http://{host}:{port}")
        # moto's keys are the whole process's, those of an earlier server included.
        httpcore.request("POST", f"{kms.endpoint}/moto-api/reset")
        try:
            yield kms
        finally:
            kms.client.close()
            server.stop()
