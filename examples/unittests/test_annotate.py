"""The tape is tapes/test_annotate.tape. Run it with `python -m unittest`, or with pytest."""

import unittest

from annotate import annotate, summary

from gracetape.testing import TapeTestCase


class Annotate(TapeTestCase):
    def test_a_summary_is_written_once(self):
        annotate(self.gracedb, "TS101020a")
        annotate(self.gracedb, "TS101020a")
        self.assertEqual(self.alerts.types, ["log"])

    def test_a_new_label_makes_it_a_new_one(self):
        annotate(self.gracedb, "TS101020a")
        self.gracedb.write_label("TS101020a", "DQV")
        annotate(self.gracedb, "TS101020a")
        self.assertEqual(self.alerts.types, ["log", "label_added", "log"])

    def test_it_tells_of_what_there_was_then(self):
        self.use_tape("test_annotate.tape", cutoff=2)
        self.assertEqual(summary(self.gracedb, "TS101020a"), "0 files; EM_READY")


if __name__ == "__main__":
    unittest.main()
