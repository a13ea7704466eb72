"""Trees as SQL: the answer is that of evaluating the tree on each record, and it is found by indexes."""

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from gracetape.archive import index
from gracetape.archive.searchable import Subject
from gracetape.dummy.query.reading import read
from gracetape.dummy.query.search import find, order_of, written
from gracetape.dummy.query.tree import AllOf, AnyOf, Condition, Node, Not, Query
from tests.dummy.query.conftest import NOW, event

_NAMES = {"id": "graceid", "group": "group", "pipeline": "pipeline", "far": "far", "gpstime": "gpstime"}
_GROUPS, _LABELS = ("CBC", "Burst", "Test"), ("INJ", "DQV", "EM_READY")
_numbers = st.integers(0, 6).map(float)


def _conditions() -> st.SearchStrategy[Condition]:
    compared = st.sampled_from(["=", "<", "<=", ">", ">="])
    numeric = st.sampled_from(["far", "gpstime", "id", "si.snr", "si.mass1", "ci.snr"])
    spans = st.tuples(_numbers, _numbers)
    return st.one_of(
        st.builds(Condition, numeric, compared, st.tuples(_numbers)),
        st.builds(Condition, numeric, st.just("between"), spans),
        st.builds(Condition, numeric, st.just("in"), st.lists(_numbers, max_size=3).map(tuple)),
        st.builds(Condition, st.just("label"), st.just("="), st.tuples(st.sampled_from(_LABELS))),
        st.builds(Condition, st.just("group"), st.just("in"), st.lists(st.sampled_from(_GROUPS)).map(tuple)),
        st.builds(
            Condition,
            st.sampled_from(["far", "superevent", "label", "si.snr"]),
            st.just("null"),
            st.tuples(st.booleans()),
        ),
        st.builds(
            Condition, st.just("submitter"), st.just("contains"), st.tuples(st.sampled_from(["A", "%", "lb", ""]))
        ),
    )


def _joined(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(inner, max_size=4).map(tuple)
    return st.one_of(st.builds(AllOf, several), st.builds(AnyOf, several), st.builds(Not, inner))


trees = st.recursive(_conditions(), _joined, max_leaves=12)


@st.composite
def _records(draw: st.DrawFn) -> list[dict[str, Any]]:
    maybe = st.none() | _numbers
    found = []
    for number in range(draw(st.integers(1, 7))):
        lines = draw(st.lists(st.fixed_dictionaries({"snr": _numbers, "mass1": _numbers}), max_size=3))
        found.append(
            event(
                f"G{number}", far=draw(maybe), gpstime=draw(maybe), group=draw(st.sampled_from(_GROUPS)),
                labels=draw(st.lists(st.sampled_from(_LABELS), unique=True)), superevent=draw(st.sampled_from([None, "S1"])),
                submitter=draw(st.sampled_from(["albert", "%", "B_"])),
                extra_attributes={"SingleInspiral": lines, "CoincInspiral": {"snr": draw(maybe)}},
            )
        )  # fmt: skip
    return found


_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda value, wanted: value == wanted[0],
    "<": lambda value, wanted: value < wanted[0],
    "<=": lambda value, wanted: value <= wanted[0],
    ">": lambda value, wanted: value > wanted[0],
    ">=": lambda value, wanted: value >= wanted[0],
    "between": lambda value, wanted: wanted[0] <= value <= wanted[1],
    "in": lambda value, wanted: value in wanted,
    "contains": lambda value, wanted: wanted[0].lower() in value.lower(),
}


def _values(record: dict[str, Any], field: str) -> list[Any]:
    """The values that a field has in a record, without the unknown ones."""
    if field == "label":
        return list(record["labels"])
    if field == "id":
        return [int(record["graceid"][1:])]
    if field == "ci.snr":
        return [v for v in [record["extra_attributes"]["CoincInspiral"]["snr"]] if v is not None]
    return [record[field]] if record[field] is not None else []


def _holds(tree: Node, record: dict[str, Any], line: dict[str, float] | None = None) -> bool:
    """What a tree says of a record; with `line`, of one of its single inspirals."""
    match tree:
        case AllOf(parts):
            own = [part for part in parts if _of_lines(part)]
            rest = [part for part in parts if part not in own]
            if line is not None:
                return all(_holds(part, record, line) for part in parts)
            lines = record["extra_attributes"]["SingleInspiral"]
            together = not own or any(all(_holds(part, record, one) for part in own) for one in lines)
            return together and all(_holds(part, record) for part in rest)
        case AnyOf(parts):
            return any(_holds(part, record, line) for part in parts)
        case Not(part):
            return not _holds(part, record)
    if tree.field.startswith("si."):
        lines = [line] if line is not None else record["extra_attributes"]["SingleInspiral"]
        values = [one[tree.field[3:]] for one in lines]
    else:
        values = _values(record, tree.field)
    if tree.op == "null":
        return bool(values) != tree.values[0]
    return any(_TESTS[tree.op](value, tree.values) for value in values)


def _of_lines(tree: Node) -> bool:
    """Whether a tree is about single inspirals alone, with nothing denied."""
    match tree:
        case AllOf(parts) | AnyOf(parts):
            return bool(parts) and all(_of_lines(part) for part in parts)
        case Not():
            return False
    return tree.field.startswith("si.") and tree.op != "null"


def _tables(records: list[dict[str, Any]]) -> sqlite3.Connection:
    found = sqlite3.connect(":memory:", isolation_level=None)
    index.make(found)
    for seq, record in enumerate(records):
        index.put(found, Subject(record["graceid"], "event", seq, True, record))
    return found


@settings(deadline=None, max_examples=300)
@given(_records(), trees, st.booleans())
def test_sql_answers_what_the_tree_says_of_each_record(
    records: list[dict[str, Any]], tree: Node, without: bool
) -> None:
    wanted = [r["graceid"] for r in records if _holds(tree, r) and not (without and r["group"] == "Test")]
    found = find(
        _tables(records), "event", Query(tree, without_test=without, without_mdc=False), order_of("event", ["id"])
    )
    assert found.objects == wanted
    assert found.total == len(wanted)


@settings(deadline=None, max_examples=50)
@given(_records(), trees, st.integers(0, 5), st.integers(1, 5))
def test_pages_are_slices_of_the_whole(records: list[dict[str, Any]], tree: Node, start: int, count: int) -> None:
    tables, query = _tables(records), Query(tree, without_test=False, without_mdc=False)
    for name in ("far", "-far", "created", "-gpstime", "group"):
        whole = find(tables, "event", query, order_of("event", [name]))
        page = find(tables, "event", query, order_of("event", [name]), start, count)
        assert page.objects == whole.objects[start : start + count]
        assert page.total == whole.total == len(whole.objects)


@settings(deadline=None, max_examples=50)
@given(_records(), st.data())
def test_rows_are_kept_as_records_change(records: list[dict[str, Any]], data: st.DataObject) -> None:
    tables = _tables(records)
    changed = data.draw(_records())
    for seq, record in enumerate(changed):
        index.put(tables, Subject(record["graceid"], "event", seq, True, record))
    for record in records[len(changed) :]:
        index.remove(tables, record["graceid"])
    fresh = _tables(changed)
    for table in set(index.NAMES) - {"search_words"}:
        dumped = [sorted(db.execute(f"SELECT * FROM {table}").fetchall(), key=repr) for db in (tables, fresh)]
        assert dumped[0] == dumped[1]


@pytest.fixture(scope="module")
def many() -> Iterator[sqlite3.Connection]:
    """Search tables with 3,000 events, none alike."""
    records = (
        event(
            f"G{i}", far=10.0 ** -(i % 3000 / 250), gpstime=1e9 + i, labels=["INJ"] if i % 100 else ["INJ", "DQV"],
            group="Burst" if i % 50 == 0 else "CBC", superevent=f"S{i}" if i % 500 == 0 else None,
            created=f"2019-0{i % 9 + 1}-{i % 28 + 1:02} 00:00:{i % 60:02} UTC", submitter=f"user{i % 40}",
            extra_attributes={"CoincInspiral": {"snr": i / 100}, "SingleInspiral": [{"snr": i / 200}, {"snr": i / 300}]},
        )
        for i in range(1, 3001)
    )  # fmt: skip
    yield (tables := _tables(list(records)))
    tables.close()


@pytest.mark.parametrize(
    "query",
    [
        "far < 1e-11", "gpstime: 1000000000 .. 1000000010", "G5", "G5 .. G9", "G1 G7 G2999", "Burst", "DQV", "DQV & INJ", '"user7"',
        "INJ far < 1e-11", "si.snr > 14.9", "si.snr > 14.9 & far < 1", "ci.snr in 1,1.1 INJ", "created: 2019-01-01 .. 2019-01-03",
        "in_superevent: True", "superevent: S190101a", "far < 1e-11 | far > 0.99", "O1", "nevents: 7", "ifos: V1", "is_preferred_event: True",
    ],
)  # fmt: skip
def test_no_query_that_says_what_it_wants_reads_the_whole_table(many: sqlite3.Connection, query: str) -> None:
    matching = written(many, "event", read(many, "event", query, NOW))
    plan = [row[3] for row in many.execute(f"EXPLAIN QUERY PLAN SELECT o.object {matching.text}", matching.params)]
    assert not [step for step in plan if step.startswith(("SCAN o", "SCAN search_events"))], plan
