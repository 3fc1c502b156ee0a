"""Webhook URLs as a person writes them on a command line."""

import pytest

from vezne.core.merchant import MerchantSettings
from vezne.merchant_terms import Terms, apply_terms
from vezne.webhook_urls import LENGTH_MAX, InvalidWebhookUrl, changed_urls

URL = "https://shop.example/webhooks?door=1"
LOCAL = "http://127.0.0.1:9000/hook"


def test_urls_are_set_and_removed_by_door():
    """One door's URL leaves the others'; an empty one is none; removing none is no error."""
    urls = changed_urls({"paynet": URL}, [f"iyzico={URL}", "paynet=", "paywall="], is_sandbox=False)
    assert urls == {"iyzico": URL}


def test_terms_have_them():
    """`vezne merchants set` changes them with the rest."""
    terms = Terms(webhook_urls=(f"iyzico={LOCAL}",))
    settings = apply_terms(MerchantSettings(), terms, is_sandbox=True)
    assert settings.webhook_urls == {"iyzico": LOCAL}
    assert apply_terms(settings, Terms()).webhook_urls == {"iyzico": LOCAL}
    with pytest.raises(InvalidWebhookUrl):
        apply_terms(MerchantSettings(), terms)


@pytest.mark.parametrize("door", ["", "sandbox", "iyzico.v2", "IYZICO"])
def test_there_are_three_doors(door):
    """The message names them."""
    with pytest.raises(InvalidWebhookUrl, match="iyzico, paywall, paynet"):
        changed_urls({}, [f"{door}={URL}"], is_sandbox=True)


@pytest.mark.parametrize(
    "url",
    [
        "shop.example/hook",
        "ftp://shop.example/hook",
        "file:///etc/passwd",
        "https://",
        "https://user:word@shop.example/",
        "https://shop.example/a b",
        "https://shop.example/\n",
        "https://shop.example:0/",
        "https://shop.example:99999/",
        "https://shop.example/#top",
        "https://shop.example/ödeme",
        "https://dükkan.example/",
        "https://shop.example/5528790000000008",
        "https://shop.example/" + "a" * LENGTH_MAX,
    ],
)
def test_what_is_no_address_is_refused(url):
    """In a sandbox too."""
    with pytest.raises(InvalidWebhookUrl, match="must be an absolute http or https address"):
        changed_urls({}, [f"iyzico={url}"], is_sandbox=True)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "LOCALHOST.",
        "shop.localhost",
        "[::1]",
        "10.0.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "[fd00::1]",
        "[::ffff:10.0.0.1]",
    ],
)
def test_only_a_sandbox_sends_into_private_networks(host):
    """Elsewhere the address is refused when it is set, not only when something is sent."""
    url = f"https://{host}/hook"
    with pytest.raises(InvalidWebhookUrl, match="private network"):
        changed_urls({}, [f"iyzico={url}"], is_sandbox=False)
    assert changed_urls({}, [f"iyzico={url}"], is_sandbox=True) == {"iyzico": url}


@pytest.mark.parametrize("host", ["1.1.1.1", "shop.example", "[2606:4700:4700::1111]"])
def test_everybody_else_s_addresses_go(host):
    """Names are looked up, and judged, whenever something is sent."""
    url = f"https://{host}:8443/hook"
    assert changed_urls({}, [f"iyzico={url}"], is_sandbox=False) == {"iyzico": url}


def test_only_a_sandbox_sends_without_tls():
    """A message about money is for the merchant alone."""
    with pytest.raises(InvalidWebhookUrl, match="must be https"):
        changed_urls({}, ["iyzico=http://shop.example/"], is_sandbox=False)
