"""A server is killed while it makes a report: the report is made anew, or has failed; nothing is left over."""

import signal
import time

import pytest

from builders import Asker, Json, campaign, message_event
from cli.desk import Desk, Serving
from report_files import archive, ask, ended, read_csv

CAMPAIGNS, DAYS = 20, 30
DAY = 86_400_000
NOON = 1_767_268_800_000
LONG: Json = {"end_date": "2026-01-30", "granularity": "day"}


class Office:
    """A data folder with many campaigns and days, so that a report about all of it takes some seconds."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.secret = desk.create_workspace()
        desk.put_campaigns(*(campaign(id=f"c{place}") for place in range(CAMPAIGNS)))

    def asker(self, serving: Serving) -> Asker:
        """Return who asks a server that runs now."""
        return Asker(serving.url, self.desk.workspace, self.secret)

    @property
    def files(self) -> list[str]:
        """Return what is in the folder of reports."""
        return sorted(file.name for file in (self.desk.data / "reports").iterdir())


@pytest.fixture
def office(desk: Desk) -> Office:
    """A data folder with events on every day."""
    found = Office(desk)
    with desk.serving() as serving:
        found.asker(serving).send(
            *(
                message_event(
                    event_id=f"{place}-{day}", campaign_id=f"c{place}", user_id=f"u{day % 7}", time=NOON + day * DAY
                )
                for place in range(CAMPAIGNS)
                for day in range(DAYS)
            )
        )
    return found


def _well_under_way(asker: Asker, report_id: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = asker.request("GET", f"/v1/reports/{report_id}").json()
        assert found["status"] in ("waiting", "running"), found
        if found["progress"] > 5:
            return
        time.sleep(0.01)
    raise AssertionError("the report was not begun")


def test_a_report_survives_a_kill(office: Office) -> None:
    """It is made from the beginning at the next start, and is what it would have been."""
    with office.desk.serving() as serving:
        begun = ask(office.asker(serving), **LONG).json()
        _well_under_way(office.asker(serving), begun["id"])
        serving.stop(signal.SIGKILL)
    assert office.files == [f"{begun['id']}.making"]

    with office.desk.serving() as serving:
        asker = office.asker(serving)
        found = ended(asker, begun["id"])
        assert (found["status"], found["rows"]) == ("ready", CAMPAIGNS * DAYS)
        assert office.files == [f"{begun['id']}.zip"]
        rows = read_csv(archive(asker, found)["Report_-_test_EMAIL.csv"])
        assert sum(int(row["Total Sent"]) for row in rows) == CAMPAIGNS * DAYS
        assert len({(row["Campaign ID"], row["Date"]) for row in rows}) == CAMPAIGNS * DAYS


def test_a_report_that_is_always_killed_fails(office: Office) -> None:
    """After three attempts it has failed with a reason, and the next one is made."""
    with office.desk.serving() as serving:
        begun = ask(office.asker(serving), **LONG).json()
        _well_under_way(office.asker(serving), begun["id"])
        serving.stop(signal.SIGKILL)
    for _ in range(2):
        with office.desk.serving() as serving:
            _well_under_way(office.asker(serving), begun["id"])
            serving.stop(signal.SIGKILL)

    with office.desk.serving() as serving:
        asker = office.asker(serving)
        found = ended(asker, begun["id"])
        assert (found["status"], found["progress"]) == ("failed", 0)
        assert "stopped 3 times" in found["error"]
        small = ended(asker, ask(asker, name="Small").json()["id"])
        assert small["status"] == "ready"
        assert office.files == [f"{small['id']}.zip"]


def test_to_stop_is_no_attempt(office: Office) -> None:
    """An orderly stop gives a report up until the next start, as often as it happens."""
    with office.desk.serving() as serving:
        begun = ask(office.asker(serving), **LONG).json()
    for _ in range(4):
        with office.desk.serving() as serving:
            _well_under_way(office.asker(serving), begun["id"])
    assert office.files == []

    with office.desk.serving() as serving:
        assert ended(office.asker(serving), begun["id"])["status"] == "ready"


def test_a_file_that_is_gone(office: Office) -> None:
    """A report whose file is not there any more, as after a restore, has failed; foreign files are removed."""
    with office.desk.serving() as serving:
        report = ended(office.asker(serving), ask(office.asker(serving)).json()["id"])
    folder = office.desk.data / "reports"
    (folder / f"{report['id']}.zip").rename(folder / "0123456789abcdef.zip")

    with office.desk.serving() as serving:
        found: Json = {"status": "ready"}
        while found["status"] == "ready":
            found = office.asker(serving).request("GET", f"/v1/reports/{report['id']}").json()
        assert (found["status"], found["error"]) == ("failed", "its file is not on this machine; ask for it again")
    assert office.files == []
