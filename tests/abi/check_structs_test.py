#!/usr/bin/env python3
"""check_structs.py finds what it is there to find."""
import unittest

import check_structs

OLD = """
#define BUS_ABI_MINOR 0u
#define BUS_HAS(type, field) \\
  ((type)->field)
enum bus_code { BUS_OK = 0, BUS_INVALID, BUS_FAULT = 5 };
typedef struct bus_thing {
  uint32_t size; /* of it */
  uint32_t reserved;
  bus_text name;
  int32_t (*call)(void* self, bus_text a,
                  bus_text b);
} bus_thing;
"""


class CheckStructs(unittest.TestCase):
    def problems(self, new, changelog="## ABI 1.0\n## ABI 1.1\n"):
        return list(check_structs.problems_of(self.parse(OLD), self.parse(new), changelog))

    def parse(self, text):
        import pathlib
        import tempfile
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "a.h").write_text(text)
            return check_structs.read(folder)

    def changed(self, what, by):
        self.assertIn(what, OLD)
        return self.problems(OLD.replace(what, by))

    def test_the_same_is_good(self):
        self.assertEqual(self.problems(OLD), [])

    def test_comments_and_breaks_mean_nothing(self):
        self.assertEqual(self.changed("bus_text a,\n                  bus_text b", "bus_text a, bus_text b /* x */"), [])

    def test_a_field_of_another_type_is_found(self):
        self.assertIn("bus_thing", self.changed("uint32_t size", "uint64_t size")[0])

    def test_a_field_in_between_is_found(self):
        self.assertTrue(self.changed("  bus_text name;", "  int32_t more;\n  bus_text name;"))

    def test_a_reserved_field_may_get_a_name_and_keeps_its_type(self):
        self.assertEqual(self.changed("uint32_t reserved", "uint32_t flags"), [])
        self.assertTrue(self.changed("uint32_t reserved", "int32_t flags"))

    def test_a_parameter_is_found(self):
        self.assertTrue(self.changed("bus_text b", "int b"))

    def test_what_is_gone_is_found(self):
        self.assertTrue(self.changed("bus_thing", "bus_other"))
        self.assertTrue(self.changed("BUS_INVALID, ", ""))

    def test_a_value_is_found(self):
        self.assertTrue(self.changed("BUS_INVALID,", "BUS_INVALID = 2,"))

    def test_a_field_at_the_end_needs_a_higher_minor(self):
        grown = OLD.replace("} bus_thing", "  int32_t more;\n} bus_thing")
        self.assertEqual(self.problems(grown), ["something was added, and BUS_ABI_MINOR is still 0"])
        self.assertEqual(self.problems(grown.replace("MINOR 0u", "MINOR 1u")), [])

    def test_an_enum_that_is_new_needs_a_higher_minor(self):
        self.assertTrue(self.problems(OLD + "enum bus_more {\n  BUS_MORE = 1\n};\n"))

    def test_a_struct_of_another_form_is_told(self):
        with self.assertRaises(SystemExit):
            self.parse("typedef struct { int a; } bus_other;\n")

    def test_what_the_layout_leaves_out_is_found(self):
        layout = ("SIZE(bus_thing, 32);\nAT(bus_thing, size, 0);\nAT(bus_thing, reserved, 4);\nAT(bus_thing, name, 8);\n"
                  "AT(bus_thing, call, 24);\nIS(BUS_OK, 0);\nIS(BUS_INVALID, 1);\nIS(BUS_FAULT, 5);\n")
        self.assertEqual(list(check_structs.unpinned_of(self.parse(OLD), layout)), [])
        for line in layout.splitlines():
            self.assertTrue(list(check_structs.unpinned_of(self.parse(OLD), layout.replace(line, ""))), line)

    def test_a_minor_needs_its_section(self):
        self.assertTrue(self.problems(OLD.replace("MINOR 0u", "MINOR 2u")))


if __name__ == "__main__":
    unittest.main()
