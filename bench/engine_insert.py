"""The engine's own insert of the bytes that the server is sent: what is there to be reached at all.

Same columns, codecs, order and fsync as the ledger's table, same batches, same number of connections. The
engine is spared what the server does beyond it: no check, no identity, no answer. Two columns differ so that it
can read the bytes as they are: `time` is the integer that the events carry, and `day` is computed from it.
"""

import re
import threading
import time
from pathlib import Path

import clickhouse_connect
from clickhouse_connect.driver.client import Client

from aftersend.store.migrate import steps


def insert_all(folder: Path, bodies: list[bytes], connections: int, warm_up: int) -> tuple[float, float]:
    """Insert the bodies, the first few before the clocks start.

    Returns the seconds that the others took, and the seconds of processor time.
    """
    clients = [_connect(folder) for _ in range(connections)]
    for statement in (_table(), *_later_steps()):
        clients[0].command(statement)
    for body in bodies[:warm_up]:
        _insert(clients[0], body)
    waiting = iter(bodies[warm_up:])
    lock = threading.Lock()

    def work(client: Client) -> None:
        while True:
            with lock:
                body = next(waiting, None)
            if body is None:
                return
            _insert(client, body)

    threads = [threading.Thread(target=work, args=(client,)) for client in clients]
    started, busy = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed, busy = time.perf_counter() - started, time.process_time() - busy
    _check(clients[0], bodies)
    for client in clients:
        client.close()
    return elapsed, busy


def _connect(folder: Path) -> Client:
    settings = {"max_insert_block_size": 10_000_000, "input_format_skip_unknown_fields": 1}
    return clickhouse_connect.get_client(interface="chdb", path=str(folder), settings=settings)


def _table() -> str:
    ledger = next(statement for statement in steps()[0].statements if "TABLE message_events" in statement)
    dated = ledger.replace("day Date,", "day Date DEFAULT toDate(intDiv(time, 86400000)),")
    numbered = dated.replace("time DateTime64(3, 'UTC')", "time Int64", 1)
    assert numbered != dated != ledger, "the ledger's table has changed; adapt this to it"
    return numbered


def _later_steps() -> list[str]:
    """What has been done to the table since it was made."""
    return [
        statement
        for step in steps()[1:]
        for statement in step.statements
        if re.match(r"ALTER TABLE message_events\b", statement)
    ]


def _insert(client: Client, body: bytes) -> None:
    client.raw_insert("message_events", insert_block=body, fmt="JSONEachRow")


def _check(client: Client, bodies: list[bytes]) -> None:
    stored = client.query("SELECT count() FROM message_events").result_rows[0][0]
    sent = sum(body.count(b"\n") for body in bodies)
    if stored != sent:
        raise RuntimeError(f"the engine has {stored:,} of {sent:,} events")
