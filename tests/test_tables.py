"""Tables and lines of alerts fit the terminal: nothing shrinks to nothing, dates and names are whole, and nothing of a stranger is obeyed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings, strategies as st
from rich.cells import cell_len

from gracetape.alert_lines import AlertLine, AlertLines, entry_of, shown_at_once, topics_in_short, what_of
from gracetape.plain_text import cut, plain
from gracetape.tables import table_lines

NAMES = ("id", "created (UTC)", ">logs", "~comment", "?~file", "?service")
ROWS = [
    ("S220609hl@1", "2022-06-09 22:18:16", 12345, "a comment of a good many words, which may be cut", "a file.fits", "https://gracedb"),
    ("G1@1", None, 1, "short", "", ""),
]  # fmt: skip


@pytest.mark.parametrize("width", [200, 120, 100, 80, 70])
def test_a_table_fits_and_cuts_texts_alone(width: int) -> None:
    lines = [line.plain for line in table_lines(NAMES, ROWS, width)]
    assert all(cell_len(line) <= width for line in lines)
    assert "S220609hl@1  2022-06-09 22:18:16  12345  a comment" in lines[1]
    assert ("https://gracedb" in lines[1]) == (width >= 100)
    assert ("(a wider terminal shows" in lines[-1]) == (width < 100)


def test_a_text_that_stays_is_readable_before_others_are_shown() -> None:
    row = (
        "108",
        "2022-06-09 22:18:16",
        "label_added",
        "Added label: EM_Selected by somebody",
        "cWB.fits.gz",
        "sky_loc, public",
    )
    names = (">N", "created (UTC)", "act", "~comment", "?~file", "?~tags")
    lines = [line.plain for line in table_lines(names, [row], 80)]
    assert "Added label: EM_Selec" in lines[1]
    assert lines[-1] == "(a wider terminal shows tags, too)"


def test_off_a_terminal_cells_are_whole_and_lines_have_no_blanks_at_their_end() -> None:
    lines = [line.plain for line in table_lines(NAMES, ROWS)]
    assert all(str(cell) in lines[1] for cell in ROWS[0])
    assert all(line == line.rstrip() for line in lines)


@settings(deadline=None)
@given(st.lists(st.tuples(st.text(max_size=40), st.text(max_size=40), st.integers()), min_size=1, max_size=4))
def test_a_stranger_s_cells_keep_to_their_line(rows: list[tuple[str, str, int]]) -> None:
    lines = [line.plain for line in table_lines(("a", "~b", ">c"), rows, 80)]
    assert len(lines) == len(rows) + 1
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a <a href='https://x'>link</a>,<br>a line &amp; more", "a link, a line & more"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("p <0.5", "p <0.5"),
        ("\x1b[31mred\x1b[0m", "[31mred [0m"),
        ("two\nlines", "two lines"),
    ],
)
def test_html_and_orders_become_text(text: str, said: str) -> None:
    assert plain(text) == said


def test_a_text_is_cut_by_what_it_takes_on_the_screen() -> None:
    assert cut("宇宙の波", 5) == "宇宙…"
    assert cut("short", 5) == "short"


WHEN = datetime(2022, 6, 9, 22, 18, 16, tzinfo=UTC)


def line(**about: object) -> AlertLine:
    fields: dict[str, object] = {
        "time": WHEN, "offset_s": 1.0, "n": 3, "graceid": "S220609hl", "alert_type": "log",
        "what": "a <b>long</b> comment " * 9, "topics": ("cbc_gstlal", "cbc_gstlal_allsky"), "certainty": "inferred",
    }  # fmt: skip
    return AlertLine(**{**fields, **about})  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [80, 100, 200])
@pytest.mark.parametrize("offset_s", [0.0, 999.95, 360_000.0, 1e9])
def test_an_alert_is_one_line_that_fits(width: int, offset_s: float) -> None:
    day, shown = AlertLines(width).text(line(offset_s=offset_s)).splitlines()
    assert day == "2022-06-09 (UTC)"
    assert shown.startswith("22:18:16 ")
    assert cell_len(shown) < width
    assert "S220609hl" in shown
    assert "inferred" in shown


@pytest.mark.parametrize("what", ["retracted", "a long comment " * 9])
def test_how_sure_an_alert_is_stands_in_the_topics_place_where_both_do_not_fit(what: str) -> None:
    about = line(what=what, topics=("igwn.gwalert",))
    assert AlertLines(80).text(about).rstrip().endswith(" inferred")
    assert AlertLines(120).text(about).rstrip().endswith(" inferred igwn.gwalert")


def test_the_date_stays_on_its_line_on_the_narrowest_terminal() -> None:
    assert AlertLines(2).text(line()).startswith("2022-06-09 (UTC)\n")
    assert " -2.5 " in AlertLines(80).text(line(offset_s=-2.5))


def test_the_date_is_told_once_a_day() -> None:
    lines = AlertLines(80)
    texts = [lines.text(line(time=WHEN + timedelta(hours=hours))) for hours in (0, 1, 2, 3)]
    assert ["(UTC)" in text for text in texts] == [True, False, True, False]


def test_a_message_on_several_topics_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line(topics=(topic,), what=what) for what in ("one", "two") for topic in ("a", "a_b")]
    shown_at_once(lines, AlertLines(80))
    assert [text.split()[-1] for text in capsys.readouterr().out.splitlines()[1:]] == ["a(_b)", "a(_b)"]


@pytest.mark.parametrize(("n", "entry"), [(7, 7), (True, None), (0, None), (10**400, None), ("7", None), (None, None)])
def test_a_number_that_no_log_comes_to_is_no_entry(n: object, entry: int | None) -> None:
    assert entry_of({"data": {"N": n}}) == entry


def test_topics_are_told_in_short() -> None:
    assert topics_in_short(["cbc_gstlal", "cbc_gstlal_allsky"]) == "cbc_gstlal(_allsky)"
    assert topics_in_short(["superevent", "other"]) == "superevent, other"


@pytest.mark.parametrize(
    ("payload", "what"),
    [
        ({"alert_type": "label_added", "data": {"name": "EM_READY"}}, "EM_READY"),
        ({"alert_type": "log", "data": {"comment": "<b>map</b>", "filename": "a.fits"}}, "map [a.fits]"),
        ({"alert_type": "new", "data": {"far": 1e-9}, "object": {"pipeline": "gstlal", "search": "AllSky"}}, "gstlal AllSky, FAR 1e-09 Hz"),
        ({"alert_type": "signoff_created", "data": {"status": "OK", "signoff_type": "OP", "instrument": "H1"}}, "OP H1 OK"),
        ({"alert_type": "update", "data": []}, ""),
        ({}, ""),
    ],
)  # fmt: skip
def test_what_a_message_tells_of(payload: dict[str, object], what: str) -> None:
    assert what_of(payload) == what


def test_a_name_is_cut_in_its_middle_and_its_end_stays() -> None:
    long = "coinc_with_a_long_name_of_the_night.xml,12"
    (_, first, second) = table_lines(["^file", ">size"], [(long, "1 kB"), ("a.txt,0", "2 B")], 36)
    assert first.plain.startswith("coinc_with_")
    assert first.plain.endswith("ght.xml,12  1 kB")
    assert first.cell_len <= 36
    assert second.plain.startswith("a.txt,0 ")
    assert table_lines(["^file"], [(long,)])[1].plain == long


@pytest.mark.parametrize("width", range(60, 121, 5))
@pytest.mark.parametrize("certainty", ["exact", "inferred"])
def test_topics_stand_whole_and_flush_right_or_not_at_all(width: int, certainty: str) -> None:
    topics = ("test_gstlal", "test_gstlal_allsky")
    text = AlertLines(width).text(line(topics=topics, what="words " * 20, certainty=certainty)).splitlines()[-1]
    last = text.split()[-1]
    assert last in ("test_gstlal(_allsky)", "test_gstlal(+1)", "inferred") or last.endswith("…")
    assert "test_" not in last or len(text) == width - 1
    assert not last.startswith("test_") or not last.endswith("…")
