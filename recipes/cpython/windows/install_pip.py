"""Installs the wheels that CPython bundles, as `python -m ensurepip` would, but the same bytes every time.

usage: install_pip.py INSTALL

A script of Windows is a program with the script behind it: pip brings the program, which finds the interpreter by a
path from its own directory, so the installation can be moved.
"""

import base64
import configparser
import csv
import hashlib
import io
import pathlib
import re
import sys
import zipfile

LAUNCHER = "pip/_vendor/distlib/t64.exe"
PYTHON = "#!<launcher_dir>\\..\\python.exe\n"
BODY = """import sys
from {module} import {function}
sys.exit({function}())
"""


def record_line(name, content):
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return [name, f"sha256={digest}", str(len(content))]


def script(launcher, body):
    """The program, the line that says what runs the script, and an archive with the script."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("__main__.py", (1980, 1, 1, 0, 0, 0)), body)
    return launcher + PYTHON.encode() + buffer.getvalue()


def install_wheel(wheel, install):
    site, scripts = install / "Lib/site-packages", install / "Scripts"
    archive = zipfile.ZipFile(wheel)
    names = archive.namelist()
    metadata = next(n for n in names if n.endswith(".dist-info/RECORD")).rpartition("/")[0]
    rows = [row for row in csv.reader(io.StringIO(archive.read(f"{metadata}/RECORD").decode())) if row]
    rows = [row for row in rows if row[0] != f"{metadata}/RECORD"]
    for name in names:
        if not name.endswith("/"):
            (site / name).parent.mkdir(parents=True, exist_ok=True)
            (site / name).write_bytes(archive.read(name))

    points = configparser.ConfigParser(delimiters=("=",))
    points.optionxform = str
    if f"{metadata}/entry_points.txt" in names:
        points.read_string(archive.read(f"{metadata}/entry_points.txt").decode())
    console = dict(points.items("console_scripts")) if points.has_section("console_scripts") else {}
    # The wheel was built by some other Python: its pip3.N is not ours.
    if "pip" in console:
        series = re.search(r"python(\d)(\d+)\.dll", " ".join(p.name for p in install.iterdir()))
        console = {n: console["pip"] for n in ("pip", "pip3", f"pip{series[1]}.{series[2]}")}
    for name, point in console.items():
        module, _, function = point.partition(":")
        content = script(archive.read(LAUNCHER), BODY.format(module=module, function=function))
        scripts.mkdir(exist_ok=True)
        (scripts / f"{name}.exe").write_bytes(content)
        rows.append(record_line(f"../../Scripts/{name}.exe", content))
    for name, content in {f"{metadata}/INSTALLER": b"pip\n", f"{metadata}/REQUESTED": b""}.items():
        (site / name).write_bytes(content)
        rows.append(record_line(name, content))
    rows.append([f"{metadata}/RECORD", "", ""])
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(sorted(rows))
    (site / metadata / "RECORD").write_text(text.getvalue())


def main(install):
    for wheel in sorted((install / "Lib/ensurepip/_bundled").glob("*.whl")):
        install_wheel(wheel, install)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
