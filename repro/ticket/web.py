"""What the clients that stand on ``requests`` have in common: one try, and one kind of error."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from repro.errors import SettingsError, TicketBusyError, TicketError
from repro.ticket.trouble import TIMEOUT, refused, retry_after

if TYPE_CHECKING:
    import requests

    from repro.settings import TicketSettings
    from repro.ticket.network import Network

T = TypeVar("T")

#: Comments of one ticket that are looked through for ours; hardly a system allows for more.
MOST_COMMENTS = 5_000
#: Comments that a draft is made from.
READ_COMMENTS = 200


def require(library: str) -> None:
    """Raises SettingsError where a system's client library is not installed."""
    if importlib.util.find_spec(library) is None:
        raise SettingsError(
            f"the client library {library} is not installed",
            action="install it: `pip install 'repro-cases[tickets]'`",
        )


def each_of(comments: Iterable[T]) -> Iterator[T]:
    """Comments, one by one.  Raises TicketError where there are too many: ours may be among those
    that were not looked at, and a second one would be made.
    """
    for number, each in enumerate(comments):
        if number == MOST_COMMENTS:
            raise TicketError(
                f"the ticket has more than {MOST_COMMENTS} comments",
                cause="ours could be anywhere among them",
                action="open another ticket that goes on from it",
            )
        yield each


class Refused(Exception):
    """An answer with a status of 400 or more, before a client gets to wait or to try again."""

    def __init__(self, response: requests.Response) -> None:
        super().__init__(f"HTTP status {response.status_code}")
        self.response = response


def one_try(url: str, network: Network) -> requests.Session:
    """A session for one server, which raises Refused by itself."""
    import requests

    def check(response: requests.Response, *_: Any, **__: Any) -> None:
        if response.status_code >= 400:
            raise Refused(response)

    session = requests.Session()
    session.hooks["response"].append(check)
    confine(session, url, network)
    return session


def confine(session: requests.Session, url: str, network: Network) -> None:
    """Let a session ask only the server of ``url``, by the proxy and with the CA of the settings,
    and not wait for ever.

    A redirect or a link to another server would be followed with the token: most clients have it
    in a header of their own, which ``requests`` does not take for a credential.
    """
    import requests
    from requests.adapters import HTTPAdapter

    class Adapter(HTTPAdapter):
        def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> Any:
            there = _origin(request.url or "")
            if there != _origin(url):
                raise requests.TooManyRedirects(f"it points to another server, {there}")
            return super().send(request, *args, **{**more, "timeout": TIMEOUT})

    def stay(response: requests.Response, *_: Any, **__: Any) -> None:
        if response.is_redirect and response.request.method != "GET":
            response.close()
            # It would be asked again as a GET, whose answer looks like success.
            raise requests.TooManyRedirects("it redirects what is sent to it", response=response)

    session.hooks["response"].append(stay)
    proxy = network.proxy_for(url)
    session.trust_env = False  # neither ~/.netrc nor variables: the settings have looked at those
    session.verify = network.verify
    session.proxies = {"http": proxy, "https": proxy} if proxy else {}
    for scheme in ("http://", "https://"):
        session.mount(scheme, Adapter())


def _origin(url: str) -> str:
    """Scheme, host and port (RFC 6454)."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    return f"{parts.scheme}://{(parts.hostname or '').lower()}:{port}"


@contextmanager
def asking(what: str, hide: Callable[[str], str]) -> Iterator[None]:
    """Turns what goes wrong inside into an error of ours; ``hide`` takes the token out of it."""
    import requests

    try:
        yield
    except Refused as error:
        raise of_response(error.response, what, hide) from None
    except requests.TooManyRedirects as error:
        raise TicketError(
            what,
            cause=f"{hide(str(error))}: the ticket was moved or renamed, or `url` is not its own",
            action="look where it is now; check `url` in the settings, https or http included",
        ) from None
    except requests.JSONDecodeError as error:
        raise unclear(error, what, hide) from None
    except requests.exceptions.SSLError as error:
        raise TicketBusyError(
            what,
            cause=hide(_reason(error)),
            action="name the CA that the server's certificate is of: `ca_bundle` in the settings",
        ) from None
    except requests.RequestException as error:
        raise refused(None, what, detail=hide(_reason(error))) from None
    except (AttributeError, LookupError, NotImplementedError, TypeError, ValueError) as error:
        raise unclear(error, what, hide) from None  # what a client makes of an answer of another


def unclear(error: Exception, what: str, hide: Callable[[str], str]) -> TicketError:
    """The error for an answer that is none of the system's, such as a login page."""
    return TicketError(
        what,
        cause=f"the answer cannot be understood: {hide(str(error))}",
        action="check `url` in the settings, https or http included, and that neither a proxy nor "
        "a login page answers in its place",
    )


def of_response(response: requests.Response, what: str, hide: Callable[[str], str]) -> TicketError:
    """The error for an answer that is a refusal."""
    after = retry_after(response.headers.get("Retry-After"))
    return refused(response.status_code, what, detail=hide(response.text[:2_000]), after=after)


def address(settings: TicketSettings, kind: str) -> str:
    """The system's address without a slash at its end.  Raises SettingsError."""
    url = (settings.url or "").strip().rstrip("/")
    if not url.startswith(("https://", "http://")):
        raise SettingsError(
            f"a {kind} needs `url` in `tickets` of the settings, with https://",
            cause=f"it is {settings.url!r}",
        )
    if any(sign in url for sign in "@?#"):
        raise SettingsError(
            f"`url` of a {kind} should be its address alone, such as https://desk.example.com/path",
            cause="it has a name, a query or a fragment; it would be shown wherever it is linked",
        )
    return url


def _reason(error: requests.RequestException) -> str:
    """The reason that lies deepest; those above it repeat it with addresses of objects."""
    import requests

    if isinstance(error, requests.Timeout):
        return "it did not answer in time"
    deepest: BaseException = error
    while (inner := _inner(deepest)) is not None:
        deepest = inner
    return str(deepest).rpartition(">: ")[2] or type(deepest).__name__


def _inner(error: BaseException) -> BaseException | None:
    """What an error of ``urllib3`` or ``requests`` was made of."""
    told = (getattr(error, "reason", None), *error.args)
    return next((each for each in told if isinstance(each, BaseException)), None)
