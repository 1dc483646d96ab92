"""Signatures by the Standard Webhooks specification, version 1 (HMAC-SHA256)."""

from __future__ import annotations

import base64
import secrets
from datetime import UTC, datetime

from standardwebhooks import Webhook

_KEY_BYTES = 32
_PREFIX = "whsec_"


def new_secret() -> str:
    """A secret to be shared with receivers, in the form that libraries of the specification take."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()


def signed(secret: str, message_id: str, body: bytes) -> dict[str, str]:
    """Headers for a body that is sent now. Receivers refuse it when it arrives five minutes later."""
    now = datetime.now(UTC)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, now, body.decode()),
    }
