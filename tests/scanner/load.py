"""Fills vdb's database with an answer of NVD's interface (version 2.0), so that it matches without network.

    load.py nvd.json      VDB_HOME says where the database is
"""

import json
import sys

from vdb.lib import db
from vdb.lib.nvd import NvdSource

source = NvdSource()
with open(sys.argv[1], encoding="utf-8") as file:
    entries = json.load(file)["vulnerabilities"]
for entry in entries:
    found = source.convert(entry["cve"])
    if not found:
        sys.exit(f"vdb takes nothing from {entry['cve']['id']}")
    source.store(found)
db.optimize_and_close_all()
