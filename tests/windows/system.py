"""What programs want of Windows and of the interpreter, in one process and its children."""

import asyncio
import ctypes
import mmap
import multiprocessing
import os
import pathlib
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import winreg


def square(number):
    return number * number


async def echo():
    async def serve(reader, writer):
        writer.write((await reader.readline()).upper())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"hello\n")
        answer = await reader.readline()
        writer.close()
        return answer


def fault():
    """Reads a page that was taken away: the fault is caught by `__try`, and is an exception of Python's."""
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory, "file")
        path.write_bytes(b"x" * 4096)
        with path.open("r+b") as file, mmap.mmap(file.fileno(), 4096) as mapping:
            old = ctypes.c_ulong()
            address = ctypes.addressof(ctypes.c_char.from_buffer(mapping))
            protect = ctypes.windll.kernel32.VirtualProtect
            protect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_ulong, ctypes.c_void_p]
            assert protect(address, 4096, 0x01, ctypes.byref(old))
            try:
                mapping[0]
            except OSError as error:
                return error.winerror
            finally:
                assert protect(address, 4096, old.value, ctypes.byref(old))


if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.map(square, range(5)) == [0, 1, 4, 9, 16]
    assert asyncio.run(echo()) == b"HELLO\n"
    assert sqlite3.connect(":memory:").execute("select 6 * 7").fetchone() == (42,)
    assert ssl.create_default_context().get_ciphers()
    said = subprocess.run([sys.executable, "-c", "print('child')"], check=True, capture_output=True, text=True).stdout
    assert said == "child\n", said
    with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Windows NT\CurrentVersion") as key:
        assert winreg.QueryValueEx(key, "CurrentVersion")
    version = sys.getwindowsversion()
    assert version.major >= 10, version
    assert fault() == 998, "ERROR_NOACCESS"
    # Paths of more than 260 characters, as the manifest says that the program knows them.
    deep = pathlib.Path(tempfile.mkdtemp(), *["d" * 60] * 6)
    os.makedirs(deep)
    (deep / "file").write_text("deep")
    assert (deep / "file").read_text() == "deep"
    print("all well")
