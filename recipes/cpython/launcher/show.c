/* What the bundle holds, without Python. */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle.h"

int
pbs_show(const char *what)
{
    const char *wrong = pbs_bundle_check();
    if (wrong != NULL) {
        fprintf(stderr, "the embedded bundle cannot be used: %s\n", wrong);
        return 1;
    }
    int licenses = strcmp(what, "licenses") == 0;
    if (!licenses && strcmp(what, "files") != 0) {
        fprintf(stderr, "`%s` cannot be shown: `licenses` prints licences, `files` what is embedded\n", what);
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
