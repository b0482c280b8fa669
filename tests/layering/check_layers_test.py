#!/usr/bin/env python3
"""check_layers.py on small trees that break one rule each."""
import tempfile
import unittest
from pathlib import Path

from check_layers import problems_of

LAYERS = "base:\njson: base\nplugin: base sdk\n@owner sqlite3.h: json\n@owner bus/: plugin\n"


class CheckLayers(unittest.TestCase):
    def problems(self, files, layers=LAYERS):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for name, text in {"core/LAYERS": layers, **files}.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text, encoding="utf-8")
            return problems_of(root.resolve())

    def assert_one(self, files, words, layers=LAYERS):
        found = self.problems(files, layers)
        self.assertEqual(len(found), 1, found)
        self.assertIn(words, found[0])

    def test_what_is_allowed_passes(self):
        self.assertEqual(self.problems({
            "core/json/a.cpp": '#include <sqlite3.h>\n#include <string>\n#include "core/base/b.h"\n#include "core/json/a.h"\n',
            "core/json/CMakeLists.txt": "bus_core_library(json SOURCES a.cpp DEPENDS base LINK x)",
            "core/plugin/a.cpp": "#include <bus/plugin.h>\n",
            "sources/fs/a.cpp": '#include <bus/plugin.hpp>\n#include "a.h"\n#include "sources/fs/b.h"\n',
            "sinks/fs/a.cpp": '#include "sources/fs/b.h"\n',
            "sources/fs/test/a.cpp": '#include "tests/support/x.h"\n',
            "plugins-sdk/include/bus/a.hpp": '#include "bus/b.h"\n#include <vector>\n'}), [])

    def test_upward_include(self):
        self.assert_one({"core/base/a.h": '\n#include "core/json/a.h"\n'}, "core/base/a.h:2: 'base' may not include 'json'")

    def test_line_that_names_a_line_below(self):
        self.assert_one({}, "names 'json'", "base: json\njson:\n")

    def test_folder_without_a_line(self):
        self.assert_one({"core/new/a.h": ""}, "no line for 'new'")

    def test_third_party_has_an_owner(self):
        self.assert_one({"core/base/a.h": "#include <sqlite3.h>\n"}, "belongs to json")

    def test_sdk_needs_leave(self):
        self.assert_one({"core/json/a.h": "#include <bus/plugin.h>\n"}, "may not include the SDK")

    def test_quoted_from_the_root(self):
        self.assert_one({"core/base/a.h": '#include "b.h"\n'}, "from the root")

    def test_cmake_depends(self):
        self.assert_one({"core/base/CMakeLists.txt": "bus_core_library(base\n SOURCES a.cpp\n DEPENDS json)"}, "depend on 'json'")

    def test_plugin_sees_nothing_of_core(self):
        self.assert_one({"sinks/log/a.cpp": '#include "core/base/a.h"\n'}, "nothing of core/")

    def test_plugin_sees_no_other(self):
        self.assert_one({"sinks/log/a.cpp": '#include "sources/fs/a.h"\n'}, "another plugin")
        self.assert_one({"sinks/log/a.cpp": '#include "../fs/a.h"\n'}, "no way out")

    def test_plugin_code_uses_no_test_support(self):
        self.assert_one({"sinks/log/a.cpp": '#include "tests/support/a.h"\n'}, "tests/support")

    def test_sdk_stands_alone(self):
        self.assert_one({"plugins-sdk/include/bus/a.h": "#include <boost/dll.hpp>\n"}, "nothing else")
        self.assert_one({"plugins-sdk/include/bus/a.h": '#include "bus/b.hpp"\n'}, "cannot include a C++ one")


if __name__ == "__main__":
    unittest.main()
