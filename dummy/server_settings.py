"""What a GraceDB server is set up with: one table of its groups, pipelines, searches, labels, sites, tags and codes."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from gracetape.archive import Archive
from gracetape.archive.history.signoff_rules import signoff_labels
from gracetape.archive.kinds import signoff_key
from gracetape.archive.services import service_documents
from gracetape.archive.voevent_types import VOEVENT_TYPES
from gracetape.errors import UsageError
from gracetape.pipelines import pipelines

#: What a server is taken to be where nobody says it, and how a version is written.
SERVER_VERSION = "2.36.0"
_VERSION = re.compile(r"(\d{1,6})\.(\d{1,6})(?:[.-]\S*)?")
#: The first servers whose API v2 has serializers of its own, and those of whose API v1 no client tells that refusals are bare texts.
_OWN_V2, _WRAPPED = (2, 36), (2, 35)
API_VERSIONS = ("default", "v1", "v2")

#: The number in the id of a new archive's first event, where nothing else is asked for: servers have come that far.
FIRST_ID = 1_000_001
_GREATEST_ID = 10**12

GROUPS = ("CBC", "Burst", "Test", "External", "Detchar")
SEARCHES = (
    "AllSky", "AllSkyLong", "BBH", "EarlyWarning", "GRB", "HEN", "HighMass", "IMBH", "LowMass", "LowMassSim", "MDC",
    "LensingSubthreshold", "O2VirgoTest", "SNEWS", "SSM", "SubGRB", "SubGRBTargeted", "Supernova", "VTInjection", "BurstLF", "BurstHF", "FRB",
)  # fmt: skip

#: The sites at which operators sign off.
INSTRUMENTS = {"H1": "LHO", "L1": "LLO", "V1": "Virgo", "K1": "KAGRA"}
SIGNOFF_TYPES = {"OP": "operator", "ADV": "advocate"}
SIGNOFF_STATUSES = {"OK": "OKAY", "NO": "NOT OKAY"}
#: Labels besides those of signoffs. MOCK is what mock-event-generator puts on all that it makes.
_LABELS = (
    "cWB_r", "cWB_s", "COMBINEDSKYMAP_READY", "DQOK", "DQR_REQUEST", "DQV", "EARLY_WARNING", "EMBRIGHT_READY",
    "EM_COINC", "EM_READY", "EM_Selected", "EM_SelectedConfident", "EM_SENT", "EM_Superseded", "EM_Throttled",
    "EXT_SKYMAP_READY", "GCN_PRELIM_SENT", "GRB_OFFLINE", "GRB_ONLINE", "GWTC4", "HIGH_PROFILE", "HWINJNO",
    "HWINJOK", "HWINJREQ", "INJ", "LENSED_CANDIDATE", "LOW_SIGNIF_LOCKED", "LOW_SIGNIF_PRELIM_SENT", "LUMIN_GO", "LUMIN_NO", "MOCK", "NOT_GRB",
    "PASTRO_READY", "PE_READY", "RAVEN_ALERT", "SIGNIF_LOCKED", "SKYMAP_READY", "SNR_OPTIMIZED", "SOG_READY", "SUBSOLAR_MASS",
    "SWIFT_GO", "SWIFT_NO",
)  # fmt: skip


def _of_signoffs(sites: Iterable[str]) -> dict[str, tuple[str, str]]:
    """The label that asks for each site's or the advocates' signoff -> the two that answer it."""
    keys = [*(signoff_key("OP", site) for site in sites), signoff_key("ADV", None)]
    return {request: (ok, no) for request, ok, no in map(signoff_labels, keys)}


_REQUESTS = _of_signoffs(INSTRUMENTS)
LABELS = tuple(sorted({*_LABELS, *_REQUESTS, *(label for pair in _REQUESTS.values() for label in pair)}, key=str.lower))

EM_GROUPS = (
    "AGILE", "ALMA", "ANTARES", "ASKAP", "ATCA", "BOOTES", "CALET", "DECam", "DES", "Fermi", "Fermi GBM", "Fermi LAT",
    "GMRT", "GOTO", "GRAWITA", "HAWC", "HESS", "HXMT", "ICECUBE", "INTEGRAL", "Konus-Wind", "LOFAR", "LCOGT", "MAGIC",
    "MASTER", "MAXI", "MeerKAT", "MWA", "Pan-STARRS", "Pierre Auger", "REM", "SAGUARO", "Swift", "TAROT", "Test", "VERITAS",
    "VISTA", "VST", "Zwicky Transient Facility",
)  # fmt: skip
WAVEBANDS = {
    "em.gamma": "Gamma rays part of the spectrum",
    "em.X-ray": "X-ray part of the spectrum",
    "em.UV": "Ultraviolet part of the spectrum",
    "em.opt": "Optical part of the spectrum",
    "em.IR": "Infrared part of the spectrum",
    "em.mm": "Millimetric part of the spectrum",
    "em.radio": "Radio part of the spectrum",
}
EEL_STATUSES = {"FO": "FOOTPRINT", "SO": "SOURCE", "CO": "COMMENT", "CI": "CIRCULAR"}
OBS_STATUSES = {"NA": "NOT APPLICABLE", "OB": "OBSERVATION", "TE": "TEST", "PR": "PREDICTION"}
#: Code of a category -> how records name it.
SUPEREVENT_CATEGORIES = {"P": "Production", "T": "Test", "M": "MDC"}

#: Tags that every server knows, with the names that it shows.
TAGS = {
    "analyst_comments": "Analyst Comments", "background": "Background", "data_quality": "Data Quality", "em_bright": "EM Bright",
    "em_follow": "EM Followup", "ext_coinc": "External Coincidence", "lvem": "LV-EM", "p_astro": "Source Classification",
    "pe": "Parameter Estimation", "pe_results": "PE Results", "psd": "PSDs", "public": "Public", "sig_info": "Signal Info",
    "sky_loc": "Sky Localization", "tfplots": "TF Plots",
}  # fmt: skip


@dataclass(frozen=True)
class ServerSettings:
    """The lists of one server, which its root document shows and its answers to writes obey.

    `instruments` (sites) and `voevent_types` go from codes to names. Labels of signoffs belong to every site, whether or not
    the server lets its operators sign off.
    """

    groups: tuple[str, ...] = field(default_factory=lambda: _with_pipelines(GROUPS, "groups"))
    pipelines: tuple[str, ...] = field(default_factory=lambda: tuple(pipelines()))
    searches: tuple[str, ...] = field(default_factory=lambda: _with_pipelines(SEARCHES, "searches"))
    labels: tuple[str, ...] = LABELS
    em_groups: tuple[str, ...] = EM_GROUPS
    instruments: Mapping[str, str] = field(default_factory=lambda: INSTRUMENTS)
    voevent_types: Mapping[str, str] = field(default_factory=lambda: {t.code: t.name for t in VOEVENT_TYPES.values()})
    server_version: str = SERVER_VERSION

    @cached_property
    def _release(self) -> tuple[int, int]:
        return _release_of(self.server_version) or _release_of(SERVER_VERSION) or (0, 0)

    @property
    def own_v2(self) -> bool:
        """Whether API v2 answers otherwise than v1: what it has, gave up, and how its lists are written."""
        return self._release >= _OWN_V2

    @property
    def bare_refusals(self) -> bool:
        """Whether API v1 refuses with a bare text (`"…"`) where later servers do with `{"error": "…"}`."""
        return self._release < _WRAPPED

    @cached_property
    def requests(self) -> Mapping[str, tuple[str, str]]:
        """Labels that ask for a signoff -> those that tell of one made (OK, not OK)."""
        return _of_signoffs(dict.fromkeys((*INSTRUMENTS, *self.instruments)))

    @cached_property
    def protected(self) -> frozenset[str]:
        """Labels that only signoffs set and remove."""
        return frozenset(label for answers in self.requests.values() for label in answers)

    def with_version(self, version: str | None) -> "ServerSettings":
        """The same server of another version, such as 2.35 (None: as it is). UsageError for what is no version."""
        check_version(version)
        return self if version is None else replace(self, server_version=version)

    def with_names(
        self, labels: Iterable[str] = (), pipelines: Iterable[str] = (), searches: Iterable[str] = ()
    ) -> "ServerSettings":
        """The same server with further labels, pipelines and searches. UsageError for what can be no name of one."""
        return replace(
            self,
            labels=_joined(self.labels, check_names("label", labels)),
            pipelines=_joined(self.pipelines, check_names("pipeline", pipelines)),
            searches=_joined(self.searches, check_names("search", searches)),
        )


def _release_of(version: str) -> tuple[int, int] | None:
    found = _VERSION.fullmatch(version.strip()) if isinstance(version, str) else None
    return (int(found[1]), int(found[2])) if found else None


def check_version(version: str | None) -> None:
    """UsageError for what is no version of a server."""
    if version is not None and _release_of(version) is None:
        raise UsageError(f"{version!r} is no version of a server: write 2.35 or 2.36.0")


def check_first_id(number: int | None) -> None:
    """UsageError for what can be no number of a first event."""
    if number is not None and (type(number) is not int or not 1 <= number <= _GREATEST_ID):
        raise UsageError(f"{number!r} can be no event's number: first_id is a whole number from 1 to {_GREATEST_ID}")


def _joined(*lists: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for names in lists for name in names))


def _with_pipelines(names: Iterable[str], of: str) -> tuple[str, ...]:
    """Names, and those of the groups or searches that pipelines besides bring."""
    return _joined(names, *(getattr(row, of) for row in pipelines().values()))


def check_names(what: str, given: Iterable[str]) -> list[str]:
    """Names of labels, pipelines or searches, one or several; UsageError for what can be none."""
    names = [given] if isinstance(given, str) else list(given)
    for name in names:
        if not isinstance(name, str) or not name.strip() or len(name) > 100 or any(c in "/,?#" for c in name):
            raise UsageError(f"{name!r} is no name for a {what}: write up to 100 letters, none of them / , ? or #")
    return names


#: What a root document calls a list or a table of codes -> the field that it fills.
_LISTS = {
    "groups": "groups", "pipelines": "pipelines", "searches": "searches", "labels": "labels", "em-groups": "em_groups",
}  # fmt: skip
_CODES = {"instruments": "instruments", "voevent-types": "voevent_types"}


def read_root(document: Mapping[str, Any]) -> ServerSettings:
    """The settings that a root document tells of; what it does not tell of is as built in."""
    told: dict[str, Any] = {}
    for name, field_name in _LISTS.items():
        if isinstance(found := document.get(name), list | dict) and found:
            told[field_name] = tuple(str(item) for item in found)
    for name, field_name in _CODES.items():
        if isinstance(found := document.get(name), dict) and found:
            told[field_name] = {str(code): str(shown) for code, shown in found.items() if code}
    if "voevent_types" in told:  # documents are written of the known types alone
        told["voevent_types"] = {code: name for code, name in told["voevent_types"].items() if code in VOEVENT_TYPES}
    if isinstance(found := document.get("server-version"), str):
        told["server_version"] = found
    return ServerSettings(**told)


def settings_of(*archives: Archive) -> ServerSettings:
    """The settings of the servers that the objects of archives were captured from; as built in if no capture tells of them.

    Raises ArchiveError if what an archive kept of a server is damaged.
    """
    found = [read_root(document) for archive in archives for document in service_documents(archive)]
    if not found:
        return ServerSettings()
    lists: dict[str, Any] = {name: _joined(*(getattr(one, name) for one in found)) for name in _LISTS.values()}
    codes: dict[str, Any] = {
        name: {code: shown for one in reversed(found) for code, shown in getattr(one, name).items()}
        for name in _CODES.values()
    }
    return replace(found[0], **lists, **codes)
