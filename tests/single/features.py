"""Run as a single-file executable, in which it tests how imports from memory feel."""

import concurrent.futures
import importlib
import importlib.metadata
import importlib.resources
import importlib.util
import inspect
import io
import json
import linecache
import multiprocessing
import os
import pkgutil
import runpy
import subprocess
import sys
import threading
import traceback
import unittest
import zipimport

if os.name == "nt":
    EXECUTABLE = sys.executable
    STDLIB = f"{EXECUTABLE}\\Lib"
else:
    EXECUTABLE = os.path.realpath("/proc/self/exe")
    STDLIB = f"{EXECUTABLE}/lib/python{sys.version_info[0]}.{sys.version_info[1]}"


def standard(path):
    """Where a file of the standard library is."""
    return os.path.join(STDLIB, *path.split("/"))


def square(number):
    return number * number


class Modules(unittest.TestCase):
    def test_look_as_if_they_came_from_files(self):
        self.assertEqual(json.__file__, standard("json/__init__.py"))
        self.assertEqual(json.__path__, [standard("json")])
        self.assertEqual(json.__spec__.origin, json.__file__)
        self.assertTrue(json.__spec__.has_location)
        self.assertIn(sys.implementation.cache_tag, json.__cached__)
        self.assertEqual(os.__file__, standard("os.py"))
        self.assertEqual(__file__, os.path.join(EXECUTABLE, "app", "features.py"))
        self.assertEqual(sys.executable, EXECUTABLE)
        self.assertEqual(repr(json), f"<module 'json' from {json.__file__!r}>")

    def test_all_that_were_loaded_are_in_the_executable(self):
        for name, module in sorted(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if file is not None:
                self.assertTrue(file.startswith(EXECUTABLE), f"{name}: {file}")

    def test_are_found_and_not_found(self):
        self.assertIs(importlib.import_module("xml.dom.minidom"), sys.modules["xml.dom.minidom"])
        self.assertIsNone(importlib.util.find_spec("there_is_none"))
        with self.assertRaises(ModuleNotFoundError) as caught:
            importlib.import_module("json.there_is_none")
        self.assertEqual(caught.exception.name, "json.there_is_none")
        with self.assertRaises(ImportError):
            json.__loader__.get_code("there_is_none")

    def test_can_be_reloaded(self):
        before = json.dumps
        importlib.reload(json)
        self.assertIsNot(json.dumps, before)

    def test_are_found_by_the_path_as_well(self):
        spec = importlib.machinery.PathFinder.find_spec("json", sys.path)
        self.assertEqual(spec.origin, json.__file__)
        spec = importlib.machinery.PathFinder.find_spec("json.tool", json.__path__)
        self.assertEqual(spec.origin, standard("json/tool.py"))
        self.assertIsNone(importlib.machinery.PathFinder.find_spec("json", json.__path__))

    def test_from_directories_come_when_they_are_asked_for(self):
        import tempfile

        with tempfile.TemporaryDirectory() as directory:
            with open(os.path.join(directory, "from_a_file.py"), "w") as file:
                file.write("value = 6 * 7")
            sys.path.append(directory)
            try:
                self.assertEqual(importlib.import_module("from_a_file").value, 42)
            finally:
                sys.path.remove(directory)

    def test_zipimport_is_as_ever(self):
        import tempfile
        import zipfile

        with tempfile.TemporaryDirectory() as directory:
            archive = os.path.join(directory, "a.zip")
            with zipfile.ZipFile(archive, "w") as file:
                file.writestr("from_a_zip.py", "value = 7")
            self.assertEqual(zipimport.zipimporter(archive).load_module("from_a_zip").value, 7)


class Sources(unittest.TestCase):
    def test_are_shown(self):
        self.assertTrue(inspect.getsource(json.dumps).startswith("def dumps("))
        self.assertTrue(inspect.getsource(square).startswith("def square("))
        self.assertIn("def walk(", inspect.getsource(os))
        self.assertEqual(linecache.getline(json.__file__, 1, vars(json))[0], "r")

    def test_stand_in_tracebacks(self):
        shown = io.StringIO()
        try:
            json.loads("{")
        except ValueError:
            traceback.print_exc(file=shown)
        self.assertIn(f'File "{standard("json/decoder.py")}", line ', shown.getvalue())
        self.assertIn("self.raw_decode(", shown.getvalue())
        self.assertIn("json.loads(", shown.getvalue())

    def test_are_what_loaders_give(self):
        loader = json.__loader__
        self.assertEqual(loader.get_source("json"), inspect.getsource(json))
        self.assertEqual(loader.get_data(json.__file__).decode(), inspect.getsource(json))
        self.assertTrue(loader.is_package("json"))
        self.assertFalse(loader.is_package("json.tool"))
        self.assertEqual(loader.get_filename("json.tool"), standard("json/tool.py"))
        with self.assertRaises(OSError):
            loader.get_data(standard("there_is_none"))


class Resources(unittest.TestCase):
    def test_are_files_and_directories(self):
        files = importlib.resources.files("json")
        self.assertTrue(files.is_dir())
        self.assertLessEqual({"__init__.py", "tool.py"}, {item.name for item in files.iterdir()})
        tool = files / "tool.py"
        self.assertTrue(tool.is_file())
        self.assertEqual(tool.read_text(encoding="utf-8"), inspect.getsource(importlib.import_module("json.tool")))
        with tool.open("rb") as file:
            self.assertEqual(file.read(), tool.read_bytes())
        self.assertFalse((files / "none").is_file())
        with self.assertRaises(FileNotFoundError):
            (files / "none").read_bytes()

    def test_become_files_when_one_is_needed(self):
        with importlib.resources.as_file(importlib.resources.files("json") / "tool.py") as path:
            self.assertTrue(os.path.isfile(path))
        self.assertFalse(os.path.exists(path))

    def test_old_ways_of_pkgutil(self):
        self.assertTrue(pkgutil.get_data("json", "tool.py").startswith(b'r"""'))


class Walks(unittest.TestCase):
    def test_see_the_modules_of_a_package(self):
        names = {module.name for module in pkgutil.iter_modules(json.__path__, "json.")}
        self.assertLessEqual({"json.decoder", "json.encoder", "json.tool"}, names)

    def test_see_everything(self):
        top = {module.name: module.ispkg for module in pkgutil.iter_modules()}
        self.assertIs(top["json"], True)
        self.assertIs(top["os"], False)
        self.assertIs(top["features"], False)
        email = importlib.import_module("email")
        walked = {module.name for module in pkgutil.walk_packages(email.__path__, "email.")}
        self.assertIn("email.mime.text", walked)


class Processes(unittest.TestCase):
    def test_of_multiprocessing(self):
        for method in multiprocessing.get_all_start_methods():
            with self.subTest(method), multiprocessing.get_context(method).Pool(2) as pool:
                self.assertEqual(pool.map(square, range(4)), [0, 1, 4, 9])

    def test_of_futures(self):
        context = multiprocessing.get_context("spawn")
        with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as executor:
            self.assertEqual(list(executor.map(square, [5])), [25])

    def test_share_memory(self):
        from multiprocessing import shared_memory

        memory = shared_memory.SharedMemory(create=True, size=16)
        try:
            memory.buf[0] = 7
            self.assertEqual(memory.buf[0], 7)
        finally:
            memory.close()
            memory.unlink()

    def test_the_command_line_is_the_applications(self):
        code = "print('never')"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        self.assertNotIn("never", done.stdout)


class Interpreters(unittest.TestCase):
    def test_import_from_memory_too(self):
        try:
            import _interpreters as interpreters
        except ImportError:
            import _xxsubinterpreters as interpreters
        number = interpreters.create()
        code = f"import json; assert json.__file__ == {json.__file__!r}, json.__file__"
        self.assertIsNone(interpreters.run_string(number, code))
        interpreters.destroy(number)

    def test_threads_import_at_once(self):
        names = ["csv", "wave", "plistlib", "tarfile", "mailbox", "smtplib"]
        threads = [threading.Thread(target=importlib.import_module, args=[name]) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertLessEqual(set(names), set(sys.modules))


class Running(unittest.TestCase):
    def test_modules(self):
        stdout, sys.stdout = sys.stdout, io.StringIO()
        try:
            runpy.run_module("this", run_name="__main__")
            self.assertIn("Zen of Python", sys.stdout.getvalue())
        finally:
            sys.stdout = stdout

    def test_isolated_from_the_environment(self):
        self.assertEqual(sys.flags.isolated, 1)
        self.assertEqual(sys.flags.ignore_environment, 1)
        self.assertNotIn(os.environ.get("PYTHONPATH", "/"), sys.path)


if __name__ == "__main__":
    unittest.main()
