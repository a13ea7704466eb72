"""A private LVAlert: ejabberd, from the system's package, on loopback and without any rights.

Its node configuration is what ligo-lvalert needs: messages of type `normal` (it drops ejabberd's usual `headline`).
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

from gracetape.brokers.private import PrivateBroker, answers, check_plain, free_port, new_folder
from gracetape.errors import BrokerError

PASSWORD = "development-only"
_LIBRARIES = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib", "/usr/local/lib")

_CONFIGURATION = """\
hosts: [localhost]
loglevel: warning
log_rotate_count: 0
listen:
  - {{port: {port}, ip: "127.0.0.1", module: ejabberd_c2s, max_stanza_size: 4194304, access: all, {tls}}}
  - {{port: {port}, ip: "::1", module: ejabberd_c2s, max_stanza_size: 4194304, access: all, {tls}}}
auth_method: internal
{certificates}
modules:
  mod_disco: {{}}
  mod_ping: {{}}
  mod_roster: {{}}
  mod_pubsub:
    host: pubsub.localhost
    plugins: [flat]
    ignore_pep_from_offline: true
    access_createnode: all
    default_node_config:
      access_model: open
      publish_model: open
      deliver_payloads: true
      persist_items: false
      send_last_published_item: never
      notification_type: normal
      max_payload_size: 1048576
"""


def library() -> str | None:
    """Where ejabberd is installed, None if it is not."""
    found = (place for place in _LIBRARIES if any(Path(place).glob("ejabberd-*/ebin/ejabberd.app")))
    return next(found, None) if shutil.which("erl") else None


def private_xmpp(
    users: tuple[str, ...] = ("alice",), *, port: int | None = None, certificate: Path | None = None
) -> PrivateBroker:
    """An ejabberd with some accounts, not yet started. `certificate` (PEM, with its key) makes it insist on TLS.

    The Erlang machine is run without distribution: no name server, no cookie, no other port than `port`.
    """
    check_plain("an account", users)
    place = library()
    if place is None:
        raise BrokerError("ejabberd is not installed: on Debian, apt-get install ejabberd")
    port, folder = port or free_port(), new_folder("xmpp")
    tls = "starttls: true, starttls_required: true" if certificate else "starttls: false"
    certificates = f"certfiles: ['{certificate}']" if certificate else ""
    (folder / "ejabberd.yml").write_text(_CONFIGURATION.format(port=port, tls=tls, certificates=certificates))
    netrc = folder / "netrc"
    netrc.touch(mode=0o600)
    netrc.write_text(f"machine localhost login {users[0]} password {PASSWORD}\n")
    registered = ", ".join(f'ejabberd_auth:try_register(<<"{u}">>, <<"localhost">>, <<"{PASSWORD}">>)' for u in users)
    done = f'{registered}, file:write_file("ready", <<>>).'
    command = [
        "erl", "-noinput", "-mnesia", "dir", f'"{folder}/spool"', "-os_mon", "start_memsup", "false",
        "-s", "ejabberd", "-eval", done,
    ]  # fmt: skip
    return PrivateBroker(
        name="ejabberd",
        url=f"xmpp://{users[0]}@localhost:{port}/" + ("" if certificate else "?tls=off"),
        port=port,
        folder=folder,
        command=command,
        running=_ready,
        environment={"NETRC": str(netrc)},
        settings=_settings(folder, place),
    )


def _settings(folder: Path, place: str) -> Mapping[str, str]:
    return {
        "EJABBERD_CONFIG_PATH": str(folder / "ejabberd.yml"),
        "EJABBERD_LOG_PATH": str(folder / "ejabberd.log"),
        "ERL_LIBS": place,
        "ERL_CRASH_DUMP_BYTES": "0",
        "ERL_MAX_PORTS": "4096",
        "HOME": str(folder),
    }


def _ready(broker: PrivateBroker) -> bool:
    return (broker.folder / "ready").exists() and answers(broker.port)
