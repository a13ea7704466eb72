"""Tables of LIGO_LW are read and refused as its library does it, whatever tables somebody else made it know by name."""

import re

import pytest
from igwn_ligolw import ligolw

from demo.lives import sample
from gracetape.pipelines.formats.ligolw_files import document, rows
from gracetape.pipelines.formats.ligolw_parser import load
from gracetape.pipelines.uploaded_event import UploadError

TEXT = sample("cbc-lm.xml")[1].decode()
COLUMNS = re.findall(r"<Column [^>]*>", TEXT)
FIRST, LAST = COLUMNS[0], COLUMNS[-1]
BAD = {
    "a column twice": TEXT.replace(LAST, LAST + LAST),
    "a column twice, under two prefixes": TEXT.replace(LAST, LAST + LAST.replace('Name="', 'Name="other:')),
    "an unknown type": TEXT.replace('Type="real_4"', 'Type="reel"', 1),
    "no name": TEXT.replace(FIRST, '<Column Type="real_4"/>'),
    "no type": TEXT.replace(FIRST, '<Column Name="x"/>'),
    "another attribute": TEXT.replace(FIRST, '<Column Name="x" Type="real_4" Width="1"/>'),
    "a column after the rows": TEXT.replace("</Stream>", "</Stream>" + FIRST, 1),
    "rows twice": re.sub(r"(<Stream[^>]*>[^<]*</Stream>)", r"\1\1", TEXT, count=1),
    "a comment between columns": TEXT.replace(FIRST, FIRST + "<Comment>x</Comment>", 1),
}


@pytest.mark.parametrize("name", BAD)
def test_what_the_library_refuses_is_refused_in_its_words(name: str) -> None:
    with pytest.raises((ligolw.ElementError, AttributeError)) as by_library:
        load(BAD[name].encode())
    with pytest.raises(UploadError) as ours:
        document(BAD[name].encode())
    assert str(ours.value) == f"not a LIGO_LW document: {by_library.value}"


def test_tables_that_somebody_else_taught_the_library_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Narrow(ligolw.Table):  # type: ignore[misc]
        tableName = "coinc_inspiral"
        validcolumns = {"snr": "real_8"}

    before = rows(document(TEXT.encode()), "coinc_inspiral")
    monkeypatch.setitem(ligolw.Table.TableByName, "coinc_inspiral", Narrow)
    assert rows(document(TEXT.encode()), "coinc_inspiral") == before != []
