/* `main` of a single-file executable: an application, or an interpreter without one. */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle.h"

/* `PBS_BUNDLE=licenses app` prints the licences of what is in the executable, `PBS_BUNDLE=files` what is in it. */
static int
show(const char *what)
{
    int licenses = strcmp(what, "licenses") == 0;
    if (!licenses && strcmp(what, "files") != 0) {
        fprintf(stderr, "PBS_BUNDLE=%s means nothing: `licenses` prints licences, `files` what is embedded\n", what);
        return 2;
    }
    for (uint32_t i = licenses ? pbs_bundle_seek("licenses/", 9) : 0; i < pbs_bundle_files(); i++) {
        pbs_file file;
        pbs_bundle_file(i, &file);
        uint32_t size = pbs_blob_size(&file.content);
        if (!licenses) {
            printf("%10u %s\n", size, file.path.data);
            continue;
        }
        if (strncmp(file.path.data, "licenses/", 9) != 0) {
            break;
        }
        char *text = malloc(size + 1);
        if (text == NULL || pbs_blob_unfold(&file.content, text) < 0) {
            free(text);
            fprintf(stderr, "%s cannot be read\n", file.path.data);
            return 1;
        }
        printf("==== %s ====\n", file.path.data + 9);
        fwrite(text, 1, size, stdout);
        putchar('\n');
        free(text);
    }
    return fflush(stdout) == 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
    const char *wrong = pbs_bundle_check();
    if (wrong != NULL) {
        fprintf(stderr, "%s: the embedded bundle cannot be used: %s\n", argv[0], wrong);
        return 1;
    }
    const char *asked = getenv("PBS_BUNDLE");
    if (asked != NULL && *asked != '\0') {
        return show(asked);
    }
    return pbs_run(argc, argv);
}
