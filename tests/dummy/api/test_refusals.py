"""Every refusal of the table, met by the ordinary client: its status and its bytes, which production clients compare."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ligo.gracedb.exceptions import HTTPError

from demo.lives import sample
from gracetape import dummy
from gracetape.archive import Archive
from gracetape.dummy.refusal_table import REFUSALS

HOME = "https://dummy.invalid/api/"


@dataclass
class World:
    """A dummy with three events (two of gstlal, one of CWB) and a fourth outside, a superevent, and a gamma-ray burst."""

    client: Any
    v2: Any
    members: list[str]
    free: str
    burst: str
    superevent: str

    def event(self, path: str = "", graceid: str = "") -> str:
        return f"{HOME}events/{graceid or self.members[0]}{path}"

    def of(self, path: str = "") -> str:
        return f"{HOME}superevents/{self.superevent}/{path}"

    def upload(self, **fields: Any) -> Any:
        given = {"group": "Test", "pipeline": "gstlal"} | fields
        files = {"eventFile": given.pop("eventFile", sample("cbc-lm.xml"))}
        return self.client.post(f"{HOME}events/", data=given, files={k: v for k, v in files.items() if v})


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    path: Path = tmp_path_factory.mktemp("refusals") / "run.tape"
    with (
        Archive.create(path) as archive,
        dummy.GraceDb(archive) as client,
        dummy.GraceDb(archive, api_version="v2") as v2,
    ):
        rows = (("gstlal", "cbc-lm.xml"), ("gstlal", "cbc-lm2.xml"), ("CWB", "upload.data"), ("gstlal", "cbc-lm.xml"))
        made = [client.create_event("Test", p, sample(n)[0], filecontents=sample(n)[1]).json() for p, n in rows]
        first, second, cwb, free = [event["graceid"] for event in made]
        name, contents = sample("fermi-test.xml")
        burst = client.create_event("Test", "Fermi", name, filecontents=contents)
        superevent = client.create_superevent(1, 2, 3, first, events=[second, cwb], category="T").json()[
            "superevent_id"
        ]
        client.write_label(superevent, "EM_READY")
        client.write_label(superevent, "ADVREQ")
        client.create_signoff(superevent, "ADV", "OK", "fine")
        client.write_label(superevent, "H1OPS")
        for graceid in (first, superevent):
            client.write_log(graceid, "told", "a.txt", "text", tag_name="sky_loc")
        client.confirm_superevent_as_gw(
            client.create_superevent(1, 2, 3, cwb_of(client), category="T").json()["superevent_id"]
        )
        yield World(client, v2, [first, second, cwb], free, burst.json()["graceid"], superevent)


def cwb_of(client: Any) -> str:
    name, contents = sample("upload.data")
    return str(client.create_event("Test", "CWB", name, filecontents=contents).json()["graceid"])


LENGTHS = (
    "ra_list, dec_list, ra_width_list, dec_width_list, start_time_list, and duration_list must be the same length."
)
FOOTPRINT = {
    "group": "Test", "ra_list": [1.0, 2.0], "dec_list": [1.0], "ra_width_list": [1.0], "dec_width_list": [1.0],
    "start_time_list": ["2017-08-17T12:41:04"], "duration_list": [1],
}  # fmt: skip
ONE = FOOTPRINT | {"ra_list": [1.0]}
QUERY = "Cannot resolve keyword 'nonsense' into field. Choices are: "
DATES = "Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
CATALOGUE = "4"


def smap(w: World, **told: Any) -> dict[str, Any]:
    return {w.superevent: {"pipelines": {}, "far": None, "pastro": None} | told}


Case = tuple[str, int, str | None, Callable[[World], Any]]
#: (row of the table, status, body, what is asked); {S} is the superevent, {G} its preferred event, {F} an event outside.
CASES: list[Case] = [
    # what gwcelery 3.0 compares
    ("label_there", 400, '{"error": "Label EM_READY already applied to superevent {S}"}',
     lambda w: w.client.write_label(w.superevent, "EM_READY")),
    ("signed_off", 400, """{"error": "The 'ADVREQ' label cannot be applied to request a signoff because a related signoff already exists."}""",
     lambda w: w.client.write_label(w.superevent, "ADVREQ")),
    ("signoff_there", 400, '{"error": "ADV signoff for advocate already exists on superevent {S}"}',
     lambda w: w.client.create_signoff(w.superevent, "ADV", "OK", "again")),
    ("tag_there", 400, '{"error": "Tag is already applied to this log message"}',
     lambda w: w.client.add_tag(w.superevent, log_n(w), "sky_loc")),
    ("event_tag_there", 400, '{"error": "Tag is already applied to this log message"}',
     lambda w: w.client.add_tag(w.members[0], event_log_n(w), "sky_loc")),
    ("unchanged", 400, '{"error": "Request would not modify the superevent"}',
     lambda w: w.client.update_superevent(w.superevent, t_start=1)),
    ("assigned", 400, '{"error": "Event {G} is already assigned to a superevent"}',
     lambda w: w.client.add_event_to_superevent(w.superevent, w.members[0])),
    # everywhere
    ("unknown_event", 404, "Event not found.", lambda w: w.client.event("G999999")),
    ("not_found", 404, '{"detail":"Not found."}', lambda w: w.client.superevent("S010101a")),
    ("gone", 410, '{"detail":"This functionality has been deprecated and will not be re-implemented on GraceDB"}',
     lambda w: w.v2.voevents(w.members[0])),
    ("method", 405, r'{"detail":"Method \"POST\" not allowed."}', lambda w: w.client.post(w.event("/labels/"), json={})),
    ("media_type", 415, r'{"detail":"Unsupported media type \"text/plain\" in request."}',
     lambda w: w.client.post(w.event("/log/"), data="hello", headers={"Content-Type": "text/plain"})),
    ("not_acceptable", 406, '{"detail":"Could not satisfy the request Accept header."}',
     lambda w: w.client.get(f"{HOME}events/", headers={"Accept": "image/png"})),
    ("bad_json", 400, None, lambda w: w.client.post(w.of("logs/"), data="{", headers={"Content-Type": "application/json"})),
    ("bad_multipart", 400, None, lambda w: w.client.post(w.of("logs/"), data="x", headers={"Content-Type": "multipart/form-data"})),
    ("not_a_dictionary", 400, '{"error": "Invalid data. Expected a dictionary, but got list."}',
     lambda w: w.client.post(w.of("logs/"), json=[])),
    ("required", 400, '{"error": "This field is required."}', lambda w: w.client.post(w.of("labels/"), json={})),
    ("null", 400, '{"error": "This field may not be null."}', lambda w: w.client.post(w.of("labels/"), json={"name": None})),
    ("blank", 400, '{"error": "This field may not be blank."}', lambda w: w.client.write_log(w.superevent, " ")),
    ("number", 400, '{"error": "A valid number is required."}', lambda w: w.client.update_superevent(w.superevent, t_start="early")),
    ("integer", 400, '{"error": "A valid integer is required."}',
     lambda w: w.client.post(w.of("emobservations/"), json=ONE | {"duration_list": ["x"]})),
    ("boolean", 400, '{"error": "Must be a valid boolean."}',
     lambda w: w.client.post(w.of("voevents/"), json={"voevent_type": "PR", "internal": "perhaps"})),
    ("choice", 400, r'{"error": "\"XX\" is not a valid choice."}', lambda w: w.client.post(w.of("voevents/"), json={"voevent_type": "XX"})),
    ("at_least", 400, '{"error": "Ensure this value is greater than or equal to 0."}',
     lambda w: w.client.create_voevent(w.superevent, "PR", BNS=-1)),
    ("at_most", 400, '{"error": "Ensure this value is less than or equal to 1."}',
     lambda w: w.client.create_voevent(w.superevent, "PR", BNS=2)),
    ("too_long", 400, '{"error": "Ensure this field has no more than 100 characters."}',
     lambda w: w.client.add_tag(w.superevent, log_n(w), "t" * 101)),
    ("no_file", 400, '{"error": "No file was submitted."}',
     lambda w: w.client.post(f"{HOME}v2/superevents/{w.superevent}/notices/", json={})),
    ("empty_file", 400, '{"error": "The submitted file is empty."}', lambda w: w.client.write_log(w.superevent, "x", "e.txt", "")),
    ("no_such_name", 400, '{"error": "Object with name=NONE does not exist."}',
     lambda w: w.client.post(w.of("labels/"), json={"name": "NONE"})),
    ("datetime", 400, f'{{"error": "Datetime has wrong format. {DATES}"}}',
     lambda w: w.client.post(w.of("emobservations/"), json=ONE | {"start_time_list": ["x"]})),
    ("graceid_text", 400, '{"error": "Event graceid must be a string."}', lambda w: w.client.post(w.of("events/"), json={"event": 5})),
    ("graceid", 400, '{"error": "Not a valid graceid."}', lambda w: w.client.add_event_to_superevent(w.superevent, "X5")),
    ("no_such_event", 400, '{"error": "Event with graceid G999 does not exist."}',
     lambda w: w.client.add_event_to_superevent(w.superevent, "g999")),
    ("event_query", 400, '{"error":"Invalid query"}', lambda w: list(w.client.events("((("))),
    ("unsortable", 400, None, lambda w: w.client.get(f"{HOME}events/?sort=nonsense")),
    # events
    ("pipeline", 400, '{"error":"Please provide a valid pipeline."}', lambda w: w.upload(group="CBC", pipeline="none")),
    ("bad_data", 400, '"Bad Data"', lambda w: w.client.replace_event(w.members[0], "cbc.xml", filecontents="no XML")),
    ("no_grb", 400, '"Cannot update GRB event parameters for non-GRB event {G}"',
     lambda w: w.client.update_grbevent(w.members[0], redshift=1.0)),
    ("grb_number", 400, """["Parameter 'redshift' must be a float"]""",
     lambda w: w.client.patch(w.event("/update-grbevent/", w.burst), json={"redshift": "far"})),
    ("grb_unchanged", 400, '["Request would not modify the GRB event"]',
     lambda w: w.client.patch(w.event("/update-grbevent/", w.burst), json={})),
    ("event_label_unknown", 400, """"No such Label 'NONE'\"""", lambda w: w.client.put(w.event("/labels/NONE"))),
    ("event_label_absent", 404, """"No label 'INJ' associated with event {G}\"""", lambda w: w.client.remove_label(w.members[0], "INJ")),
    ("event_label_missing", 404, '"Label INJ Not Found"', lambda w: w.client.labels(w.members[0], "INJ")),
    ("event_label_managed", 400, """"The 'H1OK' label is managed as part of an automated process and cannot be applied manually\"""",
     lambda w: w.client.write_label(w.members[0], "H1OK")),
    ("event_label_kept", 400, None, lambda w: signed(w) and w.client.remove_label(w.free, "ADVOK")),
    ("event_signed_off", 400, """"The 'ADVREQ' label cannot be applied to request a signoff because a related signoff already exists.\"""",
     lambda w: signed(w) and w.client.write_label(w.free, "ADVREQ")),
    ("event_log_missing", 404, '"Log does not exist."', lambda w: w.client.logs(w.members[0], 999)),
    ("embb_missing", 404, '"Log Message Not Found"', lambda w: w.client.get(w.event("/embb/9"))),
    ("observation_missing", 404, '"Observation record not nound"', lambda w: w.client.emobservations(w.members[0], 9)),
    ("event_voevent_missing", 404, '"VOEvent does not exist."', lambda w: w.client.voevents(w.members[0], 9)),
    ("event_tag_missing", 404, '"Tag not found."', lambda w: w.client.remove_tag(w.members[0], 1, "pe")),
    ("event_tag_unused", 404, '"No such tag for event."', lambda w: w.client.get(w.event("/tag/pe"))),
    ("event_file_missing", 404, '"File none.txt not found"', lambda w: w.client.get(w.event("/files/none.txt"))),
    ("mou_group", 400, '"Please specify an EM followup MOU group"',
     lambda w: w.client.post(w.event("/emobservation/"), json=ONE | {"group": "none"})),
    ("observation_incomplete", 400, '"All fields are required, please try again."',
     lambda w: w.client.post(w.event("/emobservation/"), json={"group": "Test"})),
    ("observation_lengths", 400, f'"{LENGTHS}"', lambda w: w.client.post(w.event("/emobservation/"), json=FOOTPRINT)),
    ("observation_unread", 400, """"could not convert string to float: 'x'\"""",
     lambda w: w.client.post(w.event("/emobservation/"), json=ONE | {"ra_list": ["x"]})),
    ("event_voevent_type", 400, '{"error":"You must provide a valid voevent_type."}',
     lambda w: w.client.post(w.event("/voevent/"), json={})),
    ("event_voevent_skymap", 400, '{"error":"Both or neither of skymap_type and skymap_filename must be specified."}',
     lambda w: w.client.create_voevent(w.members[0], "PR", skymap_type="x")),
    ("event_voevent_no_skymap", 400, '{"error":"Skymap filename not provided."}',
     lambda w: w.client.post(w.event("/voevent/"), json={"voevent_type": "UP"})),
    ("event_voevent_no_file", 400, '{"error":"Skymap file none.fits does not exist"}',
     lambda w: w.client.create_voevent(w.members[0], "IN", skymap_type="x", skymap_filename="none.fits")),
    ("event_voevent_far", 400, '{"error":"Cannot build a VOEvent because event has no FAR."}',
     lambda w: w.client.create_voevent(w.burst, "PR")),
    # superevents
    ("category", 400, """{"error": "Event {F} is of type 'Test', and cannot be assigned to a superevent of type 'Production'"}""",
     lambda w: w.client.create_superevent(1, 2, 3, w.free, category="P")),
    ("labels_managed", 400, '{"error": "The following label(s) are managed by anautomated process and cannot be manually added: H1OK, L1NO"}',
     lambda w: w.client.create_superevent(1, 2, 3, w.free, category="T", labels=["H1OK", "L1NO"])),
    ("preferred_member", 400, '''"Event {G} can't be removed from superevent {S} because it is the preferred event"''',
     lambda w: w.client.remove_event_from_superevent(w.superevent, w.members[0])),
    ("pipeline_preferred_there", 400, '{"error": "Event {C} is already the CWB pipeline-preferred event for {S}"}',
     lambda w: [w.client.add_pipeline_preferred_event(w.superevent, w.members[2]) for _ in range(2)]),
    ("pipeline_of_preferred", 400, '{"error": "Adding {H} as a pipeline-preferred event would remove {G} as the preferred event"}',
     lambda w: w.client.add_pipeline_preferred_event(w.superevent, w.members[1])),
    ("elsewhere", 400, None, lambda w: w.client.add_pipeline_preferred_event(w.superevent, cwb_of(w.client))),
    ("confirmed", 400, '"Superevent is already confirmed as a GW"', lambda w: w.client.confirm_superevent_as_gw("TGW800106A")),
    ("label_managed", 400, """{"error": "The label 'L1OK' is managed by an automated process and cannot be manually added"}""",
     lambda w: w.client.write_label(w.superevent, "L1OK")),
    ("label_kept", 400, """"The label 'ADVOK' is managed by an automated process and cannot be removed manually\"""",
     lambda w: w.client.remove_label(w.superevent, "ADVOK")),
    ("display_names", 400, '{"error": "There should either be as many display names as tags, or there should be no display names"}',
     lambda w: w.client.post(w.of("logs/"), json={"comment": "x", "tagname": ["a", "b"], "displayName": ["A"]})),
    ("file_version", 404, '"File not found, version string should be an int"', lambda w: w.client.get(w.of("files/a.txt,x"))),
    ("file_commas", 400, '"Invalid filename: filename should not contain commas"', lambda w: w.client.get(w.of("files/a,b,0"))),
    ("signoff_unasked", 400, """{"error": "OP signoff not requested for superevent {S}: label 'L1OPS' not present."}""",
     lambda w: w.client.create_signoff(w.superevent, "OP", "OK", "x", instrument="L1")),
    ("signoff_unplaced", 400, '{"error": "Operator signoffs require an instrument"}',
     lambda w: w.client.post(w.of("signoffs/"), json={"signoff_type": "OP", "status": "OK", "comment": "x"})),
    ("signoff_placed", 400, '{"error": "Advocate signoffs are not relevant to aparticular instrument; do not provide one."}',
     lambda w: w.client.post(w.of("signoffs/"), json={"signoff_type": "ADV", "status": "OK", "comment": "x", "instrument": "H1"})),
    ("signoff_unchanged", 400, '{"error": "Request would not modify the signoff."}',
     lambda w: w.client.update_signoff(w.superevent, "ADV", "OK")),
    ("action", 400, """"action must be 'expose' or 'hide'\"""", lambda w: w.client.post(w.of("permissions/modify/"), json={"action": "x"})),
    ("footprints", 400, f'{{"error": "{LENGTHS}"}}', lambda w: w.client.post(w.of("emobservations/"), json=FOOTPRINT)),
    ("voevent_skymap", 400, '{"error": "Skymap filename is required for initial and update VOEvents."}',
     lambda w: w.client.post(w.of("voevents/"), json={"voevent_type": "IN"})),
    ("voevent_skymap_type", 400, '{"error": "Skymap type is required for VOEvents that include a skymap."}',
     lambda w: w.client.create_voevent(w.superevent, "IN", skymap_filename="a.txt")),
    ("voevent_no_file", 400, '{"error": "Skymap file none.fits not found for this superevent."}',
     lambda w: w.client.create_voevent(w.superevent, "IN", skymap_type="x", skymap_filename="none.fits")),
    ("em_type_none", 400, '{"error": "em_type for superevent {S} not set (is None)"}',
     lambda w: w.client.create_voevent(w.superevent, "PR", raven_coinc=True)),
    # catalogues
    ("catalogue_number", 400, '{"error": "Only letters, numbers, dots, underscores, and hyphens are allowed."}',
     lambda w: w.client.gwtc_create({}, "a b")),
    ("catalogue_superevent", 400, '{"error": "Superevent S010101a was not found in the database."}',
     lambda w: w.client.gwtc_create({"S010101a": {}}, CATALOGUE)),
    ("catalogue_no_pipelines", 400, '{"error": "superevent key pipelines not found for gwtc_superevent {S}."}',
     lambda w: w.client.gwtc_create({w.superevent: {}}, CATALOGUE)),
    ("catalogue_pipelines", 400, r'{"error": "value corresponding to {S}[\"pipelines\"] is not a dictionary"}',
     lambda w: w.client.gwtc_create(smap(w, pipelines=5), CATALOGUE)),
    ("catalogue_incomplete", 400, '{"error": "far not found for superevent {S}"}',
     lambda w: w.client.gwtc_create({w.superevent: {"pipelines": {}}}, CATALOGUE)),
    ("catalogue_far", 400, '{"error": "far value for {S} must be null or a valid number, not x"}',
     lambda w: w.client.gwtc_create(smap(w, far="x"), CATALOGUE)),
    ("catalogue_pastro", 400, '{"error": "pastro value for {S} must be null or a valid dictionary, not x"}',
     lambda w: w.client.gwtc_create(smap(w, pastro="x"), CATALOGUE)),
    ("catalogue_unread", 400, '{"error": "Unable to parse event x"}',
     lambda w: w.client.gwtc_create(smap(w, pipelines={"gstlal": "x"}), CATALOGUE)),
    ("catalogue_event", 400, '{"error": "Catalog Error: Event T999 was not found in the database."}',
     lambda w: w.client.gwtc_create(smap(w, pipelines={"gstlal": "T999"}), CATALOGUE)),
    ("catalogue_member", 400, '{"error": "Catalog Error: Event {F} is not part of superevent {S}."}',
     lambda w: w.client.gwtc_create(smap(w, pipelines={"gstlal": w.free}), CATALOGUE)),
    ("catalogue_pipeline", 400, '{"error": "Catalog Error: Pipeline of {G} (gstlal) does not match the supplied pipeline (CWB)"}',
     lambda w: w.client.gwtc_create(smap(w, pipelines={"CWB": w.members[0]}), CATALOGUE)),
]  # fmt: skip
#: Rows that other tests meet: throttling (test_faults), and what needs a state of its own (below).
ELSEWHERE = {
    "not_authenticated", "throttled", "too_many_to_merge", "event_voevent_gpstime", "voevent_gpstime", "pipeline_preferred_kept", "em_type_invalid",
    "em_type_unknown", "combined_no_file",
}  # fmt: skip


def log_n(w: World) -> int:
    return next(int(log["N"]) for log in w.client.logs(w.superevent).json()["log"] if log["comment"] == "told")


def event_log_n(w: World) -> int:
    return next(int(log["N"]) for log in w.client.logs(w.members[0]).json()["log"] if log["comment"] == "told")


def signed(w: World) -> bool:
    """The event outside, signed off by advocates."""
    if "ADVOK" not in w.client.event(w.free).json()["labels"]:
        w.client.write_label(w.free, "ADVREQ")
        w.client.post(w.event("/signoff/", w.free), json={"signoff_type": "ADV", "status": "OK", "comment": "x"})
    return True


def refusal(act: Callable[[], Any]) -> Any:
    with pytest.raises(HTTPError) as refused:
        act()
    return refused.value.response


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_each_refusal_is_written_as_the_server_writes_it(world: World, case: Case) -> None:
    name, status, body, act = case
    answer = refusal(lambda: act(world))
    assert answer.status_code == status == REFUSALS[name].status
    if body is not None:
        named = {"S": world.superevent, "F": world.free} | dict(zip("GHC", world.members, strict=True))
        for letter, graceid in named.items():
            body = body.replace(f"{{{letter}}}", graceid)
        assert answer.content == body.encode()
    html = name == "unknown_event"
    assert answer.headers["Content-Type"] == ("text/html; charset=utf-8" if html else "application/json")


def test_no_refusal_of_the_table_is_left_out() -> None:
    assert {case[0] for case in CASES} | ELSEWHERE == set(REFUSALS)
