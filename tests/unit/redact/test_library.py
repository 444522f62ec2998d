"""Every detector of detect-secrets is asked, where it can find something."""

from __future__ import annotations

import random
import string

import pytest
from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

from repro.redact import Outgoing
from repro.redact.known import Redactor
from tests.unit.redact.planted import BASE64, HEX, LETTERS, some

R = random.Random(3)
LOWER = string.ascii_lowercase + string.digits
#: Detector → a secret in a line that it finds.
SAMPLES = {
    "ArtifactoryDetector": (secret := "AP6" + some(R, LETTERS, 12), f"x: {secret}"),
    "AWSKeyDetector": (secret := some(R, LETTERS, 40), f"aws_key = '{secret}'"),
    "AzureStorageKeyDetector": (secret := some(R, BASE64, 86) + "==", f"AccountKey={secret}"),
    "BasicAuthDetector": (secret := "pa5sword9", f"https://me:{secret}@example.com"),
    "CloudantDetector": (secret := some(R, HEX, 64), f"cloudant_password={secret}"),
    "DiscordBotTokenDetector": (
        secret := f"M{some(R, LETTERS, 23)}.{some(R, LETTERS, 6)}.{some(R, LETTERS, 27)}",
        f"bot {secret}",
    ),
    "GitHubTokenDetector": (secret := "gho_" + some(R, LETTERS, 36), f"x {secret}"),
    "GitLabTokenDetector": (secret := "GR1348941" + some(R, LETTERS, 20), f"x {secret}"),
    "Base64HighEntropyString": (secret := some(R, LETTERS, 40), f'token_used = "{secret}"'),
    "HexHighEntropyString": (secret := some(R, HEX, 40), f'"secretHash": "{secret}"'),
    "IbmCloudIamDetector": (secret := some(R, LETTERS, 44), f"ibm_api_key={secret}"),
    "IbmCosHmacDetector": (secret := some(R, HEX, 48), f"secret_access_key = {secret}"),
    "KeywordDetector": (secret := "h4nter-2-two", f'password_of_app = "{secret}"'),
    "MailchimpDetector": (secret := some(R, HEX, 32) + "-us12", f"key {secret}"),
    "NpmDetector": (secret := "npm_" + some(R, LETTERS, 20), f"//r.test/:_authToken={secret}"),
    "OpenAIDetector": (
        secret := f"sk-{some(R, LETTERS, 20)}T3BlbkFJ{some(R, LETTERS, 20)}",
        f"x {secret}",
    ),
    "PrivateKeyDetector": (secret := "BEGIN RSA PRIVATE KEY", f"-- {secret} --"),
    "PypiTokenDetector": (
        secret := "pypi-AgENdGVzdC5weXBpLm9yZw" + some(R, LETTERS, 75),
        f"x {secret}",
    ),
    "SendGridDetector": (secret := f"SG.{some(R, LETTERS, 22)}.{some(R, LETTERS, 43)}", secret),
    "SlackDetector": (secret := "xoxp-12-34-abcdef", f"x {secret}"),
    "SoftlayerDetector": (secret := some(R, LOWER, 64), f"softlayer_api_key={secret}"),
    "SquareOAuthDetector": (secret := "sq0csp-" + some(R, LETTERS, 43), f"x {secret}"),
    "StripeDetector": (secret := "rk_live_" + some(R, LETTERS, 24), f"x {secret}"),
    "TelegramBotTokenDetector": (
        secret := f"{R.randrange(10**9, 10**10)}:AA{some(R, LETTERS, 33)}",
        f"x {secret}",
    ),
    "TwilioKeyDetector": (secret := "AC" + some(R, HEX, 32), f"x {secret}"),
}
#: One is a matter of settings (addresses), one of our own detectors knows more forms.
LEFT_OUT = {"IPPublicDetector", "JwtTokenDetector"}


def test_there_is_a_sample_for_every_detector() -> None:
    found: dict[str, type] = get_mapping_from_secret_type_to_class()
    detectors = {each.__name__ for each in found.values()}
    assert set(SAMPLES) == detectors - LEFT_OUT


@pytest.mark.parametrize("detector", SAMPLES)
def test_what_it_finds_goes(detector: str) -> None:
    secret, line = SAMPLES[detector]
    left = Outgoing(Redactor()).text(f"first\n{line}\nlast one")
    assert secret not in left
    assert left.startswith("first\n")
    assert left.endswith(" one")
