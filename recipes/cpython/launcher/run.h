/* An interpreter with its library in this program: start it, run code, end it.
 *
 *     if (pbs_start(0, NULL) == 0) {
 *         code = pbs_exec("print('hello')");
 *         pbs_finish();
 *     }
 *
 * Until it is started it takes no memory and no thread: what runs before `main` are three short constructors of
 * libraries (of liblzma and mimalloc). In a position-independent program the system's loader sets its pointers right
 * as well, 2 ms for all extension modules; with -no-pie there are none. Between `pbs_start` and `pbs_finish` all of
 * Python's C API may be used (`#include <Python.h>`, from `install/include/python3.X` of the distribution); do not call
 * `Py_Initialize` or `Py_Finalize`. The thread that starts holds the GIL, as after `Py_Initialize`: these functions are
 * called with it, other threads use `PyGILState_Ensure`.
 *
 * No function ends the process. Codes are those that a process would exit with: 0 is success; whatever went wrong was
 * said on stderr.
 *
 * `sys.executable` is the program that runs, and `__file__` of embedded modules goes on below it as if it were a
 * directory. multiprocessing starts the program again for its `spawn` and `forkserver`: let `main` begin with
 *
 *     if (pbs_is_worker(argc, argv)) {
 *         return pbs_main(argc, argv);
 *     }
 */
#ifndef PBS_H
#define PBS_H

#ifdef __cplusplus
extern "C" {
#endif

/* Starts the interpreter with these arguments for `sys.argv`, the program's name first; without any (0, NULL) it is
 * [""]. The program's signal handlers and its C streams stay as they are, LC_CTYPE becomes the user's. If it was
 * started already, nothing is done and 0 is returned. After `pbs_finish` it can be started again; not every extension
 * module likes that. */
int pbs_start(int argc, char **argv);

/* Runs a module as `__main__` ("package.module", of what is embedded), or calls a function without arguments
 * ("package.module:function"); NULL: what was named when this was linked. SystemExit becomes its code, an exception is
 * printed and becomes 1, an interrupt 130. */
int pbs_run(const char *what);

/* Runs code in the module `__main__`; the same codes. */
int pbs_exec(const char *code);

/* Ends the interpreter, which flushes what was written; 0, or 120 if that was not possible. */
int pbs_finish(void);

/* All that a Python executable does: starts, runs what was named when this was linked, with signal handlers, and ends.
 * Without such a name, and for workers of multiprocessing, the command line is that of `python`. */
int pbs_main(int argc, char **argv);

/* Whether multiprocessing started this process. */
int pbs_is_worker(int argc, char **argv);

/* Writes to stdout: "licenses", the licences of all that is embedded, or "files", what is embedded. Python need not
 * be started. */
int pbs_show(const char *what);

#ifdef __cplusplus
}
#endif

#endif
