"""A small OpenID provider of our own, run as a process: `python identity_provider.py PORT`.

It signs whoever `/as` named last in at once, without a page. `fault` makes it lie in one way.
"""

import base64
import hashlib
import json
import secrets
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT, SECRET = "hub", "provider-secret"
KEYS = [RSAKey.generate_key(2048, parameters={"kid": f"k{n}", "use": "sig"}) for n in range(2)]
AS = {"name": "staff", "sub": "s-1", "fault": ""}
CODES: dict[str, dict[str, str]] = {}


class Provider(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass

    @property
    def issuer(self) -> str:
        """To a browser another site than 127.0.0.1."""
        return f"http://localhost:{self.server.server_address[1]}"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/.well-known/openid-configuration":
            told = {"issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
                    "token_endpoint": f"{self.issuer}/token",
                    "jwks_uri": f"{self.issuer}/keys"}  # fmt: skip
            self._json(told)
        elif url.path == "/keys":
            self._json(KeySet(KEYS[:1]).as_dict(private=False))
        elif url.path == "/authorize":
            code = secrets.token_urlsafe(16)
            CODES[code] = asked
            state = "other" if AS["fault"] == "state" else asked["state"]
            back = {"error": "access_denied"} if AS["fault"] == "denied" else {"code": code}
            self.send_response(302)
            self.send_header(
                "Location", f"{asked['redirect_uri']}?{urlencode(back | {'state': state})}"
            )
            self.end_headers()
        else:
            self._json({"error": "not_found"}, 404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path == "/as":
            AS.update({"fault": ""} | json.loads(body))
            self._json({})
        elif self.path == "/token":
            self._token({name: values[0] for name, values in parse_qs(body).items()})

    def _token(self, given: dict[str, str]) -> None:
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = CODES.pop(given["code"], None)
        digest = hashlib.sha256(given["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        fits = asked is not None and challenge == asked["code_challenge"]
        if self.headers.get("Authorization") != f"Basic {basic}" or not fits or asked is None:
            self._json({"error": "invalid_grant"}, 400)
            return
        now, fault = int(time.time()), AS["fault"]
        claims = {
            "iss": "https://elsewhere.example" if fault == "issuer" else self.issuer,
            "aud": "another" if fault == "audience" else CLIENT,
            "sub": AS["sub"], "preferred_username": AS["name"],
            "nonce": "another" if fault == "nonce" else asked["nonce"],
            "iat": now - (7200 if fault == "old" else 0),
            "exp": now + (-3600 if fault == "expired" else 300),
        }  # fmt: skip
        if fault == "party":
            claims |= {"aud": [CLIENT, "another"], "azp": "another"}
        key = KEYS[1] if fault in ("signature", "rotated") else KEYS[0]
        if fault == "rotated":
            KEYS.reverse()
        header = {"alg": "RS256", "kid": KEYS[0].kid if fault == "signature" else key.kid}
        token = jwt.encode(header, claims, key)
        if fault == "none":
            first = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
            token = f"{first}.{token.split('.')[1]}."
        self._json({"id_token": token, "access_token": "x", "token_type": "Bearer"})

    def _json(self, body: object, status: int = 200) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    print(server.server_address[1], flush=True)
    server.serve_forever()
