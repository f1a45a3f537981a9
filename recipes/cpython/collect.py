"""Records what was built, as the manifest wants to know it, and lays the objects out for those who link again.

usage: collect.py INSTALL TREE EXTENSIONS BUILD FACTS

Everything is read from the interpreter that runs this, from the Makefile's own rules and from the commands that ran.
Where extensions.json and the interpreter disagree, the step fails. FACTS/python.json describes the interpreter,
FACTS/build.json its parts; paths are relative to the distribution (`install/...`, `build/...`).
"""

import importlib.machinery
import importlib.util
import json
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig


def fail(message):
    sys.exit(f"collect: {message}")


def read_variables(path):
    """Makefile variables, expanded by make itself."""
    variables = {}
    for line in path.read_text().split("\n"):
        name, separator, value = line.partition(" = ")
        if separator:
            variables[name] = value.strip()
    return variables


def expand(text, variables):
    while found := re.search(r"\$\((\w+)\)", text):
        text = text.replace(found[0], variables.get(found[1], ""))
    return text


def find_libraries(packages):
    """Library name -> the package that brings its archive."""
    found = {}
    for package in sorted(packages.iterdir()):
        for archive in sorted((package / "lib").glob("lib*.a")):
            if package.name not in ("sysroot", "toolchain"):
                found[archive.name[3:-2]] = package.name
    return found


def describe_links(words, libraries):
    links, words = [], iter(words)
    for word in words:
        if word.startswith("-l") or word == "-framework":
            name = word[2:] if word.startswith("-l") else next(words)
            if word == "-framework":
                link = {"name": name, "system": True, "framework": True}
            elif name in libraries:
                link = {"name": name, "package": libraries[name], "static": f"build/lib/lib{name}.a"}
            else:
                link = {"name": name, "system": True}
            if link not in links:
                links.append(link)
        elif word.endswith(".a"):
            fail(f"{word}: an archive of CPython's own on a link line; its objects belong to the module")
        elif not word.startswith(("-L", "-Wl,", "-pthread")):
            fail(f"do not know what {word} does on a link line")
    return links


def read_modules(makefile, variables):
    """The rules that makesetup wrote: for each module its objects, and words of its link line; for each object its source."""
    modules, sources = {}, {}
    rule = re.compile(r"Modules/(\w+)\$\(EXT_SUFFIX\):\s*(.*?);\s*\$\(BLDSHARED\)\s+(.*?)\s+-o\s+\S+")
    for line in makefile.read_text().split("\n"):
        if found := rule.match(line):
            name, objects, words = found[1], found[2].split(), found[3]
            words = [w for w in expand(words.replace("$(LIBPYTHON)", ""), variables).split() if w not in objects]
            # makesetup takes a word it cannot tell for a flag of the compiler and of the linker.
            modules[name] = (objects, [w for w in words if not w.startswith(("-I", "-D"))])
        elif found := re.match(r"(Modules/\S+\.o):\s*(\S+)\s.*;\s*\$\((?:CC|CXX)\)\s", line):
            sources[found[1]] = found[2].replace("$(srcdir)/", "")
    return modules, sources


def read_inittab(path):
    """Module -> its init function (None: made by the core itself), in the order of the table."""
    table = path.read_text().partition("_PyImport_Inittab[]")[2]
    return {name: None if init == "NULL" else init for name, init in re.findall(r'\{"(\w+)",\s*(\w+)\}', table)}


def relative_flags(text, series):
    """Compiler flags as somebody needs them who compiles config.c against the distribution."""
    flags = []
    headers = f"install/include/python{series}{sys.abiflags}"
    for word in shlex.split(text):
        if word in ("-I.", "-I./Include"):
            word = f"-I{headers}"
        elif word.startswith("-I./Include/"):
            word = f"-I{headers}/{word.removeprefix('-I./Include/')}"
        elif word.startswith(("-I/", "-I../", "-fprofile-use=")):
            continue
        if word not in flags:
            flags.append(word)
    return flags


def relative_command(command):
    """A link command with the places of a distribution instead of those of the build."""
    words = []
    for word in shlex.split(command):
        if word.startswith("-L"):
            word = "-Lbuild/lib"
        elif re.fullmatch(r"[\w./-]+\.o", word):
            word = f"build/{word.removeprefix('fixed/')}"
        elif word.startswith("-Wl,-unexported_symbols_list,"):
            word = word.replace(",Modules/", ",build/Modules/")
        # Flags come twice from CPython's Makefile; -Xlinker belongs to the word after it, and -l words keep their order.
        if not (word in words and word.startswith(("-Lbuild", "-Wl,"))):
            words.append(word)
    return words


def find_command(commands, pattern):
    found = [line for line in commands if re.search(pattern, line)]
    if not found:
        fail(f"no command matches {pattern}")
    return found[-1].strip().rstrip("\\").rstrip().rstrip(";")


def exported(path):
    """What others can ask of a shared library; on macOS C's names have an underscore before them."""
    words = ["-D"] if sys.platform == "linux" else ["--extern-only"]
    text = subprocess.run(
        ["nm", *words, "--defined-only", "--format=just-symbols", path], check=True, capture_output=True, text=True
    )
    names = text.stdout.split()
    return set(names) if sys.platform == "linux" else {name.removeprefix("_") for name in names}


def describe_python(install):
    """Everything only the interpreter itself can tell."""
    series = "%d.%d" % sys.version_info[:2]

    def relative(value):
        return value.replace(str(install), "install") if isinstance(value, str) else value

    stdlib = install / "lib" / f"python{series}"
    tests = [
        p
        for p in stdlib.rglob("*")
        if p.is_dir() and p.name in ("test", "tests", "idle_test") and (p / "__init__.py").exists()
    ]
    packages = [".".join(p.relative_to(stdlib).parts) for p in sorted(tests)]
    packages = [
        p for p in packages if not p.startswith("site-packages") and not any(p.startswith(q + ".") for q in packages)
    ]
    variables = {
        n: v.replace(str(install), "/install") if isinstance(v, str) else v
        for n, v in sysconfig.get_config_vars().items()
    }
    python = "cp%d%d" % sys.version_info[:2]
    machinery = importlib.machinery
    return {
        "version": "%d.%d.%d" % sys.version_info[:3],
        "major_minor": series,
        "abi_flags": sys.abiflags,
        "hex_version": sys.hexversion,
        "implementation": {
            "name": sys.implementation.name,
            "cache_tag": sys.implementation.cache_tag,
            "hex_version": sys.implementation.hexversion,
            "version": [str(part) for part in sys.implementation.version],
        },
        "compiler": re.sub(r"\s*\([^)]*\)", "", sys.version.partition("[")[2].rstrip("]")),
        "tags": {"python": python, "abi": python + sys.abiflags, "platform": sysconfig.get_platform()},
        "config_vars": variables,
        "suffixes": {
            "source": machinery.SOURCE_SUFFIXES,
            "bytecode": machinery.BYTECODE_SUFFIXES,
            "debug_bytecode": machinery.DEBUG_BYTECODE_SUFFIXES,
            "optimized_bytecode": machinery.OPTIMIZED_BYTECODE_SUFFIXES,
            "extension": machinery.EXTENSION_SUFFIXES,
        },
        "bytecode_magic_number": importlib.util.MAGIC_NUMBER.hex(),
        "paths": {n: relative(p) for n, p in sysconfig.get_paths().items()},
        "paths_abstract": sysconfig.get_paths(expand=False),
        "exe": f"install/bin/python{series}{sys.abiflags}",
        "stdlib_platform_config": relative(str(pathlib.Path(sysconfig.get_makefile_filename()).parent)),
        "stdlib_test_packages": packages,
    }


def main(install, tree, extensions_file, build, facts):
    series = "%d.%d" % sys.version_info[:2]
    name = f"python{series}{sys.abiflags}"
    variables = read_variables(tree / "variables.txt")
    libraries = find_libraries(pathlib.Path("/in"))
    modules, sources = read_modules(tree / "Makefile", variables)
    inittab = read_inittab(tree / "Modules/config.c")
    commands = (tree / "commands.txt").read_text().split("\n")
    declared = {e["name"]: e for e in json.loads(extensions_file.read_text())}

    extensions = {}
    for module, entry in sorted(declared.items()):
        linkage = entry["linkage"]
        objects, words = modules.get(module, ([], []))
        fact = {
            "linkage": linkage,
            "in_core": module in inittab and module not in modules,
            "init_fn": inittab.get(module) if linkage == "builtin" else None,
            "objects": [f"build/{o}" for o in objects] if linkage != "absent" else [],
            "sources": [sources[o] for o in objects if o in sources] if linkage != "absent" else [],
            "links": describe_links(words, libraries) if linkage != "absent" else [],
        }
        path = install / f"lib/python{series}/lib-dynload/{module}{sysconfig.get_config_var('EXT_SUFFIX')}"
        if (linkage == "builtin") != (module in sys.builtin_module_names) or (linkage == "builtin") != (
            module in inittab
        ):
            fail(
                f"{module} is declared {linkage}; the interpreter has it built in: {module in sys.builtin_module_names}"
            )
        if (linkage == "shared") != path.exists():
            fail(f"{module} is declared {linkage}; there is a file {path.name}: {path.exists()}")
        if linkage == "builtin" and not objects and not fact["in_core"]:
            fail(f"{module}: no rule in the Makefile names its objects")
        if linkage == "shared":
            fact["shared_lib"] = f"install/{path.relative_to(install)}"
            fact["init_fn"] = f"PyInit_{module}"
            if fact["init_fn"] not in exported(path):
                fail(f"{path.name} does not export {fact['init_fn']}")
        needed = {link["package"] for link in fact["links"] if "package" in link}
        if needed != set(entry.get("needs", [])) and linkage != "absent":
            fail(
                f"{module}: extensions.yaml says it needs {entry.get('needs', [])}, its link line has {sorted(needed)}"
            )
        extensions[module] = fact
    if unknown := set(inittab) - set(declared):
        fail(f"built in, but not declared: {sorted(unknown)}")

    belongs = {o for e in extensions.values() if e["linkage"] != "absent" for o in e["objects"]}
    core = [f"build/{o}" for o in [*variables["LIBRARY_OBJS"].split(), "Programs/python.o"]]
    core = [o for o in core if o not in belongs and o != "build/Modules/config.o"]
    for item in [*core, *sorted(belongs), "build/Modules/config.o"]:
        target = build / item.removeprefix("build/")
        target.parent.mkdir(parents=True, exist_ok=True)
        # What the interpreter is linked from, where libpython is linked from others.
        fixed = tree / "fixed" / item.removeprefix("build/")
        shutil.copyfile(fixed if fixed.exists() else tree / item.removeprefix("build/"), target)
    for item in ("config.c", "config.c.in", "Setup", "Setup.local", "Setup.bootstrap", "Setup.stdlib", "unexported.txt"):
        if (tree / "Modules" / item).exists():
            shutil.copyfile(tree / "Modules" / item, build / "Modules" / item)

    start = describe_start()
    interpreter = find_command(commands, r" -o python( |$)")
    shared = find_command(commands, r"-Wl,-hlibpython[\d.]+\w*\.so| -dynamiclib ")
    inittab_command = find_command(commands, r" -o Modules/config\.o")
    words = expand(variables["LIBS"] + " " + variables["SYSLIBS"], variables).split()
    tests = [n for n, e in declared.items() if e.get("test")]
    result = {
        "core": {
            "objects": core,
            "main_object": "build/Programs/python.o",
            "links": describe_links(words, libraries),
            "shared_lib": f"install/lib/{variables['INSTSONAME']}",
            "static_lib": f"install/lib/lib{name}.a",
        },
        "inittab": {
            "source": "build/Modules/config.c",
            "template": "build/Modules/config.c.in",
            "object": "build/Modules/config.o",
            "cflags": relative_flags(
                inittab_command.partition(" -c ")[2].partition(" -o ")[0].strip() or variables["PY_CORE_CFLAGS"], series
            ),
            "table": [{"name": n, "init_fn": f} for n, f in inittab.items()],
        },
        "start": start,
        "launcher": describe_launcher(build),
        "extensions": extensions,
        "test_extensions": sorted(tests),
        "link_commands": {"interpreter": relative_command(interpreter), "shared_lib": relative_command(shared)},
        "profile": json.loads((tree / "profile.json").read_text()) if (tree / "profile.json").exists() else None,
        "position_independent_executable": "-no-pie" not in shlex.split(interpreter),
    }
    facts.mkdir(parents=True, exist_ok=True)
    for file, content in (("python.json", describe_python(install)), ("build.json", result)):
        (facts / file).write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")


def describe_start():
    """What a link on the target starts and ends with. On macOS that is nothing: the linker itself calls main."""
    start = {
        "directory": "build/link",
        "first": [],
        "first_position_independent": [],
        "last": [],
        "builtins": "build/link/libbuiltins.a",
        "nonshared": [],
    }
    if sys.platform == "linux":
        start |= {
            "first": ["build/link/crt1.o", "build/link/crti.o", "build/link/crtbegin.o"],
            "first_position_independent": ["build/link/Scrt1.o", "build/link/crti.o", "build/link/crtbegin.o"],
            "last": ["build/link/crtend.o", "build/link/crtn.o"],
            "nonshared": ["build/link/libc_nonshared.a"],
        }
    return start


def describe_launcher(build):
    """What a single-file executable has beside the interpreter and its modules."""
    objects = {path.stem: f"build/launcher/{path.name}" for path in sorted((build / "launcher").glob("*.o"))}
    return {
        "main_object": objects.pop("main"),
        "inflate_object": objects.pop("inflate"),
        "inflate_library": "build/lib/libz.a",
        "objs": sorted(objects.values()),
        "header": "build/launcher/pbs.h",
        "support": [
            {"source": f"build/launcher/{path.name}", "code": f"build/launcher/{path.name}c"}
            for path in sorted((build / "launcher").glob("*.py"))
        ],
    }


if __name__ == "__main__":
    main(*[pathlib.Path(argument) for argument in sys.argv[1:]])
