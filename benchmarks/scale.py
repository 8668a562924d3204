"""How large the inputs are: the sizes that the budgets are about, and a short form for tests."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Sizes of inputs, and how often each thing is measured.

    Attributes:
        rounds: Rounds of interleaved runs; every figure is a median of at least as many.
        short_rounds: The same where runs are short, and a machine that is busy for a moment would
            decide the median of few.
        early_commits: The age at which a commit is what later ones are held against.
        commits: The age of the old pond.
        commits_a_round: Commits measured on each pond in a round.
        files: Files made in one transaction.
        nodes: Nodes of the large pond.
        few_nodes: Nodes of the small pond.
        superseded: Rows that a reader of the present has no use for.
        rows: Readings of the long series.
        months: Its monthly windows.
        unmerged: Small windows at its end that no maintenance has merged.
        replaced: Months of which a day was replaced.
        days: Days that come one by one to the series of 15-minute data.
        processes: Writers at once.
        transactions: Transactions of each writer.
        decoded_months: Months of eight parameters that come as JSON.
        sources: Sources in the large pipeline.
        sites: Sites of each: of eight there are 100 assets.
        partitions: Months of each series of a pipeline.
        hours: How long a series is pulled every hour.
        instruments: Instruments that a website shows.
        years: How long they have been reading.
    """

    rounds: int = 5
    short_rounds: int = 25
    early_commits: int = 100
    commits: int = 10_000
    commits_a_round: int = 64
    files: int = 10_000
    nodes: int = 100_000
    few_nodes: int = 1_000
    superseded: int = 1_000_000
    rows: int = 20_000_000
    months: int = 120
    unmerged: int = 64
    replaced: int = 10
    days: int = 31
    processes: int = 8
    transactions: int = 100
    decoded_months: int = 12
    sources: int = 20
    sites: int = 8
    partitions: int = 24
    hours: int = 28 * 24
    instruments: int = 50
    years: int = 10


FULL = Scale()
"""What the budgets are about."""

SMALL = Scale(
    rounds=1,
    short_rounds=1,
    early_commits=4,
    commits=20,
    commits_a_round=4,
    files=50,
    nodes=200,
    few_nodes=20,
    superseded=400,
    rows=120_000,
    months=12,
    unmerged=4,
    replaced=1,
    days=2,
    processes=2,
    transactions=4,
    decoded_months=1,
    sources=2,
    sites=1,
    partitions=2,
    hours=24,
    instruments=2,
    years=1,
)
"""Shows that the benchmarks run; its figures mean nothing."""
