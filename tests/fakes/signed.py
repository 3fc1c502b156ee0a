"""Request signatures as the official clients make them, for requests that they would not send."""

import base64
import hashlib
import hmac


def signed_headers(api_key: str, secret_key: str, path: str, body: bytes) -> dict[str, str]:
    """The Authorization header of scheme IYZWSv2."""
    random_key = "Rnd4Test"
    message = (random_key + path).encode() + body
    signature = hmac.new(secret_key.encode(), message, hashlib.sha256).hexdigest()
    text = f"apiKey:{api_key}&randomKey:{random_key}&signature:{signature}"
    return {"Authorization": f"IYZWSv2 {base64.b64encode(text.encode()).decode()}"}
