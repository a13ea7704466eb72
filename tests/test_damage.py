"""What a database reports is told as what it is: damage as damage, a full disk as a full disk."""

import sqlite3

from gracetape.terminal import damage


def test_a_full_disk_is_no_damage() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("PRAGMA max_page_count = 1")
    try:
        connection.execute("CREATE TABLE big AS SELECT randomblob(100000)")
    except sqlite3.OperationalError as error:
        assert "a disk is full" in damage(error)
        assert "TMPDIR" in damage(error)
    else:
        raise AssertionError("it has more room than it was given")
    assert "the archive is damaged" in damage(sqlite3.DatabaseError("file is not a database"))
