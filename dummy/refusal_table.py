"""Every refusal that a GraceDB answers: one table of status, text and way of writing, with where each fact comes from.

Where the public source of the server and a production client of 2026 disagree, the client's is the text, and the source's is what
`earlier` servers answered (`ServerSettings.bare_refusals`). Refusals that are the dummy's own (its limits) stand where they are made.
"""

from dataclasses import dataclass

from gracetape.dummy.problems import Problem, Style

# Where facts come from. The client compares `response.content` with the whole text, byte for byte.
_CLIENT = "gwcelery 3.0.0, tasks/gracedb.py"
_EARLIER_CLIENT = "gwcelery 2.10.0, tasks/gracedb.py"
_DRF = "Django REST framework"
_DJANGO = "Django, forms"
_SERIALIZERS = "server, api/v1/superevents/serializers.py"
_SUPEREVENTS = "server, api/v1/superevents/views.py"
_EVENTS = "server, api/v1/events/views.py"
_FIELDS = "server, api/v1/events/fields.py"
_LOGIC = "server, events/view_logic.py"
_HTTP = "server, core/http.py"
_SEARCH = "server, api/v2/superevents/filters.py"
_CATALOGUES = "server, api/v1/gwtc/serializers.py"
_SUITE = "ligo-gracedb 2.16.1, test_deprecated.py"

_C, _T, _E, _D = Style.CHECKED, Style.TEXT, Style.ERROR, Style.DETAIL


@dataclass(frozen=True)
class Refusal:
    """A row: `text` is a template of what is named when it is raised."""

    name: str
    status: int
    style: Style
    text: str
    source: str
    earlier: "Refusal | None" = None

    def problem(self, **params: object) -> Problem:
        earlier = self.earlier.problem(**params) if self.earlier else None
        return Problem(self.status, self.text.format(**params), self.style, earlier=earlier)


def _earlier(status: int, style: Style, text: str, source: str) -> Refusal:
    return Refusal("", status, style, text, source)


_EVERYWHERE = (
    Refusal("not_found", 404, _D, "Not found.", _DRF),
    Refusal("not_authenticated", 403, _D, "Authentication credentials were not provided.", _DRF),
    Refusal("unknown_event", 404, Style.PLAIN, "Event not found.", _EVENTS),
    Refusal("gone", 410, _D, "This functionality has been deprecated and will not be re-implemented on GraceDB", _SUITE),
    Refusal("method", 405, _D, 'Method "{method}" not allowed.', _DRF),
    Refusal("media_type", 415, _D, 'Unsupported media type "{media}" in request.', _DRF),
    Refusal("not_acceptable", 406, _D, "Could not satisfy the request Accept header.", _DRF),
    Refusal("throttled", 429, _D, "Request was throttled. Expected available in {seconds} {unit}.", _DRF),
    Refusal("bad_json", 400, _D, "JSON parse error - {why}", _DRF),
    Refusal("bad_multipart", 400, _D, "Multipart form parse error - {why}", _DRF),
    Refusal("not_a_dictionary", 400, _C, "Invalid data. Expected a dictionary, but got {kind}.", _DRF),
    Refusal("required", 400, _C, "This field is required.", _DRF),
    Refusal("null", 400, _C, "This field may not be null.", _DRF),
    Refusal("blank", 400, _C, "This field may not be blank.", _DRF),
    Refusal("number", 400, _C, "A valid number is required.", _DRF),
    Refusal("integer", 400, _C, "A valid integer is required.", _DRF),
    Refusal("boolean", 400, _C, "Must be a valid boolean.", _DRF),
    Refusal("choice", 400, _C, '"{value}" is not a valid choice.', _DRF),
    Refusal("at_least", 400, _C, "Ensure this value is greater than or equal to {limit}.", _DRF),
    Refusal("at_most", 400, _C, "Ensure this value is less than or equal to {limit}.", _DRF),
    Refusal("too_long", 400, _C, "Ensure this field has no more than {most} characters.", _DRF),
    Refusal("no_file", 400, _C, "No file was submitted.", _DRF),
    Refusal("empty_file", 400, _C, "The submitted file is empty.", _DRF),
    Refusal("no_such_name", 400, _C, "Object with name={name} does not exist.", _DRF),
    Refusal(
        "datetime", 400, _C,
        "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].", _DRF,
    ),
    Refusal("graceid_text", 400, _C, "Event graceid must be a string.", _FIELDS),
    Refusal("graceid", 400, _C, "Not a valid graceid.", _FIELDS),
    Refusal("no_such_event", 400, _C, "Event with graceid {graceid} does not exist.", _FIELDS),
    Refusal("event_query", 400, _E, "Invalid query", _EVENTS),
    Refusal("unsortable", 400, _E, "Cannot resolve keyword '{name}' into field. Choices are: {choices}", _DJANGO),
    Refusal("too_many_to_merge", 400, _E, "Too many events.", _EVENTS),
)  # fmt: skip

_OF_EVENTS = (
    Refusal("pipeline", 400, _E, "Please provide a valid pipeline.", _EVENTS),
    Refusal("bad_data", 400, _T, "Bad Data", _EVENTS),
    Refusal("no_grb", 400, _T, "Cannot update GRB event parameters for non-GRB event {graceid}", _EVENTS),
    Refusal("grb_number", 400, Style.LIST, "Parameter '{name}' must be a float", _EVENTS),
    Refusal("grb_unchanged", 400, Style.LIST, "Request would not modify the GRB event", _EVENTS),
    Refusal("event_label_unknown", 400, _T, "No such Label '{label}'", _LOGIC),
    Refusal("event_label_absent", 404, _T, "No label '{label}' associated with event {graceid}", _LOGIC),
    Refusal("event_label_missing", 404, _T, "Label {label} Not Found", _EVENTS),
    Refusal(
        "event_label_managed", 400, _T,
        "The '{label}' label is managed as part of an automated process and cannot be applied manually", _LOGIC,
    ),
    Refusal(
        "event_label_kept", 400, _T,
        "The '{label}' label is managed as part of an automated process and cannot be removed manually", _LOGIC,
    ),
    Refusal(
        "event_signed_off", 400, _T,
        "The '{label}' label cannot be applied to request a signoff because a related signoff already exists.", _SERIALIZERS,
    ),
    Refusal("event_log_missing", 404, _T, "Log does not exist.", _EVENTS),
    Refusal("embb_missing", 404, _T, "Log Message Not Found", _EVENTS),
    Refusal("observation_missing", 404, _T, "Observation record not nound", _EVENTS),  # so it is written there
    Refusal("event_voevent_missing", 404, _T, "VOEvent does not exist.", _EVENTS),
    Refusal("event_tag_missing", 404, _T, "Tag not found.", _EVENTS),
    Refusal("event_tag_unused", 404, _T, "No such tag for event.", _EVENTS),
    Refusal(
        "event_tag_there", 400, _C, "Tag is already applied to this log message", _CLIENT,
        _earlier(409, _T, "Log already has tag {tag}", _EVENTS),
    ),
    Refusal("event_file_missing", 404, _T, "File {name} not found", _HTTP),
    Refusal("mou_group", 400, _T, "Please specify an EM followup MOU group", _LOGIC),
    Refusal("observation_incomplete", 400, _T, "All fields are required, please try again.", _LOGIC),
    Refusal(
        "observation_lengths", 400, _T,
        "ra_list, dec_list, ra_width_list, dec_width_list, start_time_list, and duration_list must be the same length.", _LOGIC,
    ),
    Refusal("observation_unread", 400, _T, "{why}", _LOGIC),
    Refusal("event_voevent_type", 400, _E, "You must provide a valid voevent_type.", _EVENTS),
    Refusal("event_voevent_skymap", 400, _E, "Both or neither of skymap_type and skymap_filename must be specified.", _EVENTS),
    Refusal("event_voevent_gpstime", 400, _E, "Cannot build a VOEvent because event has no gpstime.", _EVENTS),
    Refusal("event_voevent_far", 400, _E, "Cannot build a VOEvent because event has no FAR.", _EVENTS),
    Refusal("event_voevent_no_skymap", 400, _E, "Skymap filename not provided.", _EVENTS),
    Refusal("event_voevent_no_file", 400, _E, "Skymap file {name} does not exist", _EVENTS),
)  # fmt: skip

_OF_SUPEREVENTS = (
    Refusal(
        "assigned", 400, _C, "Event {graceid} is already assigned to a superevent", _CLIENT,
        _earlier(400, _C, "Event {graceid} is already assigned to a Superevent", _SERIALIZERS),
    ),
    Refusal(
        "category", 400, _C,
        "Event {graceid} is of type '{mine}', and cannot be assigned to a superevent of type '{wanted}'", _SERIALIZERS,
    ),
    Refusal(  # the texts of two lines meet without a blank there
        "labels_managed", 400, _C,
        "The following label(s) are managed by anautomated process and cannot be manually added: {labels}", _SERIALIZERS,
    ),
    Refusal("unchanged", 400, _C, "Request would not modify the superevent", _CLIENT),
    Refusal(
        "preferred_member", 400, _T,
        "Event {graceid} can't be removed from superevent {superevent} because it is the preferred event", _SUPEREVENTS,
    ),
    Refusal(
        "pipeline_preferred_there", 400, _C,
        "Event {graceid} is already the {pipeline} pipeline-preferred event for {superevent}", _SERIALIZERS,
    ),
    Refusal(
        "pipeline_of_preferred", 400, _C,
        "Adding {graceid} as a pipeline-preferred event would remove {preferred} as the preferred event", _SERIALIZERS,
    ),
    Refusal("elsewhere", 400, _C, "Event {graceid} is part of a different superevent", _SERIALIZERS),
    Refusal(
        "pipeline_preferred_kept", 400, _T,
        "Event {graceid} can't be removed from superevent {superevent}'s pipeline preferred list because it is the preferred event",
        _SUPEREVENTS,
    ),
    Refusal("confirmed", 400, _T, "Superevent is already confirmed as a GW", _SUPEREVENTS),
    Refusal(
        "label_there", 400, _C, "Label {label} already applied to superevent {superevent}", _CLIENT,
        _earlier(400, _C, "The fields superevent, name must make a unique set.", _EARLIER_CLIENT),
    ),
    Refusal("label_managed", 400, _C, "The label '{label}' is managed by an automated process and cannot be manually added", _SERIALIZERS),
    Refusal("label_kept", 400, _T, "The label '{label}' is managed by an automated process and cannot be removed manually", _SUPEREVENTS),
    Refusal(
        "signed_off", 400, _C,
        "The '{label}' label cannot be applied to request a signoff because a related signoff already exists.", _CLIENT,
    ),
    Refusal(
        "display_names", 400, _C,
        "There should either be as many display names as tags, or there should be no display names", _SERIALIZERS,
    ),
    Refusal("tag_there", 400, _C, "Tag is already applied to this log message", _CLIENT),
    Refusal("file_version", 404, _T, "File not found, version string should be an int", _SUPEREVENTS),
    Refusal("file_commas", 400, _T, "Invalid filename: filename should not contain commas", _SUPEREVENTS),
    Refusal(
        "signoff_there", 400, _C, "{kind} signoff for {whose} already exists on superevent {superevent}", _CLIENT,
        _earlier(400, _C, "The fields superevent, instrument must make a unique set.", _EARLIER_CLIENT),
    ),
    Refusal(
        "signoff_unasked", 400, _C, "{kind} signoff not requested for superevent {superevent}: label '{label}' not present.",
        _SERIALIZERS,
    ),
    Refusal("signoff_unplaced", 400, _C, "Operator signoffs require an instrument", _SERIALIZERS),
    Refusal(  # the texts of two lines meet without a blank there
        "signoff_placed", 400, _C,
        "Advocate signoffs are not relevant to aparticular instrument; do not provide one.", _SERIALIZERS,
    ),
    Refusal("signoff_unchanged", 400, _C, "Request would not modify the signoff.", _SERIALIZERS),
    Refusal("action", 400, _T, "action must be 'expose' or 'hide'", _SUPEREVENTS),
    Refusal(
        "footprints", 400, _C,
        "ra_list, dec_list, ra_width_list, dec_width_list, start_time_list, and duration_list must be the same length.",
        _SERIALIZERS,
    ),
    Refusal("voevent_gpstime", 400, _C, "Cannot build a VOEvent because preferred event does not have a gpstime.", _SERIALIZERS),
    Refusal("voevent_skymap", 400, _C, "Skymap filename is required for initial and update VOEvents.", _SERIALIZERS),
    Refusal("voevent_skymap_type", 400, _C, "Skymap type is required for VOEvents that include a skymap.", _SERIALIZERS),
    Refusal("voevent_no_file", 400, _C, "Skymap file {name} not found for this superevent.", _SERIALIZERS),
    Refusal("em_type_none", 400, _C, "em_type for superevent {superevent} not set (is None)", _SERIALIZERS),
    Refusal("em_type_invalid", 400, _C, "em_type for superevent {superevent} is not a valid graceid", _SERIALIZERS),
    Refusal("em_type_unknown", 400, _C, "event for em_type={em_type} not found", _SERIALIZERS),
    Refusal("combined_no_file", 400, _C, "Combined skymap file {name} not found for this superevent.", _SERIALIZERS),
)  # fmt: skip

_OF_CATALOGUES = (
    Refusal("catalogue_number", 400, _C, "Only letters, numbers, dots, underscores, and hyphens are allowed.", _CATALOGUES),
    Refusal("catalogue_superevent", 400, _C, "Superevent {superevent} was not found in the database.", _CATALOGUES),
    Refusal("catalogue_no_pipelines", 400, _C, "superevent key pipelines not found for gwtc_superevent {superevent}.", _CATALOGUES),
    Refusal("catalogue_pipelines", 400, _C, 'value corresponding to {superevent}["pipelines"] is not a dictionary', _CATALOGUES),
    Refusal("catalogue_incomplete", 400, _C, "{field} not found for superevent {superevent}", _CATALOGUES),
    Refusal("catalogue_far", 400, _C, "far value for {superevent} must be null or a valid number, not {value}", _CATALOGUES),
    Refusal("catalogue_pastro", 400, _C, "pastro value for {superevent} must be null or a valid dictionary, not {value}", _CATALOGUES),
    Refusal("catalogue_unread", 400, _C, "Unable to parse event {graceid}", _CATALOGUES),
    Refusal("catalogue_event", 400, _C, "Catalog Error: Event {graceid} was not found in the database.", _CATALOGUES),
    Refusal("catalogue_member", 400, _C, "Catalog Error: Event {graceid} is not part of superevent {superevent}.", _CATALOGUES),
    Refusal(
        "catalogue_pipeline", 400, _C,
        "Catalog Error: Pipeline of {graceid} ({mine}) does not match the supplied pipeline ({given})", _CATALOGUES,
    ),
)  # fmt: skip

REFUSALS = {row.name: row for row in (*_EVERYWHERE, *_OF_EVENTS, *_OF_SUPEREVENTS, *_OF_CATALOGUES)}
