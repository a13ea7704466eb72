"""VOEvents of the public are those of the user guide's examples, element by element; valid by the standard's schema."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import voeventparse

from gracetape.archive.alerts.notices.voevent_xml import Told, render
from gracetape.times import gps_of, parse_time
from tests.archive.notices.superevents import a_superevent, heard

#: The mock superevent of the user guide, in the words of records.
_TIMES = {"EW": "2018-11-01T22:34:20Z", "PR": "2018-11-01T22:34:49Z", "RE": "2018-11-01T23:36:23Z"}
_EVENT = {
    "graceid": "M1", "group": "CBC", "pipeline": "gstlal", "search": "MDC", "instruments": "H1,L1,V1", "far": 9.11069936486e-14,
    "gpstime": gps_of(parse_time("2018-11-01T22:22:46.654437Z")),
}  # fmt: skip
_SOURCE = {
    "prob_bns": 0.95, "prob_nsbh": 0.01, "prob_bbh": 0.03, "prob_terrestrial": 0.01, "prob_has_ns": 0.95,
    "prob_has_remnant": 0.91, "prob_has_mass_gap": 0.01, "significant": True,
}  # fmt: skip
_TITLES = ((1, "EW", "EarlyWarning"), (2, "PR", "Preliminary"), (3, "IN", "Initial"), (4, "UP", "Update"))
#: What each of the guide's documents is made of: (place, element or parameter, value), in order.
_PARAMETERS = (
    ("Packet_Type", "int", None), ("internal", "int", "0"), ("Pkt_Ser_Num", "int", None), ("GraceID", "string", "MS181101ab"),
    ("AlertType", "string", None), ("HardwareInj", "int", "0"), ("OpenAlert", "int", "1"),
    ("EventPage", "string", "https://example.org/superevents/MS181101ab/view/"),
)  # fmt: skip
_OF_EVENT = (
    ("Instruments", "string", "H1,L1,V1"), ("FAR", "float", "9.11069936486e-14"), ("Significant", "int", "1"),
    ("Group", "string", "CBC"), ("Pipeline", "string", "gstlal"), ("Search", "string", "MDC"),
)  # fmt: skip
_GROUPED = (
    ("skymap_fits", "string", "https://example.org/api/superevents/MS181101ab/files/bayestar.multiorder.fits,0"),
    ("BNS", "float", "0.95"), ("NSBH", "float", "0.01"), ("BBH", "float", "0.03"), ("Terrestrial", "float", "0.01"),
    ("HasNS", "float", "0.95"), ("HasRemnant", "float", "0.91"), ("HasMassGap", "float", "0.01"),
)  # fmt: skip


def document(n: int, code: str, title: str) -> ET.Element:
    voevent: dict[str, Any] = {
        "N": n,
        "voevent_type": code,
        "internal": False,
        "open_alert": True,
        "hardware_inj": False,
    }
    voevent |= {"ivorn": f"ivo://gwnet/LVC#MS181101ab-{n}-{title}", "skymap_filename": "bayestar.multiorder.fits,0"}
    earlier = [{"N": i, "ivorn": f"ivo://gwnet/LVC#MS181101ab-{i}-{name}"} for i, _, name in _TITLES if i < n]
    files = "https://example.org/api/superevents/MS181101ab/files/"
    told = Told(
        {"superevent_id": "MS181101ab", "category": "MDC"}, _EVENT, voevent | _SOURCE, earlier, None,
        "https://example.org/superevents/MS181101ab/view/", files.__add__,
    )  # fmt: skip
    return ET.fromstring(render(told, parse_time(_TIMES[code])))


@pytest.mark.parametrize(
    ("n", "code", "title", "packet"),
    [(1, "EW", "EarlyWarning", 163), (2, "PR", "Preliminary", 150), (5, "RE", "Retraction", 164)],
)
def test_a_document_is_the_guides_element_by_element(n: int, code: str, title: str, packet: int) -> None:
    root = document(n, code, title)
    assert (root.get("role"), root.get("version")) == ("test", "2.0")
    assert root.get("ivorn") == f"ivo://gwnet/LVC#MS181101ab-{n}-{title}"
    retracts, cites = code == "RE", ["Citations"] if n > 1 else []
    assert [child.tag for child in root] == [
        "Who",
        "What",
        "WhereWhen",
        *([] if retracts else ["Description", "How"]),
        *cites,
    ]
    assert root.findtext("Who/Date") == _TIMES[code]
    assert root.findtext("Who/Author/contactName") == (
        "LIGO Scientific Collaboration, Virgo Collaboration, and KAGRA Collaboration"
    )
    expected = [*_PARAMETERS, *(() if retracts else (*_OF_EVENT, *_GROUPED))]
    own = {"Packet_Type": str(packet), "Pkt_Ser_Num": str(n), "AlertType": title}
    params = [(p.get("name"), p.get("dataType"), p.get("value")) for p in root.iter("Param")]
    assert params == [(name, kind, own.get(name, value)) for name, kind, value in expected]
    groups = [group.get("name") for group in root.iter("Group")]
    assert groups == ([] if retracts else ["GW_SKYMAP", "Classification", "Properties"])
    assert root.findtext(".//ISOTime") == "2018-11-01T22:22:46.654437Z"
    assert [found.get("id") for found in root.iter("ObservatoryLocation")] == ["LIGO Virgo KAGRA"]
    cited = [(c.get("cite"), c.text) for c in root.iter("EventIVORN")]
    # The guide's example has "supersedes" in a retraction, too; the client's own tests ask a server for this.
    assert cited == [
        ("retraction" if retracts else "supersedes", f"ivo://gwnet/LVC#MS181101ab-{i}-{name}")
        for i, _, name in reversed(_TITLES)
        if i < n
    ]
    assert root.findtext("Citations/Description") == {
        "PR": "Initial localization is now available (preliminary)", "RE": "Determined to not be a viable GW event candidate",
    }.get(code)  # fmt: skip


def test_a_coincidence_has_a_group_of_its_own() -> None:
    external = {
        "pipeline": "Fermi", "search": "GRB", "gpstime": _EVENT["gpstime"] + 1.7,
        "extra_attributes": {"GRB": {"trigger_id": "123456", "ivorn": "ivo://gcn/Fermi#1"}},
    }  # fmt: skip
    voevent = {"N": 3, "voevent_type": "UP", "ivorn": "ivo://gwnet/LVC#MS181101ab-3-Update", "internal": False}
    voevent |= {"combined_skymap_filename": "combined-ext.multiorder.fits,0", "skymap_filename": "a.multiorder.fits"}
    superevent = {
        "superevent_id": "MS181101ab",
        "t_0": _EVENT["gpstime"],
        "time_coinc_far": 1e-6,
        "space_coinc_far": 1e-8,
    }
    told = Told(superevent, _EVENT, voevent, [], external, "https://example.org/", "https://example.org/files/".__add__)
    document = render(told, parse_time("2018-11-01T22:34:49Z"))
    voeventparse.assert_valid_as_v2_0(voeventparse.loads(document))
    group = ET.fromstring(document).find("What/Group[@name='External Coincidence']")
    assert group is not None
    assert [(p.get("name"), p.get("value")) for p in group.iter("Param")] == [
        ("External_GCN_Notice_Id", "123456"), ("External_Ivorn", "ivo://gcn/Fermi#1"), ("External_Observatory", "Fermi"),
        ("External_Search", "GRB"), ("Time_Difference", "1.7"), ("Time_Coincidence_FAR", "1e-06"),
        ("Time_Sky_Position_Coincidence_FAR", "1e-08"),
        ("joint_skymap_fits", "https://example.org/files/combined-ext.multiorder.fits,0"),
    ]  # fmt: skip
    assert group.findtext("Description") == "Properties of joint coincidence found by RAVEN"


def test_documents_that_go_out_are_the_servers_own_and_valid(tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    with a_superevent(path) as told:
        told.skymap()
        told.alert("earlywarning", None, BNS=1.0)
        told.later().alert("preliminary")
        told.later().alert("retraction", None)
        files = [
            told.client.files(told.superevent, name).read()
            for name in told.client.files(told.superevent).json()
            if name.endswith(".xml")
        ]
    found = heard(path, "voevent")
    assert [alert.payload("voevent").encode() for alert in found] == sorted(files, key=lambda text: found_number(text))
    assert [alert.nodes for alert in found] == [
        (f"gcn.classic.voevent.LVC_{name}",) for name in ("EARLY_WARNING", "PRELIMINARY", "RETRACTION")
    ]
    assert {alert.certainty for alert in found} == {"exact"}
    for alert in found:
        voeventparse.assert_valid_as_v2_0(voeventparse.loads(alert.payload("voevent").encode()))


def found_number(text: bytes) -> int:
    root = ET.fromstring(text)
    return next(int(str(p.get("value"))) for p in root.iter("Param") if p.get("name") == "Pkt_Ser_Num")


def test_a_document_is_written_where_none_was_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.tape"
    with a_superevent(path) as told:
        told.source()
        told.skymap()
        told.later().label("GCN_PRELIM_SENT")
        told.label("ADVREQ")
        told.later().client.create_signoff(told.superevent, "ADV", "NO", "", "")
    first, last = heard(path, "voevent")
    for alert in (first, last):
        voeventparse.assert_valid_as_v2_0(voeventparse.loads(alert.payload("voevent").encode()))
    assert "bayestar.multiorder.fits,0" in first.payload("voevent")
    assert f"ivo://gwnet/LVC#{told.superevent}-1-Preliminary</EventIVORN>" in last.payload("voevent")
    assert first.certainty == "inferred"
