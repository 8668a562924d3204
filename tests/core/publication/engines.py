"""Engines that are not ours, and that do not read Delta Lake by deltalake.

Sail speaks Spark SQL, has a Delta reader of its own, and is asked over Arrow Flight SQL. ClickHouse
reads the log by Delta's own kernel, and Parquet by itself.
"""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa
import pyarrow.flight as fl
import pytest
from pysail.flight import FlightSqlServer  # type: ignore[import-untyped]  # it ships no types

_COMMAND = b"type.googleapis.com/arrow.flight.protocol.sql.CommandStatementQuery"

_ASK = "import sys, chdb; sys.stdout.buffer.write(chdb.query(sys.argv[1], 'ArrowStream').bytes())"


class Engine(Protocol):
    """What the tests ask of an engine."""

    def read(self, uri: str, where: str = "true") -> pa.Table:
        """Return the rows of the Delta table at a place, in order of time."""


@dataclass(frozen=True)
class Sail:
    """A Spark-compatible server."""

    client: fl.FlightClient

    def read(self, uri: str, where: str = "true") -> pa.Table:
        """See `Engine.read`."""
        query = f"SELECT * FROM delta.`{uri}` WHERE {where} ORDER BY timestamp"  # noqa: S608
        asked = _message(1, _COMMAND) + _message(2, _message(1, query.encode()))
        found = self.client.get_flight_info(fl.FlightDescriptor.for_command(asked))
        [endpoint] = found.endpoints
        return self.client.do_get(endpoint.ticket).read_all()


class ClickHouse:
    """ClickHouse in a process of its own."""

    def read(self, uri: str, where: str = "true") -> pa.Table:
        """See `Engine.read`."""
        query = f"SELECT * FROM {_source(uri)} WHERE {where} ORDER BY timestamp"  # noqa: S608
        command = [sys.executable, "-c", _ASK, query]
        # It reads no local files but those below where it runs.
        below = "." if "://" in uri else uri
        answer = subprocess.run(command, capture_output=True, check=False, cwd=below)  # noqa: S603
        assert answer.returncode == 0, answer.stderr.decode()
        return pa.ipc.open_stream(answer.stdout).read_all()


@contextmanager
def sail() -> Iterator[Sail]:
    """Run Sail; it takes the way to a bucket from the environment."""
    server = FlightSqlServer()
    server.start(background=True)
    assert server.listening_address is not None
    host, port = server.listening_address
    client = fl.connect(f"grpc://{host}:{port}")
    try:
        yield Sail(client)
    finally:
        client.close()
        server.stop()


def clickhouse() -> ClickHouse:
    """Return ClickHouse, or skip the test."""
    if importlib.util.find_spec("chdb") is None:
        pytest.skip("*** NO ClickHouse FOR THIS SYSTEM: IT DOES NOT READ PUBLISHED TABLES. ***")
    return ClickHouse()


def _source(uri: str) -> str:
    if not uri.startswith("s3://"):
        return f"deltaLakeLocal('{uri}')"
    address = f"{os.environ['AWS_ENDPOINT_URL']}/{uri.removeprefix('s3://')}"
    key, secret = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
    return f"deltaLake('{address}', '{key}', '{secret}')"


def _message(number: int, data: bytes) -> bytes:
    """Return a field of a protobuf message: Flight SQL's request is two of them in each other."""
    length, varint = len(data), b""
    while length > 0x7F:
        varint, length = varint + bytes([length & 0x7F | 0x80]), length >> 7
    return bytes([number << 3 | 2]) + varint + bytes([length]) + data
