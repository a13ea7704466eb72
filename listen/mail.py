"""Mails by SMTP, sent from a thread of their own so that a slow mail server holds nothing up."""

import contextlib
import getpass
import queue
import smtplib
import socket
import threading
import time
from collections.abc import Sequence
from email.message import EmailMessage
from typing import Protocol

from gracetape.errors import BadConfiguration
from gracetape.listen.logs import AlertLog

#: Seconds that a mail server may take for an answer, and mails that may wait before further ones are dropped.
PATIENCE, WAITING = 10.0, 1000


def server_of(text: str) -> tuple[str, int]:
    """Host and port of `HOST:PORT` or `HOST` (port 25); BadConfiguration if it is neither."""
    host, _, port = text.rpartition(":") if ":" in text else (text, "", "25")
    if not host or not port.isdecimal() or len(port) > 5 or not 0 < int(port) < 65536:
        raise BadConfiguration(f"smtp must be HOST:PORT, not {text!r}")
    return host, int(port)


class Mails(Protocol):
    """Whoever takes mails."""

    def send(self, recipients: Sequence[str], subject: str, body: str, alert_id: str = "-") -> None:
        """Take one."""


class Mailer:
    """Sends mails in order; one that cannot be sent is logged, and nothing else happens."""

    def __init__(self, server: str, sender: str | None, log: AlertLog) -> None:
        self._server = server_of(server)
        self._sender = sender or f"{_user()}@{socket.gethostname()}"
        self._log = log
        self._outbox: queue.Queue[tuple[EmailMessage, str] | None] = queue.Queue(WAITING)
        self._thread: threading.Thread | None = None

    def send(self, recipients: Sequence[str], subject: str, body: str, alert_id: str = "-") -> None:
        """Queue a mail to somebody (to nobody: nothing happens); ValueError if an address or the subject is none."""
        if not recipients:
            return
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self._sender, ", ".join(recipients), subject
        mail.set_content(f"{body}\n\n    username : {_user()}\n    hostname : {socket.gethostname()}\n")
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="mail", daemon=True)
            self._thread.start()
        try:
            self._outbox.put_nowait((mail, alert_id))
        except queue.Full:
            self._log.about(alert_id).error("a mail is dropped, for %d others wait to be sent: %s", WAITING, subject)

    def close(self, limit: float = PATIENCE) -> None:
        """Send what waits, for at most `limit` seconds."""
        if self._thread is not None:
            end = time.monotonic() + limit
            with contextlib.suppress(queue.Full):
                self._outbox.put(None, timeout=limit)
            self._thread.join(max(0.0, end - time.monotonic()))

    def _work(self) -> None:
        while (waiting := self._outbox.get()) is not None:
            mail, alert_id = waiting
            log = self._log.about(alert_id)
            try:
                with smtplib.SMTP(*self._server, timeout=PATIENCE) as server:
                    server.send_message(mail)
                log.info("mailed to %s: %s", mail["To"], mail["Subject"])
            except (OSError, smtplib.SMTPException, UnicodeError) as error:
                log.error("a mail to %s could not be sent by %s:%d: %s", mail["To"], *self._server, error)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
