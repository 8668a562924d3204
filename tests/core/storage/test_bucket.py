"""Buckets: how they are named and reached, and which ones are refused."""

import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from pond_core import DataError, StorageError, Tally
from pond_core.storage import Access, Bucket
from tests.s3 import server as s3
from tests.s3.careless import Careless


@pytest.fixture
def careless() -> Iterator[Bucket]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Careless) as server:
        threading.Thread(target=server.serve_forever).start()
        endpoint = f"http://127.0.0.1:{server.server_port}"
        yield Bucket("s3://b/p", access=Access(endpoint_url=endpoint, key_id="k", secret="s"))  # noqa: S106
        server.shutdown()


def test_a_server_that_overwrites_what_shall_only_be_created_is_refused(careless: Bucket) -> None:
    with pytest.raises(StorageError, match="overwrites what it was told only to create") as caught:
        careless.prepare()
    assert "another server" in caught.value.hint


@pytest.mark.parametrize(
    "url",
    [
        "s3://",
        "s3:///prefix",
        "http://bucket/prefix",
        "bucket",
        "s3://key:word@bucket/p",
        "s3://[bucket",
        "s3://bucket:80/p",
        "s3://buck et/p",
        "s3://bucket/a#b",  # else `#b` would be left out, and another place written to
        "s3://bucket/a?b",
        "s3://bucket/a//b",
        "s3://bucket/../b",
        "s3://bucket/a\\b",
        "s3://bucket/a\nb",
    ],
)
def test_a_url_that_does_not_name_a_bucket_is_refused(url: str) -> None:
    with pytest.raises(DataError, match="does not name a bucket") as caught:
        Bucket(url)
    assert "word" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["localhost:9000", "not a url", "http://", "http://[x", "http://a b"]
)
def test_a_server_that_is_not_named_by_a_url_is_refused(url: str) -> None:
    with pytest.raises(DataError, match="is not a URL") as caught:
        Bucket("s3://bucket", access=Access(endpoint_url=url, key_id="k", secret="s"))  # noqa: S106
    assert "AWS_ENDPOINT_URL" in caught.value.hint


@pytest.mark.parametrize(
    ("environ", "missing"),
    [
        ({"AWS_ACCESS_KEY_ID": "k"}, "the id of an access key is given, and its secret is missing"),
        (
            {"AWS_SECRET_ACCESS_KEY": "hidden", "AWS_ACCESS_KEY_ID": ""},
            "the secret of an access key is given, and its id is missing",
        ),
    ],
)
def test_half_of_an_access_key_is_refused(environ: Mapping[str, str], missing: str) -> None:
    with pytest.raises(DataError, match=missing) as caught:
        Access.of(environ)
    assert "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY belong together" in caught.value.hint
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("prefix", ["a b", "a%20b", "ä", "{x}", "*", "[x]", "a:b"])
def test_a_prefix_may_have_any_other_characters(
    bucket: Bucket, s3_server: s3.Server, prefix: str
) -> None:
    below = Bucket(f"{bucket.url}/{prefix}", access=s3_server.access)
    below.write("x/y", b"1")
    assert [each.name for each in below.files("x")] == ["x/y"]
    assert [each.name for each in bucket.files("")] == [f"{prefix}/x/y"]
    assert (below.folders(""), bucket.folders("")) == (["x"], [prefix])


def test_slashes_around_the_prefix_do_not_matter(s3_server: s3.Server, bucket_url: str) -> None:
    Bucket(bucket_url + "/", access=s3_server.access).write("a", b"1")
    assert Bucket(bucket_url, access=s3_server.access).read("a") == b"1"


def test_prefixes_that_begin_alike_are_apart(s3_server: s3.Server, bucket_url: str) -> None:
    Bucket(bucket_url + "2", access=s3_server.access).write("a", b"1")
    assert list(Bucket(bucket_url, access=s3_server.access).files("")) == []


def test_a_wrong_secret_is_told_with_what_to_check_and_without_the_secret(
    s3_server: s3.Server, bucket_url: str
) -> None:
    access = Access(endpoint_url=s3_server.endpoint, key_id=s3.KEY_ID, secret="wrong-one")  # noqa: S106
    bucket = Bucket(bucket_url, access=access)
    asked: list[Callable[[], object]] = [
        lambda: bucket.size("a"),
        lambda: bucket.write("a", b""),
        bucket.prepare,
    ]
    for ask in asked:
        with pytest.raises(StorageError, match="403 Forbidden") as caught:
            ask()
        assert "AWS_SECRET_ACCESS_KEY" in caught.value.hint
        assert "wrong-one" not in str(caught.value)
    with pytest.raises(StorageError, match="403 Forbidden SignatureDoesNotMatch"):
        list(bucket.files(""))


def test_a_server_that_is_not_there_is_told() -> None:
    access = Access(endpoint_url="http://127.0.0.1:1", key_id="k", secret="s")  # noqa: S106
    with pytest.raises(StorageError, match="s3://b/p/a: the server cannot be reached"):
        Bucket("s3://b/p", access=access).read("a")


def test_what_is_not_told_is_taken_from_the_environment(
    s3_server: s3.Server, bucket_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in s3_server.environ.items():
        monkeypatch.setenv(name, value)
    bucket = Bucket(bucket_url)
    bucket.prepare()
    bucket.write("a", b"1")
    assert bucket.read("a") == b"1"


def test_an_access_does_not_show_its_secrets() -> None:
    shown = repr(Access(endpoint_url="https://x", key_id="the-id", secret="the-secret"))  # noqa: S106
    assert "the-id" not in shown
    assert "the-secret" not in shown


def test_reading_a_part_of_what_is_not_there_is_an_error(bucket: Bucket) -> None:
    with pytest.raises(StorageError, match="nothing is missing"):
        bucket.open("nothing")


def test_requests_and_bytes_are_counted(bucket: Bucket, tmp_path: Path) -> None:
    with Tally.counting() as tally:
        bucket.write("a", b"12345")
        bucket.read("a")
        bucket.download("a", tmp_path / "a")
        list(bucket.files(""))
        bucket.delete(["a"])
    assert (tally.requests, tally.bytes_sent, tally.bytes_fetched) == (5, 5, 10)
    with Tally.counting() as tally:
        Bucket(bucket.url)
    assert tally.requests == 0
