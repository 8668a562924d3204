"""A query only reads, and only what is in the pond, whatever it says."""

# ruff: noqa: S608  # SQL made from text is what this file tests

from pathlib import Path

import pytest

from pond_core import PathError, Pond, QueryError, Snapshot, Window
from tests.conformance.filesystem import readings
from tests.core.query.ponds import ENGINES, MANY, large, objects

pytestmark = pytest.mark.parametrize("engine", ENGINES)

SECRET = "not for queries"  # noqa: S105 -- no password


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of the host, which no query may read, in a folder that none may write to."""
    path = tmp_path_factory.mktemp("host") / "secret.csv"
    path.write_text(f"a\n{SECRET}\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def pond(tmp_path_factory: pytest.TempPathFactory) -> Pond:
    """One pond for all: nothing here changes it."""
    return Pond.init(tmp_path_factory.mktemp("refused") / "pond", durability="process")


@pytest.fixture(scope="module")
def snapshot(pond: Pond) -> Snapshot:
    with pond.transaction() as tx:
        tx.write_window("/small", readings({1: 1.0, 5: 5.0}), Window(0, 10))
        tx.write_window("/large", large(0), Window(0, MANY))
    return pond.snapshot()


@pytest.mark.parametrize(
    "statement",
    [
        "",
        "   ",
        "-- nothing",
        ";",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE x",
        "CREATE TABLE t (a INT)",
        "CREATE TABLE t AS SELECT 1",
        "CREATE OR REPLACE VIEW v AS SELECT 1",
        "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '{secret}'",
        "CREATE FUNCTION f() RETURNS INT RETURN 1",
        "CREATE MACRO f() AS 1",
        "CREATE SCHEMA s",
        "CREATE TYPE t AS ENUM ('a')",
        "CREATE SECRET s (TYPE s3)",
        'SELECT * INTO t FROM "/small"',
        'INSERT INTO "/small" VALUES (1)',
        'UPDATE "/small" SET value = 1',
        'DELETE FROM "/small"',
        'TRUNCATE "/small"',
        'MERGE INTO "/small" USING "/small" AS s ON true WHEN MATCHED THEN DELETE',
        'DROP VIEW "/small"',
        'DROP TABLE "/small"',
        'ALTER VIEW "/small" RENAME TO x',
        "COPY (SELECT 1) TO '{folder}/x.csv'",
        "COPY \"/small\" TO '{folder}/x.parquet'",
        "COPY t FROM '{secret}'",
        "EXPORT DATABASE '{folder}/x'",
        "IMPORT DATABASE '{folder}'",
        "ATTACH '{folder}/x.db'",
        "ATTACH ':memory:' AS other",
        "DETACH memory",
        "USE memory",
        "INSTALL httpfs",
        "LOAD httpfs",
        "LOAD '{secret}'",
        "PRAGMA version",
        "PRAGMA database_list",
        "SET threads = 1",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "SET datafusion.execution.batch_size = 1",
        "SET VARIABLE x = 1",
        "RESET threads",
        "CALL pragma_version()",
        "CHECKPOINT",
        "VACUUM",
        "BEGIN",
        "COMMIT",
        "PREPARE p AS SELECT 1",
        "EXECUTE p",
        "DEALLOCATE p",
        "GRANT ALL ON t TO x",
        "EXPLAIN COPY (SELECT 1) TO '{folder}/x.csv'",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '{folder}/x.csv'",
        "EXPLAIN EXPLAIN ANALYZE COPY (SELECT 1) TO '{folder}/x.csv'",
        "EXPLAIN ANALYZE CREATE TABLE t AS SELECT 1",
        'EXPLAIN ANALYZE INSERT INTO "/small" SELECT * FROM "/small"',
        "-- c\nEXPLAIN ANALYZE COPY (SELECT 1) TO '{folder}/x.csv'",
        "/* c */ EXPLAIN ANALYZE COPY (SELECT 1) TO '{folder}/x.csv'",
        "EXPLAIN ANALYZE /* c */ COPY (SELECT 1) TO '{folder}/x.csv'",
        "EXPLAIN (ANALYZE) COPY (SELECT 1) TO '{folder}/x.csv'",
        "WITH x AS (INSERT INTO y VALUES (1) RETURNING *) SELECT * FROM x",
        'WITH x AS (SELECT 1) INSERT INTO "/small" SELECT * FROM x',
        "SHOW ALL TABLES; ATTACH ':memory:' AS other",
    ],
)
def test_what_does_more_than_read_is_refused(
    snapshot: Snapshot, engine: str, secret: Path, statement: str
) -> None:
    with pytest.raises(QueryError):
        snapshot.sql(statement.format(secret=secret, folder=secret.parent), engine=engine)
    assert list(secret.parent.iterdir()) == [secret]


@pytest.mark.parametrize(
    "source",
    [
        "'{secret}'",
        '"{secret}"',
        '"/small/../../{secret}"',
        "'{secret.parent}/*.csv'",
        '"file://{secret}"',
        "'https://127.0.0.1:1/x.csv'",
        "'s3://bucket/x.parquet'",
        "'x.csv'",
        "'./x.parquet'",
        "read_csv('{secret}')",
        "read_csv_auto('{secret}')",
        "READ_CSV('{secret}')",
        "system.main.read_csv('{secret}')",
        "read_json('{secret}')",
        "read_text('{secret}')",
        "read_blob('{secret}')",
        "read_parquet('{secret}')",
        "read_parquet('{object}')",
        "parquet_scan('{object}')",
        "parquet_metadata('{object}')",
        "parquet_schema('{object}')",
        "sniff_csv('{secret}')",
        "glob('{secret.parent}/*')",
        "read_csv('https://127.0.0.1:1/x.csv')",
        "query('SELECT 1')",
        "query_table('x')",
        "json_execute_serialized_sql('x')",
        "pragma_database_list()",
        "duckdb_settings()",
        "duckdb_secrets()",
        "which_secret('a', 's3')",
        "enable_logging()",
        "checkpoint()",
        "(SELECT * FROM read_text('{secret}'))",
        "\"/small\", LATERAL (SELECT * FROM read_text('{secret}'))",
        "\"/small\" WHERE EXISTS (SELECT 1 FROM read_text('{secret}'))",
        "(DESCRIBE SELECT * FROM read_csv('{secret}'))",
        "(PIVOT read_csv('{secret}') ON a)",
    ],
)
def test_files_of_the_host_are_not_read(
    pond: Pond, snapshot: Snapshot, engine: str, secret: Path, source: str
) -> None:
    (held,) = objects(pond)
    table = source.format(secret=secret, object=held)
    for statement in (
        f"SELECT * FROM {table}",
        f"EXPLAIN ANALYZE SELECT * FROM {table}",
        f"WITH x AS (SELECT * FROM {table}) SELECT * FROM x",
    ):
        with pytest.raises((QueryError, PathError)) as info:
            snapshot.sql(statement, engine=engine)
        assert SECRET not in str(info.value)


@pytest.mark.parametrize("prefix", ["", "EXPLAIN ANALYZE ", "EXPLAIN ANALYZE /* c */ "])
def test_an_object_that_is_read_cannot_be_written(
    pond: Pond, snapshot: Snapshot, engine: str, prefix: str
) -> None:
    (held,) = objects(pond)
    with pytest.raises(QueryError):
        snapshot.sql(f"{prefix}COPY (SELECT 1 FROM \"/large\") TO '{held}'", engine=engine)
    assert pond.verify().ok


def test_a_refused_statement_leaves_the_next_one_as_it_was(snapshot: Snapshot, engine: str) -> None:
    for statement in ("SET threads = 1", "SELECT * FROM read_text('x')", "SELEC"):
        with pytest.raises(QueryError):
            snapshot.sql(statement, engine=engine)
    assert snapshot.sql('SELECT * FROM "/small"', engine=engine).num_rows == 2


def test_an_engine_that_is_unknown_is_refused(snapshot: Snapshot, engine: str) -> None:
    with pytest.raises(QueryError, match="there is no engine") as info:
        snapshot.sql("SELECT 1", engine=engine + "!")
    assert info.value.hint == "use duckdb or datafusion"
