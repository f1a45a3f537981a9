/* `main` of a single-file executable: an application, or an interpreter without one. */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>

#include "bundle.h"
#include "system.h"

/* `PBS_BUNDLE=licenses app` prints the licences of what is in the executable, `PBS_BUNDLE=files` what is in it. */
int
main(int argc, char **argv)
{
    pbs_arguments(&argc, &argv);
    const char *wrong = pbs_bundle_check();
    if (wrong != NULL) {
        fprintf(stderr, "%s: the embedded bundle cannot be used: %s\n", argv[0], wrong);
        return 1;
    }
    const char *asked = getenv("PBS_BUNDLE");
    if (asked != NULL && *asked != '\0') {
        return pbs_show(asked);
    }
    pbs_no_interpreter_follows();
    return pbs_main(argc, argv);
}
