"""Logins of `.netrc`, looked up without taking Python's modules away from other threads.

`igwn_auth_utils.requests.get_netrc_auth`, which every request of a `ligo.gracedb` client without a token calls, puts safe_netrc in the place of
netrc by `mock.patch.dict(sys.modules, …)`. That empties `sys.modules` for a moment. A thread that imports anything just then loads half of
Python anew, or fails: captures ask in several threads, and code under test may.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import igwn_auth_utils.requests as theirs
from safe_netrc import NetrcParseError, netrc


def netrc_auth(url: str, raise_errors: bool = False) -> tuple[str, str] | None:
    """(user, password) that `$NETRC`, else `~/.netrc` or `~/_netrc`, has for the host of an address, as requests finds it; None if none.

    With `raise_errors`, OSError or NetrcParseError if the file cannot be read, or may be read by others.
    """
    named = os.environ.get("NETRC")
    places = [Path(named)] if named is not None else [Path("~/.netrc"), Path("~/_netrc")]
    try:
        path = next((path for path in (place.expanduser() for place in places) if path.exists()), None)
    except RuntimeError:  # nobody's home is known
        return None
    if path is None:
        return None
    try:
        host = urlsplit(url).hostname
        found = netrc(str(path)).authenticators(host) if host else None
    except (OSError, NetrcParseError):
        if raise_errors:
            raise
        return None
    return (found[0] or found[1] or "", found[2] or "") if found and any(found) else None


def mend() -> None:
    """Let `ligo.gracedb` clients look logins up in this way. Again and again does no harm."""
    if hasattr(theirs, "get_netrc_auth"):
        setattr(theirs, "get_netrc_auth", netrc_auth)  # noqa: B010  # no name of theirs is known to the checker


def no_login(request: Any) -> Any:
    """A login for `requests` that adds none, where it and igwn-auth-utils would look into .netrc for want of one."""
    return request
