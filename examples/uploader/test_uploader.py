"""Over an empty GraceDB, which fails where the mark says; the uploader makes its own client."""

from importlib.resources import files

import pytest
from uploader import Uploader

COINC = (files("ligo.gracedb") / "test" / "integration" / "data" / "cbc-lm.xml").read_bytes()
WHAT = {"coinc": COINC, "psd": b"a psd", "plots": {"snr.png": b"a plot", "ifar.png": b"another"}, "labels": ["INJ"]}
pytestmark = pytest.mark.tape(None)


def test_everything_is_uploaded(gracedb_url, gracedb, alerts):
    graceid = Uploader().upload(**WHAT)
    assert alerts.types == ["new", "log", "log", "log", "label_added"]
    assert gracedb.files(graceid, "psd.xml.gz").read() == b"a psd"


@pytest.mark.tape(None, faults=["POST */log/:500"])
def test_an_event_whose_files_fail_has_its_labels(gracedb_url, gracedb, alerts, caplog):
    graceid = Uploader().upload(**WHAT)
    assert [label["name"] for label in gracedb.labels(graceid).json()["labels"]] == ["INJ"]
    assert [record.args[0] for record in caplog.records] == ["the PSD", "snr.png", "ifar.png"]


@pytest.mark.tape(None, faults=["POST */events/:500"])
def test_without_an_event_nothing_is_uploaded(gracedb_url, alerts):
    assert Uploader().upload(**WHAT) is None
    assert alerts == []
