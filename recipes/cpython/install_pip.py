"""Installs the wheels that CPython bundles, as `python -m ensurepip` would, but the same bytes every time.

usage: install_pip.py INSTALL

pip itself would write scripts that name this directory, and compile with time stamps.
"""

import base64
import configparser
import csv
import hashlib
import io
import pathlib
import sys
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from tidy import SCRIPT  # noqa: E402

BODY = """import sys
from {module} import {function}
sys.exit({function}())
"""


def record_line(name, content):
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return [name, f"sha256={digest}", str(len(content))]


def install_wheel(wheel, install, site, python):
    archive = zipfile.ZipFile(wheel)
    metadata = next(n for n in archive.namelist() if n.endswith(".dist-info/RECORD")).rpartition("/")[0]
    rows = [row for row in csv.reader(io.StringIO(archive.read(f"{metadata}/RECORD").decode())) if row]
    rows = [row for row in rows if row[0] != f"{metadata}/RECORD"]
    for name in archive.namelist():
        if not name.endswith("/"):
            target = site / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(name))

    extra = {f"{metadata}/INSTALLER": b"pip\n", f"{metadata}/REQUESTED": b""}
    scripts = {}
    if f"{metadata}/entry_points.txt" in archive.namelist():
        points = configparser.ConfigParser(delimiters=("=",))
        points.optionxform = str
        points.read_string(archive.read(f"{metadata}/entry_points.txt").decode())
        if points.has_section("console_scripts"):
            scripts = dict(points.items("console_scripts"))
    # The wheel was built by some other Python: its pip3.N is not ours.
    if "pip" in scripts:
        scripts = {n: scripts["pip"] for n in ("pip", "pip3", "pip%d.%d" % sys.version_info[:2])}
    for name, point in scripts.items():
        module, _, function = point.partition(":")
        content = (SCRIPT.format(python=python) + BODY.format(module=module, function=function)).encode()
        (install / "bin" / name).write_bytes(content)
        (install / "bin" / name).chmod(0o755)
        rows.append(record_line(f"../../../bin/{name}", content))
    for name, content in extra.items():
        (site / name).write_bytes(content)
        rows.append(record_line(name, content))
    rows.append([f"{metadata}/RECORD", "", ""])
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(sorted(rows))
    (site / f"{metadata}/RECORD").write_text(text.getvalue())


def main(install):
    series = "%d.%d" % sys.version_info[:2]
    stdlib = install / "lib" / f"python{series}"
    for wheel in sorted((stdlib / "ensurepip" / "_bundled").glob("*.whl")):
        install_wheel(wheel, install, stdlib / "site-packages", f"python{series}{sys.abiflags}")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
