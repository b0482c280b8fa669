#!/usr/bin/env python3
"""python3 my_source_test.py"""
import json
import pathlib
import subprocess
import sys
import unittest

PROGRAM = pathlib.Path(__file__).with_name("my_source.py")


class MySource(unittest.TestCase):
    def test_every_line_is_an_event(self):
        done = subprocess.run([sys.executable, str(PROGRAM), "/"], capture_output=True, check=True)
        events = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([event["type"] for event in events], ["disk_usage"])
        self.assertIn("percent", events[0]["data"])


if __name__ == "__main__":
    unittest.main()
