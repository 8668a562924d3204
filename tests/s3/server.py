"""A real S3-compatible server for tests: SeaweedFS, whose binary PyPI ships for Linux."""

import json
import subprocess
import sys
import time
from pathlib import Path

from pond_core import StorageError
from pond_core.storage import Access, Bucket
from tests.ports import free_port

KEY_ID = "duckpond-test"
SECRET = "b9c1f0a7-made-up"  # noqa: S105 -- of a server that this file starts
BUCKET = "lake"

_BINARY = Path(sys.executable).with_name("weed")

_FLAGS = (
    "-ip=127.0.0.1",
    "-ip.bind=127.0.0.1",
    # It neither reports home nor serves anybody else.
    "-master.telemetry=false",
    "-webdav=false",
    "-admin.ui=false",
    "-s3.port.iceberg=0",
    "-s3.port.lance=0",
)
_SERVICES = ("s3", "master", "volume", "filer", "admin")
_READY_S = 60
_GRPC = 10_000
"""What SeaweedFS adds to each port for a second one."""

_OTHERS = tuple(at + more for at in range(len(_SERVICES)) for more in (0, _GRPC))


def is_there() -> bool:
    """Say whether the binary is installed; PyPI has it for Linux alone."""
    return _BINARY.exists()


class Server:
    """A running server. What it holds stays in its directory when it is killed.

    Attributes:
        endpoint: Its URL.
        access: How it is reached.
        environ: The same, as variables of the environment.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        for name in ("data", "run"):
            (directory / name).mkdir(parents=True, exist_ok=True)
        identity = {
            "name": "test",
            "credentials": [{"accessKey": KEY_ID, "secretKey": SECRET}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        (directory / "s3.json").write_text(json.dumps({"identities": [identity]}))
        self._port = free_port(also=_OTHERS)
        self.endpoint = f"http://127.0.0.1:{self._port}"
        self.access = Access(endpoint_url=self.endpoint, key_id=KEY_ID, secret=SECRET)
        self.environ = {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
        }
        self.start()

    def start(self) -> None:
        """Start it, and wait until it keeps what it is given."""
        place = self._directory
        command = [
            str(_BINARY),
            f"-logdir={place}",
            "mini",
            f"-dir={place / 'data'}",
            *_FLAGS,
            *(f"-{name}.port={self._port + at}" for at, name in enumerate(_SERVICES)),
            f"-filer.localSocket={place / 'run' / 'filer.sock'}",
            f"-s3.localSocket={place / 'run' / 's3.sock'}",
            f"-s3.config={place / 's3.json'}",
        ]
        with (place / "out").open("ab") as out:
            self._process = subprocess.Popen(command, stdout=out, stderr=out, cwd=place)  # noqa: S603
        self._await()

    def kill(self) -> None:
        """End it as a power cut does."""
        self._process.kill()
        self._process.wait()

    def _await(self) -> None:
        deadline = time.monotonic() + _READY_S
        while True:
            try:
                Bucket(f"s3://{BUCKET}", access=self.access).write("ready", b"")
            except StorageError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    self.kill()
                    raise
                time.sleep(0.05)
            else:
                return
