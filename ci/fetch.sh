#!/usr/bin/env bash
# Puts a published interpreter on PATH. To be read by a shell, with the words of `pbs fetch`:
#
#     . ci/fetch.sh 3.13 --from https://example.org/python/ --key RW… --locked pbs.lock
#
# Where GITHUB_PATH is set, the steps that follow have it on their PATH, too. PBS names another pbs.

pbs_fetch() {
    local python bin
    python=$("${PBS:-pbs}" fetch "$@") || return
    bin=${python%/*}
    export PATH="$bin:$PATH"
    if [ -n "${GITHUB_PATH:-}" ]; then
        printf '%s\n' "$bin" >>"$GITHUB_PATH"
    fi
    if [ -n "${GITHUB_OUTPUT:-}" ]; then
        printf 'python=%s\n' "$python" >>"$GITHUB_OUTPUT"
    fi
}

pbs_fetch "$@"
