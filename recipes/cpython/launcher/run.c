#include "run.h"

#include "importer.h"
#include "system.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* encodings.h: the code of a package `encodings` that starts the importer; made with the interpreter that runs it. */
#include "encodings.h"

PyMODINIT_FUNC PyInit__pbs_bundle(void);

static wchar_t *executable;

const wchar_t *
pbs_executable(void)
{
    return executable;
}

static int
on(const char *option)
{
    return strcmp(pbs_bundle_option(option, "no"), "yes") == 0;
}

/* Options, `-c`, and code that imports from multiprocessing. */
int
pbs_is_worker(int argc, char **argv)
{
    if (pbs_bundle_check() != NULL || strcmp(pbs_bundle_option("as-python", "workers"), "never") == 0) {
        return 0;
    }
    for (int i = 1; i + 1 < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "-c") == 0) {
            return strncmp(argv[i + 1], "from multiprocessing.", 21) == 0;
        }
        if (strcmp(argv[i], "-X") == 0 || strcmp(argv[i], "-W") == 0) {
            i++;
        }
    }
    return 0;
}

/* Whether the command line is Python's, not an application's. */
static int
is_interpreter(int argc, char **argv)
{
    if (*pbs_bundle_option("run", "") == '\0') {
        return 1;
    }
    if (pbs_is_worker(argc, argv)) {
        return 1;
    }
    int options = strcmp(pbs_bundle_option("as-python", "workers"), "options") == 0;
    return options && argc > 2 && (strcmp(argv[1], "-c") == 0 || strcmp(argv[1], "-m") == 0);
}

static PyStatus
set(PyConfig *config, wchar_t **field, const char *below)
{
    if (below == NULL) {
        return PyConfig_SetString(config, field, executable);
    }
    size_t size = wcslen(executable) + strlen(below) + 2;
    wchar_t *path = PyMem_RawMalloc(size * sizeof *path);
    if (path == NULL) {
        return PyStatus_NoMemory();
    }
    wcscpy(path, executable);
    wchar_t *end = path + wcslen(path);
    *end++ = SEP;
    for (; *below != '\0'; below++) {
        *end++ = *below == '/' ? SEP : (wchar_t)(unsigned char)*below;
    }
    *end = L'\0';
    PyStatus status = PyConfig_SetString(config, field, path);
    PyMem_RawFree(path);
    return status;
}

/* Calls `use` for each line of an option. */
static PyStatus
each_line(const char *option, PyStatus (*use)(PyConfig *, const char *), PyConfig *config)
{
    PyStatus status = PyStatus_Ok();
    const char *line = pbs_bundle_option(option, "");
    while (*line != '\0' && !PyStatus_Exception(status)) {
        const char *end = strchr(line, '\n');
        size_t size = end == NULL ? strlen(line) : (size_t)(end - line);
        char *one = PyMem_RawMalloc(size + 1);
        if (one == NULL) {
            return PyStatus_NoMemory();
        }
        memcpy(one, line, size);
        one[size] = '\0';
        status = use(config, one);
        PyMem_RawFree(one);
        line += size + (end != NULL);
    }
    return status;
}

static PyStatus
add_path(PyConfig *config, const char *below)
{
    wchar_t *path = NULL;
    PyStatus status = set(config, &path, below);
    if (!PyStatus_Exception(status)) {
        status = PyWideStringList_Append(&config->module_search_paths, path);
    }
    PyMem_RawFree(path);
    return status;
}

static PyStatus
add_option(PyWideStringList *list, const char *text)
{
    wchar_t *wide = pbs_wide(text);
    if (wide == NULL) {
        return PyStatus_NoMemory();
    }
    PyStatus status = PyWideStringList_Append(list, wide);
    PyMem_RawFree(wide);
    return status;
}

static PyStatus
add_x_option(PyConfig *config, const char *text)
{
    return add_option(&config->xoptions, text);
}

static PyStatus
add_warning(PyConfig *config, const char *text)
{
    return add_option(&config->warnoptions, text);
}

/* PYTHONPATH comes before what is embedded in sys.path. */
static PyStatus
add_environment(PyConfig *config)
{
    PyStatus status = PyStatus_Ok();
    const wchar_t *path = config->pythonpath_env;
    while (path != NULL && *path != L'\0' && !PyStatus_Exception(status)) {
        const wchar_t *end = wcschr(path, DELIM);
        size_t size = end == NULL ? wcslen(path) : (size_t)(end - path);
        wchar_t *entry = PyMem_RawMalloc((size + 1) * sizeof *entry);
        if (entry == NULL) {
            return PyStatus_NoMemory();
        }
        wmemcpy(entry, path, size);
        entry[size] = L'\0';
        if (size > 0) {
            status = PyWideStringList_Append(&config->module_search_paths, entry);
        }
        PyMem_RawFree(entry);
        path += size + (end != NULL);
    }
    return status;
}

/* What the interpreter is in its process. */
enum mode {
    GUEST,       /* of a program that has its own signals, locale and streams */
    APPLICATION, /* all that the process does */
    INTERPRETER, /* the same, and the command line is Python's */
};

/* Steps that each may fail, in order. */
#define STEP(call)                             \
    do {                                       \
        PyStatus step_status = (call);         \
        if (PyStatus_Exception(step_status)) { \
            return step_status;                \
        }                                      \
    } while (0)

static PyStatus
fill(PyConfig *config, int argc, char **argv, enum mode mode)
{
    int environment = on("environment");
    const char *stdlib = pbs_bundle_option("stdlib", "lib");
    config->parse_argv = mode == INTERPRETER;
    config->install_signal_handlers = mode != GUEST;
    config->configure_c_stdio = mode != GUEST;
    config->use_environment = environment;
    config->isolated = !environment;
    config->safe_path = !environment;
    config->user_site_directory = environment && on("site");
    config->site_import = on("site");
    if (mode != INTERPRETER) {
        config->write_bytecode = 0;
    }
    config->pathconfig_warnings = 0;
    config->optimization_level = atoi(pbs_bundle_option("optimize", "0"));
    STEP(pbs_set_arguments(config, argc, argv));
    STEP(each_line("x-options", add_x_option, config));
    STEP(each_line("warnings", add_warning, config));
    STEP(set(config, &config->executable, NULL));
    STEP(set(config, &config->base_executable, NULL));
    STEP(set(config, &config->home, NULL));
    STEP(set(config, &config->stdlib_dir, stdlib));
    STEP(PyConfig_Read(config));
    config->module_search_paths_set = 1;
    STEP(add_environment(config));
    STEP(each_line("path", add_path, config));
    return PyStatus_Ok();
}

static PyStatus
initialize(int argc, char **argv, enum mode mode)
{
    const char *wrong = pbs_bundle_check();
    if (wrong != NULL) {
        return PyStatus_Error(wrong);
    }
    PyPreConfig before;
    PyPreConfig_InitPythonConfig(&before);
    before.use_environment = on("environment");
    before.isolated = !before.use_environment;
    before.parse_argv = mode == INTERPRETER;
    if (mode == GUEST) {
        before.coerce_c_locale = 0;
    }
    STEP(mode == INTERPRETER ? pbs_preinitialize(&before, argc, argv) : Py_PreInitialize(&before));

    /* It stays where it is when the interpreter ends and starts again. */
    if (executable == NULL) {
        executable = pbs_find_executable(argc > 0 ? argv[0] : "python");
    }
    if (executable == NULL) {
        return PyStatus_Error("cannot find out where the executable is");
    }
    static const struct _frozen start[] = {
        {.name = "encodings", .code = encodings_code, .size = sizeof encodings_code, .is_package = 1},
        {.name = NULL},
    };
    PyImport_FrozenModules = start;

    PyConfig config;
    PyConfig_InitPythonConfig(&config);
    PyStatus status = fill(&config, argc, argv, mode);
    if (!PyStatus_Exception(status)) {
        status = Py_InitializeFromConfig(&config);
    }
    PyConfig_Clear(&config);
    return status;
}

/* The exit code of a start that failed, after a message. */
static int
failed(PyStatus status)
{
    if (PyStatus_IsExit(status)) {
        return status.exitcode;
    }
    fprintf(stderr, "Python cannot be started: %s%s%s\n", status.func == NULL ? "" : status.func,
            status.func == NULL ? "" : ": ", status.err_msg == NULL ? "no reason given" : status.err_msg);
    return 1;
}

int
pbs_start(int argc, char **argv)
{
    if (Py_IsInitialized()) {
        return 0;
    }
    PyStatus status = initialize(argc, argv, GUEST);
    return PyStatus_Exception(status) ? failed(status) : 0;
}

/* The exit code that the exception stands for, after what Python prints of it. None is set afterwards. */
static int
code_of_exception(void)
{
    if (!PyErr_ExceptionMatches(PyExc_SystemExit)) {
        int interrupted = PyErr_ExceptionMatches(PyExc_KeyboardInterrupt);
        PyErr_Print();
        return interrupted ? 128 + SIGINT : 1;
    }
    /* PyErr_Print would end the process. */
    PyObject *type, *exit, *traceback;
    PyErr_Fetch(&type, &exit, &traceback);
    PyErr_NormalizeException(&type, &exit, &traceback);
    PyObject *wanted = exit == NULL ? NULL : PyObject_GetAttrString(exit, "code");
    int code = 1;
    if (wanted == Py_None) {
        code = 0;
    }
    else if (wanted != NULL && PyLong_Check(wanted)) {
        code = (int)PyLong_AsLong(wanted);
    }
    else if (wanted != NULL) {
        PyObject *file = PySys_GetObject("stderr");
        if (file != NULL && file != Py_None) {
            PyFile_WriteObject(wanted, file, Py_PRINT_RAW);
            PyFile_WriteString("\n", file);
        }
    }
    PyErr_Clear();
    Py_XDECREF(wanted);
    Py_XDECREF(type);
    Py_XDECREF(exit);
    Py_XDECREF(traceback);
    return code;
}

/* The exit code of what gave `done`, which it takes. */
static int
code_of(PyObject *done)
{
    if (done == NULL) {
        return code_of_exception();
    }
    Py_DECREF(done);
    return 0;
}

int
pbs_run(const char *what)
{
    if (what == NULL) {
        what = pbs_bundle_option("run", "");
    }
    if (*what == '\0') {
        fputs("nothing was named to be run, and this was linked without an application\n", stderr);
        return 1;
    }
    PyObject *bundle = PyImport_ImportModule("_pbs_bundle");
    PyObject *done = bundle == NULL ? NULL : PyObject_CallMethod(bundle, "run", "s", what);
    Py_XDECREF(bundle);
    return code_of(done);
}

int
pbs_exec(const char *code)
{
    PyObject *main_module = PyImport_AddModule("__main__");
    PyObject *globals = main_module == NULL ? NULL : PyModule_GetDict(main_module);
    return code_of(globals == NULL ? NULL : PyRun_String(code, Py_file_input, globals, globals));
}

int
pbs_finish(void)
{
    return Py_FinalizeEx() < 0 ? 120 : 0;
}

int
pbs_main(int argc, char **argv)
{
    /* A damaged bundle has no options; the start says so. */
    enum mode mode = pbs_bundle_check() == NULL && is_interpreter(argc, argv) ? INTERPRETER : APPLICATION;
    PyStatus status = initialize(argc, argv, mode);
    if (PyStatus_Exception(status)) {
        return failed(status);
    }
    if (mode == INTERPRETER) {
        return Py_RunMain();
    }
    int code = pbs_run(NULL);
    int finished = pbs_finish();
    if (code == 128 + SIGINT) {
        code = pbs_end_interrupted();
    }
    return finished != 0 ? finished : code;
}
