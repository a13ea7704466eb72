"""Tests with tapes for unittest: a mix-in, and a TestCase that has it."""

import inspect
import sys
import unittest
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from gracetape.archive import Archive
from gracetape.errors import GracetapeError
from gracetape.shown import say
from gracetape.testing.alert_list import Alerts
from gracetape.testing.network import no_network
from gracetape.testing.places import TestPlace
from gracetape.testing.player import Replay
from gracetape.testing.settings import Settings
from gracetape.testing.tape_session import TapeSession
from gracetape.testing.tapes import session_over
from gracetape.testing.wanted import WantedTape, read_mark

if TYPE_CHECKING:
    Case = unittest.TestCase
else:
    Case = object


class TapeMixin(Case):
    """Gives each test of a TestCase `self.gracedb`, `self.gracedb_url`, `self.alerts`, `self.replay` and `self.tape`.

    `tape_names` names the tapes (None: where the test's own lies), `tape_options` are the mark's words: cutoff, ids, service,
    faults, … A test of another tape calls `self.use_tape(...)` first.
    """

    tape_names: ClassVar[tuple[str | None, ...]] = ()
    tape_options: ClassVar[dict[str, Any]] = {}

    @cached_property
    def tape_session(self) -> TapeSession:
        if self.tape_names or self.tape_options:
            return self.use_tape(*self.tape_names, **self.tape_options)
        return self._over(self._marked)

    def _marked(self) -> list[WantedTape]:
        """The tapes that pytest's marks name, on the method or else on the class; none: where the test's own lies."""
        for owner in (getattr(self, self._testMethodName), type(self)):
            if marks := [mark for mark in getattr(owner, "pytestmark", ()) if mark.name == "tape"]:
                return [want for mark in marks for want in read_mark(mark.args, mark.kwargs)]
        return [WantedTape()]

    def use_tape(self, *names: Any, **options: Any) -> TapeSession:
        """Let this test be over other tapes; the words are those of the mark `tape`. Fails the test if there are none."""
        return self._over(lambda: read_mark(names, options))

    def _over(self, wanted: Callable[[], list[WantedTape]]) -> TapeSession:
        try:
            settings = settings_here()
        except GracetapeError as error:
            raise self.failureException(str(error)) from None
        place = TestPlace(
            Path(inspect.getfile(type(self))), type(self).__name__, self._testMethodName, settings.tape_dir
        )
        try:
            session = session_over(wanted(), place, settings)
        except GracetapeError as error:
            raise self.failureException(f"{self.id()}: {error}") from None
        if not running_pytest():  # which tells it at the end
            while settings.said:
                say(settings.said.pop(0), error=True)
        self.__dict__["tape_session"] = self.enterContext(session)
        self.enterContext(no_network(settings.mode, settings.allowed_hosts))
        return session

    @property
    def tape(self) -> Archive:
        return self.tape_session.archive

    @property
    def gracedb(self) -> Any:
        return self.tape_session.gracedb

    @property
    def gracedb_url(self) -> str:
        return self.tape_session.url

    @property
    def alerts(self) -> Alerts:
        return self.tape_session.alerts

    @property
    def replay(self) -> Replay:
        return self.tape_session.replay


class TapeTestCase(TapeMixin, unittest.TestCase):
    """A TestCase over tapes."""


#: Those of this process without pytest, by what the environment said: what was recorded in one test is not recorded again in the next.
_FROM_ENVIRONMENT: dict[str, Settings] = {}


def settings_here() -> Settings:
    """Those of the pytest that runs this, if one does, else of the environment."""
    if configs := running_pytest():
        return Settings.of(configs[-1])
    found = Settings.from_environment()
    return _FROM_ENVIRONMENT.setdefault(found.mode, found)


def running_pytest() -> Sequence[Any]:
    """The configurations of the sessions of pytest that run in this process."""
    configs: Sequence[Any] = getattr(sys.modules.get("gracetape.testing.plugin"), "CONFIGS", ())
    return configs
