"""Two examples for the help of every command: the one table of them, which a test reads against the commands that there are."""

#: The command without `gracetape` before it: its examples, each with what it does.
EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "capture": (
        ("capture G1234", "into G1234.tape"),
        ("capture S220609hl -a night.tape --service-url https://gracedb.ligo.org/api/", "a public superevent"),
    ),
    "capture plan": (
        ("capture plan S220609hl", "what it would bring, and how large that is"),
        ("capture plan --query 'label: EM_READY' -a run.tape", "what is not on the tape yet"),
    ),
    "capture listen": (
        ("capture listen kafka://localhost/gracedb-test -n superevent -a night.tape", "record into an archive"),
        ("capture listen xmpp://me@lvalert.example/ -n superevent --to night.jsonl", "record lines of JSON"),
    ),
    "replay": (
        ("replay night.tape --speed 10 --cutoff 20", "on this terminal, ten times as fast, up to log entry 20"),
        ("replay night.tape S220609hl --max --to 'exec:./handler.sh'", "each message to a program, at once"),
    ),
    "replay check": (
        ("gracetape replay check S220609hl -a night.tape", "what was rebuilt against what was heard"),
        ("gracetape replay check S220609hl night.tape --all", "the messages that are equal, too"),
    ),
    "archive ls": (
        ("gracetape archive ls", "of the only *.tape here"),
        ("gracetape archive ls night.tape --json", "for a program"),
    ),
    "archive show": (
        ("gracetape archive show S220609hl night.tape", "what there is of it"),
        ("gracetape archive show S220609hl@1 --json", "its first capture, with its record"),
    ),
    "archive log": (
        ("gracetape archive log S220609hl night.tape", "its log, and what each entry tells of"),
        ("gracetape archive log G1234 --json | jq .", "for a program"),
    ),
    "archive files": (
        ("gracetape archive files S220609hl night.tape", "every version of every file"),
        ("gracetape archive files S220609hl@1", "of its first capture"),
    ),
    "archive cat": (
        ("gracetape archive cat G1234 p_astro.json", "the newest version"),
        ("gracetape archive cat G1234 coinc.xml,0 night.tape > coinc.xml", "the first one, into a file"),
    ),
    "archive extract": (
        ("gracetape archive extract S220609hl files", "all of them into the folder files"),
        ("gracetape archive extract G1234@1 files night.tape --layout folders", "a folder for each version"),
    ),
    "archive pack": (
        ("gracetape archive pack night.tape", "into night.packed.tape"),
        ("gracetape archive pack night.tape tests/night.tape", "as a fixture"),
    ),
    "archive push": (
        ("gracetape archive push /mnt/shared/night night.tape", "into a folder that others read"),
        ("gracetape archive push s3://group/night", "the only *.tape here, to an object store"),
    ),
    "archive pull": (
        ("gracetape archive pull /mnt/shared/night night.tape", "what is missing of it here"),
        ("gracetape archive pull https://tapes.example/night", "into night.tape, from a web server"),
    ),
    "archive blobs": (
        ("gracetape archive blobs s3://group/contents night.tape", "the files' contents into an object store"),
        ("gracetape archive blobs --here -a night.tape", "and back"),
    ),
    "archive unpack": (
        ("gracetape archive unpack night.packed.tape", "into night.packed.unpacked.tape"),
        ("gracetape archive unpack tests/night.tape night.tape", "into a folder"),
    ),
    "archive verify": (
        ("gracetape archive verify night.tape", "exit 1 if anything is damaged"),
        ("gracetape archive verify --json", "for a program"),
    ),
    "archive diff": (
        ("gracetape archive diff G1234@1 G1234@2", "what changed from one capture to the next"),
        ("gracetape archive diff G1234@1 G1234@2 night.tape --json", "for a program"),
    ),
    "archive rm": (
        ("gracetape archive rm G1234@1", "one capture"),
        ("gracetape archive rm G1234 night.tape", "all captures of it"),
    ),
    "archive gc": (
        ("gracetape archive gc night.tape", "free what no capture uses"),
        ("gracetape archive gc --json", "tell a program how much that was"),
    ),
    "archive add-alerts": (
        ("gracetape archive add-alerts S220609hl night.jsonl", "messages about it that were heard"),
        ("gracetape archive add-alerts S220609hl night.jsonl night.tape", "into another archive"),
    ),
    "archive import meg": (
        ("gracetape archive import meg cache.tgz", "into cache.tape"),
        ("gracetape archive import meg S220609hl -a night.tape", "a folder of `meg fetch`, into another archive"),
    ),
    "config": (
        ("gracetape config", "each setting, its value, and where that comes from"),
        ("GRACETAPE_REPLAY_SPEED=10 gracetape config --json", "for a program"),
    ),
    "dummy serve": (
        ("gracetape dummy serve night.tape --port 8000", "a GraceDB at http://127.0.0.1:8000/api/"),
        ("gracetape dummy serve --create new.tape --alerts alerts.jsonl", "an empty one; its alerts go to a file"),
    ),
    "dummy run": (
        ("gracetape dummy run night.tape -- python listener.py", "its GraceDB is the archive"),
        ("gracetape dummy run night.tape -- pytest", "for the clients of tests"),
    ),
    "simulate": (
        ("gracetape simulate gstlal --to new.tape --max", "the life of one event, as fast as possible"),
        ("gracetape simulate gstlal cwb -N 100 --alerts-only storm.jsonl --max", "a hundred; their alerts alone"),
    ),
    "simulate run": (
        ("gracetape simulate run night.schedule --to new.tape --max", "what --save kept"),
        ("gracetape simulate run night.schedule --dry-run", "show it"),
    ),
    "simulate sample-alerts": (
        ("gracetape simulate sample-alerts --to kafka://localhost:9092/ --every 60", "a mock event a minute"),
        ("gracetape simulate sample-alerts -N 3 --max --to samples.jsonl", "three at once, into a file"),
    ),
    "simulate stages": (
        ("gracetape simulate stages", "what can stand in a configuration"),
        ("gracetape simulate stages --json", "for a program"),
    ),
    "simulate configurations": (
        ("gracetape simulate configurations", "the names of those that come along"),
        ("gracetape simulate configurations gstlal > mine.ini", "to begin one's own from"),
    ),
    "broker start": (
        ("gracetape broker start kafka --topic superevent", "an igwn-alert on this machine"),
        ("gracetape broker start xmpp --user alice --user bob", "an LVAlert with two accounts"),
    ),
    "listen run": (
        ("gracetape listen run checks.ini", "one process per section of the file"),
        ("gracetape listen run checks.ini --from night.jsonl --until-end", "over a file of messages"),
    ),
    "listen once": (
        ("gracetape listen once --from a.jsonl --node superevent --exec ./handler.sh", "a program per message"),
        ("gracetape listen once --from a.jsonl --node superevent --exec jq --count 5", "five of them"),
    ),
    "listen confirm": (
        ("gracetape listen confirm --from kafka://localhost/test --node superevent", "a line per message"),
        ("gracetape listen confirm --from a.jsonl --node superevent --show json", "the messages themselves"),
    ),
    "listen ping": (
        ("gracetape listen ping start --to kafka://localhost/gracedb-test", "one message of a test"),
        ("gracetape listen ping simulate --to night.jsonl --trials 3 --wait 5", "three whole ones, into a file"),
    ),
    "listen command": (
        ("gracetape listen command clearQueue --to kafka://localhost/test", "listeners that obey forget what they wait for"),
        ("gracetape listen command printQueue filename=STDOUT --to kafka://host/test", "they print it there"),
    ),
    "listen status": (
        ("gracetape listen status checks.ini", "its children, queues and checks, as they change"),
        ("gracetape listen status checks.ini --json", "once, for a program"),
    ),
    "view": (
        ("gracetape view night.tape", "in the browser"),
        ("gracetape view night.tape --html night.html S220609hl", "one object, as a file that can be mailed"),
    ),
}  # fmt: skip


def examples_of(command: str) -> str:
    """The paragraph of examples for `gracetape archive ls` or `replay`; '' where there are none."""
    rows = EXAMPLES.get(command.removeprefix("gracetape "), ())
    return "\b\nExamples:\n" + "\n".join(f"  {line}\n      {what}" for line, what in rows) if rows else ""
