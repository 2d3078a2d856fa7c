"""Signatures of what is posted to others, as Stripe signs its webhooks.

`t=<epoch seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">`: https://docs.stripe.com/webhooks#verify-manually
"""

from __future__ import annotations

import hashlib
import hmac

HEADER = "Stripe-Signature"


def signature(body: bytes, secret: str, *, at: int) -> str:
    """The header's value for a body posted at `at`, epoch seconds."""
    digest = hmac.new(secret.encode(), b"%d.%b" % (at, body), hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"
