"""Random lives: sequences of acts on events and superevents, of every kind, done through the ordinary client."""

import functools
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from ligo.gracedb.exceptions import HTTPError

from demo.lives import sample

LABELS = ("SKYMAP_READY", "EMBRIGHT_READY", "PASTRO_READY", "DQV", "INJ", "EM_READY")
REQUESTS = ("H1OPS", "L1OPS", "V1OPS", "ADVREQ")
FILES = ("upload.data", "test_file.txt", "cbc-lm.xml")
TAGS = ("sky_loc", "psd", "data_quality", "analyst_comments", "public")
COMMENTS = ("a comment", "Added label: NOPE twice", "two\nlines; 'quotes' -> arrows", "ünïcödé ⊙", "x" * 300)


class Ticking:
    """A clock for the dummy: each act is some seconds after the one before."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def tick(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


#: Acts by name; numbers pick among what is there.
ACTS = (
    "event event_labelled event_unread log log_file log_tags label unlabel tag untag superevent add_event remove_event prefer "
    "shift request signoff signoff_update signoff_delete observe voevent confirm replace expose"
).split()

acts = st.lists(
    st.tuples(st.sampled_from(ACTS), st.integers(0, 5), st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=22
)


@functools.cache
def slim(name: str) -> tuple[str, bytes]:
    """(name, contents) of a sample coinc file without the 42 columns that are 0 in all its single inspirals: reading those is
    what a life would spend most of its time on."""
    text = sample(name)[1].decode()
    table = re.search(r'<Table Name="sngl_inspiral:table">(.*?)(<Stream.*?>)(.*?)</Stream>', text, re.DOTALL)
    assert table is not None
    columns = re.findall(r"<Column [^>]*>", table[1])
    rows = [row.split(",") for row in re.split(r",?\n\s*", table[3].strip())]
    used = [i for i in range(len(columns)) if any(row[i] not in ("0", '""') for row in rows)]
    kept = "".join(columns[i] for i in used)
    cells = ",\n".join(",".join(row[i] for i in used) for row in rows)
    return name, text.replace(
        table[0], f'<Table Name="sngl_inspiral:table">{kept}{table[2]}\n{cells}\n</Stream>'
    ).encode()


@dataclass
class Life:
    """What came to be while acts were done; an act that the server refuses changes nothing."""

    client: Any
    clock: Ticking
    events: list[str] = field(default_factory=list)
    superevents: list[str] = field(default_factory=list)
    refused: int = 0
    done: list[str] = field(default_factory=list)

    def live(self, steps: list[tuple[str, int, int, int]]) -> None:
        for name, a, b, c in [("event", 0, 0, 0), *steps]:
            try:
                getattr(self, f"do_{name}")(a, b, c)
                self.done.append(name)
            except HTTPError as error:
                assert 400 <= error.status < 500, error
                self.refused += 1
            except IndexError:
                pass
            self.clock.tick(2 + c)

    # what an act is done to

    def anything(self, a: int) -> str:
        pool = self.events + self.superevents
        return pool[a % len(pool)]

    def a_superevent(self, a: int) -> str:
        return self.superevents[a % len(self.superevents)] if self.superevents else self.superevents[0]

    def an_event(self, a: int) -> str:
        return self.events[a % len(self.events)]

    # acts

    def do_event(self, a: int, b: int, c: int, **more: Any) -> None:
        name, contents = slim(("cbc-lm.xml", "cbc-lm2.xml")[a % 2])
        search = ("AllSky", "LowMass", None)[b % 3]
        made = self.client.create_event("Test", "gstlal", name, search=search, filecontents=contents, **more)
        self.events.append(made.json()["graceid"])

    def do_event_labelled(self, a: int, b: int, c: int) -> None:
        self.do_event(a, b, c, labels=sorted({LABELS[a], LABELS[b]}))

    def do_event_unread(self, a: int, b: int, c: int) -> None:
        pipeline, contents = (("gstlal", b"not xml"), ("oLIB", b"{}"), ("Omega", b"anything"))[a % 3]
        made = self.client.create_event("Test", pipeline, "upload.file", filecontents=contents, labels=["INJ"])
        self.events.append(made.json()["graceid"])

    def do_log(self, a: int, b: int, c: int) -> None:
        self.client.write_log(self.anything(a), COMMENTS[b % len(COMMENTS)])

    def do_log_file(self, a: int, b: int, c: int) -> None:
        name, contents = sample(FILES[b % 3])
        self.client.write_log(self.anything(a), "a file", filename=name, filecontents=contents, tag_name=TAGS[c % 5])

    def do_log_tags(self, a: int, b: int, c: int) -> None:
        self.client.write_log(self.anything(a), "tagged", tag_name=sorted({TAGS[b % 5], TAGS[c % 5]}))

    def do_label(self, a: int, b: int, c: int) -> None:
        self.client.write_label(self.anything(a), LABELS[b])

    def do_unlabel(self, a: int, b: int, c: int) -> None:
        graceid = self.anything(a)
        labels = self.client.labels(graceid).json()["labels"]
        self.client.remove_label(graceid, labels[b % len(labels)]["name"] if labels else LABELS[b])

    def do_tag(self, a: int, b: int, c: int) -> None:
        self.client.add_tag(self.anything(a), 1 + b, TAGS[c % 5])

    def do_untag(self, a: int, b: int, c: int) -> None:
        graceid = self.anything(a)
        tagged = [log for log in self.client.logs(graceid).json()["log"] if log["tag_names"]]
        log = tagged[b % len(tagged)] if tagged else tagged[0]
        self.client.remove_tag(graceid, log["N"], log["tag_names"][c % len(log["tag_names"])])

    def do_superevent(self, a: int, b: int, c: int) -> None:
        preferred, other = self.an_event(a), self.an_event(b)
        t_0 = self.client.event(preferred).json()["gpstime"] or 971609248.0
        events = [other] if other != preferred and c % 2 else None
        labels = [LABELS[c]] if c % 3 else None
        made = self.client.create_superevent(
            t_0 - 1, t_0, t_0 + 1.5, preferred, category="test", events=events, labels=labels
        )
        self.superevents.append(made.json()["superevent_id"])

    def do_add_event(self, a: int, b: int, c: int) -> None:
        self.client.add_event_to_superevent(self.a_superevent(a), self.an_event(b))

    def do_remove_event(self, a: int, b: int, c: int) -> None:
        superevent = self.a_superevent(a)
        members = self.client.superevent(superevent).json()["gw_events"]
        self.client.remove_event_from_superevent(superevent, members[b % len(members)])

    def do_prefer(self, a: int, b: int, c: int) -> None:
        self.client.update_superevent(self.a_superevent(a), preferred_event=self.an_event(b))

    def do_shift(self, a: int, b: int, c: int) -> None:
        t_0 = 971609248.0 + b + c / 8
        self.client.update_superevent(self.a_superevent(a), t_start=t_0 - 1, t_0=t_0, t_end=t_0 + 1)

    def do_request(self, a: int, b: int, c: int) -> None:
        self.client.write_label(self.a_superevent(a), REQUESTS[b % 4])

    def _who(self, b: int) -> tuple[str, str]:
        return ("OP", ("H1", "L1", "V1")[b % 3]) if b % 4 else ("ADV", "")

    def do_signoff(self, a: int, b: int, c: int) -> None:
        kind, instrument = self._who(b)
        self.client.create_signoff(self.a_superevent(a), kind, ("OK", "NO")[c % 2], "it's; so", instrument=instrument)

    def do_signoff_update(self, a: int, b: int, c: int) -> None:
        kind, instrument = self._who(b)
        self.client.update_signoff(
            self.a_superevent(a), kind, status=("OK", "NO", None)[c % 3], comment=f"now {c}", instrument=instrument
        )

    def do_signoff_delete(self, a: int, b: int, c: int) -> None:
        kind, instrument = self._who(b)
        self.client.delete_signoff(self.a_superevent(a), kind, instrument=instrument)

    def do_observe(self, a: int, b: int, c: int) -> None:
        groups = self.client.em_groups
        times = ["2026-03-01T12:00:00"] * 2
        self.client.write_emobservation(
            self.anything(a), groups[b % len(groups)], [1.0, 2.0], [2.0, 2.0], [3.0, 4.0], [1.0, 1.0], times, [10, 20]
        )

    def do_voevent(self, a: int, b: int, c: int) -> None:
        kind = ("preliminary", "retraction")[b % 2]
        self.client.create_voevent(self.a_superevent(a), kind)

    def do_confirm(self, a: int, b: int, c: int) -> None:
        self.client.confirm_superevent_as_gw(self.a_superevent(a))

    def do_replace(self, a: int, b: int, c: int) -> None:
        name, contents = sample("cbc-lm2.xml")
        self.client.replace_event(self.an_event(a), name, filecontents=contents)

    def do_expose(self, a: int, b: int, c: int) -> None:
        self.client.modify_permissions(self.a_superevent(a), ("expose", "hide")[b % 2])
