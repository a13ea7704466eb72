"""The page's own files: what it brings along is what npm has, and its modules can be joined into one script."""

import hashlib
import re
from collections import Counter

from gracetape.view.page_parts import FOLDER, MODULES, library, script
from gracetape.view.vendored import VENDORED


def test_every_file_of_the_library_is_the_one_that_is_listed_with_its_licence() -> None:
    listed = {one.name: one.sha256 for one in VENDORED}
    there = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (FOLDER / "vendor").glob("*.js")}
    assert there == listed
    for one in VENDORED:
        assert "Mike Bostock" in (FOLDER / "vendor" / one.terms).read_text()
        assert f"v{one.version} " in (FOLDER / "vendor" / one.name).read_text()[:120]


def test_no_two_modules_have_a_name_in_common() -> None:
    names = re.findall(r"^(?:async )?(?:function|const|let|class) (\w+)", script(), re.MULTILINE)
    assert [name for name, count in Counter(names).items() if count > 1] == []


def test_each_module_imports_what_stands_before_it_and_what_is_there() -> None:
    exported: dict[str, set[str]] = {}
    for module in MODULES:
        text = (FOLDER / module).read_text()
        assert text.startswith("// "), f"{module} says in a sentence what it is"
        for names, source in re.findall(r'^import \{ ([^}]*) \} from "\./([\w-]+\.js)";$', text, re.MULTILINE):
            assert set(names.split(", ")) <= exported[source], f"{module} imports from {source}"
        exported[module] = set(re.findall(r"^export (?:async )?(?:function|const|let|class) (\w+)", text, re.MULTILINE))
    assert re.search(r"^(import|export)\b", script(), re.MULTILINE) is None


def test_no_script_ends_the_element_in_which_it_is_written() -> None:
    for text in (library(), script()):
        assert "</script" not in text.lower()
        assert "<!--" not in text


def test_nothing_of_the_page_is_read_as_html_but_through_its_one_policy() -> None:
    for module in MODULES:
        text = (FOLDER / module).read_text()
        found = re.findall(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setAttribute\(\"style", text
        )
        assert found == (["innerHTML"] if module == "markup.js" else [])
