"""Gives the first thread of a program its stack, and signs the file again.

usage: stack.py FILE BYTES

ld64.lld takes `-stack_size` and does not write it (22.1). The signature has a SHA-256 of every page; the field is in the
first one. Layouts are those of <mach-o/loader.h> and, for the signature, of XNU's <kern/cs_blobs.h>. A library has no such
field; its signature is checked all the same.
"""

import hashlib
import pathlib
import struct
import sys

MAGIC, COMMANDS = 0xFEEDFACF, 32
LC_CODE_SIGNATURE, LC_MAIN = 0x1D, 0x80000028
SUPER_BLOB, CODE_DIRECTORY = 0xFADE0CC0, 0xFADE0C02
SHA256 = 2


def commands(data):
    magic, _, _, _, count = struct.unpack_from("<5I", data)
    if magic != MAGIC:
        sys.exit("stack: not a Mach-O file of 64 bits")
    offset = COMMANDS
    for _ in range(count):
        command, size = struct.unpack_from("<2I", data, offset)
        yield command, offset
        offset += size


def code_directory(data, signature):
    magic, _, count = struct.unpack_from(">3I", data, signature)
    if magic != SUPER_BLOB:
        sys.exit("stack: the signature is none")
    for index in range(count):
        _, offset = struct.unpack_from(">2I", data, signature + 12 + 8 * index)
        if struct.unpack_from(">I", data, signature + offset)[0] == CODE_DIRECTORY:
            return signature + offset
    sys.exit("stack: the signature has no code directory")


def sign(data, directory):
    """Writes the digest of every page that the directory covers."""
    hashes, _, _, pages, limit = struct.unpack_from(">5I", data, directory + 16)
    size, kind, _, shift = struct.unpack_from(">4B", data, directory + 36)
    if kind != SHA256:
        sys.exit(f"stack: the signature has digests of kind {kind}, not SHA-256")
    for page in range(pages):
        content = data[page << shift : min((page + 1) << shift, limit)]
        start = directory + hashes + page * size
        data[start : start + size] = hashlib.sha256(content).digest()[:size]


def main(path, stack):
    data = bytearray(path.read_bytes())
    found = dict(commands(data))
    if LC_CODE_SIGNATURE not in found:
        sys.exit(f"stack: {path} is not signed")
    if LC_MAIN in found:
        struct.pack_into("<Q", data, found[LC_MAIN] + 16, stack)
    signature = struct.unpack_from("<I", data, found[LC_CODE_SIGNATURE] + 8)[0]
    sign(data, code_directory(data, signature))
    path.write_bytes(data)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), int(sys.argv[2]))
