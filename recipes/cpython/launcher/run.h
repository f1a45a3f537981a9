/* Starts the embedded interpreter, runs, and ends it.
 *
 * For a program of its own: `pbs_start`, any use of Python's C API, `pbs_finish`; or `pbs_run` for all at once.
 * Nothing is done, and no memory taken, before.
 */
#ifndef PBS_RUN_H
#define PBS_RUN_H

#include <wchar.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Starts the interpreter with these arguments for `sys.argv`; 0, or an exit code after a message on stderr. */
int pbs_start(int argc, char **argv);

/* Runs what the executable was linked for; the exit code. The interpreter was started. */
int pbs_main(void);

/* Ends the interpreter; 0, or 120 if output could not be written. */
int pbs_finish(void);

/* Starts, runs and ends: the exit code. */
int pbs_run(int argc, char **argv);

/* The path of the executable; known once the interpreter was started. */
const wchar_t *pbs_executable(void);

#ifdef __cplusplus
}
#endif

#endif
