"""`ssl` finds the system's certificates wherever distributions keep them.

The machine's own `/etc` is hidden behind a temporary file system in a user and mount namespace of
the test's own, which holds one layout at a time.
"""

import shutil
import ssl
import subprocess
import sys
import unittest

from support import needs, run

UNSHARE = shutil.which("unshare")
USABLE = UNSHARE and subprocess.run([UNSHARE, "-rm", "true"], check=False, capture_output=True).returncode == 0

COUNT = "import ssl; print(len(ssl.create_default_context().get_ca_certs()))"

#: Where the families of distributions keep their bundle.
LAYOUTS = {
    "Fedora": "/etc/pki/tls/certs/ca-bundle.crt",
    "RHEL 10": "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "openSUSE": "/etc/ssl/ca-bundle.pem",
    "Alpine": "/etc/ssl/cert.pem",
}

#: A self-signed certificate, valid until 2126, made for this test alone.
CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBfjCCASOgAwIBAgIUamHN4+WmazJ0d+YtGzk7AoFW4s4wCgYIKoZIzj0EAwIw
EzERMA8GA1UEAwwIcGJzIHRlc3QwIBcNMjYxMTIzMDkyMTM2WhgPMjEyNjEwMzAw
OTIxMzZaMBMxETAPBgNVBAMMCHBicyB0ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAEGwXSRLjt+udKgpJ58S6+/BULmwN1msay0lhc4njKT7uyQ+P9B+K3u4j/
t4D++tCsUZBBd9ymGVGTZr/uXZu/g6NTMFEwHQYDVR0OBBYEFNCiCl0G+O9lNHm2
srw03l8gp/8CMB8GA1UdIwQYMBaAFNCiCl0G+O9lNHm2srw03l8gp/8CMA8GA1Ud
EwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAJViiMlDSclVcf3OVCeSw744
N/UAcdfqZT4flNfYVzK+AiEA44aLqO3YpFcs5QLj5IvorU7svPBWxoUtzMrugZAy
QZw=
-----END CERTIFICATE-----
"""


@needs("userns", USABLE)
class Layouts(unittest.TestCase):
    def count(self, bundle):
        script = (
            "set -e; unset SSL_CERT_FILE SSL_CERT_DIR; mount -t tmpfs none /etc; "
            + (f'mkdir -p "$(dirname {bundle})"; cat > {bundle}; ' if bundle else "")
            + f"exec {sys.executable} -I -c '{COUNT}'"
        )
        return int(run(UNSHARE, "-rm", "sh", "-c", script, stdin=CERTIFICATE))

    def test_every_layout(self):
        for name, bundle in LAYOUTS.items():
            with self.subTest(name):
                self.assertEqual(self.count(bundle), 1)

    def test_debians_directory_of_hashed_names(self):
        paths = ssl.get_default_verify_paths()
        self.assertEqual(paths.openssl_capath, "/etc/ssl/certs")

    def test_a_machine_without_any(self):
        self.assertEqual(self.count(None), 0)

    def test_the_variable_wins(self):
        script = f"mount -t tmpfs none /etc; cat > /etc/mine.pem; SSL_CERT_FILE=/etc/mine.pem exec {sys.executable} -I -c '{COUNT}'"
        self.assertEqual(run(UNSHARE, "-rm", "sh", "-c", script, stdin=CERTIFICATE).strip(), "1")


class Library(unittest.TestCase):
    def test_version(self):
        self.assertGreaterEqual(ssl.OPENSSL_VERSION_INFO[:2], (3, 5))


if __name__ == "__main__":
    unittest.main()
