"""The install tree works wherever it is unpacked, and says where it is."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import unittest
from pathlib import Path

from support import INSTALL, SERIES, python, run

BUILD_PATHS = re.compile(rb"(?<![\w.-])/(install|work|in|out)\b")


class Location(unittest.TestCase):
    def test_prefixes_are_where_the_tree_is(self):
        self.assertEqual((Path(sys.prefix), Path(sys.exec_prefix)), (INSTALL, INSTALL))
        self.assertTrue((INSTALL / "bin").is_dir())
        for name in ("prefix", "exec_prefix", "installed_base"):
            self.assertEqual(sysconfig.get_config_var(name), str(INSTALL), name)

    def test_starting_says_nothing(self):
        done = subprocess.run([sys.executable, "-I", "-c", "pass"], capture_output=True, text=True, check=True)
        self.assertEqual((done.stdout, done.stderr), ("", ""))

    def test_config_vars_name_no_build_path(self):
        found = {
            name: value
            for name, value in sysconfig.get_config_vars().items()
            if isinstance(value, str) and BUILD_PATHS.search(value.replace(str(INSTALL), "").encode())
        }
        self.assertEqual(found, {})

    def test_directories_of_config_vars_exist(self):
        for name in ("LIBDIR", "LIBDEST", "BINDIR", "INCLUDEPY", "LIBPL", "DESTSHARED"):
            directory = Path(sysconfig.get_config_var(name))
            self.assertTrue(directory.is_dir(), f"{name} is {directory}")
            self.assertTrue(directory.is_relative_to(INSTALL), f"{name} is {directory}")
        self.assertTrue(Path(sysconfig.get_config_h_filename()).is_file())
        self.assertTrue(Path(sysconfig.get_makefile_filename()).is_file())

    def test_data_file_has_the_form_that_installers_edit(self):
        (data,) = (INSTALL / "lib").glob("python3.*/_sysconfigdata_*.py")
        lines = data.read_text().splitlines()
        self.assertEqual(lines[0], "# system configuration generated and used by the sysconfig module")
        self.assertTrue(lines[1].startswith("build_time_vars = {"), lines[1])

    def test_tools_of_config_vars_are_those_of_any_machine(self):
        for name in ("CC", "CXX", "LDSHARED", "AR"):
            word = sysconfig.get_config_var(name).split()[0]
            self.assertIn(word, ("cc", "c++", "ar"), name)

    def test_encodings_are_found_where_a_file_beside_the_program_lists_the_library(self):
        with tempfile.TemporaryDirectory() as scratch:
            program = Path(scratch).resolve() / "python"
            program.symlink_to(sys.executable)
            program.with_name("python._pth").write_text(f"nowhere\n{sysconfig.get_path('stdlib')}\n")
            code = "import sys; print('ä'.encode('cp1252'), sys.flags.no_site)"
            done = subprocess.run([program, "-c", code], capture_output=True, text=True)
            self.assertEqual((done.stdout, done.stderr), ("b'\\xe4' 1\n", ""))

    def test_another_place_with_spaces_and_through_a_link(self):
        with tempfile.TemporaryDirectory() as scratch:
            place = Path(scratch).resolve() / "two words" / "ünï"
            shutil.copytree(INSTALL, place, symlinks=True)
            code = "import sys, sysconfig, ssl, ctypes; print(sys.prefix, sysconfig.get_path('stdlib'), sep='|')"
            prefix, stdlib = run(place / "bin" / "python3", "-I", "-c", code).strip().split("|")
            self.assertEqual(Path(prefix), place)
            self.assertTrue(Path(stdlib).is_relative_to(place))
            link = Path(scratch) / "py"
            link.symlink_to(place / "bin" / "python3")
            self.assertEqual(run(link, "-I", "-c", "import sys; print(sys.prefix)").strip(), str(place))
            script = next((place / "bin").glob("pip3"))
            self.assertIn(str(place), run(script, "--version"))

    def test_config_script_and_pkgconfig_say_where_they_are(self):
        (script,) = (INSTALL / "bin").glob("python3.*-config")
        include = run(script, "--includes")
        self.assertIn(str(INSTALL / "include"), include)
        for pc in (INSTALL / "lib" / "pkgconfig").glob("*.pc"):
            prefix = re.search(r"^prefix=(.*)$", pc.read_text(), re.M)
            self.assertIn(prefix.group(1), ("/install", "${pcfiledir}/../.."), pc.name)


class Sources(unittest.TestCase):
    def test_tracebacks_show_lines_of_the_library(self):
        code = "import json, traceback\ntry: json.loads('{')\nexcept ValueError: traceback.print_exc(file=__import__('sys').stdout)"
        text = python("-c", code)
        self.assertIn(f'File "{INSTALL}/lib/{SERIES}', text)
        self.assertIn("return _default_decoder.decode(s)", text)

    def test_bytecode_is_there_and_never_checked(self):
        stdlib = Path(os.__file__).parent
        compiled = list(stdlib.glob("__pycache__/*.pyc")) + list(stdlib.glob("json/__pycache__/*.pyc"))
        self.assertGreater(len(compiled), 150)
        for pyc in compiled:
            if pyc.name.startswith("_sysconfigdata"):
                continue  # Installers edit its source, so it must be checked.
            flags = int.from_bytes(pyc.read_bytes()[4:8], "little")
            self.assertEqual(flags, 0b01, f"{pyc.name}: unchecked-hash files have flags 1")

    def test_bytecode_is_used(self):
        code = "import json.tool, sys; print(json.tool.__cached__, json.tool.__spec__.loader.path_stats(json.tool.__file__)['size'])"
        cached = python("-v", "-c", code)
        self.assertIn("__pycache__", cached)


if __name__ == "__main__":
    unittest.main()
