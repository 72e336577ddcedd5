"""Tell someone: a failed run is posted to the home's webhook."""

import logging

from hub.settings import Home

log = logging.getLogger(__name__)


def post_alert(home: Home, text: str) -> bool:
    """Post `text` (Chinese, no personal value) to the webhook; return whether it was taken.

    An alert that cannot be delivered is logged and never makes a run fail.
    """
    if home.settings.webhook is None:
        return False
    import httpx  # slow to import, and seldom needed

    body = {"msgtype": "text", "text": {"content": f"【{home.settings.name}】{text}"}}
    try:
        httpx.post(home.settings.webhook, json=body, timeout=10).raise_for_status()
    except httpx.HTTPError as error:
        log.warning("alert not delivered: %s", type(error).__name__)
        return False
    return True
