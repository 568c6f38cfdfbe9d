"""What `doctor` finds out without the network: versions, distributions, the keys, the host.

Strategy: a check is a function that gives a `Check`: right, wrong, or not tried, in plain words,
with the way to mend it. None of them shows a key: length and fingerprint tell whether two are the
same.
"""

from __future__ import annotations

import platform
import ssl
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from frozendict import frozendict

from snaptrade_client import __version__
from snaptrade_client.commands.keys import fingerprint
from snaptrade_client.configuration import ENVIRONMENT, OPTIONS, Configuration
from snaptrade_client.exceptions import OpenApiException

if TYPE_CHECKING:
    from collections.abc import Mapping

OURS, VENDORS = "snaptrade-client", "snaptrade-python-sdk"
_FOLDER = Path(__file__).resolve().parents[2]
_NOTHING: Mapping[str, Any] = frozendict[str, Any]()


class Check(NamedTuple):
    """One line of the doctor's."""

    name: str
    ok: bool | None
    """None: it was not tried."""
    text: str
    mend: str = ""
    facts: Mapping[str, Any] = _NOTHING


class StepError(Exception):
    """A step failed: what happened, and how to mend it."""

    def __init__(self, text: str, mend: str) -> None:
        super().__init__(text)
        self.text = text
        self.mend = mend


class Given(NamedTuple):
    """A value, and where it comes from."""

    value: str | None
    source: str


def versions() -> Check:
    """Tell what runs here."""
    facts = {
        "snaptrade_client": __version__,
        "python": platform.python_version(),
        "urllib3": metadata.version("urllib3"),
        "certifi": metadata.version("certifi"),
        "openssl": ssl.OPENSSL_VERSION,
    }
    text = (
        f"snaptrade-client {facts['snaptrade_client']}, Python {facts['python']}, urllib3 "
        f"{facts['urllib3']}, certifi {facts['certifi']}, {facts['openssl']}"
    )
    return Check("versions", ok=True, text=text, facts=facts)


def distributions() -> Check:
    """Look for the vendor's distribution, which has the same import name."""
    ours, vendors = _installed(OURS), _installed(VENDORS)
    facts = {"folder": str(_FOLDER), "ours": ours, "vendors": vendors}
    if vendors is not None:
        same = vendors["folder"] == str(_FOLDER)
        text = (
            f"{VENDORS} {vendors['version']} is installed too, in {vendors['folder']}: "
            + ("the same folder" if same else "whichever comes first on the path is imported")
            + f"; this package is in {_FOLDER}"
        )
        mend = f"pip uninstall {VENDORS} {OURS}, then install {OURS} again"
        return Check("distributions", ok=False, text=text, mend=mend, facts=facts)
    if ours is not None and ours["version"] != __version__:
        text = f"{OURS} {ours['version']} is installed, but the code is that of {__version__}"
        mend = f"pip uninstall {OURS}, then install it again"
        return Check("distributions", ok=False, text=text, mend=mend, facts=facts)
    how = "is installed" if ours else "runs, without being installed,"
    return Check("distributions", ok=True, text=f"{OURS} {how} in {_FOLDER}", facts=facts)


def _installed(name: str) -> dict[str, str] | None:
    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return None
    return {"version": found.version, "folder": str(Path(str(found.locate_file(""))).resolve())}


def credential(option: str, given: Given, other: Given) -> Check:
    """Say whether a key can be right, by its form."""
    name = option.replace("_", " ")
    variable = ENVIRONMENT[option]
    value = given.value
    if not value:
        mend = f"copy it from the SnapTrade dashboard: export {variable}=..."
        return Check(option, ok=False, text=f"{name}: {variable} is not set", mend=mend)
    facts = {"source": given.source, "length": len(value), "sha256": fingerprint(value)}
    told = f"{name}: {len(value)} characters, SHA-256 {facts['sha256']}..., from {given.source}"
    problem, mend = _problem(option, value, other.value)
    if problem:
        return Check(option, ok=False, text=f"{told}: {problem}", mend=mend, facts=facts)
    return Check(option, ok=True, text=told, facts=facts)


def _problem(option: str, value: str, other: str | None) -> tuple[str, str]:
    """Say what is wrong with a key, and how to mend it; empty texts where nothing is."""
    stripped = value.strip()
    again = "copy it again from the SnapTrade dashboard, the key alone"
    if stripped and value != stripped:
        before, after = value != value.lstrip(), value != value.rstrip()
        sides = " and ".join(["before"] * before + ["after"] * after)
        return f"there is white space {sides} it", "take it away: it makes every signature wrong"
    try:
        OPTIONS[option].check("it", value)
    except OpenApiException as error:
        return str(error).partition(":")[0], again
    if any(character.isspace() for character in value):
        return "there is white space in it", again
    if not (value.isascii() and value.isprintable()):
        return "there are characters in it that no key has", again
    if value == other:
        return "client id and consumer key are the same", "copy both again from the dashboard"
    return "", ""


def host(given: Given) -> tuple[Check, Configuration | None]:
    """Say whether the base URL can be right; make a configuration for the checks of the network."""
    try:
        configuration = Configuration(
            consumer_key="unused", client_id="unused", host=given.value or ""
        )
    except OpenApiException as error:
        mend = f"set {given.source} to a URL such as {OPTIONS['host'].default}"
        return Check("host", ok=False, text=str(error), mend=mend), None
    facts = {"url": configuration.host, "source": given.source}
    text = f"host: {configuration.host}, from {given.source}"
    if not configuration.host.endswith("/api/v1"):
        text += "; SnapTrade's own ends with /api/v1"
    return Check("host", ok=True, text=text, facts=facts), configuration
