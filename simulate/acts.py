"""What a simulated life does to a GraceDB: one small class per act, called with any client of the ordinary kind."""

from dataclasses import dataclass
from typing import Any, Protocol

from gracetape.schedule import GraceID
from gracetape.simulate.files import File


class Act(Protocol):
    """Something to do with a client; `str()` tells people what."""

    def __call__(self, client: Any) -> Any:
        """Do it. Raises what the client raises, and RuntimeError where an id that it needs is not known yet."""


def _named(graceid: GraceID) -> str:
    return str(graceid) if graceid.is_set else "the event"


def _upload(file: File | None, name: str | None = None) -> dict[str, Any]:
    return {} if file is None else {"filename": name or file.name, "filecontents": file.content()}


@dataclass(frozen=True)
class CreateEvent:
    """Create an event from a file; its id is then known to all that share `graceid`."""

    graceid: GraceID
    group: str
    pipeline: str
    file: File
    search: str | None = None
    labels: tuple[str, ...] = ()
    offline: bool = False

    def __call__(self, client: Any) -> Any:
        answer = client.create_event(
            self.group, self.pipeline, search=self.search, labels=list(self.labels) or None, offline=self.offline,
            **_upload(self.file),
        )  # fmt: skip
        self.graceid.set(str(answer.json()["graceid"]))
        return answer

    def __str__(self) -> str:
        return f"create event: {self.group} {self.pipeline} {self.search or ''}".rstrip() + f" ({self.file.name})"


@dataclass(frozen=True)
class ReplaceEvent:
    """Give an event a new file."""

    graceid: GraceID
    file: File

    def __call__(self, client: Any) -> Any:
        return client.replace_event(self.graceid.get(), **_upload(self.file))

    def __str__(self) -> str:
        return f"replace event: {self.file.name}"


@dataclass(frozen=True)
class WriteLog:
    """Write a log entry, with a file and tags if there are any.

    `{graceid}` in `message` becomes the id of `mentions`; in the file's name, that of the object written to.
    """

    graceid: GraceID
    message: str
    file: File | None = None
    tags: tuple[str, ...] = ()
    mentions: GraceID | None = None

    def __call__(self, client: Any) -> Any:
        message = self.message if self.mentions is None else self.message.replace("{graceid}", self.mentions.get())
        graceid = self.graceid.get()
        name = self.file.name.replace("{graceid}", graceid) if self.file else None
        return client.write_log(graceid, message, tag_name=list(self.tags), **_upload(self.file, name))

    def __str__(self) -> str:
        shown = self.message if self.mentions is None else self.message.replace("{graceid}", _named(self.mentions))
        name = (
            self.file.name.replace("{graceid}", str(self.graceid) if self.graceid.is_set else "GRACEID")
            if self.file
            else ""
        )
        return f"log: {shown}" + (f" ({name})" if name else "")


@dataclass(frozen=True)
class WriteLabel:
    """Apply a label."""

    graceid: GraceID
    label: str

    def __call__(self, client: Any) -> Any:
        return client.write_label(self.graceid.get(), self.label)

    def __str__(self) -> str:
        return f"label: {self.label}"


@dataclass(frozen=True)
class RemoveLabel:
    """Remove a label."""

    graceid: GraceID
    label: str

    def __call__(self, client: Any) -> Any:
        return client.remove_label(self.graceid.get(), self.label)

    def __str__(self) -> str:
        return f"remove label: {self.label}"


@dataclass(frozen=True)
class Signoff:
    """Create, update or delete (`verb`) a signoff of a superevent: `kind` OP (with an instrument) or ADV, `status` OK or NO."""

    graceid: GraceID
    kind: str
    status: str | None = None
    comment: str = ""
    instrument: str = ""
    verb: str = "create"

    def __call__(self, client: Any) -> Any:
        who = (self.graceid.get(), self.kind)
        if self.verb == "create":
            return client.create_signoff(*who, self.status, self.comment, instrument=self.instrument)
        if self.verb == "update":
            return client.update_signoff(*who, status=self.status, comment=self.comment, instrument=self.instrument)
        return client.delete_signoff(*who, instrument=self.instrument)

    def __str__(self) -> str:
        return " ".join(f"{self.verb} signoff: {self.kind} {self.instrument} {self.status or ''}".split())


@dataclass(frozen=True)
class CreateSuperevent:
    """Create a superevent around an event; its id is then known to all that share `superevent`."""

    superevent: GraceID
    preferred: GraceID
    t_start: float
    t_0: float
    t_end: float
    category: str = "test"
    labels: tuple[str, ...] = ()

    def __call__(self, client: Any) -> Any:
        answer = client.create_superevent(
            self.t_start, self.t_0, self.t_end, self.preferred.get(), category=self.category,
            labels=list(self.labels) or None,
        )  # fmt: skip
        self.superevent.set(str(answer.json()["superevent_id"]))
        return answer

    def __str__(self) -> str:
        return f"create superevent: {self.category}, t_0 {self.t_0:.3f}"


@dataclass(frozen=True)
class UpdateSuperevent:
    """Change a superevent's times and preferred event."""

    superevent: GraceID
    preferred: GraceID | None = None
    times: tuple[tuple[str, float], ...] = ()

    def __call__(self, client: Any) -> Any:
        event = None if self.preferred is None else self.preferred.get()
        return client.update_superevent(self.superevent.get(), preferred_event=event, **dict(self.times))

    def __str__(self) -> str:
        changed = [name for name, _ in self.times] + (["preferred_event"] if self.preferred else [])
        return f"update superevent: {', '.join(changed)}"


@dataclass(frozen=True)
class AddEvent:
    """Add an event to a superevent."""

    superevent: GraceID
    graceid: GraceID

    def __call__(self, client: Any) -> Any:
        return client.add_event_to_superevent(self.superevent.get(), self.graceid.get())

    def __str__(self) -> str:
        return f"add to superevent: {_named(self.graceid)}"


@dataclass(frozen=True)
class RemoveEvent:
    """Remove an event from a superevent."""

    superevent: GraceID
    graceid: GraceID

    def __call__(self, client: Any) -> Any:
        return client.remove_event_from_superevent(self.superevent.get(), self.graceid.get())

    def __str__(self) -> str:
        return f"remove from superevent: {_named(self.graceid)}"


@dataclass(frozen=True)
class SendVOEvent:
    """Make a VOEvent of type `kind`: earlywarning, preliminary, initial, update or retraction; `more` are further fields of the request."""

    graceid: GraceID
    kind: str
    skymap: str | None = None
    more: tuple[tuple[str, Any], ...] = ()

    def __call__(self, client: Any) -> Any:
        about = {"skymap_type": self.skymap.split(".")[0], "skymap_filename": self.skymap} if self.skymap else {}
        open_to_all = {"internal": False, "open_alert": True}
        return client.create_voevent(self.graceid.get(), self.kind, **open_to_all, **about, **dict(self.more))

    def __str__(self) -> str:
        return f"VOEvent: {self.kind}" + (f" ({self.skymap})" if self.skymap else "")


@dataclass(frozen=True)
class WriteEMObservation:
    """Report a footprint: positions and widths in degrees, ISO 8601 times, durations in s."""

    graceid: GraceID
    group: str
    ra: tuple[float, ...]
    ra_width: tuple[float, ...]
    dec: tuple[float, ...]
    dec_width: tuple[float, ...]
    starts: tuple[str, ...]
    durations: tuple[float, ...]
    comment: str = ""

    def __call__(self, client: Any) -> Any:
        numbers = (self.ra, self.ra_width, self.dec, self.dec_width, self.starts, self.durations)
        return client.write_emobservation(self.graceid.get(), self.group, *map(list, numbers), comment=self.comment)

    def __str__(self) -> str:
        return f"EM observation: {self.group}, {len(self.ra)} footprints"


@dataclass(frozen=True)
class ConfirmAsGW:
    """Confirm a superevent as a gravitational wave."""

    superevent: GraceID

    def __call__(self, client: Any) -> Any:
        return client.confirm_superevent_as_gw(self.superevent.get())

    def __str__(self) -> str:
        return "confirm as GW"


@dataclass(frozen=True)
class Expose:
    """Show a superevent to the public (or hide it: `action` is expose or hide)."""

    superevent: GraceID
    action: str = "expose"

    def __call__(self, client: Any) -> Any:
        return client.modify_permissions(self.superevent.get(), self.action)

    def __str__(self) -> str:
        return f"{self.action} to the public"


#: Every act by its name, for files that keep schedules.
ACTS: dict[str, type[Any]] = {
    act.__name__: act
    for act in (
        CreateEvent, ReplaceEvent, WriteLog, WriteLabel, RemoveLabel, Signoff, CreateSuperevent, UpdateSuperevent, AddEvent,
        RemoveEvent, SendVOEvent, WriteEMObservation, ConfirmAsGW, Expose,
    )
}  # fmt: skip
