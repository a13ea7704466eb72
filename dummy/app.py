"""The dummy as a web application (WSGI): every address of the API over one archive."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import falcon

from gracetape.archive import Alert, Archive, Position, Timeline
from gracetape.dummy.addressing import Addresses
from gracetape.dummy.conditional import Unchanged
from gracetape.dummy.error_handlers import add_handlers
from gracetape.dummy.faults import Fault, Faults
from gracetape.dummy.grouping import Grouping
from gracetape.dummy.option_checks import check_options
from gracetape.dummy.refusals import refused
from gracetape.dummy.resources.listing import Search
from gracetape.dummy.resources.resource import Resource
from gracetape.dummy.server_settings import ServerSettings, check_first_id, settings_of
from gracetape.dummy.service import Service
from gracetape.dummy.source import is_public_tape
from gracetape.dummy.throttle import RATES, Throttle

#: Methods that change something, where an address has them at all.
_WRITES = ("POST", "PUT", "PATCH", "DELETE")


def make_app(
    archive: Archive,
    *,
    user: str = "gracetape",
    as_of: Callable[[], Position | None] | None = None,
    timeline: Timeline | None = None,
    on_alert: Callable[[Alert], None] | None = None,
    now: Callable[[], datetime] | None = None,
    faults: Faults | Iterable[str | Fault] = (),
    throttle: Throttle | bool = False,
    api_default: str = "v1",
    grouping: Grouping | None = None,
    settings: ServerSettings | None = None,
    labels: Iterable[str] = (),
    pipelines: Iterable[str] = (),
    searches: Iterable[str] = (),
    server_version: str | None = None,
    first_id: int | None = None,
    as_public: bool | None = None,
) -> Any:
    """A WSGI application that is a GraceDB over `archive`.

    `as_of` gives the moment of `timeline` that is answered (None: now). `on_alert` is called with each alert of a write,
    in order, after the write was kept; `now` gives the server's time (UTC). `faults` are rules such as
    `POST */logs/*:503:0.1`; with `throttle` (True: at the server's rates) more requests than the rates allow are refused.
    `api_default` is the API version (v1 or v2) that answers at the root without one; `grouping` lets events
    be put into superevents as they come. `settings` are the server's lists (default: what the archive's captures tell of
    their servers); `labels`, `pipelines` and `searches` are names that it knows besides; `server_version` is the version that
    answers (2.35; default: that of `settings`); `first_id` is the least number that ids of new events have (default: 1000001 in
    an archive that was given none before). `as_public`: it answers as the public server does to who has no login: superevents that were
    exposed, what of them is public, 403 to all else (default: where all was captured so). Raises ArchiveError where captures are
    damaged, UsageError for what can be no name, version or number.
    """
    check_options(
        {"user": user, "on_alert": on_alert, "now": now, "faults": faults, "throttle": throttle, "api_default": api_default,
         "grouping": grouping, "settings": settings, "labels": labels, "pipelines": pipelines, "searches": searches}
    )  # fmt: skip
    known = (settings_of(archive) if settings is None else settings).with_names(labels, pipelines, searches)
    known = known.with_version(server_version)
    check_first_id(first_id)
    service = Service(
        archive,
        user=user,
        as_of=as_of,
        timeline=timeline,
        on_alert=on_alert,
        now=now,
        grouping=grouping,
        settings=known,
        first_id=first_id,
        as_public=is_public_tape(archive) if as_public is None else as_public,
    )
    router: Any = Addresses(service, api_default)
    app: Any = falcon.App(
        router=router, middleware=[*([_AsPublic()] if service.as_public else []), _ObjectFirst(), Unchanged()]
    )
    app.req_options.strip_url_path_trailing_slash = True
    app.req_options.auto_parse_form_urlencoded = False
    add_handlers(app, lambda req: known.bare_refusals and _version_of(req.path, api_default) == "v1")
    if throttle:
        app = (Throttle(RATES) if throttle is True else throttle).around(app)
    faults = faults if isinstance(faults, Faults) else Faults([faults] if isinstance(faults, str) else faults)
    return faults.around(app)


class _AsPublic:
    """Refuses what is only for those who have a login: every write, all of events, who belongs to a superevent, who signed it off."""

    def process_resource(
        self, req: falcon.Request, resp: falcon.Response, resource: Any, fields: dict[str, str]
    ) -> None:
        hidden = isinstance(resource, Resource) and (resource.category == "event" or resource.for_members)
        searches = resource is not None and not isinstance(resource, Search)
        if hidden or (req.method in _WRITES and searches):
            raise refused("not_authenticated")


class _ObjectFirst:
    """Looks for the object that a write's address names before what the write brings is read, as the server does."""

    def process_resource(
        self, req: falcon.Request, resp: falcon.Response, resource: Any, fields: dict[str, str]
    ) -> None:
        if req.method in _WRITES and isinstance(resource, Resource) and resource.of_object and "graceid" in fields:
            resource.view(fields["graceid"])


def _version_of(path: str, api_default: str) -> str:
    """The API version that an address is of."""
    return next((version for version in ("v1", "v2") if f"{path}/".startswith(f"/api/{version}/")), api_default)
