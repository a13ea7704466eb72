"""Notices of superevents: documents of the igwn-gwalert schema, checked, kept as they came, and their record."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from gracetape.archive.voevent_types import VOEVENT_TYPES
from gracetape.bounded_json import read_json
from gracetape.dummy.acts.writer import Subject, Writer
from gracetape.dummy.forms import Upload
from gracetape.dummy.problems import Problem, Style, invalid
from gracetape.dummy.source import Record
from gracetape.installing import hint

_SCHEMA = "igwn.alerts.Alert.schema.json"
_TAGS = ("em_follow",)
#: What a notice calls its type -> the code of its record.
TYPES = {row.name.upper(): code for code, row in VOEVENT_TYPES.items()}
#: Field of the record -> where the notice's event says it.
_PROBABILITIES = {
    "prob_has_ns": ("properties", "HasNS"), "prob_has_remnant": ("properties", "HasRemnant"),
    "prob_has_mass_gap": ("properties", "HasMassGap"), "prob_has_ssm": ("properties", "HasSSM"),
    "prob_bns": ("classification", "BNS"), "prob_nsbh": ("classification", "NSBH"),
    "prob_bbh": ("classification", "BBH"), "prob_terrestrial": ("classification", "Terrestrial"),
}  # fmt: skip


@cache
def _validator() -> Any:
    # These take a tenth of a second, and few dummies ever get a notice.
    import igwn_gwalert_schema  # noqa: F401  # whose absence is told by its name
    from jsonschema.validators import validator_for

    schema = json.loads(files("igwn_gwalert_schema").joinpath(_SCHEMA).read_text())
    return validator_for(schema)(schema)


def read(content: bytes) -> Record:
    """A notice; Problem (400) if it is not JSON or not as the schema wants it, (501) where nothing that checks it is installed."""
    try:
        wrong_with = _validator()
    except ModuleNotFoundError as error:
        raise Problem(
            501, f"This dummy cannot check notices: it needs the package {error.name}: {hint('notices')}", Style.ERROR
        ) from None
    try:
        notice = read_json(content)
    except ValueError as error:
        raise invalid(f"Notice file is not valid JSON: {error}") from None
    from jsonschema.exceptions import best_match

    wrong = best_match(wrong_with.iter_errors(notice))
    if wrong is not None:
        where = "/".join(str(part) for part in wrong.absolute_path)
        raise invalid(
            f"Notice file does not conform to the schema: {f'{where}: ' if where else ''}{wrong.message[:1000]}"
        )
    assert isinstance(notice, dict)
    return notice


def create(writer: Writer, subject: Subject, upload: Upload, notice: Record) -> Record:
    """Keep a notice as the next one of its superevent; its file's entry is announced like any other.

    Problem (400) if it is of another superevent.
    """
    if notice["superevent_id"] not in (subject.graceid, subject.shown_id):
        raise invalid(
            f"superevent_id in the notice file ({notice['superevent_id']}) does not match the superevent "
            f"({subject.shown_id})"
        )
    n = writer.tx.next_n(subject.graceid, "notice")
    name = f"{subject.graceid}-{n}-{notice['alert_type'].lower()}.json"
    blob = writer.tx.keep_blob(upload.spool, upload.blob)
    file = writer.tx.add_file(subject.graceid, name, blob)
    event = notice["event"] or {}
    record: Record = {
        "N": n, "notice_type": TYPES[notice["alert_type"]], "created": writer.created, "issuer": writer.user,
        "filename": name, "file_version": file.version, "significant": event.get("significant"),
        "links": {"self": subject.links.notice(n), "file": subject.links.file(file.full_name)},
    }  # fmt: skip
    record |= {field: event.get(group, {}).get(key) for field, (group, key) in _PROBABILITIES.items()}
    subject.put("notice", n, record)
    writer.record(subject, "log", comment="New notice", file=file, tags=_TAGS)
    return record
