"""An S3-compatible server for tests: moto, and before it a gate that lets nobody in without a signature.

moto checks signatures in headers (as botocore makes them) and permissions. The gate checks those in addresses,
which moto does not, and lets anybody read the bucket `public`. Prints one line of JSON when it listens, and ends
when its standard input does.
"""

import hashlib
import hmac
import json
import os
import sys
import threading
import urllib.parse

for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "HTTP_PROXY", "HTTPS_PROXY"):
    os.environ.pop(name, None)
os.environ.update(AWS_ACCESS_KEY_ID="setup", AWS_SECRET_ACCESS_KEY="setup", AWS_DEFAULT_REGION="us-east-1")

import boto3
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from moto import settings
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

KEYS = {}
ADMIN = None


class Silent(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type, message, *args):
        pass


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def expected(environ, query):
    """The signature that an address should have, and whose key it was made with."""
    words = dict(query)
    key_id, day, region, service, end = words["X-Amz-Credential"].split("/")
    quote = lambda text: urllib.parse.quote(text, safe="-_.~")
    pairs = sorted((quote(name), quote(value)) for name, value in query if name != "X-Amz-Signature")
    headers = {"host": environ["HTTP_HOST"]}
    names = words["X-Amz-SignedHeaders"].split(";")
    canonical = "\n".join(
        [
            environ["REQUEST_METHOD"],
            environ["RAW_URI"].split("?")[0],
            "&".join(f"{name}={value}" for name, value in pairs),
            "".join(f"{name}:{headers[name]}\n" for name in names),
            ";".join(names),
            "UNSIGNED-PAYLOAD",
        ]
    )
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    scope = f"{day}/{region}/{service}/{end}"
    text = "\n".join(["AWS4-HMAC-SHA256", words["X-Amz-Date"], scope, digest])
    secret = KEYS.get(key_id)
    if secret is None:
        return None, None
    key = b"AWS4" + secret.encode()
    for part in (day, region, service, end):
        key = mac(key, part)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest(), Credentials(key_id, secret)


def sign(environ, credentials):
    """Signs the request as it is in headers, for moto."""
    url = f"http://{environ['HTTP_HOST']}{environ['RAW_URI'].split('?')[0]}"
    request = AWSRequest(environ["REQUEST_METHOD"], url, data=b"")
    S3SigV4Auth(credentials, "s3", "us-east-1").add_auth(request)
    for name, value in request.headers.items():
        environ["HTTP_" + name.upper().replace("-", "_")] = value
    environ["QUERY_STRING"] = ""


def denied(code, start):
    body = f"<Error><Code>{code}</Code><Message>No.</Message></Error>".encode()
    start("403 Forbidden", [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
    return [body]


def gate(inner):
    def handle(environ, start):
        query = urllib.parse.parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        if "HTTP_AUTHORIZATION" in environ or environ["PATH_INFO"].startswith("/moto-api"):
            return inner(environ, start)
        if any(name == "X-Amz-Signature" for name, _ in query):
            right, credentials = expected(environ, query)
            if right is None:
                return denied("InvalidAccessKeyId", start)
            if right != dict(query)["X-Amz-Signature"]:
                return denied("SignatureDoesNotMatch", start)
            sign(environ, credentials)
            return inner(environ, start)
        if environ["REQUEST_METHOD"] == "GET" and environ["PATH_INFO"].startswith("/public/"):
            sign(environ, ADMIN)
            return inner(environ, start)
        return denied("AccessDenied", start)

    return handle


def main():
    global ADMIN
    moto = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, gate(moto), threaded=True, request_handler=Silent)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    client = lambda service: boto3.client(service, endpoint_url=url, config=Config(s3={"addressing_style": "path"}))
    for bucket in ("private", "public"):
        client("s3").create_bucket(Bucket=bucket)
    iam = client("iam")
    users = {}
    for user, actions in {
        "publisher": ["s3:*"],
        "reader": ["s3:GetObject", "s3:HeadObject", "s3:ListBucket"],
    }.items():
        iam.create_user(UserName=user)
        statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=user, PolicyName="it", PolicyDocument=policy)
        key = iam.create_access_key(UserName=user)["AccessKey"]
        KEYS[key["AccessKeyId"]] = key["SecretAccessKey"]
        users[user] = {"id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}
    ADMIN = Credentials(*users["publisher"].values())
    # From now on moto checks signatures and permissions.
    settings.INITIAL_NO_AUTH_ACTION_COUNT = 0
    print(json.dumps({"url": url, "users": users}), flush=True)
    sys.stdin.read()


main()
