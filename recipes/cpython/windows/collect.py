"""Records what was built, as the manifest wants to know it, and lays the objects out for those who link again.

usage: collect.py INSTALL BUILD PROJECTS DISTRIBUTION-BUILD FACTS

The interpreter cannot be asked where this runs. What it would answer follows from its headers and from the library's own
`sysconfig`, which is asked for Windows' layout; what was compiled and linked is said by projects.json, and which object
has a module of the core by the symbols of the objects. FACTS/python.json describes the interpreter, FACTS/build.json its
parts; paths are relative to the distribution (`install/...`, `build/...`).
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys


def fail(message):
    sys.exit(f"collect: {message}")


def read_version(header):
    """`PY_VERSION_HEX` and its parts, from patchlevel.h."""
    text = header.read_text()
    words = dict(re.findall(r"#define\s+PY_(\w+)\s+(\S+)", text))
    levels = {"PY_RELEASE_LEVEL_ALPHA": 10, "PY_RELEASE_LEVEL_BETA": 11, "PY_RELEASE_LEVEL_GAMMA": 12}
    level = levels.get(words["RELEASE_LEVEL"], 15)
    major, minor, micro, serial = (
        int(words[name]) for name in ("MAJOR_VERSION", "MINOR_VERSION", "MICRO_VERSION", "RELEASE_SERIAL")
    )
    names = {10: "alpha", 11: "beta", 12: "candidate", 15: "final"}
    return {
        "hex": major << 24 | minor << 16 | micro << 8 | level << 4 | serial,
        "parts": [str(major), str(minor), str(micro), names[level], str(serial)],
    }


def read_magic(library):
    """The number that bytecode begins with, from the importer's own source."""
    text = (library / "importlib/_bootstrap_external.py").read_text()
    number = int(re.search(r"^MAGIC_NUMBER = \((\d+)\)", text, re.M)[1])
    return (number.to_bytes(2, "little") + b"\r\n").hex()


def defined(objects):
    """Object -> the functions that make modules in it."""
    functions = {}
    for path in objects:
        command = ["llvm-nm", "--defined-only", "--extern-only", "--format=just-symbols", path]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        functions[path] = {name for name in text.split() if name.startswith(("PyInit_", "PyMarshal_Init", "_PyWarnings_Init"))}
    return functions


def describe_links(project, packages):
    links = []
    for package in project["packages"]:
        for archive in sorted((packages / package / "lib").glob("*.lib")):
            links.append({"name": archive.stem, "package": package, "static": f"build/lib/{archive.name}"})
    for library in project["link"]["libraries"]:
        links.append({"name": library.removesuffix(".lib"), "system": True})
    return links


def describe_python(install, series, version):
    nodot = series.replace(".", "")
    library = install / "Lib"
    tests = [
        path
        for path in library.rglob("*")
        if path.is_dir() and path.name in ("test", "tests", "idle_test") and (path / "__init__.py").exists()
    ]
    packages = sorted(".".join(path.relative_to(library).parts) for path in tests)
    packages = [
        name
        for name in packages
        if not name.startswith("site-packages") and not any(name.startswith(f"{other}.") for other in packages)
    ]
    short = ".".join(version["parts"][:3])
    paths = {
        "stdlib": "{installed_base}/Lib",
        "platstdlib": "{base}/Lib",
        "purelib": "{base}/Lib/site-packages",
        "platlib": "{base}/Lib/site-packages",
        "include": "{installed_base}/Include",
        "platinclude": "{installed_base}/Include",
        "scripts": "{base}/Scripts",
        "data": "{base}",
    }
    place = {
        name: re.sub(r"^\{\w+\}", "install", path).replace("/Include", "/include") for name, path in paths.items()
    }
    tag = f"cp{nodot}"
    return {
        "version": short,
        "major_minor": series,
        "abi_flags": "",
        "hex_version": version["hex"],
        "implementation": {
            "name": "cpython",
            "cache_tag": f"cpython-{nodot}",
            "hex_version": version["hex"],
            "version": version["parts"],
        },
        "compiler": subprocess.run(["clang", "--version"], check=True, capture_output=True, text=True).stdout.partition("\n")[0],
        "tags": {"python": tag, "abi": tag, "platform": "win_amd64"},
        "config_vars": {
            "EXE": ".exe",
            "EXT_SUFFIX": f".{tag}-win_amd64.pyd",
            "VERSION": nodot,
            "platlibdir": "DLLs",
            "py_version": short,
            "py_version_nodot": nodot,
            "py_version_short": series,
        },
        "suffixes": {
            "source": [".py", ".pyw"],
            "bytecode": [".pyc"],
            "debug_bytecode": [".pyc"],
            "optimized_bytecode": [".pyc"],
            "extension": [f".{tag}-win_amd64.pyd", ".pyd"],
        },
        "bytecode_magic_number": read_magic(library),
        "paths": place,
        "paths_abstract": paths,
        "exe": "install/python.exe",
        "stdlib_platform_config": None,
        "stdlib_test_packages": packages,
    }


def describe_launcher(build):
    """What a single-file executable has beside the interpreter and its modules."""
    objects = {path.stem: f"build/launcher/{path.name}" for path in sorted((build / "launcher").glob("*.obj"))}
    return {
        "main_object": objects.pop("main"),
        "inflate_object": objects.pop("inflate"),
        "inflate_library": "build/lib/zlib.lib",
        "objs": sorted(objects.values()),
        "header": "build/launcher/pbs.h",
        "support": [
            {"source": f"build/launcher/{path.name}", "code": f"build/launcher/{path.name}c"}
            for path in sorted((build / "launcher").glob("*.py"))
        ],
    }


def main(install, tree, projects, build, facts):
    description = json.loads((projects / "projects.json").read_text())
    declared = {entry["name"]: entry for entry in json.loads((projects / "extensions.json").read_text())}
    version = read_version(install / "include/patchlevel.h")
    series = ".".join(version["parts"][:2])
    by_name = {project["project"]: project for project in description["projects"]}
    core = next(project for project in by_name.values() if project["makes"] == "core")
    # The one program that has the interpreter's command line.
    main_program = next(p for p in by_name.values() if p["makes"] == "program" and p["output"] == "python.exe")

    def objects(project):
        return [unit["object"] for unit in project["units"]]

    inittab = next(unit["object"] for unit in core["units"] if "generated" in unit["source"])
    wanted = [inittab, *objects(main_program)]
    for project in by_name.values():
        if project["makes"] in ("core", "builtin", "shared"):
            wanted += objects(project)
    for item in sorted(set(wanted)):
        (build / item).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(tree / item, build / item)
    for resource in main_program["resources"] + core["resources"]:
        (build / resource["object"]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(tree / resource["object"], build / resource["object"])
    shutil.copyfile(projects / "config.c", build / "config.c")

    in_core = {function: item for item, found in defined([build / o for o in objects(core)]).items() for function in found}
    extensions, table = {}, []
    for module in description["modules"]:
        name, entry = module["module"], declared[module["module"]]
        project = by_name.get(module["project"]) if module["project"] else None
        own = objects(project) if project else []
        if project is None and module["init"] and module["init"] not in in_core:
            fail(f"{name}: no object of the core has {module['init']}")
        fact = {
            "linkage": entry["linkage"],
            "in_core": project is None,
            "init_fn": module["init"],
            "objects": [f"build/{item}" for item in own],
            "sources": [unit["source"]["source"] for unit in project["units"]] if project else [],
            "links": describe_links(project, pathlib.Path("/in")) if project else [],
        }
        if entry["linkage"] == "shared":
            fact["shared_lib"] = f"install/DLLs/{project['output']}"
            if not (install / "DLLs" / project["output"]).exists():
                fail(f"{name} is declared shared, and there is no DLLs/{project['output']}")
        else:
            table.append({"name": name, "init_fn": module["init"]})
        extensions[name] = fact
    for name, entry in declared.items():
        if entry["linkage"] == "absent":
            extensions[name] = {
                "linkage": "absent",
                "in_core": False,
                "init_fn": None,
                "objects": [],
                "sources": [],
                "links": [],
            }
    profile = tree.parent / "profile.json"
    response = (projects / "link" / f"{core['project']}.rsp").read_text().split("\n")
    result = {
        "core": {
            "objects": [f"build/{item}" for item in objects(core) if item != inittab],
            "main_object": f"build/{objects(main_program)[0]}",
            "links": describe_links(core, pathlib.Path("/in")),
            "shared_lib": f"install/{core['output']}",
            "static_lib": None,
        },
        "inittab": {
            "source": "build/config.c",
            "template": "build/config.c",
            "object": f"build/{inittab}",
            "cflags": [],
            "table": table,
        },
        "start": {
            "directory": "build/link",
            "first": ["build/link/start.obj"],
            "first_position_independent": ["build/link/start.obj"],
            "last": [],
            "builtins": "build/link/msvcrt.lib",
            "nonshared": [],
        },
        "launcher": describe_launcher(build),
        "extensions": extensions,
        "test_extensions": sorted(name for name, entry in declared.items() if entry.get("test")),
        "link_commands": {"shared_lib": ["lld-link", *(word for word in response if word.startswith("/"))]},
        "profile": json.loads(profile.read_text()) if profile.exists() else None,
        "position_independent_executable": True,
    }
    facts.mkdir(parents=True, exist_ok=True)
    for file, content in (("python.json", describe_python(install, series, version)), ("build.json", result)):
        (facts / file).write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main(*[pathlib.Path(argument) for argument in sys.argv[1:]])
