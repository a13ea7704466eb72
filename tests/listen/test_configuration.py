"""Configurations: the old files as they are, TOML, and one sentence for each mistake."""

from pathlib import Path

import pytest

from gracetape.listen import BadConfiguration, read_configuration

OLD_MAIN = """
[process name]
nodes       = cbc_gstlal_lowmass cbc_gstlal_highmass cbc_mbtaonline

childConfig = {child}
verbose     = True
sleep       = 0.1
maxComplete = 100
maxFrac     = 0.5

warnThr    = 1e3
recipients = first@example.org second@example.org
warnDelay  = 3600
maxWarn    = 100
"""
OLD_CHILD = """
[general]
; process type is used to load libraries and determine behavior
process_type = test

; if not specified, defaults to "." anyway
log_directory = "."
; level at which we report logging. If not specified, defaults to 0 -> prints everything
log_level = 0
"""


def test_the_old_files_are_read_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "child.ini").write_text(OLD_CHILD)
    (tmp_path / "main.ini").write_text(OLD_MAIN.format(child=tmp_path / "child.ini"))
    (child,) = read_configuration(tmp_path / "main.ini").children
    assert child.name == "process name"
    assert child.nodes == ("cbc_gstlal_lowmass", "cbc_gstlal_highmass", "cbc_mbtaonline")
    assert (child.sleep, child.max_complete, child.max_frac) == (0.1, 100, 0.5)
    assert (child.warn_threshold, child.warn_delay, child.max_warn) == (1000.0, 3600.0, 100)
    assert child.recipients == ("first@example.org", "second@example.org")
    assert (child.process_type, child.log_directory, child.log_level) == ("test", Path(), 0)
    assert child.checkpoint is None
    assert child.log_file == Path("process_name.log")


def test_defaults_are_those_of_the_old_listener(tmp_path: Path) -> None:
    (tmp_path / "child.ini").write_text("[general]\nprocess_type = test\n")
    (tmp_path / "main.ini").write_text("[c]\nnodes = a\nchildConfig = child.ini\n")
    configuration = read_configuration(tmp_path / "main.ini")
    (child,) = configuration.children
    assert (child.sleep, child.max_complete, child.max_frac) == (0.1, 100, 0.5)
    assert (child.warn_threshold, child.warn_delay, child.max_warn, child.recipients) == (1000.0, 3600.0, 24, ())
    assert configuration.commands is False
    assert configuration.accepted is None


TOML = """
[listener]
source = "alerts.jsonl"
commands = true

[children.detchar]
nodes = ["cbc_gstlal", "cbc_mbta"]
checkpoint = "detchar.sqlite"

[children.detchar.general]
process_type = "checks"
log_level = "debug"

[children.detchar.idq]
threshold = 1e-3
"""


def test_toml_says_the_same_in_one_file(tmp_path: Path) -> None:
    path = tmp_path / "main.toml"
    path.write_text(TOML)
    configuration = read_configuration(path)
    (child,) = configuration.children
    assert child.nodes == ("cbc_gstlal", "cbc_mbta")
    assert child.log_level == 10
    assert child.sections["idq"] == {"threshold": "0.001"}
    assert configuration.commands is True
    assert configuration.accepted == Path("main.accepted.sqlite")


CHILD = "nodes = a\nchildConfig = child.ini\n"
MISTAKES = [
    ("", "there is no child"),
    ("[listener]\ncommands = true\n", "there is no child"),
    ("[c]\nchildConfig = child.ini\n", "nodes is missing"),
    ("[c]\nnodes = a\n", "childConfig is missing"),
    ("[c]\nnodes = a\nchildConfig = nowhere.ini\n", "nowhere.ini: No such file"),
    (f"[c]\n{CHILD}sleep = often\n", "section [c]: sleep must be a number of seconds, not 'often'"),
    (f"[c]\n{CHILD}maxFrac = 2\n", "maxfrac must be a number from 0 to 1"),
    (f"[c]\n{CHILD}slep = 3\n", "there is no option 'slep'"),
    (f"[listener]\nport = 3\n[c]\n{CHILD}", "there is no option 'port'"),
    ("[c]\nnodes = a\nexecutable = confirm.sh\n", "use `listen once"),
    (f"[c d]\n{CHILD}[c/d]\n{CHILD}[c_d]\n{CHILD}", "the same log"),
    (f"[c]\n{CHILD}checkpoint = x\n[d]\n{CHILD}checkpoint = x\n", "the same checkpoint"),
    ("[c\n", "main.ini: line 1 stands before the first section"),
    ("[c]\nnodes 3\n", "main.ini: line 2 is not understood: lines are [SECTION], or NAME = VALUE"),
    (f"[c]\n{CHILD}recipients = %(nobody)s\n", "section [c]: recipients: a % that means itself is written %%"),
]


@pytest.mark.parametrize(("text", "says"), MISTAKES, ids=[says for _, says in MISTAKES])
def test_a_mistake_is_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "child.ini").write_text("[general]\nprocess_type = test\n")
    (tmp_path / "main.ini").write_text(text)
    with pytest.raises(BadConfiguration) as refused:
        read_configuration(tmp_path / "main.ini")
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [("[c", "Expected"), ("c = " + "[" * 5000, "is nested too deeply"), ("c = " + "1" * 5000, "digits")],
)
def test_a_mistake_in_toml_is_one_sentence_too(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "main.toml").write_text(text)
    with pytest.raises(BadConfiguration, match=says) as refused:
        read_configuration(tmp_path / "main.toml")
    assert str(refused.value).startswith(f"{tmp_path / 'main.toml'}")


@pytest.mark.parametrize("name", ["event_supervisor", "json", "no.such.module", "", "..", "json:dumps"])
def test_a_process_type_that_is_none_is_refused_with_the_names_known(tmp_path: Path, name: str) -> None:
    (tmp_path / "child.ini").write_text(f"[general]\nprocess_type = {name}\n")
    (tmp_path / "main.ini").write_text(f"[c]\n{CHILD}")
    with pytest.raises(BadConfiguration) as refused:
        read_configuration(tmp_path / "main.ini")
    assert "process_type" in str(refused.value)
    if "json:" not in name:
        assert "checks, test" in str(refused.value)


def test_a_plugin_of_ones_own_lies_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "beside_me.py").write_text(
        "from gracetape.listen import PlugIn\nplugin = PlugIn(hear=lambda alert, queue, context: None)\n"
    )
    (tmp_path / "child.ini").write_text("[general]\nprocess_type = beside_me\n")
    (tmp_path / "main.ini").write_text(f"[c]\n{CHILD}")
    assert read_configuration(tmp_path / "main.ini").children[0].process_type == "beside_me"
