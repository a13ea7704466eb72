"""What to type to install what is missing, as gracetape itself was installed here."""

import json
from traceback import walk_tb
from urllib.parse import unquote, urlsplit


def hint(extra: str) -> str:
    """`pip install 'gracetape[simulate]'`, or the same of the checkout that gracetape was installed from."""
    from importlib.metadata import PackageNotFoundError, distribution  # nothing is lacking, mostly

    try:
        told = json.loads(distribution("gracetape").read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        told = {}
    url = urlsplit(str(told.get("url", "")))
    if url.scheme == "file" and "dir_info" in told:
        editable = "-e " if told["dir_info"].get("editable") else ""
        return f"pip install {editable}'{unquote(url.path)}[{extra}]'"
    return f"pip install 'gracetape[{extra}]'"


def lacking(error: ModuleNotFoundError) -> str | None:
    """What to say of a package that a room needs, and that its extra brings; None if the room that asked for it has no extra."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        extras = distribution("gracetape").metadata.get_all("Provides-Extra") or []
    except PackageNotFoundError:
        return None
    modules = [str(frame.f_globals.get("__name__", "")).split(".") for frame, _ in walk_tb(error.__traceback__)]
    rooms = [names[1] for names in modules if names[0] == "gracetape" and names[1:]]
    extra = next((room for room in reversed(rooms) if room in extras), None)
    if extra is None or str(error.name).startswith("gracetape"):
        return None
    return f"this needs the package {error.name}: {hint(extra)}"
