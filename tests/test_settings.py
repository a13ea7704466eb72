"""What is set once: the order of who says so, mistakes in one sentence, and what a stranger's folder cannot do."""

import contextlib
import importlib.util
import json
import os
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gracetape import settings_files
from gracetape.__main__ import _gathered
from gracetape.archive.which import locate
from gracetape.capture.service import AskedByNobody, connect, service_url
from gracetape.errors import UsageError
from gracetape.settings import BY_NAME, SETTINGS, Trust, of_command
from gracetape.settings_files import find, settings_of, user_file
from gracetape.terminal import prepared
from gracetape.testing.settings import Settings
from tests.test_words import all_commands, run

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: Any) -> Path:
    """A project's folder, from whose sub-folder everything is asked; the user has a file at another place."""
    folder = tmp_path / "project"
    (folder / "below").mkdir(parents=True)
    monkeypatch.chdir(folder / "below")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "own"))
    user_file().parent.mkdir(parents=True)
    for name in [name for name in os.environ if name.startswith("GRACETAPE_")]:
        monkeypatch.delenv(name)
    return folder


def said(*words: str) -> str:
    """What a command that cannot go on says, in one line."""
    done = run(words)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    return line


def value_of(name: str, **environment: str) -> tuple[Any, str]:
    """A setting as `gracetape config --json` shows it, and who says so."""
    done = run(["gracetape", "config", "--json"], environment)
    assert done.returncode == 0, done.stderr
    (row,) = [row for row in json.loads(done.stdout)["settings"] if row["name"] == name]
    return row["value"], row["from"]


def test_the_environment_comes_before_the_project_before_the_user_before_the_default(project: Path) -> None:
    assert value_of("replay.speed") == (None, "default")
    assert value_of("capture.connections") == (8, "default")
    user_file().write_text("[replay]\nspeed = 2\nrate = 5\n")
    assert value_of("replay.speed") == (2, "user")
    (project / "pyproject.toml").write_text("[tool.gracetape.replay]\nspeed = 3\n")
    assert value_of("replay.speed") == (3, "project")
    assert value_of("replay.rate") == (5, "user")
    (project / "gracetape.toml").write_text("replay.speed = 4\n")
    assert value_of("replay.speed") == (4, "project")
    assert value_of("replay.speed", GRACETAPE_REPLAY_SPEED="5") == ("5", "environment")


def test_the_nearest_file_counts_and_a_pyproject_without_settings_is_none(project: Path) -> None:
    (project / "gracetape.toml").write_text('show = "json"\n')
    (project / "below" / "pyproject.toml").write_text('[project]\nname = "gracetape-user"\n')
    assert find("show") is not None
    (project / "below" / "gracetape.toml").write_text("")
    assert find("show") is None


def parsed(command: str, *words: str) -> dict[str, Any]:
    """What a command would be called with."""
    room, _, own = command.partition(" ")
    app = __import__(f"gracetape.{room}.cli", fromlist=["app"]).app
    known = prepared(app, f"gracetape {room}")
    known = known.commands[own or "play"]
    context = known.make_context("x", list(words))
    return dict(context.params)


def test_options_are_as_set_unless_the_command_line_says_otherwise(project: Path, monkeypatch: Any) -> None:
    (project / "gracetape.toml").write_text(
        '[replay]\nspeed = 4\nto = ["out.jsonl"]\n[dummy]\nlabel = "ODD"\nthrottle = true\n[simulate]\ndistribution = "uniform"'
    )
    found = parsed("replay")
    assert (found["speed"], found["maximum"], list(found["to"])) == (4.0, False, ["../out.jsonl"])
    assert parsed("replay", "--speed", "7", "--to", "-")["speed"] == 7
    assert parsed("replay", "--to", "-")["to"][0] == "-"
    served = parsed("dummy serve")
    assert (list(served["label"]), served["throttle"]) == (["ODD"], True)
    monkeypatch.setenv("GRACETAPE_DUMMY_LABEL", "ONE TWO")
    assert list(parsed("dummy serve")["label"]) == ["ONE", "TWO"]
    assert str(parsed("simulate", "gstlal")["distribution"]) == "uniform"


def test_a_setting_never_contradicts_a_command_line(project: Path) -> None:
    (project / "gracetape.toml").write_text('[replay]\nspeed = 4\ntopics = "igwn"\n[broker]\ntopics = "igwn"\n')
    found = parsed("replay", "--max")
    assert (found["maximum"], found["speed"], found["topics"]) == (True, None, None)
    assert parsed("replay", "--to", "kafka://localhost/g")["topics"] == "igwn"


def test_what_is_set_of_public_alerts_is_meant_where_the_public_is_told(project: Path) -> None:
    (project / "gracetape.toml").write_text(
        'replay.format = "legacy"\nsimulate.to = "new.tape"\n[dummy]\npublic-format = "voevent"\n'
    )
    assert (parsed("replay")["format"], parsed("replay", "--as-public")["format"]) == ("legacy", "")
    assert parsed("dummy serve")["public_format"] is None
    assert parsed("dummy serve", "--public-alerts", "-")["public_format"] == "voevent"
    assert "--to" in of_command("simulate run")
    assert "--to" not in of_command("simulate sample-alerts")  # which goes to a broker, not into an archive
    listening = BY_NAME["capture.nodes"]
    assert listening.leaves({"source": "kafka://localhost/igwn.gwalert?start=earliest"})
    assert not listening.leaves({"source": "kafka://localhost/gracedb-test"})
    (project / "gracetape.toml").write_text('replay.format = "gwalert,voevent"\n')
    assert parsed("replay")["format"] == "gwalert,voevent"


def test_archive_and_service_are_those_that_are_set(project: Path, monkeypatch: Any) -> None:
    (project / "gracetape.toml").write_text('archive = "tapes/a.tape"\nservice = "https://gracedb-test.ligo.org/api"\n')
    assert locate() == Path("../tapes/a.tape")
    assert service_url() == "https://gracedb-test.ligo.org/api/"
    assert service_url("https://one.example/api/") == "https://one.example/api/"
    monkeypatch.setenv("GRACETAPE_ARCHIVE", "b.tape")
    assert locate() == Path("b.tape")
    assert locate("c.tape") == Path("c.tape")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("bogus = 1", "there is no setting 'bogus'"),
        ('service-url = "x"', "did you mean 'service'"),
        ("[replay]\nsped = 3", "did you mean 'replay.speed'"),
        ("[play]\nspread = 'even'", "did you mean 'replay.spread'"),
        ('record_mode = "once"', "did you mean 'tape-record'"),
        ('[replay]\nspread = "evn"', "did you mean 'even'"),
        ('[replay]\nformat = "moder"', "did you mean 'modern'"),
        ('[replay]\nspeed = "fast"', "must be a number above 0, not 'fast'"),
        ("[replay]\nspeed = -1", "must be a number above 0, not -1"),
        ("[replay]\nspeed = 1" + "0" * 400, "must be a number above 0"),
        ("replay = 3", "write [replay]"),
        ("[[replay]]\nspeed = 3", "write [replay]"),
        ("[tool.gracetape]\nshow = 'json'", "stand without [tool.gracetape]"),
        ("archive = 3", "archive must be a text"),
        ("archive = true", "archive must be a text"),
        ("[capture]\nconnections = 100", "capture.connections = 100"),
        ("[dummy]\nport = -1", "dummy.port must be a port"),
        ("archive = [", "gracetape.toml: "),
        ("limits = 'a=1'", "the environment alone: GRACETAPE_LIMITS"),
        ("x = " + "[" * 5000, "gracetape.toml"),
        ("x = " + "9" * 5000, "gracetape.toml"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence_with_file_key_and_what_is_near(project: Path, text: str, told: str) -> None:
    (project / "gracetape.toml").write_text(text + "\n")
    command = ["gracetape", "dummy", "serve"] if "[dummy]" in text else ["capture", "G1"]
    line = said(*command)
    assert str(project / "gracetape.toml") in line
    assert told in line
    assert len(line) < 500


def test_folders_that_cannot_be_looked_into_have_no_settings(monkeypatch: Any) -> None:
    def refuse(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_file", refuse)
    assert settings_of() == {}


def test_a_mistake_in_a_variable_names_it(monkeypatch: Any) -> None:
    monkeypatch.setenv("GRACETAPE_CAPTURE_CONNECTIONS", "many")
    assert "GRACETAPE_CAPTURE_CONNECTIONS: " in said("capture", "G1")
    assert "GRACETAPE_" not in said("capture", "G1", "--connections", "x")


def test_help_works_beside_a_broken_file_and_names_the_variables(project: Path) -> None:
    (project / "gracetape.toml").write_text("broken")
    done = run(["replay", "--help"])
    assert done.returncode == 0
    assert "GRACETAPE_REPLAY_SPEED" in "".join(done.stdout.split())
    assert run(["replay", "--version"]).returncode == 0


@pytest.mark.parametrize(
    "text",
    [
        '[replay]\nto = "exec:touch pwned"',
        '[replay]\nto = ["out.jsonl", "exec:touch pwned"]',
        '[dummy]\nalerts = "exec:touch pwned"',
        '[listen]\nfrom = "exec:touch pwned"',
        '[listen]\nfrom = "EXEC:touch pwned"',
        '[listen]\nfrom = "unix:/run/some.sock"',
        '[listen]\nto = "kafka://localhost/g"',
        '[replay]\nto = "https://host.example/hook"',
        '[replay]\nto = "gracedb+https://gracedb.ligo.org/api/"',
        '[replay]\nto = "kafka://localhost/group?tls=off"',
        '[listen]\nfrom = "kafka://evil.example/group"',
        '[listen]\nfrom = "kafka://localhost:9092,evil.example:9092/group"',
        '[listen]\nfrom = "kafka://kafka.scimma.org@evil.example/group"',
        '[listen]\nfrom = "xmpp://me@lvalert.ligo.org.evil.example/"',
        '[replay]\nto = "xmpp://localhost/#x"',
        '[replay]\nto = "xmpp://host\\\\@localhost/"',
        '[replay]\nto = "../elsewhere.jsonl"',
        '[replay]\nto = "/etc/passwd"',
        '[replay]\nto = "link/x.jsonl"',
        '[simulate]\nto = "https://gracedb.ligo.org/api/"',
        'archive = "/var/tmp/other.tape"',
        'archive = "below/../../other.tape"',
        '[dummy]\nallow-host = ["evil.example"]',
        'service = "ftp://host/"',
    ],
)  # fmt: skip
def test_a_strangers_folder_names_no_program_no_other_place_and_takes_no_guard_down(project: Path, text: str) -> None:
    (project / "link").symlink_to(project.parent)
    (project / "gracetape.toml").write_text(text + "\n")
    with pytest.raises(UsageError, match=re.escape(str(project / "gracetape.toml"))):
        settings_of()


@pytest.mark.parametrize(
    "url",
    [
        "kafka://localhost:9092/gracedb-test",
        "kafka://[::1]:9092/g",
        "kafka://me@kafka.scimma.org/igwn.gwalert",
        "xmpp://me@lvalert.cgca.uwm.edu.ligo.org/",
        "-",
        "night.jsonl",
    ],
)
def test_a_project_may_name_the_brokers_of_the_field_and_of_this_machine(project: Path, url: str) -> None:
    (project / "gracetape.toml").write_text(f'[listen]\nfrom = "{url}"\n')
    assert settings_of()["listen.from"].value in (url, f"../{url}")


def test_what_is_never_set() -> None:
    assert not {"--yes-really-send-to", "--unsafe", "--force", "--append", "--exec", "--keep", "--create"} & {
        setting.option for setting in SETTINGS
    }


@pytest.mark.parametrize("place", ["project", "user"])
@pytest.mark.parametrize(
    "text", ['[replay]\nto = "xmpp://me:hush@host/"', 'service = "https://me:hush@host/api/"', 'token = "hush"']
)
def test_no_file_holds_secrets_and_none_is_shown(project: Path, place: str, text: str) -> None:
    (project / "gracetape.toml" if place == "project" else user_file()).write_text(text + "\n")
    line = said("capture", "G1")
    assert "hush" not in line
    assert "passwords" in line


def test_the_users_own_file_may_name_programs_and_other_places(project: Path) -> None:
    user_file().write_text('archive = "/data/night.tape"\n[replay]\nto = "exec:cat"\n[dummy]\nallow-host = ["dev"]\n')
    assert parsed("replay")["to"][0] == "exec:cat"
    assert locate() == Path("/data/night.tape")
    user_file().write_text('archive = "night.tape"\n')
    with pytest.raises(UsageError, match="a path begins with / or ~/"):
        locate()


@pytest.mark.parametrize(
    ("url", "asked_by_nobody"),
    [
        ("https://gracedb-test.ligo.org/api/", False),
        ("https://gracedb.ligo.org.evil.example/api/", True),
        ("https://evil-ligo.org/api/", True),
        ("https://host.example/api/", True),
        ("http://gracedb.ligo.org/api/", True),
    ],
)
def test_a_server_of_a_projects_choice_gets_no_login(
    project: Path, monkeypatch: Any, url: str, asked_by_nobody: bool
) -> None:
    (project / "gracetape.toml").write_text(f'service = "{url}"\n')
    asked = dict[str, Any]()
    monkeypatch.setattr("gracetape.capture.service.Client", lambda url, **options: asked.update(options))
    connect(service_url())
    assert (isinstance(service_url(), AskedByNobody), asked["force_noauth"]) == (asked_by_nobody, asked_by_nobody)
    connect(service_url(url))  # the user named it
    assert asked["force_noauth"] is False
    monkeypatch.setenv("GRACETAPE_SERVICE", url)
    connect(service_url())
    assert asked["force_noauth"] is False


def test_tests_obey_the_projects_file(project: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("CI", "1")
    assert Settings.from_environment().mode == "none"
    (project / "gracetape.toml").write_text(
        'tape-record = "new"\ntape-service = "https://gracedb-test.ligo.org/api/"\n'
    )
    assert Settings.from_environment().mode == "new"
    assert service_url(None, "tape-service", "service", folder=project) == "https://gracedb-test.ligo.org/api/"
    monkeypatch.setenv("GRACETAPE_TAPE_RECORD", "nonsense")
    with pytest.raises(UsageError, match="GRACETAPE_TAPE_RECORD=nonsense"):
        Settings.from_environment()


def test_pytests_own_option_and_ini_file_come_first(project: Path, monkeypatch: Any) -> None:
    (project / "gracetape.toml").write_text('tape-record = "new"\n')

    def mode(option: str | None) -> str:
        config = SimpleNamespace(
            getini=lambda name: [] if name == "tape_allowed_hosts" else "",
            getoption=lambda name: option if name == "tape_record" else None,
            rootpath=project,
            _gracetape_began=0.0,
        )
        return Settings.of(config).mode

    assert mode(None) == "new"
    assert mode("rewrite") == "rewrite"


def test_every_setting_is_an_option_of_some_command_or_asked_for_by_itself() -> None:
    """One that no command has any more would be a word without a meaning."""
    by_itself = {
        "archive",
        "service",
        "tape-record",
        "tape-service",
        "blob-cache",
        "cache",
        "dummy",
        "limits",
        "public",
        "shared",
        "stores",
    }
    options = dict[str, set[str]]()
    for words in [*all_commands(), ("capture", "listen"), ("gracetape", "replay", "play")]:
        command, rest = prepared(_gathered()), [word for word in words if word not in ("gracetape", "play")]
        for word in rest:
            command = command.resolve_command(command.context_class(command), [word])[1]
        for one in (command, getattr(command, "commands", {}).get("play")):
            options.setdefault(" ".join(rest), set()).update(opt for p in getattr(one, "params", []) for opt in p.opts)
    obeyed = {row.name for name, known in options.items() for opt, row in of_command(name).items() if opt in known}
    assert obeyed | by_itself == set(BY_NAME)


def test_the_page_has_every_setting() -> None:
    spec = importlib.util.spec_from_file_location("make_settings", ROOT / "docs" / "make_settings.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.table() in script.PAGE.read_text(encoding="utf-8"), "run: python docs/make_settings.py"


def test_every_variable_that_the_code_reads_is_in_the_table() -> None:
    rooms = [path for path in (ROOT / "gracetape").iterdir() if path.is_dir() and path.name != "__pycache__"]
    texts = [file.read_text() for room in rooms for file in room.rglob("*.py")]
    texts += [file.read_text() for file in (ROOT / "gracetape").glob("*.py")]
    read = {name for text in texts for name in re.findall(r"(?<![_\w])GRACETAPE_[A-Z_]*[A-Z]\b", text)}
    known = {setting.variable for setting in SETTINGS}
    assert read - known == {"GRACETAPE_NODE"}
    assert all(
        setting.trust is not Trust.environment
        or setting.name in ("blob-cache", "cache", "dummy", "limits", "public", "shared", "stores")
        for setting in SETTINGS
    )


@pytest.mark.parametrize(
    "text",
    [f"{'a.' * 50_000}b = 1", f"[{'a.' * 50_000}b]", f"""{"'a' . " * 20_000}b = 1""", f"""x = {{{'"a".' * 20_000}b = 1}}""", f"{'a' * 200_000} = 1"],
)  # fmt: skip
def test_no_key_takes_hours_or_fills_the_screen(project: Path, text: str) -> None:
    project.joinpath("gracetape.toml").write_text(text)
    with pytest.raises(UsageError) as told:
        settings_of()
    assert len(str(told.value)) < 1000
    project.joinpath("gracetape.toml").unlink()
    project.joinpath("pyproject.toml").write_text(f"[tool.gracetape]\n{text}")
    for look in (settings_of, lambda: find("show")):
        with contextlib.suppress(UsageError):
            look()


def test_long_texts_are_no_keys(project: Path) -> None:
    project.joinpath("gracetape.toml").write_text(
        f'archive = "{"a" * 50_000}"\nshow = "json" # {"a" * 100_000} {"." * 50_000}'
    )
    assert find("show") is not None


def test_a_file_that_another_user_put_where_everybody_may_does_not_count(project: Path, monkeypatch: Any) -> None:
    own = os.getuid()
    project.joinpath("gracetape.toml").write_text('show = "json"')
    project.chmod(0o1777)
    assert find("show") is not None
    monkeypatch.setattr(os, "getuid", lambda: own + 1)  # as another user sees it
    monkeypatch.setattr(settings_files, "_ROOT", own + 2)
    assert find("show") is None
    project.chmod(0o755)  # a colleague's folder, into which one went
    assert find("show") is not None


def test_the_command_says_what_stands_in_no_file_and_names_no_commands_under_it(project: Path) -> None:
    shown = run(["gracetape", "config"])
    assert shown.returncode == 0, shown.stderr
    first, *_ = shown.stderr.splitlines()
    alone = [setting.name for setting in SETTINGS if setting.trust is Trust.environment]
    assert first.startswith("in no file, but in the environment alone (GRACETAPE_")
    assert first.endswith(f": {', '.join(alone)}")
    usage, *_ = run(["gracetape", "config", "--help"]).stdout.splitlines()
    assert usage == "Usage: gracetape config [OPTIONS]"
