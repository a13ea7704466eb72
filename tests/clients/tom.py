"""TOM Toolkit: an observatory's target and observation manager, with its apps for alert streams and for events without one place.

A project as its documentation has one: settings, a PostgreSQL of its own, `manage.py migrate`, `manage.py readstreams`. Its stream names
SCiMMA's broker, as the documentation's does, so that it is led.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.clients.drive import Scene

_SETTINGS = """
from pathlib import Path

from tom_common.default_settings import TOMTOOKIT_INSTALLED_APPS, TOMTOOKIT_MIDDLEWARE

BASE_DIR = Path(__file__).parent
SECRET_KEY, DEBUG, TIME_ZONE, USE_TZ, SITE_ID = "a secret", True, "UTC", True, 1
DATABASES = {{"default": {{"ENGINE": "django.db.backends.postgresql", "NAME": "postgres", "USER": "postgres", "PASSWORD": "",
                          "HOST": "127.0.0.1", "PORT": "{port}"}}}}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
INSTALLED_APPS = [*TOMTOOKIT_INSTALLED_APPS, "tom_alertstreams", "tom_nonlocalizedevents"]
MIDDLEWARE = TOMTOOKIT_MIDDLEWARE
_GIVEN = [f"django.{{name}}" for name in ("template.context_processors.request", "contrib.auth.context_processors.auth",
                                          "contrib.messages.context_processors.messages")]
TEMPLATES = [{{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True, "OPTIONS": {{"context_processors": _GIVEN}}}}]
ROOT_URLCONF, STATIC_URL, MEDIA_URL, TOM_NAME = "tom_common.urls", "/static/", "/data/", "A TOM"
AUTH_STRATEGY, TARGET_PERMISSIONS_ONLY, EXTRA_FIELDS, OPEN_URLS, HOOKS = "READ_ONLY", True, {{}}, [], {{}}
AUTHENTICATION_BACKENDS = ("django.contrib.auth.backends.ModelBackend", "guardian.backends.ObjectPermissionBackend")
FACILITIES, TOM_FACILITY_CLASSES, HERMES_API_URL, SAVE_TEST_ALERTS = {{}}, [], "https://hermes.lco.global", True
ALERT_STREAMS = [{{
    "ACTIVE": True, "NAME": "tom_alertstreams.alertstreams.hopskotch.HopskotchAlertStream",
    "OPTIONS": {{
        "URL": "kafka://kafka.scimma.org/", "GROUP_ID": "a-tom", "USERNAME": "nobody", "PASSWORD": "nothing",
        "START_POSITION": "EARLIEST",
        "TOPIC_HANDLERS": {{"igwn.gwalert": "tom_nonlocalizedevents.alertstream_handlers.igwn_event_handler.handle_igwn_message"}},
    }},
}}]
"""
_TOLD = """
from tom_nonlocalizedevents.models import EventLocalization, EventSequence, NonLocalizedEvent
for event in NonLocalizedEvent.objects.all():
    kinds = ",".join(s.event_subtype for s in event.sequences.order_by("sequence_id"))
    maps = [(m.distance_mean, m.date and m.date.isoformat()) for m in event.localizations.all()]
    details = event.sequences.order_by("sequence_id").last().details
    print("|".join(["event", event.event_id, event.state, kinds, str(maps), str(details["classification"]["BNS"])]))
"""


def install(scene: Scene) -> str:
    """A project with its database: manage.py migrate"""
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    _database(scene, port)
    (scene.folder / "settings.py").write_text(_SETTINGS.format(port=port))
    os.environ |= {"DJANGO_SETTINGS_MODULE": "settings"}
    os.environ["PYTHONPATH"] = os.pathsep.join([str(scene.folder), os.environ.get("PYTHONPATH", "")])
    told = scene.run("django-admin migrate --no-color", seconds=600)
    return f"{told.count(' OK')} migrations"


def _database(scene: Scene, port: int) -> None:
    """A PostgreSQL on loopback, from the wheel of pgserver, which does not run as root by itself."""
    import shutil
    import subprocess
    from pathlib import Path

    import pgserver

    programs = Path(pgserver.__file__).parent / "pginstall" / "bin"
    home = Path("/tmp" if os.geteuid() == 0 else scene.folder) / f"gracetape-tom-{os.getpid()}"
    home.mkdir()
    scene.endings.append(lambda: shutil.rmtree(home, ignore_errors=True))
    user = "nobody" if os.geteuid() == 0 else None
    if user is not None:
        shutil.chown(home, user)
    data = str(home / "data")

    def do(*words: str) -> None:
        command = [str(programs / words[0]), *words[1:]]
        done = subprocess.run(command, cwd=home, capture_output=True, text=True, timeout=120, check=False, user=user)
        assert done.returncode == 0, done.stderr[-300:] or done.stdout[-300:]

    do("initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8")
    scene.endings.append(lambda: do("pg_ctl", "-D", data, "-m", "immediate", "stop"))
    do("pg_ctl", "-D", data, "-w", "-l", str(home / "log"), "-o", f"-p {port} -k {home} -h 127.0.0.1", "start")


def stream(scene: Scene) -> str:
    """readstreams, which asks SCiMMA, ingests a mock event's notices, their maps and its retraction"""
    name = scene.beside("mock_event").mock_event()
    scene.start("django-admin readstreams")
    found: list[str] = []

    def retracted() -> bool:
        (scene.folder / "told.py").write_text(_TOLD)
        lines = scene.run("django-admin shell --no-color", given=_TOLD).splitlines()
        found[:] = next((line.split("|") for line in lines if line.startswith(f"event|{name}")), [])
        return "RETRACTED" in found

    scene.wait_for("retracted event in its database", retracted, 240)
    _, _, _, kinds, maps, bns = found
    assert kinds == "EARLYWARNING,PRELIMINARY", kinds
    assert (maps.count("100.0"), bns) == (1, "0.95"), (maps, bns)
    return f"{name}: {kinds}, retracted; a map with its distance"


STEPS = (install, stream)
