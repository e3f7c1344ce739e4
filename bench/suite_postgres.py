"""PostgreSQL beside it: the same events, tuned for the machine, with an index that covers the question."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import psycopg

from aftersend.store.embedded import EmbeddedEngine
from history import Group
from plan import FIRST_DATE, LAST_DATE
from statements import PLAIN, Scope, totals, uniques

_PORT = 54_388
_LONG = 20
"""Seconds: what takes longer is not asked again."""
_TOGETHER = 50
"""Campaigns of others that are copied at once."""
_COLUMNS = "workspace_id, campaign_id, day, kind, platform, locale, variation, detail, user_id"
_TABLE = """
CREATE UNLOGGED TABLE message_events (
    workspace_id text COLLATE "C", campaign_id text COLLATE "C", day date, kind text COLLATE "C",
    platform text COLLATE "C", locale text COLLATE "C", variation text COLLATE "C", detail text COLLATE "C",
    user_id text COLLATE "C"
)"""
_INDEX = f"CREATE INDEX covering ON message_events ({_COLUMNS})"
_SETTINGS = {
    "shared_buffers": "4GB",
    "effective_cache_size": "12GB",
    "work_mem": "512MB",
    "maintenance_work_mem": "2GB",
    "max_parallel_workers_per_gather": "2",
    "max_parallel_maintenance_workers": "2",
    "hash_mem_multiplier": "4",
    "random_page_cost": "1.1",
    "jit": "off",
    "fsync": "off",
    "listen_addresses": "''",
    "max_wal_size": "8GB",
}
"""Fewer promises than by default, and more memory: what is compared is how fast it answers."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What PostgreSQL took for one group in one mode, in its fastest form."""

    group: Group
    mode: str
    seconds: list[float]
    form: str


def found() -> Path | None:
    """Return the folder of PostgreSQL's programs, if it is there."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return places[-1].parent if places else None


def measure(data: Path, held: Sequence[Group], asked: Sequence[Group], repeats: int) -> Iterator[Asked]:
    """Hold the events of some groups in PostgreSQL and ask about some of them, in both modes, for the whole month."""
    with _running() as address, psycopg.connect(address, autocommit=True) as connection:
        connection.execute(_TABLE)
        engine = EmbeddedEngine(data / "ledger", readers=1)
        try:
            for group in held:
                _copy(engine, connection, group)
            connection.execute(_INDEX)
            connection.execute("VACUUM (FREEZE, ANALYZE) message_events")
            for group in asked:
                for mode in ("TOTAL", "UNIQUE"):
                    yield _ask(engine, connection, (group, mode), repeats)
        finally:
            engine.close()


def _copy(engine: EmbeddedEngine, connection: "psycopg.Connection[tuple[object, ...]]", group: Group) -> None:
    """Copy the events of a few campaigns at a time, so that memory is bounded."""
    together = 1 if group.exact else _TOGETHER
    for start in range(0, len(group.numbers), together):
        campaigns = "', '".join(group.campaign_ids[start : start + together])
        with connection.cursor() as cursor, cursor.copy(f"COPY message_events ({_COLUMNS}) FROM STDIN") as copy:
            rows = engine._writer.raw_query(
                f"SELECT {_COLUMNS} FROM message_events WHERE workspace_id = '{group.workspace_id}' "
                f"AND campaign_id IN ('{campaigns}')",
                fmt="TSV",
            )
            copy.write(rows)


def statements(group: Group, mode: str) -> dict[str, str]:
    """Return the forms of the question in PostgreSQL's SQL."""
    asked = ", ".join(f"'{one}'" for one in group.campaign_ids)
    rows = (
        f"FROM message_events WHERE workspace_id = '{group.workspace_id}' AND campaign_id IN ({asked}) "
        f"AND day BETWEEN '{FIRST_DATE}' AND '{LAST_DATE}'"
    )
    keys = "campaign_id, platform, kind, detail"
    sets = ", ".join(f"({keys}{more})" for more in ("", ", locale", ", variation", ", locale, variation"))
    every = f"{keys}, locale, variation"
    if mode == "TOTAL":
        folded = f"SELECT {every}, count(*) AS events {rows} GROUP BY {every}"
        return {
            "folded, then levels": f"SELECT {every}, sum(events) FROM ({folded}) f GROUP BY GROUPING SETS ({sets})",
            "every row once a level": f"SELECT {every}, count(*) {rows} GROUP BY GROUPING SETS ({sets})",
        }
    users = f"SELECT DISTINCT {every}, user_id {rows}"
    places = (("NULL::text", "NULL::text"), ("locale", "NULL"), ("NULL", "variation"), ("locale", "variation"))
    each = (
        f"SELECT {every}, count(*) FROM (SELECT DISTINCT {keys}, {locale} AS locale, {variation} AS variation, user_id "
        f"{rows}) u GROUP BY {every}"
        for locale, variation in places
    )
    return {
        "distinct users of each level": " UNION ALL ".join(each),
        "distinct users, then levels": (
            f"SELECT {every}, count(DISTINCT user_id) FROM ({users}) u GROUP BY GROUPING SETS ({sets})"
        ),
        "every row once a level": f"SELECT {every}, count(DISTINCT user_id) {rows} GROUP BY GROUPING SETS ({sets})",
    }


def _ask(
    engine: EmbeddedEngine, connection: "psycopg.Connection[tuple[object, ...]]", what: tuple[Group, str], repeats: int
) -> Asked:
    group, mode = what
    scope = Scope(group.workspace_id, tuple(group.campaign_ids))
    plain = engine.select((totals if mode == "TOTAL" else uniques)(scope)[PLAIN])
    truth = sorted((*(str(row[place]) for place in (0, 1, 4, 5, 2, 3)), int(row[7])) for row in plain)
    best: tuple[float, str] = (float("inf"), "")
    for name, sql in statements(group, mode).items():
        started = time.perf_counter()
        rows = connection.execute(sql).fetchall()
        best = min(best, (time.perf_counter() - started, name))
        told = sorted((*(str(one or "") for one in row[:6]), int(str(row[6]))) for row in rows)
        if told != truth:
            raise RuntimeError(f"PostgreSQL and the ledger disagree about {group.workspace_id} in {mode}")
    seconds = [best[0]] if best[0] > _LONG else []
    for _ in range(0 if seconds else repeats):
        started = time.perf_counter()
        connection.execute(statements(group, mode)[best[1]]).fetchall()
        seconds.append(time.perf_counter() - started)
    return Asked(group, mode, seconds, best[1])


@contextmanager
def _running() -> Iterator[str]:
    programs = found()
    assert programs is not None
    folder = Path(mkdtemp(prefix="aftersend-postgres-"))
    before: list[str] = []
    if os.geteuid() == 0:  # it refuses to run as root
        shutil.chown(folder, "postgres")
        before = ["runuser", "-u", "postgres", "--"]
    initialize = [str(programs / "initdb"), "-D", str(folder / "data"), "-A", "trust", "-U", "aftersend"]
    control = [*before, str(programs / "pg_ctl"), "-D", str(folder / "data")]
    settings = " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items())
    options = f"-p {_PORT} -k {folder} {settings}"
    _run([*before, *initialize])
    _run([*control, "-w", "-t", "60", "-l", str(folder / "log"), "-o", options, "start"])
    try:
        yield f"host={folder} port={_PORT} user=aftersend dbname=postgres"
    finally:
        _run([*control, "-m", "immediate", "stop"])
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
